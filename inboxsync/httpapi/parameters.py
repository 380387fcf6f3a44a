"""Query parameters as data: how each is read, what is refused, and how it is documented. Pure.

Nothing is guessed or clamped: an unknown name, a name given twice and a value out of range are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from inboxsync.httpapi.refusals import bad_request

Values = Mapping[str, Any]
TEXT_CHARS = 1_000
_MAX_ID = 2**63 - 1
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
ROW_ID_PATTERN = "^[0-9]{1,19}$"
_DIGITS = re.compile(r"[0-9]{1,19}")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter. `read` raises ValueError with the words for a person; `schema` is JSON Schema."""

    name: str
    read: Callable[[str], object]
    description: str
    schema: Mapping[str, object]
    default: object = None
    required: bool = False
    example: object = field(default=None, compare=False)


def read_parameters(declared: Sequence[Parameter], given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Read what is given; every declared name has a value. Raises Refusal (400)."""
    known = {parameter.name: parameter for parameter in declared}
    texts: dict[str, str] = {}
    for name, text in given:
        if name not in known:
            offered = f"; there are {', '.join(known)}" if known else ""
            raise bad_request(f"there is no parameter {shown(name)}{offered}")
        if name in texts:
            raise bad_request(f"{name} is given more than once")
        texts[name] = text
    for parameter in declared:
        if parameter.required and parameter.name not in texts:
            raise bad_request(f"{parameter.name} is missing")
    return {name: _value(known[name], texts) for name in known}


def _value(parameter: Parameter, texts: Mapping[str, str]) -> object:
    if parameter.name not in texts:
        return parameter.default
    try:
        return parameter.read(texts[parameter.name])
    except ValueError as error:
        raise bad_request(f"{parameter.name} {error}") from None


def shown(text: str) -> str:
    """Quote what somebody sent for a sentence: short, and nothing in it that acts on a terminal."""
    return ascii(text if len(text) <= 60 else f"{text[:60]}…")


# --- readers -------------------------------------------------------------------------------------------------------


def integer(lowest: int, highest: int) -> Callable[[str], int]:
    """Make a reader of whole numbers from `lowest` to `highest`."""

    def read(text: str) -> int:
        if not _DIGITS.fullmatch(text) or not lowest <= int(text) <= highest:
            raise ValueError(f"is {shown(text)}; it is a whole number from {lowest} to {highest}")
        return int(text)

    return read


def boolean(text: str) -> bool:
    """Read true, false, 1 or 0."""
    if text.lower() not in _BOOLEANS:
        raise ValueError(f"is {shown(text)}; it is true or false")
    return _BOOLEANS[text.lower()]


def choice(*words: str) -> Callable[[str], str]:
    """Make a reader of one of these words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"is {shown(text)}; it is one of {', '.join(words)}")
        return text

    return read


def words_of(*words: str) -> Callable[[str], tuple[str, ...]]:
    """Make a reader of some of these words with commas between them."""
    one = choice(*words)

    def read(text: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one(word) for word in text.split(",")))

    return read


def text(given: str) -> str:
    """Read a text that says something."""
    if not given.strip():
        raise ValueError("is empty")
    if len(given) > TEXT_CHARS:
        raise ValueError(f"has more than {TEXT_CHARS} characters")
    if "\x00" in given:
        raise ValueError("has a NUL character")
    return given


def moment(given: str) -> datetime:
    """Read an RFC 3339 time, or a day, which begins at midnight UTC."""
    if _DAY.fullmatch(given):
        return _midnight(given)
    return _instant(given)


def end_moment(given: str) -> datetime:
    """Read a time or day that still belongs to a span; answers the first instant after it."""
    whole = _DAY.fullmatch(given) is not None
    try:
        return (_midnight(given) + timedelta(days=1)) if whole else _instant(given) + timedelta(microseconds=1)
    except OverflowError:
        raise ValueError(f"is {shown(given)}; that is beyond all time") from None


def _midnight(given: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(given), time(), UTC)
    except ValueError:
        raise ValueError(f"is {shown(given)}; there is no such day") from None


def _instant(given: str) -> datetime:
    # A query string makes a blank of the plus sign of a zone that was not quoted.
    try:
        read = datetime.fromisoformat(given.replace(" ", "+") if given.count(" ") == 1 and "T" in given else given)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"is {shown(given)}; it is a day or a time like 2026-03-01T09:30:00Z") from None


def row_id(given: str) -> int | None:
    """Read one of our ids out of a path; None for what cannot be one."""
    return int(given) if _DIGITS.fullmatch(given) and int(given) <= _MAX_ID else None


# --- parameters of several routes ----------------------------------------------------------------------------------

# Says something: not blank, and without NUL, which no database takes in a text.
_SAYS_SOMETHING = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"
STRING: Mapping[str, object] = {"type": "string", "pattern": _SAYS_SOMETHING, "maxLength": TEXT_CHARS}
TIME: Mapping[str, object] = {"type": "string", "format": "date-time"}
BOOLEAN: Mapping[str, object] = {"type": "boolean"}


def limit(default: int = 50, highest: int = 100) -> Parameter:
    """Make the parameter that bounds a page."""
    schema = {"type": "integer", "minimum": 1, "maximum": highest, "default": default}
    return Parameter("limit", integer(1, highest), "So many items.", schema, default)


PAGE = Parameter(
    "page",
    integer(1, 1_000_000),
    "Which page, from 1.",
    {"type": "integer", "minimum": 1, "maximum": 1_000_000, "default": 1},
)
_CURSOR: Mapping[str, object] = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "maxLength": 200}
AFTER = Parameter("after", text, "Cursor: `next_cursor` of the page before. Not together with page.", _CURSOR)
INTEGRATION = Parameter("integration", text, "Of this integration only, by name or id.", STRING, example="support")
FOLDER = Parameter("folder", text, "In folders of this name only.", STRING, example="INBOX")
