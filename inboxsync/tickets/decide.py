"""Whether a message makes a ticket. Pure; in its simplest form: one a content, where the integration makes tickets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.model.ingest import TicketDecision, TicketEffect

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration
    from inboxsync.model.message import ParsedMessage

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
    parsed: ParsedMessage, received_at: datetime, integration: Integration, wish: Wish, *, has_effect: bool
) -> TicketDecision:
    """Decide about one placement. `has_effect`: this content already had its one ticket effect in its scope (P3)."""
    refusal = _refusal(received_at, integration, wish, has_effect=has_effect)
    if refusal is not None:
        return TicketDecision(effect=TicketEffect.NONE, reason=refusal)
    return TicketDecision(
        effect=TicketEffect.CREATED,
        reason="new_message",
        subject=parsed.subject or NO_SUBJECT,
        priority=wish.priority or "normal",
        category=wish.category,
        tags=wish.tags,
        company=wish.company or integration.company,
        requester=parsed.first_author,
        assignee=wish.assignee,
    )


def _refusal(received_at: datetime, integration: Integration, wish: Wish, *, has_effect: bool) -> str | None:
    if not integration.makes_tickets:
        return "integration_makes_no_tickets"
    if integration.tickets_since is not None and received_at < integration.tickets_since:
        return "before_tickets_since"
    if wish.effect != "create":
        return "rule_says_none" if wish.effect == "none" else "no_ticket_to_append_to"
    return "already_has_ticket" if has_effect else None
