"""Tickets, and the feed of events."""

from __future__ import annotations

from inboxsync.httpapi.answers import Answer, Document
from inboxsync.httpapi.operations import PREFIX, Operation
from inboxsync.httpapi.paging import cut, id_cursor, page_of, read_id_cursor, stretch_of
from inboxsync.httpapi.parameters import (
    AFTER,
    INTEGRATION,
    PAGE,
    STRING,
    TIME,
    Parameter,
    choice,
    integer,
    limit,
    moment,
    text,
    words_of,
)
from inboxsync.httpapi.refusals import not_found
from inboxsync.httpapi.service import Asked
from inboxsync.model.api_query import TicketFilter
from inboxsync.model.event import EVENT_TYPES
from inboxsync.render.http_shapes import listed_json
from inboxsync.render.json_shapes import ticket_json

STATUSES = ("open", "in_progress", "pending", "resolved", "closed")
_MAX_EVENT = 2**62
_ANY_TYPE = "|".join(EVENT_TYPES).replace(".", "[.]")


def tickets(asked: Asked) -> Answer:
    """List tickets, newest first."""
    query = asked.query
    stretch = stretch_of(query, read_id_cursor)
    wanted = TicketFilter(
        asked.sight, asked.chosen_id(), query["status"], query["company"], updated_since=query["updated_since"]
    )
    total, found = asked.content.tickets(wanted, stretch)
    items, cursor = cut(found, stretch, lambda ticket: id_cursor(ticket.id))
    return Document(page_of("tickets", [ticket_json(ticket) for ticket in items], total, stretch, cursor))


def ticket(asked: Asked) -> Answer:
    """One ticket with its messages, oldest first."""
    found = asked.content.ticket(asked.row_id("ticket_id", "ticket"), asked.sight)
    if found is None:
        raise not_found("ticket")
    views = asked.content.shown(found.message_ids, asked.sight)
    return Document({**ticket_json(found), "messages": [listed_json(view, asked.base) for view in views]})


def events(asked: Asked) -> Answer:
    """What happened, oldest first, behind a cursor."""
    query = asked.query
    history = asked.service.store.history
    found = history.events(asked.sight, query["after"], limit=query["limit"], types=query["type"] or ())
    return Document(found.as_dict())


OPERATIONS = (
    Operation(
        "list_tickets",
        f"{PREFIX}/tickets",
        tickets,
        "Tickets, newest first",
        "TicketPage",
        (
            Parameter("status", choice(*STATUSES), "Of this status.", {"type": "string", "enum": STATUSES}),
            Parameter("company", text, "Of this company.", STRING, example="Example Ltd"),
            INTEGRATION,
            Parameter("updated_since", moment, "Changed at or after.", TIME, example="2026-03-01T00:00:00Z"),
            *(limit(), PAGE, AFTER),
        ),
    ),
    Operation("read_ticket", f"{PREFIX}/tickets/{{ticket_id}}", ticket, "One ticket and its messages", "TicketDetail"),
    Operation(
        "list_events",
        f"{PREFIX}/events",
        events,
        "What happened, oldest first",
        "EventPage",
        (
            Parameter(
                "after",
                integer(0, _MAX_EVENT),
                "Behind this id: `next_after` of the page before.",
                {"type": "integer", "minimum": 0, "maximum": _MAX_EVENT, "default": 0},
                0,
            ),
            limit(100, 1_000),
            Parameter(
                "type",
                words_of(*EVENT_TYPES),
                f"Of these types only, with commas between: {', '.join(EVENT_TYPES)}.",
                {"type": "string", "pattern": f"^({_ANY_TYPE})(,({_ANY_TYPE}))*$"},
                example="ticket.created,ticket.updated",
            ),
        ),
    ),
)
