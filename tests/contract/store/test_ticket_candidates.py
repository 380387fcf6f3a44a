"""What routing is told, on SQLite and on Postgres, and what a batch then does to tickets."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inboxsync.errors import StoreConflict
from inboxsync.model.directory import Company, Contact, ContactKind
from inboxsync.model.ingest import Outcome, TicketDecision, TicketEffect
from inboxsync.model.message import Address
from inboxsync.model.placement import Fate
from inboxsync.model.routing import KnownContact, RoutingFacts, RoutingQuestion
from inboxsync.model.ticketing import TicketEdit
from inboxsync.store.directory import directory_of
from inboxsync.store.sql import SqlStore
from inboxsync.store.ticket_desk import tickets_of
from tests.unit.store.content_builders import CREATE, NOW, Bench, mail, meta

HOUR = timedelta(hours=1)


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


def facts(bench: Bench, asked: RoutingQuestion) -> RoutingFacts:
    with bench.content.transaction(bench.scope) as transaction:
        return transaction.routing_facts(asked)


def append(ticket_id: int | str, *, status: str = "open", **more: object) -> TicketDecision:
    return TicketDecision(TicketEffect.APPENDED, "reference", ticket=ticket_id, seen_status=status, **more)  # type: ignore[arg-type]  # by keyword


def test_nothing_asked_is_nothing_told(bench: Bench) -> None:
    assert facts(bench, RoutingQuestion()) == RoutingFacts()


def test_tickets_are_found_by_message_number_id_and_requester(bench: Bench) -> None:
    odd = mail("m2", message_id="<M2@EXAMPLE.com>", from_=(Address("", "support@example.com"),))
    bench.record(bench.stored(1, mail(), ticket=CREATE), bench.stored(2, odd, ticket=CREATE))
    bench.record(bench.stored(3, mail("m3")))
    (first, _), (second, number) = sorted((ticket.id, ticket.number) for ticket in bench.content.tickets().items)
    found = facts(
        bench,
        RoutingQuestion(
            message_ids={"m1@example.com": "m1@example.com", "M2@example.com": "M2@example.com", "m3@example.com": "x"},
            numbers={number, "7777777"},
            ticket_ids={first, 4711},
            requesters={"ann@example.com", "zoe@example.com"},
            since=NOW - HOUR,
            until=NOW,
        ),
    )
    by_message = {key: [(one.ticket_id, one.is_ours) for one in held] for key, held in found.by_message.items()}
    assert by_message == {"m1@example.com": [(first, False)], "M2@example.com": [(second, True)]}
    assert found.by_number == {number: second}
    assert set(found.tickets) == {first, second}
    assert found.tickets[first].requester == "ann@example.com"
    assert found.tickets[first].arrivals == (NOW,)
    assert {one.ticket_id for one in found.by_requester["ann@example.com"]} == {first, second}
    outside = RoutingQuestion(requesters={"ann@example.com"}, since=NOW + HOUR, until=NOW + 2 * HOUR)
    assert facts(bench, outside).by_requester == {}


def test_the_directory_is_told_in_one_form(bench: Bench) -> None:
    directory = directory_of(bench.content)
    directory.add_company(Company("ACME", ("acme.example", "*.acme.test")), at=NOW)
    ana = directory.add_contact(Contact("ana@acme.example", kind=ContactKind.STAFF, company="ACME"), at=NOW)
    asked = RoutingQuestion(
        authors={"ana@acme.example", "nobody@acme.example"},
        domains={"acme.example", "*.acme.test", "acme.test"},
        addresses={"support@example.com", "ana@acme.example"},
    )
    found = facts(bench, asked)
    assert found.contacts == {"ana@acme.example": KnownContact(ana.id or 0, ContactKind.STAFF, "ACME")}
    assert found.companies == {"acme.example": "ACME", "*.acme.test": "ACME"}
    assert found.ours == {"support@example.com"}


def test_ten_thousand_contacts_are_looked_up_in_one_batch(bench: Bench) -> None:
    directory = directory_of(bench.content)
    directory.add_contact(Contact("p7@example.com"), at=NOW)
    asked = RoutingQuestion(authors={f"p{number}@example.com" for number in range(10_000)})
    assert set(facts(bench, asked).contacts) == {"p7@example.com"}


def test_mail_is_put_to_tickets_of_the_same_batch_and_of_earlier_ones_once(bench: Bench) -> None:
    batch = (
        bench.stored(1, mail(), ticket=CREATE),
        bench.stored(2, mail("m2"), ticket=append("m1@example.com", watchers=("kim@example.org", "ann@example.com"))),
    )
    bench.record(*batch)
    (ticket,) = bench.content.tickets().items
    assert ticket.watchers == ("kim@example.org",)
    later = bench.stored(3, mail("m3"), received_at=NOW + HOUR, ticket=append(ticket.id))
    bench.record(later)
    before = bench.dump()
    bench.record(*batch)
    bench.record(later, Outcome(meta(4), Fate.DUPLICATE, external_id="m3@example.com", ticket=append(ticket.id)))
    (ticket,) = bench.content.tickets().items
    assert (len(ticket.message_ids), ticket.last_message_at) == (3, NOW + HOUR)
    assert len(bench.dump()) == len(before) + 1, "one more placement and nothing else"


def test_what_changed_since_it_was_decided_is_decided_anew(bench: Bench) -> None:
    bench.record(bench.stored(1, mail(), ticket=CREATE))
    (ticket,) = bench.content.tickets().items
    tickets_of(bench.content).edit([ticket.id], TicketEdit(status="closed"), at=NOW)
    before = bench.dump()
    for wrong in (append(ticket.id), append(ticket.id + 1000)):
        with pytest.raises(StoreConflict):
            bench.record(bench.stored(2, mail("m2"), ticket=wrong))
    assert bench.dump() == before
    reopened = TicketDecision(TicketEffect.REOPENED, "reference", ticket=ticket.id, seen_status="closed")
    bench.record(bench.stored(2, mail("m2"), ticket=reopened), bench.stored(3, mail("m3"), ticket=append(ticket.id)))
    (ticket,) = bench.content.tickets().items
    assert (ticket.status, len(ticket.message_ids)) == ("open", 3)
