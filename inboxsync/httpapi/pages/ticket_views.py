"""The pages of tickets: the list by status, and one with its messages."""

from __future__ import annotations

from inboxsync.httpapi.pages.visit import Shown, Visit
from inboxsync.httpapi.parameters import INTEGRATION, PAGE, STRING, Parameter, choice
from inboxsync.httpapi.refusals import not_found
from inboxsync.httpapi.ticket_routes import STATUSES
from inboxsync.model.api_query import Stretch, TicketFilter

PARAMETERS = (
    Parameter("status", choice(*STATUSES), "Of this status.", STRING),
    INTEGRATION,
    PAGE,
)
A_PAGE = 25


def tickets(visit: Visit) -> Shown:
    """Show tickets, newest first."""
    asked = visit.asked
    page, status = asked.query["page"] or 1, asked.query["status"]
    wanted = TicketFilter(asked.sight, asked.chosen_id(), status)
    total, found = asked.content.tickets(wanted, Stretch(A_PAGE, page))
    context = {
        "tickets": found[:A_PAGE],
        "total": total,
        "page": page,
        "has_next": len(found) > A_PAGE,
        "statuses": STATUSES,
        "status": status,
        "chosen": asked.query["integration"],
        "refreshes": True,
    }
    return Shown("tickets.html", context)


def ticket(visit: Visit) -> Shown:
    """Show one ticket with its messages, oldest first."""
    asked = visit.asked
    found = asked.content.ticket(asked.row_id("ticket_id", "ticket"), asked.sight)
    if found is None:
        raise not_found("ticket")
    return Shown("ticket.html", {"ticket": found, "messages": asked.content.shown(found.message_ids, asked.sight)})
