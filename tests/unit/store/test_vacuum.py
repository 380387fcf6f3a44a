"""Tidying a SQLite file up: who is in its way is told, and a disk without room before anything is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inboxsync.errors import DiskFull, StoreBusy
from inboxsync.store.address import read_address
from inboxsync.store.connections import Connections
from inboxsync.store.vacuum import vacuum_store
from tests.unit.sync.rig import Rig, mail, rig_in


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_in(tmp_path) as rig:
        rig.server.append(mail(1))
        rig.add()
        rig.run()
        yield rig


def test_a_writer_and_a_reader_in_the_way_are_told(rig: Rig) -> None:
    before = rig.dump()
    other = Connections(read_address(None, rig.store.data_dir))
    with other.reading() as reading:
        assert reading.row("SELECT count(*) FROM inboxsync_messages") == (1,)
        with pytest.raises(StoreBusy, match="somebody has been reading"):
            vacuum_store(rig.store, busy_timeout_s=0.1)
    other.close()
    assert rig.dump() == before
    assert rig.store.schema.check() == []
    assert vacuum_store(rig.store).steps[-1] == "empty the log"


def test_a_disk_without_room_is_told_before_anything_is_done(rig: Rig) -> None:
    before = rig.dump()
    with pytest.raises(DiskFull, match="rewriting the database takes") as refused:
        vacuum_store(rig.store, free_bytes=lambda _directory: 1_000)
    assert "--light" in refused.value.hint
    light = vacuum_store(rig.store, rewrites=False, free_bytes=lambda _directory: 1_000)
    assert light.steps == ("analyze", "empty the log")
    assert rig.dump() == before


def test_room_is_asked_for_on_both_disks(rig: Rig, tmp_path: Path) -> None:
    asked: list[Path] = []

    def free(directory: Path) -> int:
        asked.append(directory)
        return 10**12

    vacuum_store(rig.store, free_bytes=free)
    assert asked[0] == tmp_path
    assert len(set(asked)) == 2
