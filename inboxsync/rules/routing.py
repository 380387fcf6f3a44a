"""What the rules make of a message: the actions of all rules it met, merged in their order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from inboxsync.rules.nodes import Actions, Rule, TicketAction
from inboxsync.rules.text import fold


@dataclass(frozen=True, slots=True)
class RuleMet:
    """What one rule answered; `stopped` when it met the message and ended the list."""

    index: int
    name: str
    met: bool
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Routing:
    """The merged actions. None, and empty `tags`, where no rule said anything: the integration's settings hold.

    With a `fault` the actions are those of no rule: the message is to be set aside. `trace` has each rule asked.
    """

    priority: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    company: str | None = None
    assignee: str | None = None
    ticket: TicketAction = TicketAction.CREATE
    mark_read: bool | None = None
    move_to: str | None = None
    trace: tuple[RuleMet, ...] = ()
    fault: str | None = None
    spent_s: float = 0.0

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules that the message met."""
        return tuple(rule.name for rule in self.trace if rule.met)

    def as_data(self) -> dict[str, object]:
        """Answer the trace and its outcome as JSON-able data; the same message and rules always give the same data."""
        actions = {name: getattr(self, name) for name in _ACTION_NAMES}
        return {
            "rules": [asdict(rule) for rule in self.trace],
            "actions": {**actions, "ticket": self.ticket.value, "tags": list(self.tags)},
            "fault": self.fault,
        }


_ACTION_NAMES = ("priority", "category", "tags", "company", "assignee", "ticket", "mark_read", "move_to")


def merge(rules: Iterable[Rule]) -> Routing:
    """Merge the actions of rules that met: the later overrides, tags accumulate without doubles.

    Tags that differ only in case are one tag; the spelling that came first stays: it may be in use already.
    """
    routing = Routing()
    for rule in rules:
        routing = _override(routing, rule.then)
    return routing


def _override(routing: Routing, then: Actions) -> Routing:
    return replace(
        routing,
        priority=routing.priority if then.priority is None else then.priority,
        category=routing.category if then.category is None else then.category,
        tags=distinct_tags((*routing.tags, *then.tags)),
        company=routing.company if then.company is None else then.company,
        assignee=routing.assignee if then.assignee is None else then.assignee,
        ticket=routing.ticket if then.ticket is None else then.ticket,
        mark_read=routing.mark_read if then.mark_read is None else then.mark_read,
        move_to=routing.move_to if then.move_to is None else then.move_to,
    )


def distinct_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Drop tags that differ from an earlier one in nothing but case."""
    distinct: dict[str, str] = {}
    for tag in tags:
        distinct.setdefault(fold(tag), tag)
    return tuple(distinct.values())
