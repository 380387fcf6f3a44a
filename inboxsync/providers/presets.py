"""The presets that come with inboxsync, read once from `presets.toml` beside this module."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from inboxsync.errors import UsageError
from inboxsync.providers.decode import decode_presets

if TYPE_CHECKING:
    from inboxsync.model.roles import RoleNames
    from inboxsync.providers.preset import Preset

GENERIC = "generic"


@cache
def presets() -> tuple[Preset, ...]:
    """Give all presets in the order of the data file. Raises ConfigError if that file was damaged."""
    return decode_presets(resources.files(__package__).joinpath("presets.toml").read_text(encoding="utf-8"))


def preset(key: str) -> Preset | None:
    """Give the preset of this key, or None; case does not matter."""
    wanted = key.strip().lower()
    return next((known for known in presets() if known.key == wanted), None)


def lookup(key: str) -> Preset:
    """Give the preset of this key. Raises UsageError that names the nearest keys for an unknown one."""
    found = preset(key)
    if found is None:
        raise UsageError(f"unknown provider {key!r}", hint=_nearest(key))
    return found


def folder_names(provider: str | None) -> RoleNames:
    """Give the names by which a provider's folders tell their role; for an unknown provider those that are common."""
    known = (preset(provider) if provider else None) or preset(GENERIC)
    return known.folder_roles if known else {}


def folder_role(provider: str | None, folder: str) -> str | None:
    """Tell what a folder is for by the provider's names (words of RFC 6154), `inbox` for INBOX, None if unknown."""
    if folder.casefold() == "inbox":
        return "inbox"
    known = preset(provider or GENERIC)
    role = known.role_of(folder) if known else None
    return role.value if role else None


def _nearest(key: str) -> str:
    """Say which provider may have been meant: a near key, or one of whose names the word is a part."""
    word = key.strip().lower()
    near = difflib.get_close_matches(word, [known.key for known in presets()], n=3)
    holding = [known.key for known in presets() if word and word in _names(known)]
    meant = list(dict.fromkeys(near + holding))[:5]
    everything = "`inboxsync providers` lists them; `generic` with --host takes any server"
    return f"did you mean {', '.join(meant)}? {everything}" if meant else everything


def _names(known: Preset) -> str:
    """Everything a person may call a provider, in lower case."""
    return " ".join((known.key, known.name, known.host, *known.domains)).lower()
