"""Celery workers as processes over a real Redis: the work is shared, a killed one's is finished by another."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devtools.redis import Redis, RedisMissing
from devtools.scripted_imap import wait_for
from tests.system.cli import TIMEOUT_S, Account, Machine, letter
from tests.system.conftest import NewAccount

pytestmark = [pytest.mark.dovecot, pytest.mark.redis]
ROOT = Path(__file__).parents[2]
LETTERS = 80
STOP_WITHIN_S = 20.0


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A private Redis; fails, not skips, where it is not installed."""
    try:
        server = Redis()
    except RedisMissing as missing:
        pytest.fail(str(missing), pytrace=False)
    with server:
        yield server


@dataclass(frozen=True)
class Site:
    """A machine whose Celery app lives in `celery_site`."""

    machine: Machine

    @property
    def environment(self) -> dict[str, str]:
        """What its processes see."""
        return {**self.machine.environment, "PYTHONPATH": str(ROOT)}

    @contextlib.contextmanager
    def worker(self, name: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker for the time of a block, ended in order at its end."""
        command = [sys.executable, "-m", "celery", "-A", "tests.system.celery_site", "worker", "-n", f"{name}@site"]
        quiet = ("--loglevel", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat")
        with (self.machine.home / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, *quiet, *options], env=self.environment, cwd=self.machine.home, stdout=log, stderr=log
            )
            try:
                yield process
                process.terminate()
                process.wait(STOP_WITHIN_S)
            finally:
                process.kill()
                process.wait()

    def send(self, expression: str) -> Any:
        """Evaluate something over the app and its tasks in a process of its own."""
        program = f"import json; from tests.system.celery_site import *; print(json.dumps({expression}))"
        ran = subprocess.run(
            [sys.executable, "-c", program], env=self.environment, capture_output=True, check=False, timeout=TIMEOUT_S
        )
        assert ran.returncode == 0, ran.stderr.decode()
        return json.loads(ran.stdout)

    def log(self, name: str) -> str:
        """What a worker has said."""
        return (self.machine.home / f"{name}.log").read_text(errors="replace")

    def count(self, table: str, where: str = "1") -> int:
        """How many rows a table has."""
        return int(self.machine.rows(f"SELECT count(*) FROM inboxsync_{table} WHERE {where}")[0][0])

    @property
    def stored(self) -> int:
        """How many placements have their fate."""
        return self.count("placements", "fate <> 'pending'")


@pytest.fixture
def site(machine: Machine, redis: Redis) -> Site:
    """A machine with a broker."""
    return Site(machine.with_environ(SITE_REDIS_URL=redis.url, INBOXSYNC_BATCH_MESSAGES="1"))


def children_of(process: subprocess.Popen[bytes]) -> list[int]:
    return list(map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()))


def test_a_killed_tasks_work_is_finished_by_another_worker(site: Site, account: Account) -> None:
    account.deliver(*(letter(number) for number in range(LETTERS)))
    site.machine.add(account, "support", "--tickets-since", "all", "--no-test").done()
    with site.worker("first", "--pool", "prefork", "--concurrency", "1") as first:
        sent = site.send("inboxsync_tasks.sync_integration.delay(1).id")
        assert wait_for(lambda: site.stored >= 3, TIMEOUT_S, every_s=0.05), site.log("first")
        ((pid, name),) = site.machine.rows("SELECT pid, worker FROM inboxsync_leases")
        assert (pid in children_of(first), name) == (True, "first@site")
        first.send_signal(signal.SIGSTOP)  # so that the task goes to the other, not to a new child of this one
        os.kill(pid, signal.SIGKILL)
        assert site.stored < LETTERS, "it was through before it was killed"
        with site.worker("second", "--pool", "prefork", "--concurrency", "1"):
            assert wait_for(lambda: "ready." in site.log("second"), TIMEOUT_S, every_s=0.05), site.log("second")
            first.send_signal(signal.SIGCONT)
            first.send_signal(signal.SIGTERM)
            assert wait_for(lambda: site.stored == LETTERS, TIMEOUT_S, every_s=0.05), site.log("first") + site.log(
                "second"
            )
            result = site.send(f"app.AsyncResult({sent!r}).get(timeout=30)")
    (part,) = result["integrations"]
    assert (part["name"], part["status"]) == ("support", "success")
    assert "WorkerLostError" in site.log("first")
    assert (site.count("messages"), site.count("tickets"), site.count("ticket_messages")) == (LETTERS,) * 3
    assert site.count("leases") == 0
    assert account.password not in site.log("first") + site.log("second") + json.dumps(result)


def test_due_work_is_fanned_out_and_what_comes_twice_does_no_harm(site: Site, new_account: NewAccount) -> None:
    for number in range(3):
        account = new_account()
        account.deliver(letter(number))
        site.machine.add(account, f"box{number}", "--tickets-since", "all", "--no-test").done()
    with site.worker("only", "--pool", "solo"):
        sent = site.send("[inboxsync_tasks.sync_due.delay().get(timeout=30) for _ in range(2)]")
        assert sent[0] == {"sent": 3}
        assert wait_for(lambda: site.stored == 3 and site.count("leases") == 0, TIMEOUT_S, every_s=0.05), site.log(
            "only"
        )
        again = site.send("inboxsync_tasks.sync_integration.delay('1', only_if_due=True).get(timeout=30)")
        delivered = site.send("inboxsync_tasks.deliver.delay().get(timeout=30)")
    assert [(part["status"], part["reason"]) for part in again["integrations"]] == [("skipped", "not_due")]
    assert delivered == {"delivered": 0, "failed": 0, "webhooks": []}
    assert (site.count("messages"), site.count("tickets"), site.count("run_parts")) == (3, 3, 3)
