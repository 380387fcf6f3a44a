"""Reads presets from TOML text, strictly: every fault is reported, each with the place where it stands."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from inboxsync.errors import ConfigError, Problem
from inboxsync.model.integration import TlsMode
from inboxsync.model.roles import FolderRole
from inboxsync.providers.preset import Preset, Quirk, UsernameForm

Families = Mapping[str, Mapping[FolderRole, tuple[str, ...]]]
Word = TypeVar("Word", bound=StrEnum)

MAX_PIPELINE_DEPTH = 16
MAX_DAILY_BYTES = 10**13
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class _Fault(Exception):
    """What is wrong with one value."""


def decode_presets(text: str) -> tuple[Preset, ...]:
    """Read presets and the families of folder names they refer to. Raises ConfigError with every Problem."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("the presets are not TOML", problems=[Problem("", str(error))]) from error
    problems = [Problem(key, "unknown table") for key in document if key not in ("preset", "folder_names")]
    families = _families(document.get("folder_names", {}), problems)
    tables = document.get("preset", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        problems.append(Problem("preset", "is not a list of tables"))
        tables = []
    presets = [_preset(table, f"preset[{index}]", families, problems) for index, table in enumerate(tables)]
    whole = [preset for preset in presets if preset]
    problems += _repeated("key", (preset.key for preset in whole))
    problems += _repeated("domain", (domain for preset in whole for domain in preset.domains))
    if problems:
        raise ConfigError(f"the presets have {len(problems)} faults", problems=problems)
    return tuple(whole)


def _preset(table: dict[str, object], place: str, families: Families, problems: list[Problem]) -> Preset | None:
    """Decode one table; None, and problems noted, where anything in it is wrong."""
    where = f"{place} {table['key']!r}" if isinstance(table.get("key"), str) else place
    found: list[Problem] = [Problem(f"{where}.{name}", "unknown key") for name in table if name not in _READERS]
    values: dict[str, object] = {}
    for name, (read, default) in _READERS.items():
        if name not in table and default is _REQUIRED:
            found.append(Problem(f"{where}.{name}", "is missing"))
            continue
        try:
            values[name] = read(table[name]) if name in table else default
        except _Fault as fault:
            found.append(Problem(f"{where}.{name}", str(fault)))
    found += [Problem(where, message) for message in _contradictions(values, families)]
    problems += found
    return None if found else _assemble(values, families)


def _assemble(values: Mapping[str, object], families: Families) -> Preset:
    names = values["folder_names"]
    assert isinstance(names, tuple)
    roles = {role: tuple(dict.fromkeys(n for f in names for n in families[f].get(role, ()))) for role in FolderRole}
    known = {role: found for role, found in roles.items() if found}
    settings = {name: value for name, value in values.items() if name != "folder_names"}
    return Preset(**settings, folder_roles=MappingProxyType(known))  # type: ignore[arg-type]  # the readers checked each


def _contradictions(values: Mapping[str, object], families: Families) -> Iterable[str]:
    names = values.get("folder_names", ())
    if isinstance(names, tuple):
        yield from (f"folder_names has no family {name!r}" for name in names if name not in families)
    if values.get("tls") is TlsMode.NONE and values.get("host") not in _LOOPBACK:
        yield "tls is none for a host that is not this machine"


def _repeated(what: str, values: Iterable[str]) -> list[Problem]:
    return [Problem("preset", f"{what} {value!r} occurs {n} times") for value, n in Counter(values).items() if n > 1]


def _families(tables: object, problems: list[Problem]) -> Families:
    if not isinstance(tables, dict):
        problems.append(Problem("folder_names", "is not a table"))
        return {}
    return {family: _family(f"folder_names.{family}", table, problems) for family, table in tables.items()}


def _family(where: str, table: object, problems: list[Problem]) -> dict[FolderRole, tuple[str, ...]]:
    if not isinstance(table, dict):
        problems.append(Problem(where, "is not a table"))
        return {}
    roles: dict[FolderRole, tuple[str, ...]] = {}
    for word, names in table.items():
        try:
            roles[_word(FolderRole)(word)] = _texts(names)
        except _Fault as fault:
            problems.append(Problem(f"{where}.{word}", str(fault)))
    return roles


# --- readers of single values --------------------------------------------------------------------------------------


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise _Fault("is not a line of text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _Fault("is not a list")
    return tuple(_text(item) for item in value)


def _sentence(value: object) -> str:
    text = _text(value)
    if not text.endswith("."):
        raise _Fault("is not a sentence: it does not end with a full stop")
    return text


def _key(value: object) -> str:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise _Fault("is not a word of a-z, 0-9 and single hyphens")
    return value


def _host(value: object) -> str:
    text = _text(value)
    if text not in ("{host}", *_LOOPBACK) and not _DOMAIN.fullmatch(text.replace("{server}", "0", 1)):
        raise _Fault("is not a host name in lower case, with or without {server}, nor {host}")
    return text


def _domains(value: object) -> tuple[str, ...]:
    texts = _texts(value)
    if wrong := [text for text in texts if not _DOMAIN.fullmatch(text)]:
        raise _Fault(f"{wrong} are not domains in lower case ASCII")
    return texts


def _url(value: object) -> str:
    text = _text(value)
    if not text.startswith("https://") or " " in text:
        raise _Fault("is not an https:// address")
    return text


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Fault("is not true or false")
    return value


def _day(value: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _Fault("is not a date like 2026-01-31")
    return value


def _number(last: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= last:
            raise _Fault(f"is not a number from 1 to {last}")
        return value

    return read


def _word(words: type[Word]) -> Callable[[object], Word]:
    def read(value: object) -> Word:
        found = next((word for word in words if word == value), None)
        if found is None:
            raise _Fault(f"{value!r} is none of {', '.join(words)}")
        return found

    return read


def _quirks(value: object) -> Sequence[Quirk]:
    return tuple(_word(Quirk)(text) for text in _texts(value))


_REQUIRED = object()
_READERS: Mapping[str, tuple[Callable[[object], object], object]] = {
    "key": (_key, _REQUIRED),
    "name": (_text, _REQUIRED),
    "host": (_host, _REQUIRED),
    "port": (_number(65535), 993),
    "tls": (_word(TlsMode), TlsMode.IMPLICIT),
    "username": (_word(UsernameForm), UsernameForm.ADDRESS),
    "takes_passwords": (_flag, _REQUIRED),
    "auth_note": (_sentence, _REQUIRED),
    "app_password_url": (_url, None),
    "enable_imap": (_sentence, None),
    "domains": (_domains, ()),
    "folder_names": (_texts, ("common",)),
    "quirks": (_quirks, ()),
    "pipeline_depth": (_number(MAX_PIPELINE_DEPTH), 2),
    "max_connections": (_number(1000), None),
    "max_connections_per_host": (_number(1000), None),
    "daily_bytes": (_number(MAX_DAILY_BYTES), None),
    "source": (_text, _REQUIRED),
    "checked": (_day, _REQUIRED),
}
