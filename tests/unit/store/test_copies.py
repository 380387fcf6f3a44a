"""How copies are looked up: by the index of the server's own ids, and never without bound."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from inboxsync.model.ingest import Outcome
from inboxsync.model.placement import Fate, ServerIds
from inboxsync.store import copies
from inboxsync.store.address import read_address
from inboxsync.store.copies import SqlCopies
from tests.fakes.engine import open_engine
from tests.unit.store.content_builders import Bench, meta, sqlite_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    store = sqlite_store(tmp_path)
    yield Bench.on(store)
    store.close()


@contextmanager
def copies_of(bench: Bench) -> Iterator[tuple[SqlCopies, Engine]]:
    engine = open_engine(read_address(f"sqlite:///{bench.store.place}", bench.store.data_dir))

    @contextmanager
    def reading() -> Iterator[Connection]:
        with engine.connect() as connection:
            yield connection

    yield SqlCopies(reading), engine
    engine.dispose()


def test_the_index_of_ids_is_used(bench: Bench) -> None:
    asked: list[tuple[str, object]] = []
    with copies_of(bench) as (found, engine):
        event.listen(engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        found.known(1, ["M1", "M2"])
        ((statement, parameters),) = [each for each in asked if "email_id" in each[0]]
        with engine.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type]  # as they were sent
    assert "ix_inboxsync_placements_email_id" in plan[0][3]


def test_one_id_for_very_much_mail_is_answered_in_part(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "MOST_AT_ONCE", 10)
    one = Outcome(meta(1), Fate.FILTERED, reason="filter", header=b"Subject: x\r\n\r\n")
    bench.record(*(replace(one, meta=replace(meta(uid), ids=ServerIds("M1"))) for uid in range(1, 31)))
    with copies_of(bench) as (found, _):
        assert len(found.known(1, ["M1"])) == 10
