"""What every text passes on its way into the database: the same result on SQLite and Postgres, raw octets untouched.

Postgres refuses NUL, both refuse lone surrogates, SQLite's `length()` stops at NUL (hazards H4): one mail with either
would stall its mailbox for ever. Controls become the visible pictures of U+2400, so that nothing vanishes in silence;
what has no picture becomes U+FFFD.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

# RFC 5322 §2.1.1 bounds a line to 998 octets; a Postgres index row ends at 2,704, scope included.
KEY_LIMIT_BYTES = 998
# One TiB: larger than any mail, and the sum over a ledger of eight million such claims still fits 64 bits.
MAX_SIZE_BYTES = 2**40

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_KEPT = "\t\n\r"
_ASCII_CONTROLS = bytes(code for code in (*range(0x20), 0x7F) if chr(code) not in _KEPT)
# Unicode §23.7: the last two code points of each plane and U+FDD0–U+FDEF are never characters.
_NONCHARACTERS = "".join(f"\\U{plane << 16 | 0xFFFE:08x}\\U{plane << 16 | 0xFFFF:08x}" for plane in range(17))
_UNSTORABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef" + _NONCHARACTERS + "]",
)


def _picture(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\N{SYMBOL FOR DELETE}"
    return "\n" if code == 0x85 else _REPLACEMENT


def _is_clean(text: str) -> bool:
    if not text.isascii():
        return _UNSTORABLE.search(text) is None
    octets = text.encode("ascii")
    return len(octets.translate(None, _ASCII_CONTROLS)) == len(octets)


def clean_text(text: str) -> str:
    """Replace what a database column cannot hold; tab, line feed and carriage return stay. Idempotent.

    C0 controls and DEL become their pictures (U+2400 block), NEL a line feed, other C1 controls, lone surrogates
    and noncharacters U+FFFD.
    """
    # Printable is what has no control, surrogate, unassigned or format character: the common case, in one call.
    return text if text.isprintable() or _is_clean(text) else _UNSTORABLE.sub(_picture, text)


def clean_optional(text: str | None) -> str | None:
    """Clean a text that may be missing."""
    return None if text is None else clean_text(text)


def clean_json(value: Any) -> Any:
    """Clean every text of a JSON value, the keys of objects included; tuples become lists."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(str(name)): clean_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(item) for item in value]
    return value


def clean_headers(headers: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Clean header names and values; one look at them all together, since nearly every header needs nothing."""
    plain = {name: list(values) for name, values in headers.items()}
    together = "".join(chain(plain, *plain.values()))
    if clean_text(together) == together:
        return plain
    return {clean_text(name): [clean_text(value) for value in values] for name, values in plain.items()}


def clean_key(text: str) -> str:
    """Clean a text that identifies: of two different texts the results differ, at most `KEY_LIMIT_BYTES` octets long.

    A text that is clean and short stays as it is; of any other the start is kept, with `~` and a digest of the whole.
    Without the digest two Message-IDs that differ in a control character would be one content, and one mail lost.
    """
    if len(text) <= KEY_LIMIT_BYTES and text.isascii() and text.isprintable():
        return text
    cleaned = clean_text(text)
    octets = cleaned.encode("utf-8")
    if cleaned == text and len(octets) <= KEY_LIMIT_BYTES:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return octets[: KEY_LIMIT_BYTES - 33].decode("utf-8", "ignore") + "~" + digest


def clean_key_optional(text: str | None) -> str | None:
    """Clean an identifying text that may be missing."""
    return None if text is None else clean_key(text)


def clean_size(value: int) -> int:
    """Bound a size that a server claims (RFC822.SIZE of 10**20 was seen) to 0 … `MAX_SIZE_BYTES`."""
    return min(max(value, 0), MAX_SIZE_BYTES)


def clean_time(value: datetime | None) -> datetime | None:
    """Bring a time to UTC; None where that leaves the calendar.

    A time without zone counts as UTC: RFC 5322 §3.3 writes `-0000` where the zone is not known.
    """
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return None
