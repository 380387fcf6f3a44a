"""How one setting is read, from TOML's types and from the text of a variable alike.

Each reader takes a value and answers it in the program's type and unit, or raises ValueError with what it must be.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_DURATION = re.compile(r"([0-9]{1,9})\s*(s|m|h|d)")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SIZE = re.compile(r"([0-9]{1,12})\s*(B|kB|KB|MB|GB|KiB|MiB|GiB)", re.IGNORECASE)
_UNIT_BYTES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}

Reader = Callable[[object], object]


def text(value: object) -> str:
    """Read printable text."""
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError("must be text")
    return value


def integer(least: int, most: int) -> Callable[[object], int]:
    """Make a reader of whole numbers from `least` to `most`."""

    def read(value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value.strip()):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return read


def duration_s(least_s: int, most_s: int) -> Callable[[object], int]:
    """Make a reader of durations such as `90s`, `10m`, `2h`, `1d`, in seconds; a number without unit is refused."""

    def read(value: object) -> int:
        match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
        seconds = int(match[1]) * _UNIT_S[match[2]] if match else -1
        if not least_s <= seconds <= most_s:
            raise ValueError(f"must be a time with its unit, like 90s or 10m, from {least_s}s to {most_s}s")
        return seconds

    return read


def size_bytes(least: int, most: int) -> Callable[[object], int]:
    """Make a reader of sizes such as `50 MB` (10^6) or `64 MiB` (2^20), in bytes; a plain number is bytes."""

    def read(value: object) -> int:
        match = _SIZE.fullmatch(f"{value}B" if _is_count(value) else str(value).strip())
        size = int(match[1]) * _UNIT_BYTES[match[2].lower()] if match else -1
        if isinstance(value, bool) or not least <= size <= most:
            raise ValueError(f"must be a size with its unit, like 50 MB, from {least} to {most} bytes")
        return size

    return read


def _is_count(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.strip().isdecimal())


def choice(*words: str) -> Callable[[object], str]:
    """Make a reader that takes one of these words, in any case of letters."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value.strip().lower() not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return value.strip().lower()

    return read


def texts(value: object) -> tuple[str, ...]:
    """Read a list of words; in a variable they are separated by commas."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) and item.isprintable() for item in items):
        raise ValueError("must be a list of texts")
    return tuple(item.strip() for item in items if item.strip())


def web_address(value: object) -> str:
    """Read a URL of https or http; a fault does not repeat it, since it may hold a token."""
    from urllib.parse import urlsplit

    wrong = ValueError("must be a URL like https://host.example.com/path, without blanks and without a login")
    if not isinstance(value, str) or not value.isprintable() or " " in value or len(value) > 2000:
        raise wrong
    try:
        parts = urlsplit(value)
        is_one = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise wrong from None
    if not is_one or "@" in parts.netloc or parts.fragment or "\\" in value:
        raise wrong
    return value


def zone_name(value: object) -> str:
    """Read the IANA name of a time zone that this machine knows."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(text(value)).key
    except (OSError, ValueError, KeyError):  # a folder of zones, a path, an unknown name
        raise ValueError("must be a time zone by its IANA name, like Europe/Paris") from None
