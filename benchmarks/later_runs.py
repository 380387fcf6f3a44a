"""What a run costs when little or nothing is new: against Python's own start, and against bare sockets."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks import bench
from benchmarks.bench import Row
from benchmarks.first_sync import the_mix
from devtools.dovecot import Dovecot


def nothing_due(server: Dovecot, home: Path, runs: int) -> list[Row]:
    """What cron pays 288 times a day."""
    prepared(server, "idle", home, 20)
    mine, floor = bench.in_turn(
        runs,
        lambda: bench.run(bench.inboxsync("sync-all"), home),
        lambda: bench.run([sys.executable, "-c", "pass"], home),
    )
    ratio = mine.wall_s / floor.wall_s
    measured = f"{ratio:.2f} x ({mine.wall_s * 1000:.1f} ms against {floor.wall_s * 1000:.1f} ms)"
    return [Row("sync-all, nothing due", "<= 2 x python -c pass", measured, ratio <= 2)]


def nothing_new(server: Dovecot, home: Path, runs: int) -> list[Row]:
    """One mailbox that is due and has nothing new, over TLS."""
    prepared(server, "quiet", home, 200)
    mine, raw = bench.in_turn(
        runs, lambda: bench.run(bench.inboxsync("sync", "quiet"), home), lambda: bench.run(bare(server, "quiet"), home)
    )  # fmt: skip
    ratio = mine.wall_s / raw.wall_s
    measured = f"{ratio:.1f} x ({mine.wall_s * 1000:.0f} ms against {raw.wall_s * 1000:.0f} ms)"
    return [Row("due, nothing new, 1 mailbox, TLS", "<= 5 x a raw Python socket", measured, ratio <= 5)]


def some_new(server: Dovecot, home: Path, count: int, new: int, runs: int) -> list[Row]:
    """A few new messages in a large mailbox: the engine alone, and the whole process."""
    prepared(server, "busy", home, count)
    engine, raw, whole, bare_process = [], [], [], []
    for _ in range(runs):
        first_uid = len(server.message_files("busy")) + 1
        server.deliver_all("busy", the_mix(new))
        raw.append(printed(bare(server, "busy", str(first_uid)), home))
        engine.append(printed(bench.program("engine_alone.py"), home))
        first_uid += new
        server.deliver_all("busy", the_mix(new))
        bare_process.append(bench.run(bare(server, "busy", str(first_uid)), home).wall_s)
        whole.append(bench.run(bench.inboxsync("sync", "busy"), home).wall_s)
    return [
        compared(f"{new} new in {count:,}: the engine", 6, engine, raw),
        compared(f"{new} new in {count:,}: the whole process", 20, whole, bare_process),
    ]


def compared(work: str, most: float, mine: Sequence[float], raw: Sequence[float]) -> Row:
    """A row from seconds of ours and of the raw socket."""
    ours, theirs = median(mine), median(raw)
    measured = f"{ours / theirs:.1f} x ({ours * 1000:.0f} ms against {theirs * 1000:.0f} ms)"
    return Row(work, f"<= {most:g} x a raw Python socket that drains the same", measured, ours / theirs <= most)


def prepared(server: Dovecot, user: str, home: Path, count: int) -> None:
    """An account whose mail is all stored."""
    bench.forget(home)
    bench.deliver(server, user, the_mix(count))
    bench.add(server, user, home)
    bench.run(bench.inboxsync("sync", user), home)


def bare(server: Dovecot, user: str, *more: str) -> list[str]:
    """The bare socket as a program."""
    account = ["localhost", str(server.tls_port), str(server.ca_file), user, bench.PASSWORD]
    return bench.program("raw_socket.py", *account, *more)


def printed(command: Sequence[str], home: Path) -> float:
    """The seconds a program prints of its own work."""
    done = subprocess.run(command, env=bench.environment(home), capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])
