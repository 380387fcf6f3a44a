"""A store copied into another database: all of it, whatever the two databases are, and however often it was killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from inboxsync.errors import StoreConflict, StoreCorrupt
from inboxsync.model.copying import CopyReport, CopyWatch
from inboxsync.store.address import DatabaseAddress, read_address
from inboxsync.store.copying import copy_store
from inboxsync.store.snapshots import snapshot_of
from inboxsync.store.sql import SqlStore, open_store
from inboxsync.store.table_forms import table_forms
from tests.contract.store.test_orphans import LARGE
from tests.crash.changes import reply, with_attachment
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import Rig, mail

FILTER = '{"field":"subject","not_contains":"mail 4"}'


@pytest.fixture
def rig(store: SqlStore) -> Rig:
    """Messages, tickets, a filtered one, one set aside, files, several scopes, ids that were given up."""
    rig = Rig(store, FakeServer())
    for octets in (mail(1), LARGE, with_attachment(2, 500), mail(4), mail(5, message_id="żółw@example.com"), b"x"):
        rig.server.append(octets)
    rig.server.append(reply(6, 1))
    rig.add("first", filter_json=FILTER, company="ACME")
    rig.add("second", mark_read=True)
    gone = rig.add("gone")
    rig.run()
    store.control.remove_integration(gone, purge=True)
    rig.later(hours=1)
    rig.run()
    return rig


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseAddress]:
    """An empty database."""
    if request.param == "sqlite":
        yield read_address(f"sqlite:///{tmp_path / 'new' / 'copy.sqlite3'}", tmp_path)
        return
    server = request.getfixturevalue("postgres")
    url = server.fresh_database()
    yield read_address(url, tmp_path)
    server.drop_database(url)


def source_of(store: SqlStore) -> DatabaseAddress:
    return store.database.address


def stopped_after(batches: int) -> CopyWatch:
    left = iter([False] * batches)
    return CopyWatch(stopped=lambda: next(left, True))


def dump_of(address: DatabaseAddress, data_dir: Path) -> list[str]:
    with closing(open_store(address.url, data_dir)) as opened:
        return list(opened.content.dump())


def last_ids(address: DatabaseAddress) -> dict[str, int]:
    with snapshot_of(address) as snapshot:
        return {form.name: snapshot.last_id(form.name) for form in table_forms() if form.numbered}


def digests(address: DatabaseAddress) -> dict[str, str]:
    with snapshot_of(address) as snapshot:
        return {form.name: snapshot.digest(form, lambda _n: None).hex for form in table_forms()}


def is_equal(rig: Rig, target: DatabaseAddress, report: CopyReport) -> None:
    source = source_of(rig.store)  # type: ignore[arg-type]  # the rig's store is the one of the fixture
    assert digests(source) == digests(target)
    assert last_ids(source) == last_ids(target)
    assert dump_of(target, rig.store.data_dir) == rig.dump()
    counts = {one.name: one.rows for one in report.tables}
    assert counts["inboxsync_messages"] == len(list(rig.store.content.stored_ids()))
    with closing(open_store(target.url, rig.store.data_dir)) as opened:
        assert opened.control.store_uuid == rig.store.control.store_uuid
        assert opened.schema.check() == []
        assert opened.content.search.waiting() == counts["inboxsync_messages"]
        assert opened.control.leases() == []


def test_all_of_it_is_there_and_is_gone_on_with(rig: Rig, store: SqlStore, target: DatabaseAddress) -> None:
    report = copy_store(source_of(store), target)
    assert (report.resumed, report.begun_anew) == (False, False)
    assert all(one.rows == one.written for one in report.tables)
    is_equal(rig, target, report)
    with closing(open_store(target.url, store.data_dir)) as copied:
        rig.store = copied
        rig.server.append(mail(9))
        rig.later(hours=1)
        counts = [part.counts for part in rig.run().integrations]
        assert [(one.fetched, one.stored) for one in counts] == [(1, 1), (1, 1)]


def test_stopped_anywhere_it_goes_on(rig: Rig, store: SqlStore, target: DatabaseAddress) -> None:
    stops = 0
    while True:
        try:
            report = copy_store(source_of(store), target, stopped_after(8), batch_rows=3)
            break
        except StoreConflict:
            stops += 1
        with closing(open_store(target.url, store.data_dir)) as half, pytest.raises(StoreCorrupt, match="unfinished"):
            half.schema.ensure()
    assert stops > 3
    assert (report.resumed, report.begun_anew) == (True, False)
    is_equal(rig, target, report)


def test_a_source_that_changed_in_between_is_copied_anew(rig: Rig, store: SqlStore, target: DatabaseAddress) -> None:
    with pytest.raises(StoreConflict):
        copy_store(source_of(store), target, stopped_after(12), batch_rows=3)
    rig.server.append(mail(8))
    rig.later(hours=1)
    rig.run()
    report = copy_store(source_of(store), target)
    assert report.begun_anew
    is_equal(rig, target, report)
