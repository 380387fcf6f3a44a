"""Copying a store: what is refused, what a snapshot holds, what a comparison notices."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from inboxsync.errors import StoreConflict, StoreCorrupt, UsageError
from inboxsync.model.copying import CopyWatch
from inboxsync.store.address import DatabaseAddress, read_address
from inboxsync.store.copying import copy_store
from inboxsync.store.sql import open_store
from inboxsync.store.table_forms import Digest
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import Rig, mail, rig_in


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_in(tmp_path / "data") as rig:
        rig.server.append(mail(1))
        rig.server.append(mail(2))
        rig.add()
        rig.run()
        yield rig


@pytest.fixture
def source(rig: Rig) -> DatabaseAddress:
    return read_address(None, rig.store.data_dir)


@pytest.fixture
def target(tmp_path: Path) -> DatabaseAddress:
    return read_address(f"sqlite:///{tmp_path / 'new' / 'copy.sqlite3'}", tmp_path)


def stopped_after(batches: int) -> CopyWatch:
    left = iter([False] * batches)
    return CopyWatch(stopped=lambda: next(left, True))


def dump_of(address: DatabaseAddress, data_dir: Path) -> list[str]:
    with closing(open_store(address.url, data_dir)) as opened:
        return list(opened.content.dump())


def test_what_is_written_meanwhile_is_not_in_it(rig: Rig, source: DatabaseAddress, target: DatabaseAddress) -> None:
    before = rig.dump()

    def go_on(_phase: str, _rows: int) -> None:
        rig.server.append(mail(30))
        rig.later(hours=1)
        rig.run()

    copy_store(source, target, CopyWatch(total=go_on))
    assert dump_of(target, rig.store.data_dir) == before
    assert rig.dump() != before


def test_a_target_that_is_not_ours_to_fill_is_refused(
    rig: Rig, source: DatabaseAddress, target: DatabaseAddress, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="the same database"):
        copy_store(source, source)
    copy_store(source, target)
    again = copy_store(source, target)
    assert again.resumed
    assert all(one.written == 0 for one in again.tables)
    rig.later(hours=1)
    rig.run()
    with pytest.raises(UsageError, match="is a copy of this store already, and differs: inboxsync_runs"):
        copy_store(source, target)
    other = read_address(f"sqlite:///{tmp_path / 'other.sqlite3'}", tmp_path)
    with pytest.raises(UsageError, match="has no store"):
        copy_store(other, target)
    with closing(open_store(other.url, tmp_path)) as opened:
        opened.schema.ensure()
        Rig(opened, FakeServer()).add("mine")
    with pytest.raises(UsageError, match="is not empty: it has inboxsync_integrations"):
        copy_store(source, other)
    assert [one.name for one in rig.store.control.integrations()] == ["support"]


def test_an_unfinished_copy_of_another_store_is_left_alone(
    rig: Rig, source: DatabaseAddress, target: DatabaseAddress, tmp_path: Path
) -> None:
    with pytest.raises(StoreConflict):
        copy_store(source, target, stopped_after(1))
    other = read_address(f"sqlite:///{tmp_path / 'other.sqlite3'}", tmp_path)
    with closing(open_store(other.url, tmp_path)) as opened:
        opened.schema.ensure()
    with pytest.raises(UsageError, match="unfinished copy of another store"):
        copy_store(other, target)


def test_a_row_that_was_altered_on_the_way_is_noticed(
    rig: Rig, source: DatabaseAddress, target: DatabaseAddress
) -> None:
    def alter(phase: str, _rows: int) -> None:
        if phase == "comparing":
            assert target.file is not None
            with closing(sqlite3.connect(target.file)) as connection, connection:
                connection.execute("UPDATE inboxsync_messages SET subject = 'another' WHERE id = 1")

    with pytest.raises(StoreCorrupt, match="not what was written: inboxsync_messages"):
        copy_store(source, target, CopyWatch(total=alter))


def test_a_hash_tells_rows_apart_and_not_their_order() -> None:
    def digest(*rows: tuple[object, ...]) -> str:
        found = Digest()
        for row in rows:
            found.add(row)
        return found.hex

    assert digest((1, "a"), (2, "b")) == digest((2, "b"), (1, "a"))
    rows: list[tuple[object, ...]] = [
        (1, "a"),
        ("1", "a"),
        (None, "a"),
        (b"1", "a"),
        ("1a",),
        ("", "1a"),
        (1, "a", None),
    ]
    assert len({digest(row) for row in rows}) == len(rows)
    assert digest((1,), (1,)) != digest((1,))
