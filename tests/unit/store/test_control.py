"""What SQLite alone shows of the control plane; its promises are in tests/contract/store/test_control.py."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert

from inboxsync.errors import DiskFull, StoreBusy, StoreCorrupt
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.state import SyncState
from inboxsync.store.address import DatabaseAddress
from inboxsync.store.connection import Database
from inboxsync.store.dialect import SQLITE, read_time, time_text
from inboxsync.store.sql import SqlStore, open_store
from inboxsync.store.sqlite import open_sqlite
from inboxsync.store.tables import SyncStateRow

ENDPOINT = Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "u")
times = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(None, tmp_path)
    opened.schema.ensure()
    yield opened
    opened.close()


@pytest.fixture
def database(store: SqlStore) -> Iterator[Database]:
    opened = Database(DatabaseAddress(store.data_dir / "inboxsync.sqlite3"))
    yield opened
    opened.close()


@given(times, times)
@settings(deadline=None)
def test_times_compare_as_text_and_come_back(one: datetime, other: datetime) -> None:
    assert (time_text(one) < time_text(other)) == (one < other)
    assert read_time(time_text(one)) == one


def test_a_time_without_a_zone_is_never_stored() -> None:
    with pytest.raises(ValueError, match="zone"):
        SQLITE.parameter(datetime(2026, 1, 1))


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 3, 1, 9, 30, 0, 1, tzinfo=UTC),
        datetime(2026, 3, 1, 1, 2, 3, tzinfo=timezone(timedelta(hours=-8))),
        datetime(99, 1, 1, tzinfo=UTC),
    ],
)
def test_both_planes_write_the_same_text(store: SqlStore, at: datetime) -> None:
    ours = store.control.add_integration(Integration("u1", "a", "a@example.com", ENDPOINT), None)
    theirs = store.control.add_integration(Integration("u2", "b", "b@example.com", ENDPOINT), None)
    store.control.save_state(SyncState(ours.id or 0, due_at=at))
    engine = create_engine(f"sqlite:///{store.data_dir / 'inboxsync.sqlite3'}")
    with engine.begin() as connection:
        values = {"integration_id": theirs.id, "failures": 0, "auth_failures": 0, "paused": False, "due_at": at}
        connection.execute(insert(SyncStateRow).values(values))
        texts = connection.exec_driver_sql("SELECT DISTINCT due_at FROM inboxsync_sync_states").all()
    engine.dispose()
    assert len(texts) == 1
    assert {state.due_at for state in store.control.states().values()} == {at}


def test_the_stores_clock_compares_with_stored_times(database: Database) -> None:
    row = database.row(f"SELECT {SQLITE.now}")
    assert row is not None
    assert len(row[0]) == len(time_text(datetime(2026, 1, 1, tzinfo=UTC)))
    later = database.row(f"SELECT {SQLITE.later}", (SQLITE.seconds(60),))
    assert later is not None
    assert timedelta(seconds=59) < (read_time(later[0]) or datetime.min) - (read_time(row[0]) or datetime.min)


@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)])
def test_what_must_survive_a_power_failure_is_synced(database: Database, durable: bool, level: int) -> None:
    for _ in range(2):
        with database.transaction(durable=not durable):
            pass
        with database.transaction(durable=durable) as work:
            assert work.row("PRAGMA synchronous") == (level,)


def _fill(database: Database) -> None:
    """Write in a transaction whose second statement needs more pages than the file may have."""
    with database.transaction() as work:
        work.run("INSERT INTO inboxsync_meta (name, value) VALUES ('first', 'half')")
        pages = work.rows("PRAGMA page_count")[0][0]
        work.rows(f"PRAGMA max_page_count = {pages}")
        work.run("INSERT INTO inboxsync_meta (name, value) VALUES ('big', ?)", ("x" * 200_000,))


def _break_off(database: Database) -> None:
    with database.transaction() as work:
        work.run("DELETE FROM inboxsync_meta")
        raise KeyError


def test_a_full_disk_rolls_back_and_the_next_write_goes_through(store: SqlStore, database: Database) -> None:
    with pytest.raises(DiskFull):
        _fill(database)
    assert database.row("SELECT count(*) FROM inboxsync_meta WHERE name IN ('first', 'big')") == (0,)
    store.control.set_canary(b"x" * 200_000)


def test_a_writer_elsewhere_is_busy_and_nothing_is_half_done(tmp_path: Path, store: SqlStore) -> None:
    file = store.data_dir / "inboxsync.sqlite3"
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        impatient = open_sqlite(file, timeout_s=0.01)
        database = Database(DatabaseAddress(file))
        database._connection = impatient
        with pytest.raises(StoreBusy, match="locked"), database.transaction():
            raise AssertionError("the transaction began")
        other.execute("ROLLBACK")
    other.close()
    store.control.set_canary(b"x")


def test_an_exception_rolls_back_and_frees_the_database(store: SqlStore, database: Database) -> None:
    with pytest.raises(KeyError):
        _break_off(database)
    assert store.control.store_uuid
    store.control.set_canary(b"x")


def test_many_threads_share_it(store: SqlStore) -> None:
    def add(number: int) -> None:
        stored = store.control.add_integration(Integration(f"u{number}", f"n{number}", "a@example.com", ENDPOINT), b"x")
        store.control.save_state(SyncState(stored.id or 0, failures=number))
        store.control.folder(stored.id or 0, "INBOX")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(add, range(48)))
    assert len(store.control.integrations()) == len(store.control.states()) == 48


def test_a_store_without_its_name_is_damaged(store: SqlStore, database: Database) -> None:
    with database.transaction() as work:
        work.run("DELETE FROM inboxsync_meta WHERE name = 'store_uuid'")
    with pytest.raises(StoreCorrupt, match="uuid"):
        _ = store.control.store_uuid


def test_what_a_run_without_news_asks_is_answered_by_indexes(database: Database) -> None:
    from inboxsync.store import folders

    plan = [row[3] for row in database.rows(f"EXPLAIN QUERY PLAN {folders._SELECT} AND f.name = ?", (1, "INBOX"))]
    assert any("ix_inboxsync_placements_open" in line for line in plan)
    assert any("ix_inboxsync_placements_seen_wanted" in line for line in plan)
    plan = [row[3] for row in database.rows(f"EXPLAIN QUERY PLAN {folders._COUNTED}")]
    assert any("SEARCH p USING" in line and "ix_inboxsync_placements_live" in line for line in plan)
    plan = [row[3] for row in database.rows(f"EXPLAIN QUERY PLAN {folders._PENDING}")]
    assert any("SCAN p USING INDEX ix_inboxsync_placements_open" in line for line in plan)
    plan = [row[3] for row in database.rows(f"EXPLAIN QUERY PLAN {folders._QUARANTINED}")]
    assert not any("SCAN p" in line for line in plan)
