"""Which conditions decided: the shortest true answer to why a filter took a message or left it.

Of an `all` that fails it is the first condition that does not hold, of an `any` that holds the first that does; where
all of a group was needed it is the group itself. Conditions are asked in the order in which they are written, so the
same message always gives the same reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from inboxsync.rules.facts import Facts
from inboxsync.rules.faults import shown
from inboxsync.rules.nodes import Condition, Group, Node
from inboxsync.rules.patterns import Budget, MatchingTimeout
from inboxsync.rules.predicates import compile_condition

Reason: TypeAlias = str
"""A JSON pointer into the filter: "" is all of it."""

_Answer: TypeAlias = tuple[bool, Reason]
_Ask: TypeAlias = Callable[[Facts, Budget], _Answer]
_MAX_OPERAND_CHARACTERS = 60


class Reasons:
    """A filter that says why. Ready for any number of messages, like `CompiledFilter`."""

    __slots__ = ("_ask", "_monotonic")

    def __init__(self, node: Node | None, monotonic: Callable[[], float]) -> None:
        self._ask = _compile(node, "") if node is not None else None
        self._monotonic = monotonic

    def why(self, facts: Facts) -> Reason | None:
        """Answer what decided about the message; None where nothing was asked, or patterns take too long."""
        if self._ask is None:
            return None
        try:
            return self._ask(facts, Budget(self._monotonic))[1]
        except MatchingTimeout:
            return None


def _compile(node: Node, pointer: str) -> _Ask:
    if isinstance(node, Condition):
        test = compile_condition(node)
        return lambda facts, budget: (test(facts, budget), pointer)
    parts = list(_parts(node, pointer))
    return parts[0] if len(parts) == 1 else _first(parts, wanted=False, whole=pointer, turned=False)


def _parts(group: Group, pointer: str) -> Iterator[_Ask]:
    for key, nodes, wanted, turned in (
        ("all", group.all_, False, False),
        ("any", group.any_, True, False),
        ("none", group.none, True, True),
    ):
        if nodes is not None:
            where = f"{pointer}/{key}"
            asks = [_compile(child, f"{where}/{index}") for index, child in enumerate(nodes)]
            yield _first(asks, wanted=wanted, whole=where, turned=turned)
    if group.not_ is not None:
        yield _negation(_compile(group.not_, f"{pointer}/not"))


def _negation(ask: _Ask) -> _Ask:
    def negated(facts: Facts, budget: Budget) -> _Answer:
        verdict, why = ask(facts, budget)
        return not verdict, why

    return negated


def _first(asks: Sequence[_Ask], *, wanted: bool, whole: Reason, turned: bool) -> _Ask:
    """Look for the first that answers `wanted`, which decides; else all of the group did. `turned`: negate it."""

    def ask(facts: Facts, budget: Budget) -> _Answer:
        for one in asks:
            verdict, why = one(facts, budget)
            if verdict is wanted:
                return (wanted is not turned, why)
        return (wanted is turned, whole)

    return ask


def describe(node: Node | None, pointer: Reason) -> str:
    """Say in one line what stands at a pointer of a filter, such as `subject contains "invoice"`."""
    found = _at(node, pointer)
    if isinstance(found, Condition):
        operand = list(found.operand) if isinstance(found.operand, tuple) else found.operand
        text = shown(found.operand) if isinstance(found.operand, str) else json.dumps(operand, ensure_ascii=False)
        cut = text if len(text) <= _MAX_OPERAND_CHARACTERS else text[:_MAX_OPERAND_CHARACTERS] + "…"
        return f"{found.field} {found.operator} {cut}"
    key = pointer.rpartition("/")[2]
    return f"{key or 'all'} of its conditions"


def _at(node: Node | None, pointer: Reason) -> Node | None:
    """Answer the node that a pointer leads to, None where it leads to a key of a group."""
    steps = pointer.split("/")[1:]
    while steps and isinstance(node, Group):
        key, *steps = steps
        if key == "not":
            node = node.not_
            continue
        members = {"all": node.all_, "any": node.any_, "none": node.none}[key]
        if not steps or members is None:
            return None
        node, steps = members[int(steps[0])], steps[1:]
    return node
