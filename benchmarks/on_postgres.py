"""What a run on Postgres costs when nothing is due: against Python's own start."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import bench, measure
from benchmarks.bench import Row
from benchmarks.first_sync import the_mix
from devtools.dovecot import Dovecot
from devtools.postgres import Postgres


def nothing_due(server: Dovecot, home: Path, runs: int) -> list[Row]:
    """Cron's question, answered by the stamp that the last run left."""
    with Postgres() as postgres:
        environ = {**bench.environment(home), "INBOXSYNC_DATABASE_URL": postgres.fresh_database()}

        def command(*words: str) -> measure.Figure:
            return bench.expect(measure.run(bench.inboxsync(*words), environ), " ".join(words))

        bench.forget(home)
        bench.deliver(server, "stamped", the_mix(20))
        command("add", "stamped", "--email", "stamped@example.com", "--host", "localhost", "--username", "stamped",
                "--port", str(server.tls_port), "--ca-file", str(server.ca_file),
                "--password-file", str(bench.secret_file(home)))  # fmt: skip
        command("sync-all")
        mine, floor = bench.in_turn(
            runs, lambda: command("sync-all"), lambda: bench.run([sys.executable, "-c", "pass"], home)
        )
    ratio = mine.wall_s / floor.wall_s
    measured = f"{ratio:.2f} x ({mine.wall_s * 1000:.1f} ms against {floor.wall_s * 1000:.1f} ms)"
    return [Row("sync-all on Postgres, nothing due", "<= 3 x python -c pass", measured, ratio <= 3)]
