"""`db sweep`: files that nothing refers to, and files that are missing."""

from __future__ import annotations

import os
import random

import pytest

from inboxsync.store.publishing import LEFT_OVER_AFTER_S
from tests.crash.changes import with_attachment
from tests.unit.commands.harness import CommandLine

ORPHAN = f"raw/ab/{'ab' * 32}.zst"


@pytest.fixture
def line_with_files(line: CommandLine) -> CommandLine:
    """One message whose octets are a file, and a file of no message that has lain there for a day."""
    line.server.append(with_attachment(1, 300_000))
    line.add("support")
    assert line("sync", "support").code == 0
    orphan = line.data_dir / ORPHAN
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(random.Random(1).randbytes(7))
    then_s = 1_000_000_000 - LEFT_OVER_AFTER_S
    os.utime(orphan, (then_s, then_s))
    return line


def test_orphans_are_told_and_then_deleted(line_with_files: CommandLine) -> None:
    orphan = line_with_files.data_dir / ORPHAN
    shown = line_with_files("db", "sweep", "--dry-run", "--json")
    expected = {"deleted": False, "orphans": 1, "orphan_bytes": 7, "left_over": 0, "missing": []}
    assert (shown.code, shown.json) == (0, expected)
    assert orphan.exists()
    swept = line_with_files("db", "sweep")
    assert (swept.code, swept.out) == (0, "deleted: 1 files that nothing refers to (7 bytes), 0 half-written\n")
    assert not orphan.exists()
    assert line_with_files("db", "sweep", "--json").json["orphans"] == 0


def test_a_missing_raw_file_is_a_fault(line_with_files: CommandLine) -> None:
    (raw,) = (path for path in (line_with_files.data_dir / "raw").rglob("*.zst") if ORPHAN not in str(path))
    raw.unlink()
    found = line_with_files("db", "sweep", "--dry-run")
    assert found.code == 78
    assert f"missing: {raw.relative_to(line_with_files.data_dir)}; restore it" in found.out
