"""Runs that meet, are killed or are told to stop: no doubles, nothing lost (P3, P5)."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.corpus import varied
from devtools.scripted_imap import Drip, ScriptedServer, wait_for
from tests.system.cli import Account, Machine, adds_up, finished, letter
from tests.system.conftest import NewAccount

pytestmark = pytest.mark.dovecot
LETTERS = 120
LATER_KILLS = 2
KILLS = 5
SEED = 20260105
STOP_WITHIN_S = 10.0
SMALL_BATCHES = {"INBOXSYNC_BATCH_MESSAGES": "4"}


@pytest.fixture
def crowded(account: Account) -> Account:
    """An account with mail of all kinds."""
    account.deliver(*varied(LETTERS, seed=3, with_broken=True))
    return account


def undisturbed(home: Path, account: Account) -> bytes:
    """The dump of a machine that synced this account once, in peace."""
    home.mkdir()
    machine = Machine(home)
    machine.add(account, "support", "--tickets-since", "all", "--no-test").done()
    machine.sync("support").done()
    return machine.dump()


def test_two_processes_at_once_make_no_doubles(machine: Machine, crowded: Account) -> None:
    calm = undisturbed(machine.home / "calm", crowded)
    machine = machine.with_environ(**SMALL_BATCHES)
    machine.add(crowded, "support", "--tickets-since", "all", "--no-test").done()
    first, second = (machine.start("sync", "support", "--json") for _ in range(2))
    parts = [finished(process).done().part for process in (first, second)]
    assert sorted(part["counts"]["listed"] for part in parts) == [0, LETTERS]
    assert all(adds_up(part["counts"]) for part in parts)
    assert sum(part["counts"]["tickets_created"] for part in parts) == machine.status("support")["tickets"]
    assert machine.dump() == calm


def test_two_sync_alls_at_once_do_the_work_once(machine: Machine, crowded: Account) -> None:
    machine = machine.with_environ(**SMALL_BATCHES)
    machine.add(crowded, "support", "--tickets-since", "all", "--no-test").done()
    processes = [machine.start("sync-all", "--json") for _ in range(2)]
    reports = [finished(process).done().json for process in processes]
    worked = [part for report in reports for part in report["integrations"] if part["status"] != "skipped"]
    assert [part["counts"]["listed"] for part in worked] == [LETTERS]
    skipped = [part for report in reports for part in report["integrations"] if part["status"] == "skipped"]
    assert all(part["reason"] in ("locked", "not_due") and part["error"] is None for part in skipped)


SETTLED = "SELECT count(*) FROM inboxsync_placements WHERE fate <> 'pending'"


def settled(machine: Machine) -> int:
    """How many placements have their fate."""
    return int(machine.rows(SETTLED)[0][0])


def killed_at(machine: Machine, count: int) -> int:
    """Start a sync, kill it as soon as so many placements have their fate, and answer how many had it."""
    process = machine.start("sync", "support")
    try:
        assert wait_for(lambda: settled(machine) >= count, 20)
    finally:
        process.send_signal(signal.SIGKILL)
        finished(process)
    return settled(machine)


def killed_after(machine: Machine, seconds: float) -> None:
    """Start a sync and kill it after so long, wherever it is."""
    process = machine.start("sync", "support")
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    finished(process)


def test_killed_anywhere_and_run_again_is_as_if_nothing_had_been(machine: Machine, crowded: Account) -> None:
    calm = undisturbed(machine.home / "calm", crowded)
    machine = machine.with_environ(INBOXSYNC_BATCH_MESSAGES="1")
    machine.add(crowded, "support", "--tickets-since", "all", "--no-test").done()
    seeded = random.Random(SEED)
    reached = [killed_at(machine, point) for point in sorted(seeded.sample(range(1, LETTERS // 2), KILLS))]
    assert reached[0] < LETTERS, "it was through before it was killed"
    for _ in range(LATER_KILLS):
        killed_after(machine, seeded.uniform(0.2, 0.5))
    last = machine.sync("support").done().part
    assert (last["status"], last["counts"]["pending"]) == ("success", 0)
    assert machine.dump() == calm
    machine("db", "check").done()


@pytest.fixture
def slow_server() -> Iterator[ScriptedServer]:
    """A server that lets everybody in and then says nothing of use, an octet now and then, for minutes."""
    with ScriptedServer([("EXAMINE", Drip(b"* OK please wait\r\n" * 100, 0.2))]) as server:
        yield server


def held(machine: Machine, account: Account, server: ScriptedServer) -> subprocess.Popen[bytes]:
    """Start a sync that holds its lease until it is ended."""
    place = ("--host", server.host, "--port", str(server.port), "--tls", "none")
    machine.add(account, "slow", "--no-test", server=place).done()
    process = machine.start("sync", "slow", "--json")
    assert wait_for(lambda: "EXAMINE" in server.verbs, 20)
    return process


def test_a_held_lease(machine: Machine, account: Account, slow_server: ScriptedServer) -> None:
    process = held(machine, account, slow_server)
    try:
        assert machine.status("slow")["state"] == "running"
        busy = machine("sync", "slow", "--wait", "0s", "--json")
        assert busy.code == 75
        assert (busy.part["status"], busy.part["reason"]) == ("skipped", "locked")
        assert busy.part["error"]["code"] == "locked"
        beside = machine("sync-all", "--force", "--json").done().part
        assert (beside["status"], beside["reason"], beside["error"]) == ("skipped", "locked", None)
        assert slow_server.verbs.count("EXAMINE") == 1
    finally:
        process.kill()
        finished(process)


def test_told_to_stop_while_the_server_dawdles_it_ends(
    machine: Machine, account: Account, slow_server: ScriptedServer
) -> None:
    process = held(machine, account, slow_server)
    process.terminate()
    try:
        assert process.wait(STOP_WITHIN_S) == 75
    finally:
        process.kill()
        answer = finished(process)
    assert answer.part["error"]["code"] == "interrupted"
    assert machine.rows("SELECT count(*) FROM inboxsync_leases") == [(0,)]


def test_a_server_that_dawdles_costs_no_more_than_the_deadline(
    machine: Machine, account: Account, slow_server: ScriptedServer
) -> None:
    place = ("--host", slow_server.host, "--port", str(slow_server.port), "--tls", "none")
    machine.add(account, "slow", "--no-test", "--priority", "1", server=place).done()
    account.deliver(letter(1))
    machine.add(account, "quick").done()
    began_at = time.monotonic()
    answer = machine("sync-all", "--deadline", "2s", "--json")
    assert time.monotonic() - began_at < STOP_WITHIN_S
    assert answer.code == 75
    slow, quick = answer.json["integrations"]
    assert (slow["name"], slow["error"]["code"]) == ("slow", "deadline")
    assert (quick["status"], quick["counts"]["stored"]) == ("success", 1)


def test_a_lease_of_a_killed_process_is_taken_over_at_once(
    machine: Machine, account: Account, slow_server: ScriptedServer
) -> None:
    account.deliver(letter(1))
    process = held(machine, account, slow_server)
    process.kill()
    finished(process)
    assert machine.rows("SELECT count(*) FROM inboxsync_leases") == [(1,)]
    machine("edit", "slow", *account.tls, "--tls", "implicit", "--no-test").done()
    assert machine("sync", "slow", "--wait", "0s", "--json").done().part["counts"]["stored"] == 1


def test_told_to_stop_in_the_middle_it_keeps_what_is_decided(machine: Machine, new_account: NewAccount) -> None:
    account = new_account()
    account.deliver(*(letter(number, body="x" * 2_000) for number in range(400)))
    machine = machine.with_environ(INBOXSYNC_BATCH_MESSAGES="1")
    machine.add(account, "support", "--mark-read", "--no-test").done()
    process = machine.start("sync", "support", "--json")
    query = "SELECT count(*) FROM inboxsync_placements WHERE fate = 'stored'"
    assert wait_for(lambda: machine.rows(query)[0][0] >= 3, 20)
    process.terminate()
    answer = finished(process)
    assert answer.code == 75, answer
    assert answer.part["error"]["code"] == "interrupted"
    counts = answer.part["counts"]
    assert adds_up(counts)
    assert counts["stored"] > 0
    assert counts["pending"] > 0
    stored = int(machine.rows(query)[0][0])
    assert stored == counts["stored"]
    assert account.flags().count("S") <= stored
    rest = machine.sync("support").done().part["counts"]
    assert rest["stored"] == 400 - stored
    assert account.flags() == ["S"] * 400


def test_first_use_by_several_processes_at_once(machine: Machine, account: Account) -> None:
    names = ["a", "b", "c", "same", "same"]
    options = ("--email", account.user, *account.tls, "--password-stdin", "--no-test")
    processes = [machine.start("add", name, *options, stdin=subprocess.PIPE) for name in names]
    answers = [finished(process, account.password.encode() + b"\n") for process in processes]
    assert sorted(answer.code for answer in answers) == [0, 0, 0, 0, 2]
    assert sum("a master key was made" in answer.err for answer in answers) == 1
    assert machine.stored_names() == ["a", "b", "c", "same"]
    assert machine("key", "check", "--json").done().json["checked"] == 4
    machine("db", "check").done()
