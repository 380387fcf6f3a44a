"""Mail that goes to a ticket there is: its people, its state, its times. Needs the lock of tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.errors import StoreConflict
from inboxsync.model.ingest import TicketDecision, TicketEffect
from inboxsync.model.ticketing import OPEN
from inboxsync.store.bulk import dump_json
from inboxsync.store.cleaning import clean_key
from inboxsync.store.dialect import read_json, read_moment

if TYPE_CHECKING:
    from inboxsync.store.contents import Content
    from inboxsync.store.statements import Statements

# Those who are copied in by one mail after the other are bounded too.
WATCHERS_MAX = 200
_READ = "SELECT id, number, status, watchers, last_message_at, requester_key FROM inboxsync_tickets WHERE id IN ({in})"
_WRITE = "UPDATE inboxsync_tickets SET status = ?, watchers = ?, last_message_at = ?, updated_at = ? WHERE id = ?"


@dataclass(slots=True)
class _Ticket:
    """A ticket while the mail of a batch is put to it."""

    number: str
    status: str
    watchers: list[str]
    last_message_at: datetime
    requester: str

    def take(self, decision: TicketDecision, content: Content) -> None:
        if decision.seen_status != self.status:
            raise StoreConflict(f"ticket {self.number} was changed while mail for it was being stored")
        if decision.effect is TicketEffect.REOPENED:
            self.status = OPEN
        new = (one for one in map(clean_key, decision.watchers) if one not in self.watchers and one != self.requester)
        self.watchers = [*self.watchers, *new][:WATCHERS_MAX]
        self.last_message_at = max(self.last_message_at, content.received_at)


def append_mails(
    work: Statements, mails: Sequence[tuple[int, TicketDecision, Content]], *, at: datetime
) -> dict[int, str]:
    """Put each mail to its ticket, in this order; answers the tickets' numbers by id.

    StoreConflict where a ticket is gone or not in the state in which it was when this was decided: then the whole
    batch is decided anew.
    """
    tickets = _read(work, [ticket_id for ticket_id, _, _ in mails])
    for ticket_id, decision, content in mails:
        if ticket_id not in tickets:
            raise StoreConflict(f"ticket {ticket_id} was removed while mail for it was being stored")
        tickets[ticket_id].take(decision, content)
    for ticket_id, one in tickets.items():
        work.run(_WRITE, (one.status, dump_json(one.watchers), one.last_message_at, at, ticket_id))
    return {ticket_id: one.number for ticket_id, one in tickets.items()}


def _read(work: Statements, ticket_ids: Sequence[int]) -> dict[int, _Ticket]:
    return {
        row_id: _Ticket(number, status, list(read_json(watchers)), read_moment(last), requester)
        for row_id, number, status, watchers, last, requester in work.rows_in(_READ, ticket_ids)
    }
