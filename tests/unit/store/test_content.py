"""The content plane on SQLite: how its transactions begin, wait and end."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from inboxsync.errors import StoreBusy
from inboxsync.model.ingest import Outcome
from inboxsync.model.placement import Fate, SeenAction
from inboxsync.store import ledger
from inboxsync.store.connections import Connections
from inboxsync.store.content import SqlContentStore
from inboxsync.store.sql import SqlStore
from inboxsync.store.write_turns import write_turn
from tests.fakes.engine import statements_of
from tests.unit.store.content_builders import NOW, SCOPE, Bench, mail, meta, sqlite_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = sqlite_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


def connections_of(bench: Bench) -> Connections:
    """The transactions of a bench's store."""
    assert isinstance(bench.content, SqlContentStore)
    return bench.content.connections


@pytest.mark.parametrize(("durable", "synchronous"), [(True, 2), (False, 1)])
def test_write_transactions_are_immediate_and_as_durable_as_asked(
    bench: Bench, durable: bool, synchronous: int
) -> None:
    with connections_of(bench).writing(durable=durable) as work:
        pragma = {name: work.rows(f"PRAGMA {name}")[0][0] for name in ("synchronous", "foreign_keys")}
        assert pragma == {"synchronous": synchronous, "foreign_keys": 1}
        other = sqlite3.connect(bench.store.place, timeout=0, isolation_level=None)
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_recorded_batches_are_durable_and_told_marks_are_not_worth_an_fsync(bench: Bench) -> None:
    said = statements_of(bench.content)
    bench.record(bench.stored(1, mail(), seen=SeenAction.WANTED))
    bench.content.seen_done(bench.folder_id, 7, [1])
    bench.content.seen_wanted(bench.folder_id, 7)
    begins = [one for one in said if one.startswith(("BEGIN", "PRAGMA sync"))]
    assert begins == [
        "PRAGMA synchronous=FULL",
        "BEGIN IMMEDIATE",
        "PRAGMA synchronous=NORMAL",
        "BEGIN IMMEDIATE",
        "BEGIN",
    ]


def test_an_exception_rolls_everything_back(bench: Bench) -> None:
    before = bench.dump()
    with pytest.raises(KeyboardInterrupt):
        bench.record_and_fail(bench.stored(1, mail()), KeyboardInterrupt())
    assert bench.dump() == before


def test_readers_see_the_last_commit_while_a_writer_is_at_work(bench: Bench) -> None:
    bench.record(listed=[meta(1)])
    with bench.content.transaction(SCOPE) as transaction:
        transaction.record(bench.batch(bench.stored(1, mail())))
        assert bench.content.fates(bench.integration).pending == 1
    assert bench.content.fates(bench.integration).stored == 1


def test_many_threads_write_each_its_own_and_tickets_stay_numbered_without_gap(bench: Bench) -> None:
    failures: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for uid in range(first, first + 5):
                bench.record(bench.stored(uid, mail(f"m{uid % 20}")))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(1, 41, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    counts = bench.content.fates(bench.integration)
    assert (counts.stored, counts.duplicate, counts.listed) == (20, 20, 40)


def test_a_database_that_another_process_keeps_is_busy(tmp_path: Path) -> None:
    bench = Bench.on(sqlite_store(tmp_path))
    statements_of(bench.content, "PRAGMA busy_timeout=20")  # a shorter wait than people get
    other = sqlite3.connect(bench.store.place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy), bench.content.transaction(SCOPE):
        pass
    other.execute("COMMIT")
    other.close()
    bench.record(bench.stored(1, mail()))
    bench.store.close()


def test_threads_take_turns_and_a_turn_that_never_comes_is_busy() -> None:
    with write_turn("here"), write_turn("there"), pytest.raises(StoreBusy), write_turn("here", timeout_s=0.01):
        pass
    with write_turn("here", timeout_s=0.01):
        pass


@pytest.mark.parametrize(
    ("question", "index"),
    [("open", "ix_inboxsync_placements_open"), ("seen", "ix_inboxsync_placements_seen_wanted")],
)
def test_what_every_run_asks_is_answered_from_a_partial_index(bench: Bench, question: str, index: str) -> None:
    said = statements_of(bench.content)
    with connections_of(bench).reading() as work:
        if question == "open":
            ledger.open_placements(work, 1, 7, NOW, None)
        else:
            ledger.seen_wanted(work, 1, 7)
        plan = work.rows(f"EXPLAIN QUERY PLAN {said[-1]}")
    assert index in str(plan)


def test_open_placements_come_by_uid_when_their_time_has_come(bench: Bench) -> None:
    soon = NOW + timedelta(minutes=5)
    bench.record(
        Outcome(meta(3), Fate.PENDING, error="NO", next_attempt_at=soon),
        Outcome(meta(4), Fate.FILTERED),
        listed=[meta(2, flags=("\\Seen",)), meta(1)],
    )
    bench.record(listed=[meta(9)], uidvalidity=8)
    now = bench.content.open_placements(bench.folder_id, 7, now=NOW)
    assert [one.meta for one in now] == [meta(1), meta(2, flags=("\\Seen",))]
    later = bench.content.open_placements(bench.folder_id, 7, now=soon)
    assert [(one.meta.uid, one.attempts, one.next_attempt_at) for one in later][-1] == (3, 1, soon)
    assert len(bench.content.open_placements(bench.folder_id, 7, now=soon, limit=2)) == 2


def test_what_the_server_is_to_be_told_is_told_once(bench: Bench) -> None:
    bench.record(
        *(bench.stored(uid, mail(f"m{uid}"), seen=SeenAction.WANTED) for uid in (3, 1, 2)),
        Outcome(meta(4), Fate.PENDING, seen=SeenAction.WANTED),
        bench.stored(5, mail("m5")),
    )
    assert list(bench.content.seen_wanted(bench.folder_id, 7)) == [1, 2, 3]
    bench.content.seen_done(bench.folder_id, 7, [1, 3, 5])
    assert list(bench.content.seen_wanted(bench.folder_id, 7)) == [2]


def test_the_ledger_adds_up(bench: Bench) -> None:
    bench.record(
        bench.stored(1, mail()),
        Outcome(meta(2), Fate.DUPLICATE, external_id="m1@example.com"),
        Outcome(meta(3), Fate.VANISHED),
        Outcome(meta(4), Fate.TOO_LARGE),
        Outcome(meta(5), Fate.UNKNOWN_SENDER),
        listed=[meta(6), meta(7)],
    )
    counts = bench.content.fates(bench.integration)
    assert (
        counts.listed
        == 7
        == counts.stored
        + counts.duplicate
        + counts.vanished
        + counts.too_large
        + (counts.unknown_sender + counts.pending)
    )
    assert (counts.stored, counts.pending, counts.bytes) == (1, 2, 700)
    bench.content.remapping.retire_others(bench.folder_id, 8, at=NOW)
    assert bench.content.fates(bench.integration).listed == 0
