"""The presets that come with inboxsync, read once from `presets.toml` beside this module."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from inboxsync.errors import UsageError
from inboxsync.providers.decode import decode_presets

if TYPE_CHECKING:
    from inboxsync.providers.preset import Preset


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
