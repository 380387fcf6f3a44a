"""A filter asked about a message of which only the header is there: yes, no, or it takes the body to tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from inboxsync.rules.facts import Facts
from inboxsync.rules.nodes import Condition, Group, Node
from inboxsync.rules.patterns import Budget, MatchingTimeout
from inboxsync.rules.predicates import compile_condition, field_of

_Ask: TypeAlias = Callable[[Facts, Budget], bool | None]


class ByHeader:
    """A filter compiled for headers. Where it answers yes or no, the whole message gives the same answer."""

    __slots__ = ("_ask", "_monotonic")

    def __init__(self, node: Node | None, monotonic: Callable[[], float]) -> None:
        self._ask = _compile(node) if node is not None else _yes
        self._monotonic = monotonic

    def takes(self, facts: Facts) -> bool | None:
        """Tell whether the message is taken; None where its body decides, or patterns take too long."""
        try:
            return self._ask(facts, Budget(self._monotonic))
        except MatchingTimeout:
            return None


def _yes(_facts: Facts, _budget: Budget) -> bool | None:
    return True


def _unknown(_facts: Facts, _budget: Budget) -> bool | None:
    return None


def _compile(node: Node) -> _Ask:
    if isinstance(node, Condition):
        return _unknown if field_of(node).needs_body else compile_condition(node)
    return _conjunction(_parts(node))


def _parts(group: Group) -> list[_Ask]:
    parts: list[_Ask] = []
    if group.all_ is not None:
        parts.append(_conjunction([_compile(child) for child in group.all_]))
    if group.any_ is not None:
        parts.append(_negation(_conjunction([_negation(_compile(child)) for child in group.any_])))
    if group.none is not None:
        parts.append(_conjunction([_negation(_compile(child)) for child in group.none]))
    if group.not_ is not None:
        parts.append(_negation(_compile(group.not_)))
    return parts


def _conjunction(asks: Sequence[_Ask]) -> _Ask:
    """Answer no where any is no, else open where any is open (Kleene's strong logic)."""

    def ask(facts: Facts, budget: Budget) -> bool | None:
        answer: bool | None = True
        for one in asks:
            found = one(facts, budget)
            if found is False:
                return False
            answer = None if found is None else answer
        return answer

    return ask


def _negation(ask: _Ask) -> _Ask:
    def negated(facts: Facts, budget: Budget) -> bool | None:
        found = ask(facts, budget)
        return None if found is None else not found

    return negated
