"""JSON text to plain values, within bounds, with everything refused that parsers are known to disagree about.

Python's `json` takes NaN, keeps the last of two equal keys in silence and ends in RecursionError at some depth;
here each of these is a fault with its place.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import dataclass

from inboxsync.rules.faults import Faults, below, shown

MAX_BYTES = 64 * 1024

# 32 nodes deep is 64 levels of JSON; a list of rules and an array of operands put a few more around and inside.
_MAX_LEVELS = 80
_MAX_DIGITS = 20
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


class JsonObject(dict[str, object]):
    """An object that remembers which of its keys were written more than once."""

    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BadNumber:
    """A number that JSON has not, or that no computer keeps exactly enough: NaN, Infinity, 1e999, 30 digits."""

    text: str


UNREADABLE = object()
"""Answered where there is no value to look at."""


def read_document(text: str | bytes, faults: Faults) -> object:
    """Parse JSON and note every fault of its form; UNREADABLE where nothing can be made of it. Never raises.

    A byte order mark is passed over, since Windows editors write one.
    """
    plain = _text(text, faults)
    if plain is None:
        return UNREADABLE
    size_bytes = len(plain.encode("utf-8", "surrogatepass"))
    if size_bytes > MAX_BYTES:
        faults.add(
            "", f"the text has {size_bytes} octets, at most {MAX_BYTES} are taken", "split it into several rules"
        )
    if _levels(plain) > _MAX_LEVELS:
        faults.add(
            "", f"the JSON is nested more than {_MAX_LEVELS} levels deep", "filters take 32 nodes inside each other"
        )
    if faults.problems:
        return UNREADABLE
    return _parsed(plain, faults)


def _text(text: str | bytes, faults: Faults) -> str | None:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as refused:
        faults.add("", f"octet {refused.start} is not UTF-8", "save the file as UTF-8")
        return None


def _levels(text: str) -> int:
    """Count how deep brackets nest outside strings, in one pass that itself never nests."""
    depth = deepest = 0
    for token in _BRACKETS.finditer(text):
        bracket = token[0]
        if bracket in ("[", "{"):
            depth += 1
            deepest = max(deepest, depth)
        elif bracket in ("]", "}"):
            depth -= 1
    return deepest


def _parsed(text: str, faults: Faults) -> object:
    try:
        value: object = json.loads(
            text, object_pairs_hook=_object, parse_constant=BadNumber, parse_int=_int, parse_float=_float
        )
    except json.JSONDecodeError as refused:
        faults.add(
            "", f"not valid JSON: {refused.msg} at line {refused.lineno} column {refused.colno}", _json_hint(text)
        )
        return UNREADABLE
    _check(value, "", faults)
    return value


def _json_hint(text: str) -> str:
    if not text.strip():
        return "write null to take every message"
    return "in JSON a backslash is written twice, texts stand in double quotes, and no comma follows the last member"


def _object(pairs: list[tuple[str, object]]) -> JsonObject:
    made = JsonObject(pairs)
    if len(made) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        made.duplicates = tuple(key for key, count in counts.items() if count > 1)
    return made


def _int(text: str) -> int | BadNumber:
    return int(text) if len(text) <= _MAX_DIGITS else BadNumber(text)


def _float(text: str) -> float | BadNumber:
    number = float(text)
    return number if math.isfinite(number) else BadNumber(text)


def _check(value: object, pointer: str, faults: Faults) -> None:
    """Note the faults that need no knowledge of filters, anywhere in the tree."""
    if isinstance(value, BadNumber):
        faults.add(pointer, f"{value.text[:_MAX_DIGITS]} is not a number that can be compared", "write a finite number")
    elif isinstance(value, str):
        _check_text(value, pointer, faults)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            _check(member, below(pointer, index), faults)
    elif isinstance(value, JsonObject):
        for key in value.duplicates:
            faults.add(below(pointer, key), f"the key {shown(key)} is written more than once", "keep one of them")
        for key, member in value.items():
            _check(member, below(pointer, key), faults)


def _check_text(text: str, pointer: str, faults: Faults) -> None:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        faults.add(pointer, f"{shown(text)} holds half a character (a lone surrogate)", "write the whole character")
