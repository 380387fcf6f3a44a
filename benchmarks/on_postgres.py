"""What Postgres costs beside SQLite: a run when nothing is due, and a first sync, with a server that keeps its word."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks import bench, first_sync, measure
from benchmarks.bench import Row
from benchmarks.first_sync import the_mix
from benchmarks.measure import Figure
from devtools.dovecot import Dovecot
from devtools.postgres import Postgres


class DurablePostgres(Postgres):
    """A private server with the settings that Postgres comes with: it waits for the disk at each commit."""

    def _settings(self) -> Mapping[str, str]:
        durable = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "128MB"}
        return {**super()._settings(), **durable}


def nothing_due(server: Dovecot, home: Path, runs: int) -> list[Row]:
    """Cron's question, answered by the stamp that the last run left."""
    with Postgres() as postgres:
        environ = {**bench.environment(home), "INBOXSYNC_DATABASE_URL": postgres.fresh_database()}
        bench.deliver(server, "stamped", the_mix(20))
        _add(server, "stamped", home, environ)
        _run(environ, "sync-all")
        mine, floor = bench.in_turn(
            runs, lambda: _run(environ, "sync-all"), lambda: bench.run([sys.executable, "-c", "pass"], home)
        )
    ratio = mine.wall_s / floor.wall_s
    measured = f"{ratio:.2f} x ({mine.wall_s * 1000:.1f} ms against {floor.wall_s * 1000:.1f} ms)"
    return [Row("sync-all on Postgres, nothing due", "<= 3 x python -c pass", measured, ratio <= 3)]


def first(server: Dovecot, home: Path, count: int, runs: int) -> list[Row]:
    """The mix into an empty database of each kind, turn by turn."""
    size_bytes = bench.deliver(server, "both", the_mix(count))
    with DurablePostgres() as postgres:
        mine, lite = bench.in_turn(
            runs,
            lambda: _first(server, "both", home, postgres.fresh_database()),
            lambda: first_sync.first(server, "both", home),
        )
    ratio = mine.wall_s / lite.wall_s
    told = f"{ratio:.2f} x ({mine.wall_s:.2f} s, {mine.cpu_s:.2f} s of our processor time, against {lite.wall_s:.2f} s"
    work = f"first sync of {count:,} mixed messages ({size_bytes / 1e6:.0f} MB) into Postgres on the same machine"
    return [Row(work, "<= 1.5 x SQLite's time", f"{told} and {lite.cpu_s:.2f} s)", ratio <= 1.5)]


def _first(server: Dovecot, user: str, home: Path, url: str) -> Figure:
    bench.forget(home)
    environ = {**bench.environment(home), "INBOXSYNC_DATABASE_URL": url}
    _add(server, user, home, environ)
    return _run(environ, "sync", user)


def _run(environ: Mapping[str, str], *words: str) -> Figure:
    return bench.expect(measure.run(bench.inboxsync(*words), environ), " ".join(words))


def _add(server: Dovecot, user: str, home: Path, environ: Mapping[str, str]) -> None:
    options = ["--email", f"{user}@example.com", "--username", user, "--host", "localhost"]
    options += ["--port", str(server.tls_port), "--ca-file", str(server.ca_file)]
    _run(environ, "add", user, *options, "--password-file", str(bench.secret_file(home)))
