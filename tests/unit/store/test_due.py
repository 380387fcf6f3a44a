from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.report import ErrorInfo
from inboxsync.model.state import SyncState
from inboxsync.model.webhook import Webhook
from inboxsync.store.dialect import time_text
from inboxsync.store.due import nothing_due
from inboxsync.store.sql import SqlStore, open_store
from inboxsync.store.webhooks import webhooks_of

NOW = datetime(2026, 3, 1, 9, 30, 0, 500_000, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(None, tmp_path)
    opened.schema.ensure()
    yield opened
    opened.close()


def add(store: SqlStore, name: str = "support", *, state: SyncState | None = None, active: bool = True) -> Integration:
    endpoint = Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, name)
    given = Integration(uuid=name, name=name, email=f"{name}@example.com", endpoint=endpoint, active=active)
    stored = store.control.add_integration(given, None)
    if state is not None:
        store.control.save_state(replace(state, integration_id=stored.id or 0))
    return stored


def asked(store: SqlStore, now: datetime = NOW) -> bool:
    return nothing_due(str(store.data_dir / "inboxsync.sqlite3"), time_text(now))


def test_one_that_is_due_later_is_not_due(store: SqlStore) -> None:
    add(store, state=SyncState(0, due_at=LATER))
    assert asked(store)
    assert asked(store, LATER - timedelta(microseconds=1))
    assert not asked(store, LATER)


@pytest.mark.parametrize(
    "state",
    [
        None,
        SyncState(0),
        SyncState(0, due_at=NOW),
        SyncState(0, due_at=NOW - timedelta(days=1)),
        SyncState(0, due_at=LATER, paused=True),
        SyncState(0, due_at=LATER, last_error=ErrorInfo("auth_failed", "m", "h", 77)),
        SyncState(0, due_at=LATER, last_error=ErrorInfo("filter_invalid", "m", "h", 78)),
    ],
)
def test_one_of_two_is_enough_to_look_closer(store: SqlStore, state: SyncState | None) -> None:
    add(store, "quiet", state=SyncState(0, due_at=LATER))
    add(store, "busy", state=state)
    assert not asked(store)


def test_a_fault_that_passes_by_itself_waits_for_its_time(store: SqlStore) -> None:
    add(store, state=SyncState(0, due_at=LATER, last_error=ErrorInfo("unreachable", "m", "h", 75)))
    assert asked(store)


def test_inactive_and_removed_ones_do_not_count(store: SqlStore) -> None:
    add(store, "quiet", state=SyncState(0, due_at=LATER))
    add(store, "off", active=False)
    store.control.remove_integration(add(store, "gone"), purge=False)
    assert asked(store)


def test_a_changed_setting_is_looked_at(store: SqlStore) -> None:
    stored = add(store, state=SyncState(0, due_at=LATER))
    store.control.update_integration(replace(stored, interval_s=60))
    assert not asked(store)


def test_with_no_active_integration_the_long_way_speaks(store: SqlStore) -> None:
    assert not asked(store)
    add(store, "off", active=False, state=SyncState(0, due_at=LATER))
    assert not asked(store)


def test_any_other_schema_version_falls_through(store: SqlStore) -> None:
    add(store, state=SyncState(0, due_at=LATER))
    with sqlite3.connect(store.data_dir / "inboxsync.sqlite3") as connection:
        connection.execute("UPDATE inboxsync_meta SET value = '2' WHERE name = 'schema_version'")
    connection.close()
    assert not asked(store)


def test_a_missing_file_falls_through_and_is_not_made(tmp_path: Path) -> None:
    assert not nothing_due(str(tmp_path / "none.sqlite3"), time_text(NOW))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no database at all" * 99])
def test_anything_odd_falls_through(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.sqlite3").write_bytes(content)
    assert not nothing_due(str(tmp_path / "odd.sqlite3"), time_text(NOW))
    assert not nothing_due(str(tmp_path), time_text(NOW))
    assert not nothing_due("\0", time_text(NOW))


def test_a_path_with_every_odd_letter_is_found(tmp_path: Path) -> None:
    opened = open_store(None, tmp_path / "a b%20c#d?e=f é")
    opened.schema.ensure()
    add(opened, state=SyncState(0, due_at=LATER))
    assert asked(opened)
    opened.close()


def test_an_event_that_a_webhook_has_not_been_sent_is_due(store: SqlStore) -> None:
    added = add(store, state=SyncState(0, due_at=LATER))
    webhooks_of(store.control).add(Webhook(uuid="w", name="crm", url="https://crm.example.com/", created_at=NOW), b"s")
    assert asked(store)
    store.control.save_state(SyncState(added.id or 0, due_at=LATER, last_error=ErrorInfo("deadline", "m", "", 75)))
    assert not asked(store)


@pytest.mark.parametrize(("due_at", "is_idle"), [(NOW, False), (LATER, True), (None, True)])
def test_a_delivery_is_due_when_it_can_be_tried_again(store: SqlStore, due_at: datetime | None, is_idle: bool) -> None:
    add(store, state=SyncState(0, due_at=LATER))
    webhooks = webhooks_of(store.control)
    added = webhooks.add(Webhook(uuid="w", name="crm", url="https://crm.example.com/", created_at=NOW), b"s")
    if due_at is not None:
        webhooks.enable(added, at=due_at)
    assert asked(store) is is_idle
    webhooks.disable(added)
    assert asked(store)


def test_a_writer_at_work_does_not_make_it_wait(store: SqlStore) -> None:
    add(store, state=SyncState(0, due_at=LATER))
    writer = sqlite3.connect(store.data_dir / "inboxsync.sqlite3", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE inboxsync_sync_states SET due_at = NULL")
    assert asked(store)
    writer.execute("COMMIT")
    writer.close()
    assert not asked(store)


def test_it_reads_by_key_and_imports_next_to_nothing(store: SqlStore) -> None:
    from inboxsync.store import due

    connection = sqlite3.connect(store.data_dir / "inboxsync.sqlite3")
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {due._NOTHING_DUE}", ("x", "x", "x", "1"))]
    connection.close()
    assert any("SEARCH s USING INTEGER PRIMARY KEY" in line for line in plan)
    assert any("SEARCH inboxsync_events" in line for line in plan), plan  # the newest id, not a walk through the feed
    code = (
        "import sys\nbefore = set(sys.modules)\nimport inboxsync.store.due, sqlite3\n"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(due.__file__).parents[2])}
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, env=environ)
    heavy = {
        "pathlib",
        "re",
        "json",
        "logging",
        "email",
        "ssl",
        "socket",
        "sqlalchemy",
        "pydantic",
        "typer",
        "imapclient",
        "asyncio",
    }
    assert heavy.isdisjoint(done.stdout.split()), done.stdout
