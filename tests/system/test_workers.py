"""Workers as processes: they share the work, hand it back, take over from the dead, and outlive their database."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from devtools.postgres import Postgres
from devtools.scripted_imap import Drip, ScriptedServer, wait_for
from tests.system.cli import TIMEOUT_S, Account, Machine, letter
from tests.system.conftest import NewAccount

pytestmark = [pytest.mark.dovecot, pytest.mark.postgres]
LETTERS = 100
LEASE_S = 2
STOP_WITHIN_S = 10.0
SHORT = {"INBOXSYNC_LEASE": f"{LEASE_S}s"}


@dataclass
class Site:
    """A machine, and its database whichever that is."""

    machine: Machine
    url: str | None = None

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query answers; a change is committed."""
        if self.url is None:
            return self.machine.rows(query)
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def count(self, table: str, where: str = "TRUE") -> int:
        """How many rows a table has."""
        return int(self.rows(f"SELECT count(*) FROM inboxsync_{table} WHERE {where}")[0][0])

    @property
    def stored(self) -> int:
        """How many placements have their fate."""
        return self.count("placements", "fate <> 'pending'")


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, machine: Machine) -> Iterator[Site]:
    """A machine with a short lease, on each database."""
    machine = machine.with_environ(**SHORT)
    if request.param == "sqlite":
        yield Site(machine)
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.fresh_database()
    yield Site(machine.with_environ(INBOXSYNC_DATABASE_URL=url), url)
    server.drop_database(url)


@dataclass
class RunningWorker:
    """A worker and what it said so far."""

    process: subprocess.Popen[bytes]
    said: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Collect what it says."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line.decode())

    def told(self, words: str) -> int:
        """How often it said this."""
        return sum(words in line for line in list(self.said))


@contextlib.contextmanager
def worker(machine: Machine, name: str, *more: str) -> Iterator[RunningWorker]:
    """A worker for the time of a block; at its end it is asked to end and must do so, with 0, unless it was killed."""
    process = machine.start("sync-all", "--worker", "--poll", "1s", "--name", name, *more)
    running = RunningWorker(process)
    listener = threading.Thread(target=running.listen)
    listener.start()
    try:
        yield running
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            assert process.wait(STOP_WITHIN_S) == 0, running.said
    finally:
        process.kill()
        process.wait()
        listener.join()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


def test_a_killed_workers_work_is_taken_over_after_its_lease(site: Site, account: Account) -> None:
    account.deliver(*(letter(number) for number in range(2 * LETTERS)))
    slow = site.machine.with_environ(INBOXSYNC_BATCH_MESSAGES="1")
    slow.add(account, "support", "--tickets-since", "all", "--no-test").done()
    with worker(slow, "w1") as first:
        assert wait_for(lambda: site.stored >= 5, TIMEOUT_S), first.said
        first.process.kill()
        first.process.wait()
    # On this machine a dead owner is seen at once; of another's only the lease tells.
    site.rows("UPDATE inboxsync_leases SET host = 'another.example.com'")
    ((held_by, expires_at),) = site.rows("SELECT worker, expires_at FROM inboxsync_leases")
    assert (held_by, site.stored < 2 * LETTERS) == ("w1", True), "it was through before it was killed"
    with worker(site.machine, "w2") as second:
        assert wait_for(lambda: site.stored == 2 * LETTERS and site.count("leases") == 0, TIMEOUT_S, every_s=0.05), (
            second.said
        )
    assert {site.count(table) for table in ("messages", "tickets", "ticket_messages")} == {2 * LETTERS}
    assert site.rows("SELECT min(started_at) FROM inboxsync_run_parts")[0][0] >= expires_at


@pytest.fixture
def silent_server() -> Iterator[ScriptedServer]:
    """A server that lets everybody in and then says nothing of use for minutes."""
    with ScriptedServer([("EXAMINE", Drip(b"* OK please wait\r\n" * 100, 0.2))]) as server:
        yield server


@pytest.mark.parametrize("site", ["postgres"], indirect=True)
def test_a_worker_that_stood_still_finds_its_work_taken_and_leaves_it(
    site: Site, account: Account, silent_server: ScriptedServer
) -> None:
    account.deliver(letter(1))
    place = ("--host", silent_server.host, "--port", str(silent_server.port), "--tls", "none")
    site.machine.add(account, "support", "--tickets-since", "all", "--no-test", server=place).done()
    with worker(site.machine, "w1") as frozen:
        assert wait_for(lambda: "EXAMINE" in silent_server.verbs, TIMEOUT_S, every_s=0.05)
        frozen.process.send_signal(signal.SIGSTOP)
        site.machine("edit", "support", *account.tls, "--tls", "implicit", "--no-test").done()
        lease = site.machine.status("support")["lease"]
        assert (lease["worker"], lease["pid"]) == ("w1", frozen.process.pid)
        with worker(site.machine, "w2"):
            assert wait_for(lambda: site.stored == 1, TIMEOUT_S, every_s=0.05)
            frozen.process.send_signal(signal.SIGCONT)
            assert wait_for(lambda: frozen.told("lease_lost") == 1, TIMEOUT_S, every_s=0.05)
    assert (site.count("messages"), site.count("tickets")) == (1, 1)
    assert site.rows("SELECT last_status FROM inboxsync_sync_states") == [("success",)]


