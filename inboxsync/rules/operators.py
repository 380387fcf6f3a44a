"""The operators of the filter language as data: what operand each takes and to which kinds of field it applies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from inboxsync.rules.fields import Kind


class OperandKind(StrEnum):
    """What may stand to the right of an operator."""

    SCALAR = "text, number or bool"
    SCALARS = "array of text, numbers or bools"
    TEXT = "text"
    WILDCARD = "text with * and ?"
    PATTERN = "regular expression"
    BOUND = "number or time"
    PRESENCE = "bool or null"


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. `negates` names the positive twin of which it is exactly the negation."""

    name: str
    operand: OperandKind
    kinds: frozenset[Kind]
    description: str
    negates: str | None = None


_ANY = frozenset(Kind)
_TEXTUAL = frozenset({Kind.TEXT, Kind.LIST})
_ORDERED = frozenset({Kind.INT, Kind.NUMBER, Kind.TIME})

_TABLE = (
    Operator("equals", OperandKind.SCALAR, _ANY, "an element is equal"),
    Operator("not_equals", OperandKind.SCALAR, _ANY, "no element is equal", "equals"),
    Operator("contains", OperandKind.TEXT, _TEXTUAL, "an element has it as a part"),
    Operator("not_contains", OperandKind.TEXT, _TEXTUAL, "no element has it as a part", "contains"),
    Operator("starts_with", OperandKind.TEXT, _TEXTUAL, "an element begins with it"),
    Operator("ends_with", OperandKind.TEXT, _TEXTUAL, "an element ends with it"),
    Operator("like", OperandKind.WILDCARD, _TEXTUAL, "a whole element fits; * is any text, ? any one character"),
    Operator("matches", OperandKind.PATTERN, _TEXTUAL, "the expression is found anywhere in an element"),
    Operator("not_matches", OperandKind.PATTERN, _TEXTUAL, "the expression is found in no element", "matches"),
    Operator("in", OperandKind.SCALARS, _ANY, "an element is equal to a member"),
    Operator("not_in", OperandKind.SCALARS, _ANY, "no element is equal to a member", "in"),
    Operator("gt", OperandKind.BOUND, _ORDERED, "greater, or later"),
    Operator("gte", OperandKind.BOUND, _ORDERED, "greater or equal, or not before"),
    Operator("lt", OperandKind.BOUND, _ORDERED, "less, or earlier"),
    Operator("lte", OperandKind.BOUND, _ORDERED, "less or equal, or not after"),
    Operator("present", OperandKind.PRESENCE, _ANY, "there is an element that is not blank"),
    Operator("absent", OperandKind.PRESENCE, _ANY, "there is no element that is not blank", "present"),
)

OPERATORS: Mapping[str, Operator] = MappingProxyType({operator.name: operator for operator in _TABLE})
"""Every operator by its name, in the order in which people read about them."""
