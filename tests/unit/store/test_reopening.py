"""Re-opening on SQLite: durable, in chunks, and within one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inboxsync.errors import StoreRefused
from inboxsync.model.ingest import Outcome
from inboxsync.model.placement import Fate
from inboxsync.store.reopening import REOPENABLE
from inboxsync.store.sql import SqlStore
from tests.fakes.engine import statements_of
from tests.unit.store.content_builders import LATER, Bench, meta, sqlite_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = sqlite_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


def test_every_final_fate_without_content_can_be_asked_for_again() -> None:
    assert set(REOPENABLE) == {fate for fate in Fate if fate.is_final} - {Fate.STORED, Fate.DUPLICATE}


def test_it_is_durable_and_needs_no_transaction_of_its_own_for_nothing(bench: Bench) -> None:
    bench.record(Outcome(meta(1), Fate.VANISHED))
    placement_id = bench.placement(1).id
    said = statements_of(bench.content)
    assert bench.content.reopen([placement_id], at=LATER) == 1
    assert said[:2] == ["PRAGMA synchronous=FULL", "BEGIN IMMEDIATE"]
    assert len([statement for statement in said if statement.startswith("UPDATE")]) == 2
    said.clear()
    assert bench.content.reopen([], at=LATER) == 0
    assert not [statement for statement in said if statement.startswith(("UPDATE", "SELECT"))]


def test_more_than_a_statement_holds_are_opened(bench: Bench) -> None:
    bench.record(*(Outcome(meta(uid), Fate.FILTERED) for uid in range(1, 2501)))
    ids = bench.content.settled(bench.integration, Fate.FILTERED)
    assert [row.uid for row in bench.rows(_placements()) if row.id in set(ids)] == list(range(1, 2501))
    assert bench.content.reopen(ids, at=LATER) == 2500


def _placements() -> Any:
    from inboxsync.store.core_tables import PLACEMENTS

    return PLACEMENTS


def test_a_refusal_in_the_middle_opens_nothing(bench: Bench) -> None:
    bench.record(*(Outcome(meta(uid), Fate.FILTERED) for uid in range(1, 1001)))
    ids = bench.content.settled(bench.integration, Fate.FILTERED)
    with sqlite3.connect(bench.store.place) as connection:
        connection.execute(
            "CREATE TRIGGER refuse BEFORE UPDATE ON inboxsync_placements WHEN NEW.uid = 900"
            " BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    connection.close()
    with pytest.raises(StoreRefused):
        bench.content.reopen(ids, at=LATER)
    assert bench.content.fates(bench.integration).filtered == 1000
