"""`prune` on a store that a real server filled: nothing comes back, killed or not."""

from __future__ import annotations

import signal

import pytest

from devtools.corpus import varied
from tests.crash.changes import with_attachment
from tests.system import tracing
from tests.system.cli import Account, Machine, letter

pytestmark = pytest.mark.dovecot
LETTERS = 8
EVERYTHING = (
    "prune",
    "--raw-older-than",
    "0d",
    "--attachments-older-than",
    "0d",
    "--bodies-older-than",
    "0d",
    "--apply",
)


def files(machine: Machine) -> list[str]:
    return sorted(
        path.relative_to(machine.data_dir).as_posix()
        for top in ("raw", "attachments")
        for path in (machine.data_dir / top).rglob("*")
        if path.is_file()
    )


@pytest.fixture
def filled(machine: Machine, account: Account) -> Machine:
    """Letters of all kinds, among them two whose octets and attachments are files."""
    account.deliver(*varied(LETTERS, seed=5), with_attachment(1, 300_000), with_attachment(2, 301_000))
    machine.add(account, "support", "--tickets-since", "all", "--no-test").done()
    machine.sync("support").done()
    return machine


def test_nothing_is_imported_again_and_verify_agrees(filled: Machine, account: Account) -> None:
    assert len(files(filled)) > 2
    pruned = filled(*EVERYTHING, "--json").done().json
    assert {one["what"]: one["items"] for one in pruned["lines"]}["raw"] == LETTERS + 2
    assert files(filled) == []
    dump = filled.dump()
    again = filled.sync("support").done().part
    assert not any(again["counts"].values())
    assert filled.dump() == dump
    assert filled("verify", "support", "--deep", "--sample", "100").code == 0
    account.deliver(letter("after"))
    assert filled.sync("support").done().part["counts"]["stored"] == 1
    assert filled("db", "sweep", "--dry-run", "--json").done().json["missing"] == []


@pytest.mark.xdist_group("strace")
@pytest.mark.parametrize("struck", ["unlink:{}:when=2", "pwrite64:{}:when=5"])
def test_killed_between_rows_and_files_it_goes_on(filled: Machine, struck: str) -> None:
    if (reason := tracing.why_not()) is not None:
        pytest.skip(reason)
    died = tracing.traced(filled, *EVERYTHING, inject=struck.format("signal=KILL"))
    assert died.answer.code in (-signal.SIGKILL, 128 + signal.SIGKILL), died.answer
    assert filled("db", "sweep", "--dry-run", "--json").done().json["missing"] == []
    filled(*EVERYTHING).done()
    for message in filled.messages():
        assert filled.rows(f"SELECT raw_pruned_at IS NULL FROM inboxsync_messages WHERE id = {message['id']}") == [(0,)]
    assert filled.rows("SELECT count(*) FROM inboxsync_raw") == [(0,)]
    assert not any(filled.sync("support").done().part["counts"].values())
