"""Filters and rules compiled to closures, and what they answer about a message.

Evaluation is total: whatever the message, there is an answer. The only thing that can go wrong is that patterns take
too long, and that is a fault on the answer, never an exception and never a silent yes or no.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from inboxsync.rules.facts import Facts
from inboxsync.rules.nodes import Condition, Group, Node, Rule, conditions
from inboxsync.rules.patterns import Budget, MatchingTimeout
from inboxsync.rules.predicates import Test, compile_condition, field_of, negation, never, uses_pattern
from inboxsync.rules.routing import Routing, RuleMet, merge


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a filter takes a message. With a `fault` it is neither taken nor refused, but to be set aside.

    `spent_s` is the time that patterns used; the rules of the same message go on from there.
    """

    taken: bool
    fault: str | None = None
    spent_s: float = 0.0

    def as_data(self) -> dict[str, object]:
        """Answer the verdict as JSON-able data; times are left out, so the same message gives the same data."""
        return {"taken": self.taken, "fault": self.fault}


_TAKEN, _REFUSED = Verdict(taken=True), Verdict(taken=False)


class CompiledFilter:
    """A filter ready for any number of messages, also from several threads: it keeps nothing of them."""

    __slots__ = ("_monotonic", "_test", "needs_body", "varies")

    def __init__(self, test: Test, needs_body: bool, monotonic: Callable[[], float], *, varies: bool = True) -> None:
        self._test = test
        self._monotonic = monotonic
        self.needs_body = needs_body
        self.varies = varies

    def decide(self, facts: Facts, spent_s: float = 0.0) -> Verdict:
        """Tell whether the message is taken; `spent_s` is what patterns have already used on it. Never raises."""
        budget = Budget(self._monotonic, spent_s)
        try:
            taken = self._test(facts, budget)
        except MatchingTimeout as exceeded:
            return Verdict(taken=False, fault=str(exceeded), spent_s=budget.spent_s)
        if budget.spent_s:
            return Verdict(taken, spent_s=budget.spent_s)
        return _TAKEN if taken else _REFUSED


class CompiledRules:
    """A list of rules ready for any number of messages, also from several threads."""

    __slots__ = ("_monotonic", "_rules", "needs_body")

    def __init__(self, rules: Sequence[tuple[Rule, Test]], needs_body: bool, monotonic: Callable[[], float]) -> None:
        self._rules = tuple(rules)
        self._monotonic = monotonic
        self.needs_body = needs_body

    def route(self, facts: Facts, spent_s: float = 0.0) -> Routing:
        """Merge what the rules that the message meets ask for; `spent_s` as in `decide`. Never raises."""
        budget = Budget(self._monotonic, spent_s)
        trace: list[RuleMet] = []
        fault: str | None = None
        try:
            self._walk(facts, budget, trace)
        except MatchingTimeout as exceeded:
            rule = self._rules[len(trace)][0]
            fault = f"rule {len(trace)} ({rule.name!r}): {exceeded}"
        met = [] if fault else [self._rules[entry.index][0] for entry in trace if entry.met]
        return replace(merge(met), trace=tuple(trace), fault=fault, spent_s=budget.spent_s)

    def _walk(self, facts: Facts, budget: Budget, trace: list[RuleMet]) -> None:
        for index, (rule, test) in enumerate(self._rules):
            met = test(facts, budget)
            trace.append(RuleMet(index, rule.name, met, stopped=met and rule.then.stop))
            if trace[-1].stopped:
                return


def compile_filter(node: Node | None, monotonic: Callable[[], float]) -> CompiledFilter:
    """Compile a decoded filter, once a run; None takes every message. `monotonic` is a clock in seconds."""
    return CompiledFilter(_compile(node), needs_body(node), monotonic, varies=varies(node))


def compile_rules(rules: Sequence[Rule], monotonic: Callable[[], float]) -> CompiledRules:
    """Compile decoded rules, once a run. `monotonic` is a clock in seconds."""
    compiled = [(rule, _compile(rule.when)) for rule in rules]
    return CompiledRules(compiled, any(needs_body(rule.when) for rule in rules), monotonic)


def needs_body(node: Node | None) -> bool:
    """Tell whether a field is named that header, flags, size, times and settings do not answer."""
    return any(field_of(condition).needs_body for condition in conditions(node))


def varies(node: Node | None) -> bool:
    """Tell whether a copy of the same mail in another folder, or the same mail later, may be judged otherwise."""
    return any(field_of(condition).varies for condition in conditions(node))


def _always(_facts: Facts, _budget: Budget) -> bool:
    return True


def _compile(node: Node | None) -> Test:
    if node is None:
        return _always
    if isinstance(node, Condition):
        return compile_condition(node)
    return _conjunction(_parts(node))


def _parts(group: Group) -> list[Test]:
    """Compile the keys of one group, which are AND-ed; the cheap ones come first, which changes no answer."""
    parts: list[tuple[int, Test]] = []
    if group.all_ is not None:
        parts.append((_cost(group.all_), _conjunction(_compile_each(group.all_))))
    if group.any_ is not None:
        parts.append((_cost(group.any_), _disjunction(_compile_each(group.any_))))
    if group.none is not None:
        parts.append((_cost(group.none), negation(_disjunction(_compile_each(group.none)))))
    if group.not_ is not None:
        parts.append((_cost((group.not_,)), negation(_compile(group.not_))))
    return [test for _, test in sorted(parts, key=lambda part: part[0])]


def _compile_each(nodes: Sequence[Node]) -> list[Test]:
    return [_compile(node) for node in sorted(nodes, key=lambda node: _cost((node,)))]


def _cost(nodes: Sequence[Node]) -> int:
    """Rank by the dearest condition inside: 0 looks at a header, 1 goes through a body, 2 searches a pattern."""
    return max((_condition_cost(condition) for node in nodes for condition in conditions(node)), default=0)


def _condition_cost(condition: Condition) -> int:
    if uses_pattern(condition):
        return 2
    return 1 if field_of(condition).needs_body else 0


def _conjunction(tests: Sequence[Test]) -> Test:
    if len(tests) <= 1:
        return tests[0] if tests else _always

    def test_all(facts: Facts, budget: Budget) -> bool:
        for test in tests:  # noqa: SIM110  a loop is a third faster than all() with a generator, and this is the hot path
            if not test(facts, budget):
                return False
        return True

    return test_all


def _disjunction(tests: Sequence[Test]) -> Test:
    if len(tests) <= 1:
        return tests[0] if tests else never

    def test_any(facts: Facts, budget: Budget) -> bool:
        for test in tests:  # noqa: SIM110  as above
            if test(facts, budget):
                return True
        return False

    return test_any
