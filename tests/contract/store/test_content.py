"""The content plane on SQLite and on Postgres: the same promises, the same dump."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from inboxsync.errors import StoreUnreachable
from inboxsync.model.ingest import Outcome
from inboxsync.model.message import Address
from inboxsync.model.placement import Fate, SeenAction
from inboxsync.model.state import FolderCursor
from inboxsync.model.views import MessageQuery
from inboxsync.store.address import read_address
from inboxsync.store.content import open_content
from inboxsync.store.core_tables import META
from inboxsync.store.sql import SqlStore
from inboxsync.store.ticket_rows import LAST_NUMBER
from tests.fakes.engine import open_engine
from tests.unit.store.content_builders import (
    CREATE,
    LATER,
    NOW,
    SCOPE,
    Bench,
    attachment,
    mail,
    meta,
    sqlite_store,
)

# Everything that makes a database refuse a text, or two databases keep different ones.
HOSTILE = "nul \x00 esc \x1b half \ud83d non \uffff ok é 日 😀 ' \" \\ %s ? :name \r\n\t"
LONG = "x" * 20_000


@pytest.fixture
def store(store: SqlStore, migrated_url: str) -> SqlStore:
    """The store with its ticket numbers at their start: emptying the shared Postgres keeps inboxsync_meta."""
    engine = open_engine(read_address(migrated_url, store.data_dir))
    with engine.begin() as connection:
        connection.execute(delete(META).where(META.c.name == LAST_NUMBER))
    engine.dispose()
    return store


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


def fill(bench: Bench) -> None:
    """Record one of everything, hostile texts included."""
    hostile = mail(
        "m1",
        text=HOSTILE,
        message_id=HOSTILE,
        subject=HOSTILE,
        from_=(Address(HOSTILE, "ann@example.com"),),
        from_raw=HOSTILE,
        date_raw=HOSTILE,
        headers={"x-\x00": (HOSTILE,)},
        references=(HOSTILE, LONG),
        snippet=HOSTILE,
        defects=(HOSTILE,),
        attachments=(attachment(filename=HOSTILE),),
    )
    created = replace(CREATE, subject=HOSTILE, tags=(HOSTILE,), requester=Address(HOSTILE, HOSTILE))
    bench.record(
        bench.stored(1, hostile, ticket=created, rule_trace=HOSTILE, seen=SeenAction.WANTED),
        bench.stored(2, mail("m2", message_id=LONG)),
        Outcome(meta(3, flags=(HOSTILE,)), Fate.DUPLICATE, external_id=HOSTILE, ticket=CREATE),
        Outcome(meta(4), Fate.FILTERED, reason=HOSTILE, header=b"Subject: x\r\n" * 20, from_address=HOSTILE),
        Outcome(meta(5), Fate.QUARANTINED, reason="parse", error=HOSTILE, octets=b"\x00\xff"),
        Outcome(meta(6), Fate.PENDING, error=HOSTILE, next_attempt_at=LATER),
        Outcome(meta(7), Fate.VANISHED),
        listed=[meta(8), meta(9, size_bytes=10**20)],
        cursor=FolderCursor(7, 10, exists=9, unread=4, highestmodseq=2**40, mailbox_id=HOSTILE),
    )


def test_recording_a_batch_again_changes_nothing(bench: Bench) -> None:
    fill(bench)
    before = bench.dump()
    fill(bench)
    assert bench.dump() == before
    counts = bench.content.fates(bench.integration)
    assert (counts.stored, counts.duplicate, counts.quarantined, counts.pending) == (2, 1, 1, 3)
    assert len(bench.content.tickets().items) == 1


def test_both_databases_dump_the_same(bench: Bench, tmp_path: Path) -> None:
    reference = Bench.on(sqlite_store(tmp_path, "reference"))
    fill(bench)
    fill(reference)
    without_version = [line for line in bench.dump() if '"table": "inboxsync_meta"' not in line]
    assert without_version == reference.dump()
    reference.store.close()


def test_hostile_text_comes_back_as_cleaned(bench: Bench) -> None:
    fill(bench)
    listed = bench.content.messages(MessageQuery(text="é 日 😀"))
    assert [item.uid for item in listed.items] == [3, 1]
    view = bench.content.message(listed.items[0].id)
    assert view is not None
    cleaned = HOSTILE.replace("\x00", "\u2400").replace("\x1b", "\u241b").replace("\ud83d", "\ufffd")
    cleaned = cleaned.replace("\uffff", "\ufffd")
    assert view.subject == view.body_text == view.attachments[0].filename == cleaned
    assert view.headers == {"x-\u2400": (cleaned,)}
    assert bench.content.tickets().items[0].tags == (cleaned,)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=()), max_size=40), number=st.integers(0, 2**62))
def test_any_text_can_be_recorded_and_is_found_again(bench: Bench, text: str, number: int) -> None:
    external_id = f"{number}{text}"
    outcome = bench.stored(number % 2**32, mail(str(number), text=text), external_id=external_id)
    bench.record(outcome, uidvalidity=number % 7 + 1)
    with bench.content.transaction(SCOPE) as transaction:
        assert transaction.known(SCOPE, [external_id])[external_id].external_id == external_id


def test_octets_come_back_as_sent(bench: Bench) -> None:
    messages = [mail("m1"), mail("m2", text="long " * 100_000)]
    bench.record(*(bench.stored(uid, message) for uid, message in enumerate(messages, 1)))
    found = {item.uid: bench.content.raw(item.id) for item in bench.content.messages(MessageQuery()).items}
    assert found == {1: messages[0][0], 2: messages[1][0]}


def test_known_contents_are_those_of_the_scope_with_their_ticket(bench: Bench, store: SqlStore) -> None:
    other = replace(bench, scope="company:acme")
    bench.record(bench.stored(1, mail("m1"), ticket=CREATE), bench.stored(2, mail("m2")))
    other.record(other.stored(3, mail("m1")))
    asked = [f"m{number}@example.com" for number in range(1200)]
    with bench.content.transaction(SCOPE) as transaction:
        known = transaction.known(SCOPE, asked)
        elsewhere = transaction.known("company:acme", asked)
    assert set(known) == {"m1@example.com", "m2@example.com"}
    assert set(elsewhere) == {"m1@example.com"}
    assert known["m1@example.com"].ticket_id == bench.content.tickets().items[0].id
    assert (known["m2@example.com"].ticket_id, elsewhere["m1@example.com"].ticket_id) == (None, None)
    assert known["m1@example.com"].message_id != elsewhere["m1@example.com"].message_id


def test_one_transaction_sees_what_it_recorded_and_may_record_more(bench: Bench) -> None:
    with bench.content.transaction(SCOPE) as transaction:
        transaction.record(bench.batch(bench.stored(1, mail("m1"), ticket=CREATE)))
        assert set(transaction.known(SCOPE, ["m1@example.com"])) == {"m1@example.com"}
        transaction.record(bench.batch(bench.stored(2, mail("m2"), ticket=CREATE)))
        assert transaction.known_senders(["ann@example.com"]) == frozenset()
    assert sorted(ticket.number for ticket in bench.content.tickets().items) == ["1", "2"]


def test_a_batch_larger_than_any_statement_is_recorded_whole(bench: Bench) -> None:
    metas = [meta(uid) for uid in range(1, 3001)]
    bench.record(listed=metas)
    outcomes = [bench.stored(uid, mail(f"m{uid}"), ticket=CREATE) for uid in range(1, 1201)]
    dropped = [Outcome(meta(uid), Fate.FILTERED, header=b"Subject: x\r\n") for uid in range(1201, 2401)]
    assert bench.record(*outcomes, *dropped) == 1200
    counts = bench.content.fates(bench.integration)
    assert (counts.stored, counts.filtered, counts.pending) == (1200, 1200, 600)
    assert len(bench.content.open_placements(bench.folder_id, 7, now=NOW)) == 600


def test_pages_are_stable_and_complete(bench: Bench) -> None:
    bench.record(
        *(bench.stored(uid, mail(f"m{uid}"), received_at=NOW + timedelta(hours=uid % 3)) for uid in range(1, 26))
    )
    pages = [bench.content.messages(MessageQuery(limit=10, page=page)) for page in (1, 2, 3)]
    seen = [item.uid for page in pages for item in page.items]
    assert sorted(seen) == list(range(1, 26))
    assert seen[:3] == [23, 20, 17]
    assert [(page.total, page.has_next) for page in pages] == [(25, True), (25, True), (25, False)]


def test_seen_and_retired_marks(bench: Bench) -> None:
    bench.record(*(bench.stored(uid, mail(f"m{uid}"), seen=SeenAction.WANTED) for uid in (2, 1)))
    assert list(bench.content.seen_wanted(bench.folder_id, 7)) == [1, 2]
    bench.content.seen_done(bench.folder_id, 7, [1])
    assert list(bench.content.seen_wanted(bench.folder_id, 7)) == [2]
    assert bench.content.remapping.retire_others(bench.folder_id, 8, at=LATER) == 2
    assert bench.content.fates(bench.integration).listed == 0
    assert bench.content.messages(MessageQuery()).total == 2


def race(works: list[Callable[[], object]]) -> list[object]:
    """Run all at the same moment."""
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        ready.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


def test_overlapping_writers_of_a_scope_store_and_ticket_each_content_once(store: SqlStore) -> None:
    benches = [Bench.on(store, f"box{number}") for number in range(6)]

    def sync(bench: Bench) -> Callable[[], int]:
        # As the engine does: look, decide, record, all in one transaction.
        def work() -> int:
            made = 0
            for uid in range(1, 9):
                prepared = bench.stored(uid, mail(f"m{uid}"), ticket=CREATE)
                with bench.content.transaction(SCOPE) as transaction:
                    there = transaction.known(SCOPE, [prepared.external_id or ""])
                    outcome = replace(prepared, fate=Fate.DUPLICATE, prepared=None) if there else prepared
                    made += transaction.record(bench.batch(outcome)).tickets_created
            return made

        return work

    made = race([sync(bench) for bench in benches])
    assert sum(int(str(one)) for one in made) == 8
    sums = [store.content.fates(bench.integration) for bench in benches]
    assert (sum(one.stored for one in sums), sum(one.duplicate for one in sums)) == (8, 40)
    tickets = store.content.tickets().items
    assert sorted(int(ticket.number) for ticket in tickets) == list(range(1, 9))


def test_writers_of_different_scopes_share_octets_numbers_and_events(store: SqlStore) -> None:
    benches = [Bench.on(store, f"box{number}", scope=f"company:{number}") for number in range(4)]

    def sync(number: int, bench: Bench) -> Callable[[], int]:
        # The same octets in opposite orders: what would make two transactions wait for each other.
        uids = range(1, 301) if number % 2 else range(300, 0, -1)
        outcomes = [bench.stored(uid, mail(f"m{uid}"), ticket=CREATE) for uid in uids]
        return lambda: sum(bench.record(*half) for half in (outcomes[:295], outcomes[295:]))

    assert race([sync(number, bench) for number, bench in enumerate(benches)]) == [300] * 4
    newest, oldest = store.content.tickets(limit=1), store.content.tickets(limit=1, page=1200)
    assert (newest.total, newest.items[0].number, oldest.items[0].number) == (1200, "1200", "1")


def test_a_transaction_that_fails_leaves_nothing(bench: Bench) -> None:
    before = bench.dump()
    with pytest.raises(RuntimeError):
        bench.record_and_fail(bench.stored(1, mail(), ticket=CREATE), RuntimeError())
    assert bench.dump() == before
    assert bench.record(bench.stored(1, mail(), ticket=CREATE)) == 1


@pytest.mark.postgres
def test_a_server_that_is_not_there_is_told_without_its_password(tmp_path: Path) -> None:
    content = open_content("postgresql://user:hunter2@127.0.0.1:9/nothing", tmp_path)
    with pytest.raises(StoreUnreachable) as caught:
        content.messages(MessageQuery())
    assert "hunter2" not in str(caught.value)
    content.close()
