"""Why a filter decided as it did: its tree, with the answer of each node and the value each condition saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from inboxsync.rules.facts import Facts
from inboxsync.rules.fields import Values
from inboxsync.rules.nodes import Condition, Group, Node, Scalar
from inboxsync.rules.patterns import Budget, MatchingTimeout
from inboxsync.rules.predicates import compile_condition, field_of

MAX_SHOWN_CHARACTERS = 200
MAX_SHOWN_VALUES = 20


@dataclass(frozen=True, slots=True)
class Explanation:
    """One node and what became of it. `kind` is `condition`, `group`, or the key: `all`, `any`, `none`, `not`.

    `verdict` is None where a fault leaves it open. `pointer` is the JSON pointer into the filter; "" is all of it.
    `seen` holds the elements, texts cut after 200 characters and lists after 20 elements; `seen_total` counts all.
    """

    pointer: str
    kind: str
    verdict: bool | None
    field: str | None = None
    operator: str | None = None
    operand: Scalar | tuple[Scalar, ...] | None = None
    case_sensitive: bool = False
    seen: tuple[str | int | float | bool, ...] = ()
    seen_total: int = 0
    fault: str | None = None
    children: tuple[Explanation, ...] = ()

    def as_data(self) -> dict[str, object]:
        """Answer the tree as JSON-able data, each node with the keys that mean something for it."""
        data: dict[str, object] = {"pointer": self.pointer, "kind": self.kind, "verdict": self.verdict}
        if self.field is not None:
            operand = list(self.operand) if isinstance(self.operand, tuple) else self.operand
            data |= {"field": self.field, "operator": self.operator, "operand": operand}
            data |= {"case_sensitive": self.case_sensitive, "seen": list(self.seen), "seen_total": self.seen_total}
            data |= {"fault": self.fault}
        else:
            data["children"] = [child.as_data() for child in self.children]
        return data


def explain(node: Node | None, facts: Facts, monotonic: Callable[[], float]) -> Explanation:
    """Ask every node, also those that evaluation skips, and answer the tree. Never raises.

    Each condition has the whole time of a message for its patterns, so that a slow one hides nothing of the others.
    No filter is explained as an `all` of nothing, which takes every message.
    """
    return _node(Group(all_=()) if node is None else node, facts, monotonic, "")


def _node(node: Node, facts: Facts, monotonic: Callable[[], float], pointer: str) -> Explanation:
    if isinstance(node, Condition):
        return _condition(node, facts, monotonic, pointer)
    parts = tuple(_parts(node, facts, monotonic, pointer))
    if len(parts) == 1:
        return parts[0]
    return Explanation(pointer, "group", _all([part.verdict for part in parts]), children=parts)


def _parts(group: Group, facts: Facts, monotonic: Callable[[], float], pointer: str) -> Iterator[Explanation]:
    for key, nodes in (("all", group.all_), ("any", group.any_), ("none", group.none)):
        if nodes is None:
            continue
        where = f"{pointer}/{key}"
        children = tuple(_node(node, facts, monotonic, f"{where}/{index}") for index, node in enumerate(nodes))
        yield Explanation(where, key, _VERDICTS[key]([child.verdict for child in children]), children=children)
    if group.not_ is not None:
        child = _node(group.not_, facts, monotonic, f"{pointer}/not")
        yield Explanation(f"{pointer}/not", "not", _none([child.verdict]), children=(child,))


def _condition(condition: Condition, facts: Facts, monotonic: Callable[[], float], pointer: str) -> Explanation:
    verdict, fault = None, None
    try:
        verdict = compile_condition(condition)(facts, Budget(monotonic))
    except MatchingTimeout as exceeded:
        fault = str(exceeded)
    values = facts.values(field_of(condition))
    return Explanation(
        pointer,
        "condition",
        verdict,
        field=condition.field,
        operator=condition.operator,
        operand=condition.operand,
        case_sensitive=condition.case_sensitive,
        seen=_shown(values),
        seen_total=len(values),
        fault=fault,
    )


def _shown(values: Values) -> tuple[str | int | float | bool, ...]:
    return tuple(_shorten(value) for value in values[:MAX_SHOWN_VALUES])


def _shorten(value: str | float | datetime) -> str | int | float | bool:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and len(value) > MAX_SHOWN_CHARACTERS:
        return value[:MAX_SHOWN_CHARACTERS] + "…"
    return value


def _all(verdicts: Sequence[bool | None]) -> bool | None:
    """Conjoin answers of which some may be open; one no decides it all the same."""
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _any(verdicts: Sequence[bool | None]) -> bool | None:
    if True in verdicts:
        return True
    return None if None in verdicts else False


def _none(verdicts: Sequence[bool | None]) -> bool | None:
    found = _any(verdicts)
    return None if found is None else not found


_VERDICTS = {"all": _all, "any": _any, "none": _none}
