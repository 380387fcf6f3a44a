"""Tickets for readers over HTTP: only those of integrations they see, with only the messages they see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal_column, select

from inboxsync.model.api_query import Stretch, TicketFilter
from inboxsync.model.token import Sight
from inboxsync.model.views import TicketView
from inboxsync.store.alchemy import select_in
from inboxsync.store.api_scope import folder_ids, is_shown_in
from inboxsync.store.core_tables import MESSAGES, TICKET_MESSAGES, TICKETS
from inboxsync.store.ticket_reading import joined, message_ids_of, view_of

_T = TICKETS.c


def tickets(connection: Connection, wanted: TicketFilter, stretch: Stretch) -> Sequence[TicketView]:
    """A stretch of the list, newest first; one more than `limit` where there are more."""
    rows = connection.execute(tickets_statement(wanted, stretch)).all()
    message_ids = _message_ids(connection, [row.id for row in rows], wanted.sight)
    return [view_of(row, message_ids.get(row.id, ())) for row in rows]


def tickets_statement(wanted: TicketFilter, stretch: Stretch) -> Select[Any]:
    """The statement that finds a stretch of the list."""
    # An expression, or SQLite would walk all tickets by id to find the few that changed.
    newest = _T.id if wanted.updated_since is None else _T.id + literal_column("0")
    statement = joined().where(*_conditions(wanted)).order_by(newest.desc()).limit(stretch.limit + 1)
    if stretch.after is not None:
        return statement.where(_T.id < stretch.after)
    return statement.offset((stretch.page - 1) * stretch.limit)


def count(connection: Connection, wanted: TicketFilter) -> int:
    """How many there are in all."""
    statement = select(func.count()).select_from(TICKETS).where(*_conditions(wanted))
    return int(connection.execute(statement).scalar_one())


def ticket(connection: Connection, ticket_id: int, sight: Sight) -> TicketView | None:
    """One ticket, or None where it is not there or not seen."""
    row = connection.execute(joined().where(_T.id == ticket_id)).one_or_none()
    if row is None or not sight.shows(row.integration_id):
        return None
    return view_of(row, _message_ids(connection, [ticket_id], sight).get(ticket_id, ()))


def _conditions(wanted: TicketFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.sight.integration_ids is not None:
        yield _T.integration_id.in_(sorted(wanted.sight.integration_ids))
    if wanted.integration_id is not None:
        yield _T.integration_id == wanted.integration_id
    if wanted.status is not None:
        yield _T.status == wanted.status
    if wanted.company is not None:
        yield _T.company == wanted.company
    if wanted.updated_since is not None:
        yield _T.updated_at >= wanted.updated_since


def _message_ids(connection: Connection, ticket_ids: Sequence[int], sight: Sight) -> dict[int, tuple[int, ...]]:
    if sight.integration_ids is None:
        return message_ids_of(connection, ticket_ids)
    members = TICKET_MESSAGES.c
    statement = (
        select(members.ticket_id, members.message_id)
        .select_from(TICKET_MESSAGES.join(MESSAGES, MESSAGES.c.id == members.message_id))
        .where(is_shown_in(folder_ids(connection, sight)))
        .order_by(members.message_id)
    )
    found: dict[int, tuple[int, ...]] = {}
    for row in select_in(connection, statement, members.ticket_id, ticket_ids):
        found[row.ticket_id] = (*found.get(row.ticket_id, ()), row.message_id)
    return found
