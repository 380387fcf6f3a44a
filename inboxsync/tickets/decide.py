"""What a placement does to tickets: what settings and rules refuse, else what `route` says. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inboxsync.model.ingest import TicketDecision, TicketEffect
from inboxsync.tickets.route import Hints, Route, route

if TYPE_CHECKING:
    from datetime import datetime

    from inboxsync.model.integration import Integration
    from inboxsync.model.message import ParsedMessage
    from inboxsync.tickets.letter import Letter

NO_SUBJECT = "(no subject)"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the rules want of a ticket. `effect` is create, append or none as in the rules language."""

    effect: str = "create"
    priority: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    company: str | None = None
    assignee: str | None = None


def decide_ticket(
    parsed: ParsedMessage,
    letter: Letter,
    integration: Integration,
    wish: Wish,
    hints: Callable[[], Hints],
    *,
    has_effect: bool,
) -> TicketDecision:
    """Decide about one placement. `has_effect`: this content already had its one ticket effect in its scope (P3).

    `hints` is asked only where the mail may have an effect.
    """
    refusal = _refusal(letter.received_at, integration, wish, has_effect=has_effect)
    if refusal is not None:
        return TicketDecision(effect=TicketEffect.NONE, reason=refusal)
    routed = route(letter, hints(), integration.routing, may_open=wish.effect == "create")
    if routed.effect is TicketEffect.CREATED:
        return _created(parsed, letter, wish, routed)
    return _appended(letter, routed)


def _refusal(received_at: datetime, integration: Integration, wish: Wish, *, has_effect: bool) -> str | None:
    if not integration.makes_tickets:
        return "integration_makes_no_tickets"
    if integration.tickets_since is not None and received_at < integration.tickets_since:
        return "before_tickets_since"
    if wish.effect == "none":
        return "rule_says_none"
    return "already_has_ticket" if has_effect else None


def _created(parsed: ParsedMessage, letter: Letter, wish: Wish, routed: Route) -> TicketDecision:
    return TicketDecision(
        effect=TicketEffect.CREATED,
        reason=routed.reason,
        subject=parsed.subject or NO_SUBJECT,
        priority=wish.priority or "normal",
        category=wish.category,
        tags=wish.tags,
        company=wish.company or letter.sender.company,
        requester=parsed.first_author,
        assignee=wish.assignee,
        watchers=letter.watchers,
        related=routed.related,
        is_unverified=letter.sender.is_unverified,
    )


def _appended(letter: Letter, routed: Route) -> TicketDecision:
    ticket = routed.ticket
    if ticket is None:
        return TicketDecision(effect=routed.effect, reason=routed.reason)
    return TicketDecision(
        effect=routed.effect,
        reason=routed.reason,
        ticket=ticket.key,
        seen_status=ticket.status,
        watchers=() if routed.is_quiet else letter.watchers,
        is_quiet=routed.is_quiet,
    )
