"""What the store knows that may tell the tickets of a batch: a handful of statements, whatever the batch's size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from inboxsync.model.conversation import canonical_id
from inboxsync.model.directory import sender_key
from inboxsync.model.routing import (
    KnownTicket,
    RoutingFacts,
    RoutingQuestion,
    TicketOfMessage,
    TicketOfRequester,
)
from inboxsync.model.ticketing import ARRIVALS_KEPT, RATE_WINDOW
from inboxsync.store.association_rows import companies_of, contacts_of
from inboxsync.store.cleaning import clean_key
from inboxsync.store.dialect import read_json, read_moment

if TYPE_CHECKING:
    from datetime import datetime

    from inboxsync.store.statements import Row, Statements

_OURS = "SELECT email FROM inboxsync_integrations WHERE removed_at IS NULL AND lower(email) IN ({in})"
_BY_MESSAGE_ID = """
SELECT m.message_id, t.ticket_id, m.from_address FROM inboxsync_messages AS m
JOIN inboxsync_ticket_messages AS t ON t.message_id = m.id WHERE m.message_id IN ({in}) ORDER BY t.ticket_id
"""
# Ids that were sent in another form than the one by which they are compared are found by their ties (docs/adr/0016).
_BY_TIE = """
SELECT m.message_id, t.ticket_id, m.from_address FROM inboxsync_thread_ties AS r
JOIN inboxsync_messages AS m ON m.id = r.message_id JOIN inboxsync_ticket_messages AS t ON t.message_id = m.id
WHERE r.scope = ? AND r.tie IN ({in}) ORDER BY t.ticket_id
"""
_BY_NUMBER = "SELECT number, id FROM inboxsync_tickets WHERE number IN ({in})"
_OF_REQUESTERS = """
SELECT id, status, requester_key, watchers, company, first_message_at, last_message_at, subject FROM inboxsync_tickets
WHERE last_message_at >= ? AND first_message_at <= ? AND requester_key IN ({in}) ORDER BY id
"""
_TICKETS = "SELECT id, status, requester_key, watchers, company FROM inboxsync_tickets WHERE id IN ({in})"
_ARRIVALS = """
SELECT ticket_id, received_at FROM (
    SELECT t.ticket_id, m.received_at, row_number() OVER (PARTITION BY t.ticket_id ORDER BY m.received_at DESC) AS place
    FROM inboxsync_ticket_messages AS t JOIN inboxsync_messages AS m ON m.id = t.message_id
    WHERE m.received_at > ? AND m.received_at <= ? AND t.ticket_id IN ({in})
) AS latest WHERE place <= {kept}
""".replace("{kept}", str(ARRIVALS_KEPT))


def candidates(work: Statements, scope: str, asked: RoutingQuestion) -> RoutingFacts:
    """Answer what is known. Stays true until the transaction ends as far as mail of the scope is concerned."""
    messages = _by_message(work, scope, asked.message_ids)
    authors = {canonical: {sender_key(row[2]) for row in rows} for canonical, rows in messages.items()}
    ours = _ours(work, set(asked.addresses).union(*authors.values()))
    numbers: dict[str, int] = dict(work.rows_in(_BY_NUMBER, asked.numbers))
    openings, opened = _by_requester(work, asked)
    hit = {row[1] for rows in messages.values() for row in rows}.union(asked.ticket_ids, numbers.values())
    return RoutingFacts(
        contacts=contacts_of(work, asked.authors),
        companies=companies_of(work, asked.domains),
        ours=ours,
        tickets=opened | _tickets(work, hit, _arrivals(work, hit, asked.since, asked.until)),
        by_message={
            canonical: [TicketOfMessage(row[1], sender_key(row[2]) in ours) for row in rows]
            for canonical, rows in messages.items()
        },
        by_number=numbers,
        by_requester=openings,
    )


def _by_message(work: Statements, scope: str, message_ids: Mapping[str, str]) -> dict[str, list[Row]]:
    if not message_ids:
        return {}
    wanted = {clean_key(one) for pair in message_ids.items() for one in pair}
    rows = [*work.rows_in(_BY_MESSAGE_ID, wanted), *work.rows_in(_BY_TIE, map(clean_key, message_ids), (scope,))]
    found: dict[str, list[Row]] = {}
    for row in dict.fromkeys(rows):
        # A tie also leads to mail that only answers the id: what it has itself decides.
        canonical = canonical_id(row[0] or "")
        if canonical in message_ids:
            found.setdefault(canonical, []).append(row)
    return found


def _ours(work: Statements, addresses: Iterable[str]) -> frozenset[str]:
    return frozenset(sender_key(email) for (email,) in work.rows_in(_OURS, (one for one in addresses if one)))


def _by_requester(
    work: Statements, asked: RoutingQuestion
) -> tuple[dict[str, list[TicketOfRequester]], dict[int, KnownTicket]]:
    if asked.since is None or asked.until is None:
        return {}, {}
    since = asked.since if asked.subject_window is None else asked.since + RATE_WINDOW - asked.subject_window
    until = asked.until if asked.subject_window is None else asked.until + asked.subject_window
    found: dict[str, list[TicketOfRequester]] = {}
    tickets: dict[int, KnownTicket] = {}
    for *columns, first, last, subject in work.rows_in(
        _OF_REQUESTERS, map(clean_key, asked.requesters), (since, until)
    ):
        ticket = _ticket(columns)
        one = TicketOfRequester(columns[0], read_moment(first), read_moment(last), subject)
        found.setdefault(ticket.requester, []).append(one)
        tickets[one.ticket_id] = ticket
    return found, tickets


def _arrivals(
    work: Statements, ticket_ids: Iterable[int], since: datetime | None, until: datetime | None
) -> dict[int, list[datetime]]:
    found: dict[int, list[datetime]] = {}
    if since is not None and until is not None:
        for ticket_id, received_at in work.rows_in(_ARRIVALS, ticket_ids, (since, until)):
            found.setdefault(ticket_id, []).append(read_moment(received_at))
    return found


def _tickets(
    work: Statements, ticket_ids: Iterable[int], arrivals: Mapping[int, Sequence[datetime]]
) -> dict[int, KnownTicket]:
    rows = work.rows_in(_TICKETS, ticket_ids)
    return {row[0]: _ticket(row, arrivals.get(row[0], ())) for row in rows}


def _ticket(columns: Sequence[Any], arrivals: Sequence[datetime] = ()) -> KnownTicket:
    row_id, status, requester, watchers, company = columns
    return KnownTicket(row_id, status, requester, frozenset(read_json(watchers)), company, tuple(arrivals))
