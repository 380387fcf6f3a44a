"""Tickets in the hands of people: listed with filters, changed, linked, taken apart; each change tells its event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.errors import UsageError
from inboxsync.model.event import TICKET_CREATED, TICKET_REOPENED, TICKET_UPDATED
from inboxsync.model.ticketing import ENDED, TicketEdit, TicketQuery
from inboxsync.model.views import Page, TicketView
from inboxsync.store.bulk import Row
from inboxsync.store.event_rows import tell
from inboxsync.store.locks import TICKETS_LOCK, lock_until_commit
from inboxsync.store.ticket_edit_rows import Before, edited, read_before, write_edited
from inboxsync.store.ticket_splitting import Split, split

if TYPE_CHECKING:
    from inboxsync.store.connections import Connections, Work
    from inboxsync.store.content_port import ContentStore

_RELATED = """
SELECT related_id FROM inboxsync_ticket_links WHERE ticket_id = ?
UNION SELECT ticket_id FROM inboxsync_ticket_links WHERE related_id = ? ORDER BY 1
"""
_LINK = "INSERT INTO inboxsync_ticket_links (ticket_id, related_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
_UNLINK = "DELETE FROM inboxsync_ticket_links WHERE ticket_id = ? AND related_id = ?"
_UNVERIFIED = "SELECT is_unverified FROM inboxsync_tickets WHERE id = ?"


def tickets_of(content: ContentStore) -> TicketDesk:
    """Answer the tickets of an open content plane; TypeError for another kind of it."""
    from inboxsync.store.content import SqlContentStore

    if not isinstance(content, SqlContentStore):
        raise TypeError(f"{type(content).__name__} has no tickets to change")
    return TicketDesk(content.connections)


@dataclass(frozen=True, slots=True)
class TicketDetail:
    """A ticket, the ids of those it may belong to, and whether the author of its first mail was found forged."""

    ticket: TicketView
    related: tuple[int, ...] = ()
    is_unverified: bool = False


class TicketDesk:
    """Every method is one transaction. All raise StoreError, and UsageError for a ticket that is not there."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def page(self, query: TicketQuery) -> Page[TicketView]:
        """One page of tickets, newest first."""
        from inboxsync.store.ticket_reading import ticket_page

        with self._connections.reading() as work:
            return ticket_page(work.alchemy, query)

    def detail(self, ticket_id: int) -> TicketDetail:
        """One ticket with what is around it."""
        with self._connections.reading() as work:
            return _detail(work, ticket_id)

    def edit(self, ticket_ids: Sequence[int], change: TicketEdit, *, at: datetime) -> Sequence[TicketView]:
        """Change tickets, all or none of them; one that is so already stays untouched and tells nothing."""
        with self._connections.writing(durable=True) as work:
            lock_until_commit(work, TICKETS_LOCK)
            for ticket_id in dict.fromkeys(ticket_ids):
                _edit(work, _before(work, ticket_id), change, at)
            return [_view(work, ticket_id) for ticket_id in dict.fromkeys(ticket_ids)]

    def link(self, ticket_id: int, other_id: int, *, at: datetime, remove: bool = False) -> TicketDetail:
        """Say that two tickets belong together, or with `remove` that they do not. UsageError for one and the same."""
        if ticket_id == other_id:
            raise UsageError("a ticket cannot be linked to itself", hint="name two tickets")
        later, earlier = max(ticket_id, other_id), min(ticket_id, other_id)
        with self._connections.writing(durable=True) as work:
            lock_until_commit(work, TICKETS_LOCK)
            tickets = [_before(work, one) for one in (ticket_id, other_id)]
            changed = work.run(_UNLINK if remove else _LINK, (later, earlier))
            if changed:
                _tell_all(work, [_updated(one, {"related": True}) for one in tickets], tickets, at)
            return _detail(work, ticket_id)

    def split(self, ticket_id: int, message_ids: Sequence[int], *, at: datetime) -> Split:
        """Take messages out of a ticket into a new one of their own, linked to it.

        UsageError where a message is not of the ticket, or is the one that opened it.
        """
        with self._connections.writing(durable=True) as work:
            lock_until_commit(work, TICKETS_LOCK)
            before = _before(work, ticket_id)
            made = split(work, ticket_id, message_ids, at=at)
            work.run(_LINK, (made.ticket_id, ticket_id))
            data = {"ticket_id": made.ticket_id, "number": made.number, "integration": before.integration}
            created = (TICKET_CREATED, {**data, "reason": "split", "split_from": ticket_id})
            _tell_all(work, [created, _updated(before, {"messages": True})], [before], at)
            return made


def _before(work: Work, ticket_id: int) -> Before:
    found = read_before(work, ticket_id)
    if found is None:
        raise UsageError(f"there is no ticket {ticket_id}", hint="`inboxsync tickets list` shows the ids")
    return found


def _view(work: Work, ticket_id: int) -> TicketView:
    from inboxsync.store.ticket_reading import ticket

    found = ticket(work.alchemy, ticket_id)
    if found is None:
        raise UsageError(f"there is no ticket {ticket_id}", hint="`inboxsync tickets list` shows the ids")
    return found


def _detail(work: Work, ticket_id: int) -> TicketDetail:
    view = _view(work, ticket_id)
    related = tuple(int(row[0]) for row in work.rows(_RELATED, (ticket_id, ticket_id)))
    unverified = work.row(_UNVERIFIED, (ticket_id,))
    return TicketDetail(view, related, bool(unverified and unverified[0]))


def _edit(work: Work, before: Before, change: TicketEdit, at: datetime) -> None:
    after = edited(before, change)
    changed = before.difference(after)
    if not changed:
        return
    write_edited(work, after, at)
    reopened = before.status in ENDED and after.status not in ENDED
    kind, data = _updated(before, changed)
    _tell_all(work, [(TICKET_REOPENED if reopened else kind, data)], [before], at)


def _updated(ticket: Before, changed: Row) -> tuple[str, Row]:
    place = {"ticket_id": ticket.id, "number": ticket.number, "integration": ticket.integration}
    return TICKET_UPDATED, {**place, "reason": "edited", "changed": changed}


def _tell_all(work: Work, events: Iterable[tuple[str, Row]], tickets: Sequence[Before], at: datetime) -> None:
    tell(work, list(events), at=at, integration_id=tickets[0].integration_id)
