"""A backup beside a writer, stopped, on a full disk, and of a store that has lost octets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inboxsync.errors import StoreBusy, StoreConflict, UsageError
from inboxsync.store.backing_up import BackupOrder, BackupWatch, back_up
from inboxsync.store.manifests import read_manifest
from inboxsync.store.publishing import LEFT_OVER_AFTER_S
from inboxsync.store.sql import open_store
from tests.contract.store.test_orphans import LARGE, files
from tests.unit.sync.rig import Rig, mail, rig_in

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_in(tmp_path / "data") as rig:
        rig.server.append(LARGE)
        rig.server.append(mail(2))
        rig.add()
        rig.run()
        yield rig


def dump_of(backup: Path) -> list[str]:
    with closing(open_store(None, backup)) as store:
        return list(store.content.dump())


def test_what_is_written_meanwhile_is_not_in_it(rig: Rig, tmp_path: Path) -> None:
    before, number = rig.dump(), iter(range(10, 100))

    def write(_done: int) -> None:
        rig.server.append(mail(next(number)))
        rig.later(hours=1)
        rig.run()

    manifest = back_up(rig.store, BackupOrder(tmp_path / "kept", AT), BackupWatch(advance=write))
    assert manifest == read_manifest(tmp_path / "kept")
    assert manifest.rows["inboxsync_messages"] == 2
    assert dump_of(tmp_path / "kept") == before
    assert rig.dump() != before


@pytest.mark.parametrize("name", ["kept", "kept.tar"])
@pytest.mark.parametrize("looks", [0, 1])
def test_stopped_it_leaves_nothing(rig: Rig, tmp_path: Path, name: str, looks: int) -> None:
    left = iter([False] * looks)
    with pytest.raises(StoreConflict, match="was stopped"):
        back_up(rig.store, BackupOrder(tmp_path / name, AT), BackupWatch(stopped=lambda: next(left, True)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_what_a_killed_backup_left_is_cleared_away_after_an_hour(rig: Rig, tmp_path: Path) -> None:
    half = tmp_path / ".kept.half"
    (half / "raw").mkdir(parents=True)
    order = BackupOrder(tmp_path / "kept", AT)
    with pytest.raises(StoreBusy, match="another backup"):
        back_up(rig.store, order)
    long_ago_s = half.stat().st_mtime - LEFT_OVER_AFTER_S - 1
    os.utime(half, (long_ago_s, long_ago_s))
    back_up(rig.store, order)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "kept"]


def test_octets_that_are_lost_are_named_and_the_rest_is_there(rig: Rig, tmp_path: Path) -> None:
    (raw,) = (path for path in files(rig.store.data_dir) if path.startswith("raw/"))
    (rig.store.data_dir / raw).unlink()
    manifest = back_up(rig.store, BackupOrder(tmp_path / "kept", AT))
    assert (manifest.missing_raw, manifest.files) == ((raw,), 1)
    assert read_manifest(tmp_path / "kept").missing_raw == (raw,)


def test_files_alone(rig: Rig, tmp_path: Path) -> None:
    manifest = back_up(rig.store, BackupOrder(tmp_path / "kept", AT, database=False))
    assert (manifest.database, manifest.files) == (None, 2)
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["attachments", "manifest.json", "raw"]


def test_a_place_that_is_there_and_a_store_that_is_not(rig: Rig, tmp_path: Path) -> None:
    order = BackupOrder(tmp_path, AT)
    back_up(rig.store, order)
    with pytest.raises(UsageError, match="is there already"):
        back_up(rig.store, order)
    with closing(open_store(None, tmp_path / "nothing")) as empty, pytest.raises(UsageError, match="no store yet"):
        back_up(empty, replace(order, place=tmp_path / "other"))
    assert not (tmp_path / "nothing").exists()
