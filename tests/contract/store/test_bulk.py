"""Many rows by few statements: as many as there are, each once, whatever the number that one statement takes."""

from __future__ import annotations

import pytest

from inboxsync.model.views import MessageQuery
from inboxsync.store.bulk import ROWS_A_STATEMENT, insert_rows
from inboxsync.store.shapes import META
from inboxsync.store.sql import SqlStore
from tests.unit.store.content_builders import Bench, mail


@pytest.mark.parametrize("count", [1, ROWS_A_STATEMENT, ROWS_A_STATEMENT + 1, 2 * ROWS_A_STATEMENT + 20])
def test_a_batch_of_any_size_is_recorded_whole_and_once(store: SqlStore, count: int) -> None:
    bench = Bench.on(store)
    outcomes = [bench.stored(uid, mail(f"m{uid}")) for uid in range(1, count + 1)]
    for _ in range(2):
        bench.record(*outcomes)
        page = bench.content.messages(MessageQuery(limit=100))
        assert page.total == count
    uids = {
        item.uid for number in (1, 2) for item in bench.content.messages(MessageQuery(limit=100, page=number)).items
    }
    assert uids == set(range(1, count + 1))


def test_rows_that_are_there_are_left_alone(store: SqlStore) -> None:
    rows = [{"name": f"fact-{number}", "value": "first"} for number in range(ROWS_A_STATEMENT + 10)]
    with store.control._database.transaction() as work:
        insert_rows(work, META, rows[:5])
        insert_rows(work, META, [{**row, "value": "second"} for row in rows], or_nothing=True)
        found: dict[str, str] = dict(work.rows("SELECT name, value FROM inboxsync_meta WHERE name LIKE ?", ("fact-%",)))
    assert len(found) == len(rows)
    assert [found[row["name"]] for row in rows[4:6]] == ["first", "second"]
