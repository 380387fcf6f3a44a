"""Tickets as readers see them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from inboxsync.model.ticketing import TicketQuery
from inboxsync.model.views import Page, TicketView
from inboxsync.store.alchemy import select_in
from inboxsync.store.core_tables import INTEGRATIONS, TICKET_MESSAGES, TICKETS

_T = TICKETS.c


def ticket_page(connection: Connection, query: TicketQuery) -> Page[TicketView]:
    """One page of tickets that a query asks for, the newest first."""
    return _page(connection, _chosen(query), query.limit, query.page)


def _chosen(query: TicketQuery) -> Select[Any]:
    equal = (
        (_T.status, query.status),
        (_T.priority, query.priority),
        (_T.assignee, query.assignee),
        (INTEGRATIONS.c.name, query.integration),
    )
    wanted = joined().where(*(column == value for column, value in equal if value is not None))
    if query.text is None:
        return wanted
    in_text = (_T.subject, _T.requester_name, _T.requester_email)
    named = [func.lower(column).contains(query.text.lower(), autoescape=True) for column in in_text]
    return wanted.where(or_(_T.number == query.text.removeprefix("#"), *named))


def tickets(
    connection: Connection, *, limit: int, page: int, status: str | None, integration: str | None
) -> Page[TicketView]:
    """One page of tickets, the newest first."""
    return ticket_page(connection, TicketQuery(limit=limit, page=page, status=status, integration=integration))


def _page(connection: Connection, wanted: Select[Any], limit: int, page: int) -> Page[TicketView]:
    total: int = connection.execute(wanted.with_only_columns(func.count())).scalar_one()
    rows = connection.execute(wanted.order_by(_T.id.desc()).limit(limit).offset((page - 1) * limit)).all()
    message_ids = message_ids_of(connection, [row.id for row in rows])
    items = tuple(view_of(row, message_ids.get(row.id, ())) for row in rows)
    return Page(items=items, total=total, page=page, has_next=page * limit < total)


def ticket(connection: Connection, ticket_id: int) -> TicketView | None:
    """One ticket, or None."""
    row = connection.execute(joined().where(_T.id == ticket_id)).one_or_none()
    return None if row is None else view_of(row, message_ids_of(connection, [ticket_id]).get(ticket_id, ()))


def joined() -> Select[Any]:
    """Select tickets with the name of their integration."""
    return select(TICKETS, INTEGRATIONS.c.name.label("integration")).select_from(
        TICKETS.outerjoin(INTEGRATIONS, _T.integration_id == INTEGRATIONS.c.id)
    )


def message_ids_of(connection: Connection, ticket_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """The messages of each of these tickets, by id."""
    columns = TICKET_MESSAGES.c
    statement = select(columns.ticket_id, columns.message_id).order_by(columns.message_id)
    found: dict[int, tuple[int, ...]] = {}
    for row in select_in(connection, statement, columns.ticket_id, ticket_ids):
        found[row.ticket_id] = (*found.get(row.ticket_id, ()), row.message_id)
    return found


def view_of(row: Any, message_ids: tuple[int, ...]) -> TicketView:
    """A ticket of a row of `joined`."""
    return TicketView(
        id=row.id,
        number=row.number,
        subject=row.subject,
        status=row.status,
        priority=row.priority,
        category=row.category,
        tags=tuple(row.tags),
        company=row.company,
        requester_name=row.requester_name,
        requester_email=row.requester_email,
        requester_contact_id=row.requester_contact_id,
        watchers=tuple(row.watchers),
        assignee=row.assignee,
        integration=row.integration or "",
        message_ids=message_ids,
        external_reference=row.external_reference,
        created_at=row.created_at,
        updated_at=row.updated_at,
        last_message_at=row.last_message_at,
    )
