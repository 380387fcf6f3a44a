"""Operands of conditions: the right type for the operator, and the operator right for the field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from inboxsync.rules.document import BadNumber
from inboxsync.rules.faults import Faults, below, kind_of, shown
from inboxsync.rules.fields import Field, Kind
from inboxsync.rules.nodes import Scalar
from inboxsync.rules.operators import OPERATORS, OperandKind, Operator
from inboxsync.rules.patterns import PatternInvalid, compile_pattern, compile_wildcards
from inboxsync.rules.times import parse_rfc3339

Operand: TypeAlias = Scalar | tuple[Scalar, ...]

_TIME_HINT = "write date, time and zone, as in 2024-05-01T00:00:00Z (RFC 3339)"


def decode_operand(
    value: object, operator: Operator, field: Field | None, pointer: str, faults: Faults
) -> Operand | None:
    """Answer the operand, or None after noting what is wrong with it. `field` is None where it is not known itself."""
    if field is not None and field.kind not in operator.kinds:
        usable = ", ".join(name for name, other in OPERATORS.items() if field.kind in other.kinds)
        message = f"{operator.name} does not apply to {field.name}, which is of kind {field.kind}"
        faults.add(pointer, message, f"it takes {usable}")
        return None
    if isinstance(value, BadNumber):
        return None
    return _DECODERS[operator.operand](value, operator, field, pointer, faults)


def _scalar(value: object, operator: Operator, field: Field | None, pointer: str, faults: Faults) -> Scalar | None:
    if isinstance(value, BadNumber):
        return None
    if not isinstance(value, str | int | float):
        faults.add(
            pointer, f"{operator.name} takes a text, a number or a bool, this is {kind_of(value)}", _scalar_hint(value)
        )
        return None
    if field is not None and field.kind is Kind.TIME:
        return _time(value, pointer, faults)
    return value


def _scalar_hint(value: object) -> str:
    if value is None:
        return "ask `absent` for what is not there"
    return "use `in` for several values" if isinstance(value, list) else ""


def _time(value: Scalar, pointer: str, faults: Faults) -> str | None:
    if isinstance(value, str) and parse_rfc3339(value) is not None:
        return value
    what = shown(value) if isinstance(value, str) else kind_of(value)
    faults.add(pointer, f"a time is expected, this is {what}", _TIME_HINT)
    return None


def _scalars(
    value: object, operator: Operator, field: Field | None, pointer: str, faults: Faults
) -> tuple[Scalar, ...] | None:
    if not isinstance(value, list):
        faults.add(pointer, f"{operator.name} takes an array, this is {kind_of(value)}", "put the values into [ ]")
        return None
    members = [_scalar(member, operator, field, below(pointer, index), faults) for index, member in enumerate(value)]
    return tuple(member for member in members if member is not None)


def _text(value: object, operator: Operator, _field: Field | None, pointer: str, faults: Faults) -> str | None:
    if isinstance(value, str):
        return value
    faults.add(pointer, f"{operator.name} takes a text, this is {kind_of(value)}", _text_hint(value))
    return None


def _text_hint(value: object) -> str:
    if isinstance(value, list):
        return "write one condition for each inside `any`"
    return "put it into double quotes" if isinstance(value, int | float) else ""


def _pattern(value: object, operator: Operator, field: Field | None, pointer: str, faults: Faults) -> str | None:
    text = _text(value, operator, field, pointer, faults)
    if text is None:
        return None
    compile_text = compile_wildcards if operator.operand is OperandKind.WILDCARD else compile_pattern
    try:
        compile_text(text, case_sensitive=False)
    except PatternInvalid as refused:
        faults.add(pointer, str(refused), refused.hint)
        return None
    return text


def _bound(value: object, operator: Operator, field: Field | None, pointer: str, faults: Faults) -> Scalar | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        faults.add(pointer, f"{operator.name} takes a number or a time, this is {kind_of(value)}")
        return None
    if field is None:
        return value
    if field.kind is Kind.TIME:
        return _time(value, pointer, faults)
    if isinstance(value, str):
        faults.add(pointer, f"{field.name} is compared with a number, this is {kind_of(value)}", "leave the quotes out")
        return None
    return value


def _presence(value: object, operator: Operator, _field: Field | None, pointer: str, faults: Faults) -> bool | None:
    if value is None:
        return True
    if isinstance(value, bool):
        return value
    faults.add(pointer, f"{operator.name} takes true or false, this is {kind_of(value)}")
    return None


_Decode: TypeAlias = Callable[[object, Operator, Field | None, str, Faults], Operand | None]
_DECODERS: Mapping[OperandKind, _Decode] = MappingProxyType(
    {
        OperandKind.SCALAR: _scalar,
        OperandKind.SCALARS: _scalars,
        OperandKind.TEXT: _text,
        OperandKind.WILDCARD: _pattern,
        OperandKind.PATTERN: _pattern,
        OperandKind.BOUND: _bound,
        OperandKind.PRESENCE: _presence,
    }
)
