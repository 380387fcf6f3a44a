"""Messages taken out of a ticket into a new one. Needs the lock of tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.errors import UsageError
from inboxsync.model.directory import sender_key
from inboxsync.model.ticketing import OPEN
from inboxsync.store.bulk import Row, allocate_ids, insert_rows
from inboxsync.store.cleaning import clean_key
from inboxsync.store.dialect import read_moment
from inboxsync.store.shapes import TICKETS
from inboxsync.store.ticket_rows import take_numbers

if TYPE_CHECKING:
    from inboxsync.store.statements import Row as Line
    from inboxsync.store.statements import Statements

_MESSAGES = """
SELECT m.id, m.scope, m.external_id, m.received_at, m.subject, m.from_name, m.from_address, m.message_id,
m.is_unverified, e.effect FROM inboxsync_ticket_messages AS t JOIN inboxsync_messages AS m ON m.id = t.message_id
LEFT JOIN inboxsync_ticket_effects AS e
    ON e.scope = m.scope AND e.external_id = m.external_id AND e.ticket_id = t.ticket_id
WHERE t.ticket_id = ? ORDER BY m.received_at, m.id
"""
_TICKET = "SELECT integration_id, priority, category, company, assignee FROM inboxsync_tickets WHERE id = ?"
_CONTACT = "SELECT id FROM inboxsync_contacts WHERE email = ?"
_MOVE = "UPDATE inboxsync_ticket_messages SET ticket_id = ? WHERE ticket_id = ? AND message_id IN ({in})"
_EFFECT = "UPDATE inboxsync_ticket_effects SET ticket_id = ?, effect = ? WHERE scope = ? AND external_id = ?"
_TIMES = "UPDATE inboxsync_tickets SET last_message_at = ?, updated_at = ? WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Split:
    """The ticket that was made."""

    ticket_id: int
    number: str


def split(work: Statements, ticket_id: int, message_ids: Sequence[int], *, at: datetime) -> Split:
    """Move messages of a ticket into a new one. UsageError where that cannot be; nothing is written then.

    The requester of the new one is the author of its first mail. What opened the old one stays: it is its beginning.
    """
    wanted = set(message_ids)
    lines = work.rows(_MESSAGES, (ticket_id,))
    moving = [line for line in lines if line[0] in wanted]
    _check(ticket_id, wanted, moving)
    made = _make(work, ticket_id, moving, at)
    list_of_ids = [line[0] for line in moving]
    work.run_in(_MOVE, list_of_ids, (made.ticket_id, ticket_id))
    for place, line in enumerate(moving):
        work.run(_EFFECT, (made.ticket_id, "appended" if place else "created", line[1], line[2]))
    left = [read_moment(line[3]) for line in lines if line[0] not in wanted]
    work.run(_TIMES, (max(left), at, ticket_id))
    return made


def _check(ticket_id: int, wanted: set[int], moving: Sequence[Line]) -> None:
    missing = wanted - {line[0] for line in moving}
    if missing or not moving:
        named = ", ".join(map(str, sorted(missing))) or "nothing"
        raise UsageError(
            f"ticket {ticket_id} does not hold message {named}", hint=f"`inboxsync tickets show {ticket_id}` lists them"
        )
    if any(line[-1] == "created" for line in moving):
        raise UsageError(f"the mail that opened ticket {ticket_id} stays in it", hint="take out the others")


def _make(work: Statements, ticket_id: int, moving: Sequence[Line], at: datetime) -> Split:
    first, times = moving[0], [read_moment(line[3]) for line in moving]
    number, row_id = str(take_numbers(work, 1)), allocate_ids(work, TICKETS, 1)[0]
    before = work.row(_TICKET, (ticket_id,))
    assert before is not None
    key = clean_key(sender_key(first[6]))
    contact = work.row(_CONTACT, (key,))
    row: Row = {
        "id": row_id,
        "number": number,
        **dict(zip(("integration_id", "priority", "category", "company", "assignee"), before, strict=True)),
        "subject": first[4] or "(no subject)",
        "status": OPEN,
        "tags": [],
        "requester_name": first[5],
        "requester_email": first[6],
        "requester_key": key,
        "requester_contact_id": None if contact is None else contact[0],
        "is_unverified": bool(first[8]),
        "watchers": [],
        "external_reference": first[7],
        "created_at": at,
        "updated_at": at,
        "first_message_at": times[0],
        "last_message_at": times[-1],
    }
    insert_rows(work, TICKETS, [row])
    return Split(row_id, number)
