"""Tickets of a batch: at most one effect per content and scope, and never a missing one (P3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, update

from inboxsync.model.directory import sender_key
from inboxsync.model.ingest import BatchRecord, Outcome, TicketDecision, TicketEffect
from inboxsync.model.message import Address
from inboxsync.store.alchemy import TICKETS_LOCK, Row, allocate_ids, insert_rows, lock_until_commit, select_in
from inboxsync.store.cleaning import clean_json, clean_key, clean_optional, clean_text
from inboxsync.store.core_tables import CONTACTS, META, TICKET_EFFECTS, TICKET_MESSAGES, TICKETS

if TYPE_CHECKING:
    from inboxsync.store.contents import Content, Contents

# The number last given, in inboxsync_meta: a number is never given twice, not even after its ticket was removed.
LAST_NUMBER = "last_ticket_number"


@dataclass(frozen=True, slots=True)
class NewTickets:
    """The outcomes that make a ticket in this transaction, by cleaned external id of the content."""

    makers: Mapping[str, Outcome]

    def is_made_by(self, outcome: Outcome) -> bool:
        """Whether this outcome is the one that makes its content's ticket."""
        return outcome.external_id is not None and self.makers.get(clean_key(outcome.external_id)) is outcome


@dataclass(frozen=True, slots=True)
class MadeTicket:
    """A ticket that was just made."""

    id: int
    number: str
    content: Content
    external_id: str


def new_tickets(connection: Connection, batch: BatchRecord) -> NewTickets:
    """Answer which outcomes make a ticket: the first of each content whose scope has no effect for it yet."""
    wanted: dict[str, Outcome] = {}
    for outcome in batch.outcomes:
        if outcome.ticket is not None and outcome.ticket.effect is TicketEffect.CREATED:
            if outcome.external_id is None:
                raise ValueError(f"UID {outcome.meta.uid} is to make a ticket without its content")
            wanted.setdefault(clean_key(outcome.external_id), outcome)
    had = _with_effect(connection, batch.scope, wanted)
    return NewTickets({key: outcome for key, outcome in wanted.items() if key not in had})


def _with_effect(connection: Connection, scope: str, external_ids: Iterable[str]) -> frozenset[str]:
    columns = TICKET_EFFECTS.c
    statement = select(columns.external_id).where(columns.scope == scope)
    return frozenset(row.external_id for row in select_in(connection, statement, columns.external_id, external_ids))


def make_tickets(connection: Connection, batch: BatchRecord, new: NewTickets, contents: Contents) -> list[MadeTicket]:
    """Make the tickets and their effects; the primary key of the effects refuses a second one and with it the batch."""
    if not new.makers:
        return []
    made = _numbered(connection, new, contents)
    contacts = _contact_ids(connection, new.makers.values())
    tickets = [
        _ticket_row(batch, one, decision, contacts)
        for one in made
        if (decision := new.makers[one.external_id].ticket) is not None
    ]
    insert_rows(connection, TICKETS, tickets)
    insert_rows(connection, TICKET_EFFECTS, [_effect_row(batch, one) for one in made])
    links = [{"ticket_id": one.id, "message_id": one.content.id} for one in made]
    insert_rows(connection, TICKET_MESSAGES, links)
    return made


def _numbered(connection: Connection, new: NewTickets, contents: Contents) -> list[MadeTicket]:
    first = _take_numbers(connection, len(new.makers))
    ids = allocate_ids(connection, TICKETS, len(new.makers))
    return [
        MadeTicket(row_id, str(first + offset), contents[external_id], external_id)
        for offset, (row_id, external_id) in enumerate(zip(ids, new.makers, strict=True))
    ]


def _take_numbers(connection: Connection, count: int) -> int:
    """Take `count` numbers in a row and answer the first; a rolled back transaction gives them back."""
    lock_until_commit(connection, TICKETS_LOCK)
    row = META.c.name == LAST_NUMBER
    last = connection.execute(select(META.c.value).where(row)).scalar_one_or_none()
    if last is None:
        insert_rows(connection, META, [{"name": LAST_NUMBER, "value": str(count)}])
        return 1
    connection.execute(update(META).where(row).values(value=str(int(last) + count)))
    return int(last) + 1


def _contact_ids(connection: Connection, outcomes: Iterable[Outcome]) -> dict[str, int]:
    emails = {sender_key(_requester(one.ticket).address) for one in outcomes if one.ticket is not None}
    statement = select(CONTACTS.c.email, CONTACTS.c.id)
    return {row.email: row.id for row in select_in(connection, statement, CONTACTS.c.email, sorted(emails))}


def _requester(decision: TicketDecision) -> Address:
    given = decision.requester or Address("", "")
    return Address(clean_text(given.name), clean_text(given.address))


def _ticket_row(batch: BatchRecord, made: MadeTicket, decision: TicketDecision, contacts: Mapping[str, int]) -> Row:
    requester = _requester(decision)
    return {
        "id": made.id,
        "number": made.number,
        "integration_id": batch.integration_id,
        "subject": clean_text(decision.subject),
        "status": "open",
        "priority": clean_text(decision.priority),
        "category": clean_optional(decision.category),
        "tags": clean_json(decision.tags),
        "company": clean_optional(decision.company),
        "requester_name": requester.name,
        "requester_email": requester.address,
        "requester_contact_id": contacts.get(sender_key(requester.address)),
        "watchers": [],
        "assignee": clean_optional(decision.assignee),
        "external_reference": made.content.message_id,
        "created_at": batch.at,
        "updated_at": batch.at,
        "last_message_at": made.content.received_at,
    }


def _effect_row(batch: BatchRecord, made: MadeTicket) -> Row:
    return {
        "scope": batch.scope,
        "external_id": made.external_id,
        "effect": TicketEffect.CREATED.value,
        "ticket_id": made.id,
        "at": batch.at,
    }
