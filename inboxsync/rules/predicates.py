"""One condition as a closure: everything that can be worked out beforehand is, so that asking costs one comparison."""

from __future__ import annotations

import operator as comparison
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeAlias

from inboxsync.model.domain_forms import address_forms
from inboxsync.rules.facts import Facts
from inboxsync.rules.fields import Field, Kind, find_field
from inboxsync.rules.nodes import Condition, Scalar, Value
from inboxsync.rules.operators import OPERATORS, OperandKind
from inboxsync.rules.patterns import Budget, Engine, compile_pattern, compile_wildcards
from inboxsync.rules.text import fold, normalise
from inboxsync.rules.times import parse_rfc3339

Test: TypeAlias = Callable[[Facts, Budget], bool]
"""Answers a condition or a group for one message; raises MatchingTimeout when its budget is used up."""

_PATTERNS = (OperandKind.PATTERN, OperandKind.WILDCARD)


def uses_pattern(condition: Condition) -> bool:
    """Tell whether the condition needs the pattern engine, whose time is bounded."""
    return OPERATORS[condition.operator].operand in _PATTERNS


def field_of(condition: Condition) -> Field:
    """Answer the field a decoded condition asks about."""
    field = find_field(condition.field)
    assert field is not None, condition.field
    return field


def compile_condition(condition: Condition) -> Test:
    """Compile one decoded condition; a negative operator is its positive twin, negated."""
    negated = OPERATORS[condition.operator].negates
    if negated is not None:
        return negation(compile_condition(replace(condition, operator=negated)))
    return _BUILDERS[condition.operator](field_of(condition), condition)


def negation(test: Test) -> Test:
    """Answer the opposite of a test."""
    return lambda facts, budget: not test(facts, budget)


def never(_facts: Facts, _budget: Budget) -> bool:
    """Refuse every message."""
    return False


def _texts_of(condition: Condition) -> Callable[[Facts, Field], tuple[str, ...]]:
    return Facts.texts if condition.case_sensitive else Facts.folded


def _needle(condition: Condition) -> str:
    assert isinstance(condition.operand, str), condition
    return normalise(condition.operand) if condition.case_sensitive else fold(condition.operand)


def _equals(field: Field, condition: Condition) -> Test:
    assert not isinstance(condition.operand, tuple), condition
    return _member(field, replace(condition, operand=(condition.operand,)))


def _member(field: Field, condition: Condition) -> Test:
    assert isinstance(condition.operand, tuple), condition
    operands = _in_each_form(condition.operand) if field.holds_domains else condition.operand
    members = frozenset(_comparable(operands, field.kind, condition.case_sensitive))
    if not members:
        return never
    read = _texts_of(condition) if field.kind.is_textual else Facts.values
    if len(members) > 1:
        return lambda facts, _budget: not members.isdisjoint(read(facts, field))
    (only,) = members
    return lambda facts, _budget: only in read(facts, field)


def _in_each_form(operands: Iterable[Scalar]) -> Iterator[Scalar]:
    """Add the other forms of international domains: a mail keeps the one that it was sent with."""
    for operand in operands:
        yield from address_forms(operand) if isinstance(operand, str) else (operand,)


def _comparable(operands: Iterable[Scalar], kind: Kind, case_sensitive: bool) -> Iterable[Value]:
    """Keep the operands that an element of this kind can be equal to: types never coerce, and True is not 1."""
    for operand in operands:
        if isinstance(operand, str):
            if kind.is_textual:
                yield normalise(operand) if case_sensitive else fold(operand)
            elif kind is Kind.TIME and (moment := parse_rfc3339(operand)) is not None:
                yield moment
        elif isinstance(operand, bool):
            if kind is Kind.BOOL:
                yield operand
        elif kind in (Kind.INT, Kind.NUMBER):
            yield operand


def _contains(field: Field, condition: Condition) -> Test:
    read, needle = _texts_of(condition), _needle(condition)

    def in_scalar(facts: Facts, _: Budget) -> bool:
        texts = read(facts, field)
        return bool(texts) and needle in texts[0]

    if field.kind is Kind.TEXT:  # at most one element; without a generator the commonest condition takes half the time
        return in_scalar
    return lambda facts, _budget: any(needle in text for text in read(facts, field))


def _starts_with(field: Field, condition: Condition) -> Test:
    read, needle = _texts_of(condition), _needle(condition)
    return lambda facts, _budget: any(text.startswith(needle) for text in read(facts, field))


def _ends_with(field: Field, condition: Condition) -> Test:
    read, needle = _texts_of(condition), _needle(condition)
    return lambda facts, _budget: any(text.endswith(needle) for text in read(facts, field))


def _searching(field: Field, condition: Condition, engine: Engine, fold_texts: bool) -> Test:
    read = Facts.folded_octets if fold_texts else Facts.octets
    where = f"{condition.field} {condition.operator}"
    return lambda facts, budget: any(budget.search(engine, octets, where) for octets in read(facts, field))


def _matches(field: Field, condition: Condition) -> Test:
    assert isinstance(condition.operand, str), condition
    engine = compile_pattern(condition.operand, case_sensitive=condition.case_sensitive)
    return _searching(field, condition, engine, fold_texts=False)


def _like(field: Field, condition: Condition) -> Test:
    assert isinstance(condition.operand, str), condition
    engine = compile_wildcards(condition.operand, case_sensitive=condition.case_sensitive)
    return _searching(field, condition, engine, fold_texts=not condition.case_sensitive)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Field, Condition], Test]:
    def build(field: Field, condition: Condition) -> Test:
        bound = _bound(condition)
        return lambda facts, _budget: any(compare(value, bound) for value in facts.values(field))

    return build


def _bound(condition: Condition) -> datetime | float:
    if isinstance(condition.operand, str):
        moment = parse_rfc3339(condition.operand)
        assert moment is not None, condition
        return moment
    assert isinstance(condition.operand, int | float), condition
    return condition.operand


def _present(field: Field, condition: Condition) -> Test:
    def test(facts: Facts, _: Budget) -> bool:
        return any(not isinstance(value, str) or bool(value.strip()) for value in facts.values(field))

    return test if condition.operand else negation(test)


_BUILDERS: Mapping[str, Callable[[Field, Condition], Test]] = MappingProxyType(
    {
        "equals": _equals,
        "contains": _contains,
        "starts_with": _starts_with,
        "ends_with": _ends_with,
        "like": _like,
        "matches": _matches,
        "in": _member,
        "gt": _ordered(comparison.gt),
        "gte": _ordered(comparison.ge),
        "lt": _ordered(comparison.lt),
        "lte": _ordered(comparison.le),
        "present": _present,
    }
)
