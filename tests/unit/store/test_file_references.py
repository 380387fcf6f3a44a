"""Files of a store: looked through, linked, copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inboxsync.model.copying import FileCheck
from inboxsync.store.address import read_address
from inboxsync.store.file_references import check_files, place_files
from inboxsync.store.snapshots import Snapshot, snapshot_of
from tests.contract.store.test_orphans import LARGE, files
from tests.unit.sync.rig import Rig, rig_in


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Two files: the octets of a message, and its attachment, which two messages have."""
    with rig_in(tmp_path / "data") as rig:
        rig.server.append(LARGE)
        rig.add("one")
        rig.add("two")
        rig.run()
        yield rig


@pytest.fixture
def snapshot(rig: Rig) -> Iterator[Snapshot]:
    with snapshot_of(read_address(None, rig.store.data_dir)) as opened:
        yield opened


def raw_and_attachment(data_dir: Path) -> tuple[str, str]:
    found = sorted(files(data_dir))
    return found[1], found[0]


def checked(snapshot: Snapshot, directory: Path) -> FileCheck:
    return check_files(snapshot, directory, lambda _done: None)


def placed(snapshot: Snapshot, data_dir: Path, target: Path, *, links: bool = True) -> FileCheck:
    return place_files(snapshot, data_dir, target, links=links, advance=lambda _done: None)


def test_files_that_are_whole_are_counted_once(rig: Rig, snapshot: Snapshot) -> None:
    found = checked(snapshot, rig.store.data_dir)
    assert (found.files, found.is_whole, found.to_be_remade) == (2, True, 0)
    assert found.size_bytes == sum((rig.store.data_dir / path).stat().st_size for path in files(rig.store.data_dir))


@pytest.mark.parametrize("change", ["missing", "shorter", "other octets"])
def test_what_is_lost_and_what_can_be_made_again(rig: Rig, snapshot: Snapshot, change: str) -> None:
    for path in raw_and_attachment(rig.store.data_dir):
        file = rig.store.data_dir / path
        octets = file.read_bytes()
        if change == "missing":
            file.unlink()
        else:
            file.write_bytes(octets[:-1] if change == "shorter" else octets[:-9] + b"#" + octets[-8:])
    found = checked(snapshot, rig.store.data_dir)
    raw, _ = raw_and_attachment_of(snapshot)
    assert (found.files, found.is_whole, found.to_be_remade) == (0, False, 1)
    assert (found.missing_raw if change == "missing" else found.damaged_raw) == (raw,)


def raw_and_attachment_of(snapshot: Snapshot) -> tuple[str, str]:
    (raw,) = snapshot.stream("SELECT path FROM inboxsync_raw WHERE path IS NOT NULL")
    (attachment,) = snapshot.stream("SELECT DISTINCT path FROM inboxsync_attachments")
    return raw[0], attachment[0]


@pytest.mark.parametrize("links", [True, False])
def test_files_are_put_elsewhere_and_those_that_are_there_stay(
    rig: Rig, snapshot: Snapshot, tmp_path: Path, links: bool
) -> None:
    data_dir, target = rig.store.data_dir, tmp_path / "target"
    first = placed(snapshot, data_dir, target, links=links)
    assert (first.files, first.copied) == (2, 2)
    assert files(target) == files(data_dir)
    assert all((target / path).samefile(data_dir / path) is links for path in files(data_dir))
    assert all((target / path).stat().st_mode & 0o777 == 0o600 for path in files(target))
    assert checked(snapshot, target).is_whole
    raw, _ = raw_and_attachment(data_dir)
    (target / raw).unlink()
    (target / raw).write_bytes(b"half")
    assert placed(snapshot, data_dir, target, links=links).copied == 1
    assert checked(snapshot, target).is_whole


def test_a_file_that_is_missing_is_told_and_the_others_are_put(rig: Rig, snapshot: Snapshot, tmp_path: Path) -> None:
    raw, attachment = raw_and_attachment(rig.store.data_dir)
    (rig.store.data_dir / raw).unlink()
    found = placed(snapshot, rig.store.data_dir, tmp_path / "target")
    assert (found.files, found.copied, found.missing_raw) == (1, 1, (raw,))
    assert files(tmp_path / "target") == {attachment}
