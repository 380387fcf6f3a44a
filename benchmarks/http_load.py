"""The HTTP endpoint under load: fifty questions a second at fixed times, while a first sync writes to its store."""

from __future__ import annotations

import http.client
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import bench
from benchmarks.bench import Row
from benchmarks.first_sync import tiny
from devtools.dovecot import Dovecot

PER_S, SECONDS, GOAL_MS = 50, 20, 50.0
# More than one writes in the time.
WAITING = 120_000
CLIENTS = 8
USER = "busy"
PATHS = ("/api/v1/messages?limit=50&integration=support", "/api/v1/search?query=common+usual&limit=20")


@dataclass(frozen=True, slots=True)
class Answered:
    """One question: its path, and how long after the time at which it was due the answer was there."""

    path: str
    late_ms: float


@dataclass(frozen=True, slots=True)
class Served:
    """A running endpoint: its address, a token for it, and how much processor time it has taken."""

    address: tuple[str, int]
    secret: str
    cpu_s: Callable[[], float]


def rows(server: Dovecot, home: Path, served: Served, count: int) -> Iterator[Row]:
    """Let a sync write, ask, and answer a row for each path."""
    bench.deliver(server, USER, tiny(WAITING))
    bench.add(server, USER, home)
    with _writing(home) as sync:
        began_s = served.cpu_s()
        answered = _asked(served.address, served.secret)
        mean_ms, goes_on = 1_000 * (served.cpu_s() - began_s) / len(answered), sync.poll() is None
    for path in PATHS:
        taken = sorted(one.late_ms for one in answered if one.path == path)
        p50, p99 = taken[len(taken) // 2], taken[int(0.99 * len(taken))]
        work = (
            f"`GET {path}` of {count:,} at {PER_S}/s{' while a sync writes' if goes_on else ' (the sync ended)'}, p99"
        )
        told = f"{p99:.1f} ms, median {p50:.1f} ms; {mean_ms:.1f} ms of processor time each"
        yield Row(work, f"≤ {GOAL_MS:.0f} ms", told, p99 <= GOAL_MS and goes_on)


@contextmanager
def _writing(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = bench.inboxsync("sync", USER, "-q")
    with subprocess.Popen(command, env=bench.environment(home), stdout=subprocess.DEVNULL) as sync:
        try:
            time.sleep(2)  # until it logs in and writes
            yield sync
        finally:
            sync.terminate()


def _asked(address: tuple[str, int], secret: str) -> list[Answered]:
    """Ask at fixed times, whether or not what was asked before is answered: who waits does not ask less often."""
    began = time.perf_counter() + 0.5

    def client(first: int) -> list[Answered]:
        connection = http.client.HTTPConnection(*address)
        return [_one(connection, secret, began, turn) for turn in range(first, PER_S * SECONDS, CLIENTS)]

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [one for found in pool.map(client, range(CLIENTS)) for one in found]


def _one(connection: http.client.HTTPConnection, secret: str, began: float, turn: int) -> Answered:
    path, due = PATHS[turn % len(PATHS)], began + turn / PER_S
    time.sleep(max(0.0, due - time.perf_counter()))
    connection.request("GET", path, headers={"Authorization": f"Bearer {secret}"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {body!r}")
    return Answered(path, 1_000 * (time.perf_counter() - due))
