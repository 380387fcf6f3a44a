"""Workers that share a Postgres: what a poll costs, and how much faster four are than one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import uuid4

from benchmarks import bench
from benchmarks.bench import Row
from benchmarks.first_sync import the_mix
from devtools.dovecot import Delivery, Dovecot
from devtools.postgres import Postgres
from inboxsync.app import App
from inboxsync.config.settings import load_settings
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.secret import Secret

WORKERS = 4
INTEGRATIONS = 1_000
MAILBOXES, MESSAGES = 100, 100
POLL_GOAL_MS = 20.0
SHARE_GOAL = 1.6
GIVE_UP_S = 300.0
_LOCK_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'inboxsync'"


def rows(server: Dovecot, home: Path, runs: int) -> list[Row]:
    """Both rows, on a private Postgres each."""
    return [polls(home, 20 * runs), four_against_one(server, home)]


# --- polls ----------------------------------------------------------------------------------------------------------


def polls(home: Path, rounds: int) -> Row:
    """A thousand integrations, all due: four processes poll, choose and claim at the same time."""
    with Postgres() as postgres:
        url = postgres.fresh_database()
        _enrol(home, url, [(f"i{number}", f"u{number}") for number in range(INTEGRATIONS)], 143)
        with _lock_waits(url) as waits:
            command = bench.program("poll_loop.py", url, str(rounds))
            loops = [_started(command, home, url) for _ in range(WORKERS)]
            figures = [json.loads(loop.communicate()[0]) for loop in loops]
    worst_ms = max(figure["wall_ms"] for figure in figures)
    cpu_ms = median(figure["cpu_ms"] for figure in figures)
    measured = f"{worst_ms:.1f} ms, {cpu_ms:.1f} ms of processor; {waits.seen} lock waits in {waits.looks} looks"
    met = worst_ms <= POLL_GOAL_MS and waits.seen == 0
    work = f"poll and 32 leases, {INTEGRATIONS:,} integrations due, {WORKERS} workers at once"
    return Row(work, f"<= {POLL_GOAL_MS:.0f} ms, no lock waits", measured, met)


@dataclass
class _Waits:
    looks: int = 0
    seen: int = 0


@contextmanager
def _lock_waits(url: str) -> Iterator[_Waits]:
    """Look at who waits for a lock, as often as can be, for the time of a block."""
    import psycopg

    waits, over = _Waits(), threading.Event()

    def look() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not over.wait(0.002):
                row = connection.execute(_LOCK_WAITS).fetchone()
                waits.looks += 1
                waits.seen += row[0] if row else 0

    looker = threading.Thread(target=look)
    looker.start()
    try:
        yield waits
    finally:
        over.set()
        looker.join()


# --- workers --------------------------------------------------------------------------------------------------------


def four_against_one(server: Dovecot, home: Path) -> Row:
    """A hundred mailboxes with a hundred new messages each: four worker processes against one."""
    users = [f"w{number}" for number in range(MAILBOXES)]
    for number, user in enumerate(users):
        bench.deliver(server, user, _letters(number))
    with Postgres() as postgres:
        one_s, one = _time(postgres, home, server, users, 1)
        four_s, four = _time(postgres, home, server, users, WORKERS)
    ratio, is_same = one_s / four_s, one == four and four.placements == MAILBOXES * MESSAGES
    measured = f"{ratio:.2f} x ({four_s:.1f} s against {one_s:.1f} s), {'no doubles' if is_same else f'{one} {four}'}"
    work = f"{WORKERS} worker processes, {MAILBOXES} mailboxes x {MESSAGES} new messages, Postgres"
    return Row(work, f">= {SHARE_GOAL} x one worker, no doubles", measured, ratio >= SHARE_GOAL and is_same)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds after a run of workers; however many they are, it is the same."""

    placements: int
    messages: int
    tickets: int
    ticket_messages: int


def _letters(number: int) -> Iterator[Delivery]:
    """Mixed mail of which no two mailboxes have the same."""
    for delivery in the_mix(MESSAGES):
        yield Delivery(b"X-Mailbox: %d\r\n" % number + delivery.octets, delivery.flags, delivery.internal_date)


def _time(postgres: Postgres, home: Path, server: Dovecot, users: list[str], workers: int) -> tuple[float, Stored]:
    """Answer the seconds from the first account begun to the last one done, and what is stored then."""
    import psycopg

    url = postgres.fresh_database()
    _enrol(home, url, [(user, user) for user in users], server.port)
    with ExitStack() as stack:
        for _ in range(workers):
            stack.enter_context(_worker(home, url))
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        deadline = time.monotonic() + GIVE_UP_S
        while _number(connection, "SELECT count(*) FROM inboxsync_run_parts") < len(users):
            if time.monotonic() > deadline:
                raise SystemExit(f"{workers} workers were not through in {GIVE_UP_S:.0f} s")
            time.sleep(0.05)
        seconds = _number(
            connection, "SELECT extract(epoch FROM max(finished_at) - min(started_at)) FROM inboxsync_run_parts"
        )
        stored = Stored(*(_counted(connection, name) for name in Stored.__dataclass_fields__))
    return float(seconds), stored


def _counted(connection: object, table: str) -> int:
    return int(_number(connection, f"SELECT count(*) FROM inboxsync_{table}"))


def _number(connection: object, query: str) -> float:
    found = connection.execute(query).fetchone()  # type: ignore[attr-defined]  # psycopg is imported where it is needed
    return float(found[0])


@contextmanager
def _worker(home: Path, url: str) -> Iterator[None]:
    command = bench.inboxsync("sync-all", "--worker", "--poll", "1s", "--jobs", "8")
    process = _started(command, home, url)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def _started(command: list[str], home: Path, url: str) -> subprocess.Popen[bytes]:
    environ = {**bench.environment(home), "INBOXSYNC_DATABASE_URL": url}
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE)


def _enrol(home: Path, url: str, accounts: list[tuple[str, str]], port: int) -> None:
    """Put integrations into a new database, without a login each."""
    environ = {**os.environ, **bench.environment(home), "INBOXSYNC_DATABASE_URL": url}
    with App(load_settings(environ), environ) as app:
        for name, user in accounts:
            endpoint = Endpoint("127.0.0.1", port, TlsMode.NONE, user)
            plain = Integration(str(uuid4()), name, f"{name}@example.com", endpoint)
            app.store.control.add_integration(plain, app.vault().seal(Secret(bench.PASSWORD), plain))
