"""The questions of the HTTP endpoint are answered from indexes: SQLite says so itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

from inboxsync.errors import StoreBusy, StoreUnwritable
from inboxsync.model.api_query import MessageFilter, Place, Stretch, TicketFilter
from inboxsync.model.token import Sight
from inboxsync.store import api_events, api_messages, api_tickets
from inboxsync.store.address import read_address
from inboxsync.store.api_content import ApiContent
from inboxsync.store.api_scope import folder_ids
from inboxsync.store.read_only import open_read_only
from inboxsync.store.sql import SqlStore, open_store
from tests.unit.store.content_builders import NOW, Bench, mail

FEW = MessageFilter(Sight(frozenset({1})))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(None, tmp_path)
    opened.schema.ensure()
    bench, other = Bench.on(opened), Bench.on(opened, "other")
    for uid in range(1, 40):
        bench.record(bench.stored(uid, mail(f"m{uid}")))
    other.record(other.stored(1, mail("o1")))
    yield opened
    opened.close()


def plan(store: SqlStore, statement: str, parameters: tuple[object, ...] = ()) -> str:
    with sqlite3.connect(str(store.place)) as connection:
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    connection.close()
    return "; ".join(steps)


def spelled(statement: Select[tuple[object, ...]]) -> str:
    return str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))


def message_plan(store: SqlStore, tmp_path: Path, wanted: MessageFilter, stretch: Stretch) -> str:
    content = ApiContent(read_address(None, tmp_path), tmp_path)
    with content._reading() as connection:
        folders = folder_ids(connection, wanted.sight, folder=wanted.folder)
        told = plan(store, spelled(api_messages.places_statement(connection, wanted, stretch, folders)))
    content.close()
    return told


@pytest.mark.parametrize("after", [None, Place(NOW, 30, 30)])
@pytest.mark.parametrize(
    "wanted", [MessageFilter(), FEW, MessageFilter(has_attachments=True), MessageFilter(unread=True)]
)
def test_lists_walk_along_the_dates(
    store: SqlStore, tmp_path: Path, wanted: MessageFilter, after: Place | None
) -> None:
    told = message_plan(store, tmp_path, wanted, Stretch(limit=5, after=after))
    assert "INDEX ix_inboxsync_messages_received" in told
    assert "inboxsync_placements USING INDEX ix_inboxsync_placements_message" in told
    assert "SCAN inboxsync_placements" not in told


def test_a_folder_of_little_mail_is_sorted_by_itself(store: SqlStore, tmp_path: Path) -> None:
    told = message_plan(store, tmp_path, MessageFilter(Sight(frozenset({2}))), Stretch(limit=50))
    assert "inboxsync_placements USING INDEX" in told
    assert "SCAN" not in told


def test_counts_are_read_from_partial_indexes(store: SqlStore) -> None:
    live = "SELECT count(*) FROM inboxsync_placements WHERE fate IN ('stored', 'duplicate') AND retired_at IS NULL"
    assert "INDEX ix_inboxsync_placements_live" in plan(store, live)
    old = "SELECT count(*) FROM inboxsync_placements WHERE retired_at IS NOT NULL AND message_id IS NOT NULL"
    assert "INDEX ix_inboxsync_placements_retired" in plan(store, old)


def test_events_runs_and_tickets(store: SqlStore) -> None:
    events = plan(store, f"{api_events.EVENTS_OF} ORDER BY id LIMIT 5", (1, 0))
    assert "USING INDEX ix_inboxsync_events_integration (integration_id=? AND id>?)" in events
    assert "TEMP B-TREE" not in events
    runs = plan(store, f"{api_events.RUNS_OF} ORDER BY p.id DESC LIMIT 5", (1,))
    assert "ix_inboxsync_run_parts_integration" in runs
    assert "TEMP B-TREE" not in runs
    changed = TicketFilter(updated_since=NOW)
    assert "ix_inboxsync_tickets_updated" in plan(store, spelled(api_tickets.tickets_statement(changed, Stretch())))
    newest = plan(store, spelled(api_tickets.tickets_statement(TicketFilter(), Stretch(after=7))))
    assert "inboxsync_tickets USING INTEGER PRIMARY KEY (rowid<?)" in newest


def test_a_question_that_takes_too_long_is_broken_off(store: SqlStore, tmp_path: Path) -> None:
    content = ApiContent(read_address(None, tmp_path), tmp_path, timeout_s=0)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(StoreBusy, match="interrupted"), content._reading() as connection:
        connection.exec_driver_sql(endless)
    content.close()


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    read = open_read_only(None, tmp_path / "none")
    with pytest.raises(StoreUnwritable, match="there is no database yet"):
        read.check_schema()
    with pytest.raises(StoreUnwritable):
        read.content.count(MessageFilter())
    with pytest.raises(StoreUnwritable):
        read.tokens.all()
    read.close()
    assert not (tmp_path / "none").exists()
