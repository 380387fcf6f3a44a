"""The questions of the status page are answered from indexes: SQLite says so itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from inboxsync.store import page_reading
from inboxsync.store.sql import open_store
from tests.unit.store.content_builders import NOW, Bench, mail
from tests.unit.store.test_api_plans import plan


@pytest.mark.parametrize(
    ("statement", "parameters", "begins"),
    [
        (page_reading._ARRIVED, ("2026-01-01", "2026-01-02"), "SEARCH m USING COVERING INDEX"),
        (page_reading._FAILURES, (1,), "ix_inboxsync_run_parts"),
    ],
    ids=["mail of a span", "errors"],
)
def test_nothing_is_read_whole(tmp_path: Path, statement: str, parameters: tuple[object, ...], begins: str) -> None:
    store = open_store(None, tmp_path)
    store.schema.ensure()
    bench = Bench.on(store)
    bench.record(*(bench.stored(uid, mail(f"m{uid}"), received_at=NOW) for uid in range(1, 20)))
    steps = plan(store, statement, parameters)
    store.close()
    assert begins in steps.partition(";")[0] or begins in steps
    assert "SCAN m" not in steps
    assert "SCAN p" not in steps
    assert "SCAN f" not in steps
    assert "SCAN inboxsync" not in steps
