"""Tickets of recorded batches, on SQLite: at most one a content, and never a missing one (P3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from inboxsync.model.ingest import Outcome, TicketDecision, TicketEffect
from inboxsync.model.message import Address
from inboxsync.model.placement import Fate
from inboxsync.store.address import read_address
from inboxsync.store.core_tables import CONTACTS, META, PLACEMENTS, TICKET_EFFECTS, TICKETS
from inboxsync.store.sql import SqlStore
from tests.fakes.engine import open_engine
from tests.unit.store.content_builders import CREATE, NO_TICKET, NOW, Bench, mail, meta, sqlite_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = sqlite_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


def test_one_ticket_a_content_whoever_asks_for_it(bench: Bench) -> None:
    assert bench.record(bench.stored(1, mail(), ticket=CREATE), bench.stored(2, mail(), ticket=CREATE)) == 1
    assert bench.record(Outcome(meta(3), Fate.DUPLICATE, external_id="m1@example.com", ticket=CREATE)) == 0
    effects = [(row.ticket_effect, row.ticket_reason) for row in bench.rows(PLACEMENTS)]
    assert effects == [("created", "every_mail"), ("none", "exists"), ("none", "exists")]
    assert len(bench.rows(TICKETS)) == len(bench.rows(TICKET_EFFECTS)) == 1


def test_a_copy_makes_the_ticket_that_the_stored_one_did_not(bench: Bench) -> None:
    bench.record(bench.stored(1, mail(), ticket=NO_TICKET))
    copy = Outcome(meta(2), Fate.DUPLICATE, external_id="m1@example.com", ticket=CREATE)
    assert bench.record(copy) == 1
    before = bench.dump()
    assert bench.record(copy) == 0
    assert bench.dump() == before
    ticket = bench.content.tickets().items[0]
    assert ticket.message_ids == (bench.placement(1).message_id,)
    assert (ticket.external_reference, ticket.last_message_at) == ("m1@example.com", NOW)


def test_a_ticket_says_who_asks_and_what_rules_set(bench: Bench) -> None:
    engine = open_engine(read_address(f"sqlite:///{bench.store.place}", bench.store.data_dir))
    with engine.begin() as connection:
        row = {"email": "ann@example.com", "name": "A", "kind": "user", "created_at": NOW}
        connection.execute(insert(CONTACTS), [row])
    engine.dispose()
    decision = TicketDecision(
        TicketEffect.CREATED,
        "rule",
        subject="Help\x00",
        priority="high",
        category="billing",
        tags=("a", "b"),
        company="Acme",
        requester=Address("Ann\x00", "Ann@example.com"),
        assignee="bob",
    )
    bench.record(bench.stored(1, mail(), ticket=decision))
    ticket = bench.content.tickets().items[0]
    assert (ticket.subject, ticket.priority, ticket.category, ticket.tags) == (
        "Help\u2400",
        "high",
        "billing",
        ("a", "b"),
    )
    assert (ticket.company, ticket.assignee, ticket.status) == ("Acme", "bob", "open")
    assert (ticket.requester_name, ticket.requester_email) == ("Ann\u2400", "Ann@example.com")
    assert ticket.requester_contact_id == bench.rows(CONTACTS)[0].id


def test_numbers_go_on_after_a_rollback_without_a_gap(bench: Bench) -> None:
    bench.record(bench.stored(1, mail("m1"), ticket=CREATE))
    with pytest.raises(RuntimeError):
        bench.record_and_fail(bench.stored(2, mail("m2"), ticket=CREATE), RuntimeError())
    bench.record(bench.stored(2, mail("m2"), ticket=CREATE), bench.stored(3, mail("m3"), ticket=CREATE))
    assert [row.number for row in bench.rows(TICKETS)] == ["1", "2", "3"]
    assert [row.value for row in bench.rows(META) if row.name == "last_ticket_number"] == ["3"]


def test_a_ticket_without_content_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="UID 1"):
        bench.record(Outcome(meta(1), Fate.FILTERED, ticket=CREATE))