def test_a_lease_that_ran_out_is_marked(machine: Machine, account: Account) -> None:
    machine.add(account, "support", "--no-test").done()
    machine.rows("SELECT 1")
    with machine.sql() as connection:
        connection.execute(
            "INSERT INTO inboxsync_leases VALUES (1, 'token', 'web1', 7, '1', 'w1',"
            " '2026-01-01 00:00:00.000000', '2026-01-01 00:00:15.000000', '2026-01-01 00:01:15.000000')"
        )
    line = machine.status("support")
    assert (line["state"], line["lease"]["expired"]) == ("never", True)
    assert line["lease"]["since"] == "2026-01-01T00:00:00Z"
    said = machine("status").done().out
    assert "w1 (process 7 on web1)" in said
    assert "the next run takes it over" in said


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_told_to_stop_it_hands_back_and_another_goes_on_at_once(site: Site, account: Account) -> None:
    account.deliver(*(letter(number) for number in range(LETTERS)))
    slow = site.machine.with_environ(INBOXSYNC_BATCH_MESSAGES="1")
    slow.add(account, "support", "--tickets-since", "all", "--no-test").done()
    with worker(slow, "w1") as first:
        assert wait_for(lambda: site.stored >= 5, TIMEOUT_S, every_s=0.05), first.said
        first.process.terminate()
        assert first.process.wait(STOP_WITHIN_S) == 0
        assert site.stored < LETTERS
        assert site.count("leases") == 0
    with worker(site.machine, "w2") as second:
        assert wait_for(lambda: site.stored == LETTERS, TIMEOUT_S, every_s=0.05), second.said
    assert (site.count("messages"), site.count("tickets")) == (LETTERS, LETTERS)


def test_several_workers_share_the_mailboxes_and_make_no_doubles(site: Site, new_account: NewAccount) -> None:
    boxes = 5
    for number in range(boxes):
        account = new_account()
        account.deliver(*(letter(f"{number}-{each}") for each in range(20)))
        site.machine.add(account, f"box{number}", "--tickets-since", "all", "--no-test").done()
    with contextlib.ExitStack() as stack:
        for name in ("w1", "w2", "w3"):
            stack.enter_context(worker(site.machine, name, "--jobs", "2"))
        assert wait_for(lambda: site.stored == 20 * boxes and site.count("leases") == 0, TIMEOUT_S, every_s=0.05)
    assert (site.count("messages"), site.count("tickets"), site.count("run_parts")) == (20 * boxes, 20 * boxes, boxes)


def test_a_second_signal_ends_it_at_once(machine: Machine, account: Account, silent_server: ScriptedServer) -> None:
    place = ("--host", silent_server.host, "--port", str(silent_server.port), "--tls", "none")
    machine.add(account, "support", "--no-test", server=place).done()
    with worker(machine, "w1") as only:
        assert wait_for(lambda: "EXAMINE" in silent_server.verbs, TIMEOUT_S, every_s=0.05)
        only.process.send_signal(signal.SIGINT)
        time.sleep(0.05)
        only.process.send_signal(signal.SIGINT)
        assert only.process.wait(STOP_WITHIN_S) in (0, -signal.SIGINT)


def test_it_outlives_its_database_and_says_so_once(machine: Machine, new_account: NewAccount) -> None:
    account = new_account()
    with Postgres() as server:
        url = server.fresh_database()
        site = Site(machine.with_environ(INBOXSYNC_DATABASE_URL=url), url)
        site.machine.add(account, "support", "--every", "1m", "--no-test").done()
        with worker(site.machine, "w1") as only:
            assert wait_for(lambda: site.count("run_parts") == 1, TIMEOUT_S, every_s=0.05), only.said
            with server.down():
                assert wait_for(lambda: only.told("poll_failed") == 1, TIMEOUT_S, every_s=0.05), only.said
            account.deliver(letter(1))
            site.rows("UPDATE inboxsync_sync_states SET due_at = NULL, last_started_at = NULL")
            assert wait_for(lambda: site.stored == 1, TIMEOUT_S, every_s=0.05), only.said
        assert (only.told("poll_failed"), only.told("poll_works_again"), only.told("Traceback")) == (1, 1, 0)
