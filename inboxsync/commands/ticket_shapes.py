"""Tickets as `tickets` shows them: a table, one with what is around it, its reply token."""

from __future__ import annotations

import functools
import secrets
from typing import TYPE_CHECKING, Any

from inboxsync.commands.ports import Application
from inboxsync.model.views import TicketView
from inboxsync.render.document import time_text
from inboxsync.render.json_shapes import ticket_json
from inboxsync.render.messages import ticket_text
from inboxsync.render.status import facts_text
from inboxsync.render.tables import Table
from inboxsync.tickets.tokens import reply_token, token_key

if TYPE_CHECKING:
    from inboxsync.store.ticket_desk import TicketDetail

_NO_DOMAIN = "inboxsync.invalid"  # RFC 2606 §2


def ticket_table(tickets: tuple[TicketView, ...]) -> Table:
    """Lay tickets out, one a line."""
    rows = [
        (
            t.id,
            t.number,
            t.status,
            t.priority,
            t.requester_email,
            t.subject,
            t.integration,
            time_text(t.last_message_at),
        )
        for t in tickets
    ]
    headings = ("id", "number", "status", "priority", "requester", "subject", "integration", "last message")
    return Table.of(headings, rows, right=(0,))


def detail_json(found: TicketDetail) -> dict[str, Any]:
    """Give a ticket as the HTTP endpoint does, with the ids of related ones and whether its author is forged."""
    related = [str(one) for one in found.related]
    return {**ticket_json(found.ticket), "related": related, "is_unverified": found.is_unverified}


def detail_text(found: TicketDetail) -> str:
    """Write a ticket, one fact a line."""
    facts = (
        ("watchers", ", ".join(found.ticket.watchers) or "-"),
        ("related", ", ".join(map(str, found.related)) or "-"),
        ("author", "found forged by a trusted server" if found.is_unverified else "as the mail says"),
    )
    return f"{ticket_text(found.ticket).rstrip()}\n{facts_text(facts)}"


def token_json(application: Application, ticket: TicketView) -> dict[str, str]:
    """Sign a ticket's id, and make a Message-ID of it that no other mail has. Raises key errors (exit 78)."""
    store_uuid = application.store.control.store_uuid
    keys = application.vault().derived_keys(functools.partial(token_key, store_uuid=store_uuid))
    token = reply_token(ticket.id, keys[0])
    domain = next(
        (one.email.rpartition("@")[2] for one in application.integrations() if one.name == ticket.integration), ""
    )
    message_id = f"<{token}.{secrets.token_hex(8)}@{domain or _NO_DOMAIN}>"
    return {"ticket_id": str(ticket.id), "number": ticket.number, "token": token, "message_id": message_id}
