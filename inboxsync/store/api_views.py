"""Messages in full for readers over HTTP, seen through placements that they may see, and what belongs to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, select

from inboxsync.model.message import DeliveryReport
from inboxsync.model.token import Sight
from inboxsync.model.views import MessageView
from inboxsync.store.alchemy import select_in
from inboxsync.store.api_scope import folder_ids, in_folders
from inboxsync.store.core_tables import BODIES, MESSAGES, PLACEMENTS, TICKET_MESSAGES, TICKETS
from inboxsync.store.reading import is_visible, placed, shown

_M, _P = MESSAGES.c, PLACEMENTS.c


def listed(connection: Connection, placement_ids: Sequence[int], sight: Sight) -> tuple[MessageView, ...]:
    """The messages of these placements as lists show them, with headers, newest first."""
    views = shown(connection, placement_ids)
    headers = _columns(connection, (_M.headers,), views)
    return _with_tickets(
        connection, tuple(replace(view, headers=_header_map(headers[view.id].headers)) for view in views), sight
    )


def whole(connection: Connection, placement_ids: Sequence[int], sight: Sight) -> tuple[MessageView, ...]:
    """The messages of these placements with bodies, reports and headers, newest first."""
    views = shown(connection, placement_ids)
    more = _columns(connection, (_M.headers, _M.report, _M.delivery_reports, _M.authentication), views)
    bodies = {row.message_id: row for row in _rows_of(connection, select(BODIES), BODIES.c.message_id, views)}
    full = tuple(_completed(view, more[view.id], bodies.get(view.id)) for view in views)
    return _with_tickets(connection, full, sight)


def placement_of(connection: Connection, message_id: int, sight: Sight) -> int | None:
    """The placement to show a message through: live before gone, then the first; None where it is not seen."""
    return first_placements(connection, [message_id], sight).get(message_id)


def first_placements(connection: Connection, message_ids: Sequence[int], sight: Sight) -> Mapping[int, int]:
    """The placement to show each message through; a message that is not seen is missing."""
    folders = folder_ids(connection, sight)
    statement = (
        select(_P.id, _P.message_id)
        .select_from(placed(PLACEMENTS))
        .where(is_visible(), *in_folders(folders, by_index=False))
        .order_by(_P.retired_at.is_not(None), _P.expunged_at.is_not(None), _P.id)
    )
    first: dict[int, int] = {}
    for row in select_in(connection, statement, _P.message_id, message_ids):
        first.setdefault(row.message_id, row.id)
    return first


def thread_ids(connection: Connection, thread_id: str) -> Sequence[int]:
    """The messages of a conversation in their order, seen or not."""
    ordered = select(_M.id).where(_M.thread_id == thread_id).order_by(_M.received_at, _M.id)
    return connection.execute(ordered).scalars().all()


def _completed(view: MessageView, more: Any, body: Any) -> MessageView:
    text = None if body is None else body.body_text
    reply = None if body is None else body.reply_text
    return replace(
        view,
        headers=_header_map(more.headers),
        report=more.report,
        delivery_reports=tuple(DeliveryReport(**report) for report in more.delivery_reports),
        authentication=more.authentication,
        body_text=text,
        reply_text=text if reply is None else reply,
        body_html=None if body is None else body.body_html,
    )


def _header_map(headers: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in headers.items()}


def _columns(connection: Connection, columns: Sequence[Any], views: Iterable[MessageView]) -> dict[int, Any]:
    return {row.id: row for row in _rows_of(connection, select(_M.id, *columns), _M.id, views)}


def _rows_of(connection: Connection, statement: Any, key: Any, views: Iterable[MessageView]) -> Iterable[Any]:
    return select_in(connection, statement, key, [view.id for view in views])


def _with_tickets(connection: Connection, views: tuple[MessageView, ...], sight: Sight) -> tuple[MessageView, ...]:
    """A copy may have made a ticket of an integration that is not seen: its id is not shown."""
    if sight.integration_ids is None:
        return views
    tickets, members = TICKETS.c, TICKET_MESSAGES.c
    statement = (
        select(members.message_id, func.min(members.ticket_id).label("ticket_id"))
        .select_from(TICKET_MESSAGES.join(TICKETS, members.ticket_id == tickets.id))
        .where(tickets.integration_id.in_(sorted(sight.integration_ids)))
        .group_by(members.message_id)
    )
    seen = {row.message_id: row.ticket_id for row in _rows_of(connection, statement, members.message_id, views)}
    return tuple(replace(view, ticket_id=seen.get(view.id)) for view in views)
