"""The HTTP endpoint: how soon it is ready, what it weighs, how fast it answers in a filled store."""

from __future__ import annotations

import http.client
import json
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks import full_text, http_load
from benchmarks.bench import Row, environment, inboxsync
from devtools.dovecot import Dovecot
from inboxsync.store.sql import open_store

PORT = 18_925
READY_MS, WEIGHT_MIB, HEALTH_PER_S, ANSWER_MS = 400.0, 90.0, 2_000.0, 50.0
QUESTIONS = 200
PAUSE_S = 0.006  # a token is answered two hundred times a second at most
PATHS = (
    "/api/v1/messages?limit=50",
    "/api/v1/messages?limit=50&integration=support",
    "/api/v1/messages?limit=50&folder=INBOX&unread=true&after={cursor}",
    "/api/v1/search?query=common+usual&limit=20",
    "/api/v1/search?query=rare",
    "/api/v1/tickets",
    "/api/v1/events",
)


def rows(server: Dovecot, home: Path, count: int) -> Iterator[Row]:
    """Fill a store with so many messages, serve it, and measure; at last while a sync from `server` writes to it."""
    fill(home / "data", count)
    secret = json.loads(_output("token", "create", "bench", "--json", home=home))["token"]
    yield _ready(home)
    with _serving(home) as (process, _):
        weight = _weight_mib(process.pid)
        yield Row("serve: memory when ready", f"≤ {WEIGHT_MIB:.0f} MiB", f"{weight:.0f} MiB", weight <= WEIGHT_MIB)
        yield _health(process.pid)
        yield from (_answers(path, secret, process.pid, count) for path in PATHS)
        served = http_load.Served(("127.0.0.1", PORT), secret, lambda: _cpu_s(process.pid))
        yield from http_load.rows(server, home, served, count)


def fill(data_dir: Path, count: int) -> None:
    """Fill a store, and let its folders know how much they hold, as the end of a run does."""
    store = open_store(None, data_dir)
    store.schema.ensure()
    full_text.fill(store, data_dir, None, count)
    while store.content.search.index(1_000):
        pass
    with closing(sqlite3.connect(store.place)) as connection, connection:
        connection.execute(
            "UPDATE inboxsync_folders SET duplicate_count = 0, retired_count = 0, stored_count ="
            " (SELECT count(*) FROM inboxsync_placements AS p WHERE p.folder_id = inboxsync_folders.id)"
        )
    store.close()


def _ready(home: Path) -> Row:
    """By the processor time until the first answer: the start is work of one thread, and others may be at theirs."""
    taken = []
    for _ in range(5):
        with _serving(home) as (process, ready_ms):
            taken.append((1_000 * _cpu_s(process.pid), ready_ms))
    cpu_ms, wall_ms = min(taken)
    told = f"{cpu_ms:.0f} ms of processor time, {wall_ms:.0f} ms by the clock"
    return Row("serve: ready after its start", f"≤ {READY_MS:.0f} ms", told, cpu_ms <= READY_MS)


def _health(pid: int) -> Row:
    """Requests a second of one core: by the processor time that the server took, which others do not disturb."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    _ask(connection, "/api/v1/health", "")
    began, wanted = _cpu_s(pid), 3_000
    for _ in range(wanted):
        _ask(connection, "/api/v1/health", "")
    per_s = wanted / (_cpu_s(pid) - began)
    return Row("serve: health", f"≥ {HEALTH_PER_S:,.0f}/s", f"{per_s:,.0f}/s of one core", per_s >= HEALTH_PER_S)


def _answers(path: str, secret: str, pid: int, count: int) -> Row:
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    first = json.loads(_ask(connection, "/api/v1/messages?limit=1", secret))
    asked = path.replace("{cursor}", first["next_cursor"])
    for _ in range(10):
        _ask(connection, asked, secret)
    taken = []
    began_cpu = _cpu_s(pid)
    for _ in range(QUESTIONS):
        began = time.perf_counter()
        _ask(connection, asked, secret)
        taken.append(1_000 * (time.perf_counter() - began))
        time.sleep(PAUSE_S)
    mean_cpu = 1_000 * (_cpu_s(pid) - began_cpu) / QUESTIONS
    p99 = sorted(taken)[int(0.99 * QUESTIONS)]
    told = f"{p99:.1f} ms, {mean_cpu:.1f} ms of processor time"
    return Row(f"`GET {path}` of {count:,}, p99", f"≤ {ANSWER_MS:.0f} ms", told, p99 <= ANSWER_MS)


def _ask(connection: http.client.HTTPConnection, path: str, secret: str) -> bytes:
    connection.request("GET", path, headers={"Authorization": f"Bearer {secret}"} if secret else {})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {body!r}")
    return body


@contextmanager
def _serving(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    began = time.perf_counter()
    process = subprocess.Popen(inboxsync("serve", "-q", "--port", str(PORT)), env=environment(home))
    try:
        yield process, _ready_ms(began)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _ready_ms(began: float) -> float:
    while time.perf_counter() - began < 20:
        try:
            _ask(http.client.HTTPConnection("127.0.0.1", PORT), "/api/v1/health", "")
        except OSError:
            time.sleep(0.002)
        else:
            return 1_000 * (time.perf_counter() - began)
    raise SystemExit("the server does not answer")


def _weight_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _output(*arguments: str, home: Path) -> bytes:
    return subprocess.run(inboxsync(*arguments), env=environment(home), check=True, capture_output=True).stdout
