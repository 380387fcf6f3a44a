"""How large a store is and keeping it small, on SQLite and on Postgres."""

from __future__ import annotations

import pytest

from inboxsync.store.sql import SqlStore
from inboxsync.store.statistics import statistics_of
from inboxsync.store.vacuum import vacuum_store
from tests.contract.store.test_orphans import LARGE
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import Rig, mail


@pytest.fixture
def rig(store: SqlStore) -> Rig:
    rig = Rig(store, FakeServer())
    for octets in (mail(1), mail(2), LARGE):
        rig.server.append(octets)
    rig.add("first", company="ACME")
    rig.add("second", company="ACME", filter_json='{"field":"subject","contains":"mail 1"}')
    rig.run()
    return rig


def test_rows_room_files_and_integrations_are_counted(rig: Rig) -> None:
    found = statistics_of(rig.store)
    tables = {one.name: one for one in found.tables}
    assert (tables["inboxsync_messages"].rows, tables["inboxsync_placements"].rows) == (3, 6)
    assert all(one.size_bytes for one in found.tables if one.rows)
    assert found.size_bytes >= sum(one.size_bytes or 0 for one in found.tables)
    assert [(one.directory, one.files) for one in found.files] == [("raw", 1), ("attachments", 1)]
    assert [(one.name, one.messages) for one in found.integrations] == [("first", 3), ("second", 1)]
    assert found.fates == {"duplicate": 1, "filtered": 2, "stored": 3}
    assert found.oldest is not None
    assert found.newest is not None
    assert found.oldest <= found.newest
    assert (found.schema_version, found.pruned) == (1, {"raw": 0, "bodies": 0, "attachments": 0})


def test_tidying_changes_nothing_that_is_stored(rig: Rig) -> None:
    while rig.store.content.search.index(10):
        pass
    before, steps = rig.dump(), list[str]()
    done = vacuum_store(rig.store, step=steps.append)
    assert tuple(steps) == done.steps
    assert done.steps
    assert rig.dump() == before
    assert rig.store.schema.check() == []
    rig.later(hours=1)
    rig.server.append(mail(4))
    assert sum(part.counts.fetched for part in rig.run().integrations) == 1
