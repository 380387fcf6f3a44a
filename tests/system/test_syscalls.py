"""The disk at the mercy of strace: killed at a write, a sync, a rename, or told that it failed (hazards C3, D1, D2)."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from devtools.corpus import varied
from inboxsync.store.sql import open_store
from tests.system import tracing
from tests.system.cli import Answer, Machine
from tests.system.conftest import NewAccount

pytestmark = [pytest.mark.dovecot, pytest.mark.xdist_group("strace")]
LETTERS = 8
KILLS = int(os.environ.get("INBOXSYNC_SYSCALL_KILLS", "12"))
# Struck on the write-ahead log, where commits are: SQLite takes no notice of a directory that cannot be synced.
FAULTS = (
    ("fdatasync:error=EIO:when=1", "store_io"),
    ("fdatasync:error=EIO:when=4", "store_io"),
    ("pwrite64:error=EIO:when=9", "store_io"),
    ("pwrite64:error=EIO:when=60", "store_io"),
    ("pwrite64:error=ENOSPC:when=60+", "disk_full"),
)


@dataclass(frozen=True, slots=True)
class Brink:
    """A machine on the brink of its first sync, such a sync in peace, and what it leaves."""

    machine: Machine
    kept: Path
    peace: tracing.Traced
    dump: list[str]

    def restore(self) -> Machine:
        """Put the machine back."""
        shutil.rmtree(self.machine.data_dir)
        shutil.copytree(self.kept, self.machine.data_dir)
        return self.machine


@pytest.fixture(scope="module")
def brink(new_account: NewAccount, tmp_path_factory: pytest.TempPathFactory) -> Brink:
    """Eight letters, two of them with attachments, and nothing synced."""
    if (reason := tracing.why_not()) is not None:
        pytest.skip(reason)
    account = new_account()
    account.deliver(*varied(LETTERS, seed=5))
    home = tmp_path_factory.mktemp("brink")
    machine = Machine(home, {"INBOXSYNC_BATCH_MESSAGES": "3", "PYTHONDONTWRITEBYTECODE": "1"})
    machine.add(account, "support", "--tickets-since", "all", "--no-test").done()
    shutil.copytree(machine.data_dir, home / "kept")
    peace = tracing.traced(machine, "sync", "support", "--json")
    assert peace.answer.done().part["counts"]["stored"] > 0
    return Brink(machine, home / "kept", peace, dump_of(machine))


def stored(machine: Machine) -> int:
    """How many messages have their fate; read after SQLite's own check of the file."""
    with closing(sqlite3.connect(machine.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (count,) = connection.execute("SELECT count(*) FROM inboxsync_placements WHERE fate <> 'pending'").fetchone()
    return int(count)


def dump_of(machine: Machine) -> list[str]:
    """The canonical dump, without a process for it."""
    with closing(open_store(None, machine.data_dir)) as store:
        return list(store.content.dump())


def completes(brink: Brink) -> None:
    """The next run without a fault leaves what a run in peace leaves."""
    brink.machine.sync("support").done()
    assert dump_of(brink.machine) == brink.dump


def kill_points(brink: Brink) -> list[tuple[str, int]]:
    """Every kind of call, and of each some, spread evenly over the run."""
    every = [(name, number) for name in tracing.CALLS for number in range(1, brink.peace.most(name) + 1)]
    first = {point for point in every if point[1] == 1}
    return sorted({*first, *every[:: max(1, len(every) // (KILLS - len(first)))]})


def test_a_sync_makes_the_calls_that_are_swept(brink: Brink) -> None:
    names = {name for name, _ in kill_points(brink)}
    assert {"pwrite64", "fdatasync", "unlink"} <= names
    assert len(kill_points(brink)) >= min(KILLS, 10)


def test_killed_at_any_call_it_is_as_if_nothing_had_been(brink: Brink) -> None:
    reached = set()
    for name, number in kill_points(brink):
        machine = brink.restore()
        run = tracing.traced(machine, "sync", "support", inject=f"{name}:signal=KILL:when={number}")
        where = f"killed at {name} number {number}: {run.answer}"
        assert run.answer.code in (-signal.SIGKILL, 128 + signal.SIGKILL), where
        reached.add(stored(machine))
        completes(brink)
    assert len(reached) > 1, "it was always killed at the same place"


@pytest.mark.parametrize(("fault", "code"), FAULTS)
def test_a_disk_that_says_no_ends_the_run_in_words(brink: Brink, fault: str, code: str) -> None:
    machine = brink.restore()
    log = machine.database.with_name(f"{machine.database.name}-wal")
    run = tracing.traced(machine, "sync", "support", "--json", inject=fault, file=log)
    assert run.injected > 0
    error = error_of(run.answer)
    assert run.answer.code == 75, run.answer
    assert error["code"] == code, run.answer
    assert error["hint"]
    assert b"Traceback" not in run.answer.errors
    # The fault strikes one call: had the commit been tried again, the run would have come through.
    assert stored(machine) < LETTERS
    completes(brink)


def error_of(answer: Answer) -> dict[str, str]:
    """The error of the one integration, or of the command where the record of the run could not be written."""
    document = answer.json
    error: dict[str, str] = document["error"] if "error" in document else answer.part["error"]
    return error
