"""`make bench`: the table of what is promised, with what was measured just now."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import Figure
from devtools.corpus import mixed
from devtools.dovecot import Delivery, Dovecot

PASSWORD = "a-made-up-password"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    work: str
    goal: str
    measured: str
    met: bool


def inboxsync(*arguments: str) -> list[str]:
    """The command as installed beside this Python."""
    return [str(Path(sys.executable).with_name("inboxsync")), *arguments]


def environment(home: Path) -> dict[str, str]:
    """An environment in which the tool finds only what the benchmark made."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    return {**kept, "HOME": str(home), "INBOXSYNC_DATA_DIR": str(home / "data")}


def fill(server: Dovecot, count: int) -> int:
    """Fill a mailbox with the mix; answers its octets."""
    server.add_user("bench", PASSWORD)
    total = 0

    def deliveries() -> list[Delivery]:
        return [Delivery(specimen.octets, internal_date=specimen.sent_at) for specimen in mixed(count)]

    made = deliveries()
    total = sum(len(delivery.octets) for delivery in made)
    server.deliver_all("bench", made)
    return total


def add(server: Dovecot, home: Path) -> None:
    """Set the account up as a person would."""
    secret = home / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    options = ["--email", "bench@example.com", "--username", "bench", "--host", "localhost"]
    options += ["--port", str(server.tls_port), "--ca-file", str(server.ca_file), "--password-file", str(secret)]
    expect(measure.run(inboxsync("add", "bench", *options), environment(home)), "add")


def expect(figure: Figure, what: str) -> Figure:
    """Take a figure only of a command that did its work."""
    if figure.exit_code:
        raise SystemExit(f"{what}: exit code {figure.exit_code}")
    return figure


def first_sync(server: Dovecot, count: int, size_bytes: int, runs: int) -> list[Row]:
    """First sync of the mix against the usual way of writing it, in turn."""
    ours, theirs = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="inboxsync-bench-") as directory:
            home = Path(directory)
            add(server, home)
            ours.append(expect(measure.run(inboxsync("sync", "bench"), environment(home)), "sync"))
            theirs.append(expect(naive(server, home), "the baseline"))
    mine, other = measure.medians(ours), measure.medians(theirs)
    ratio = other.wall_s / mine.wall_s
    work = f"first sync of {count:,} mixed messages ({size_bytes / 1e6:.0f} MB)"
    speed = (
        f"{ratio:.1f} x faster ({mine.wall_s:.2f} s against {other.wall_s:.2f} s; {count / mine.wall_s:,.0f} a second)"
    )
    return [
        Row(work, ">= 5 x email.policy.default, one commit a message", speed, ratio >= 5),
        Row(
            "  its peak memory",
            "<= 96 MiB",
            f"{mine.peak_mib:.0f} MiB (baseline {other.peak_mib:.0f})",
            mine.peak_mib <= 96,
        ),
    ]


def naive(server: Dovecot, home: Path) -> Figure:
    """One run of the baseline."""
    program = [sys.executable, "-m", "benchmarks.naive"]
    account = ["localhost", str(server.tls_port), str(server.ca_file), "bench", PASSWORD, str(home / "naive.sqlite3")]
    path = {"PYTHONPATH": str(Path(__file__).parent.parent)}
    return measure.run([*program, *account], {**environment(home), **path})


def nothing_due(server: Dovecot, runs: int) -> Row:
    """What cron pays 288 times a day, against Python's own start; many runs in turn, for both are milliseconds."""
    with tempfile.TemporaryDirectory(prefix="inboxsync-bench-") as directory:
        home = Path(directory)
        add(server, home)
        expect(measure.run(inboxsync("sync", "bench"), environment(home)), "sync")
        pairs = [
            (idle(inboxsync("sync-all"), environment(home)), idle([sys.executable, "-c", "pass"], environment(home)))
            for _ in range(runs)
        ]
    mine, floor = measure.medians([a for a, _ in pairs]), measure.medians([b for _, b in pairs])
    ratio = mine.wall_s / floor.wall_s
    measured = f"{ratio:.2f} x ({mine.wall_s * 1000:.1f} ms against {floor.wall_s * 1000:.1f} ms)"
    return Row("sync-all, nothing due", "<= 2 x python -c pass", measured, ratio <= 2)


def idle(command: list[str], values: Mapping[str, str]) -> Figure:
    """One short run."""
    return expect(measure.run(command, values), " ".join(command))


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| work | goal | measured | met |", "| --- | --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {r.work} | {r.goal} | {r.measured} | {'yes' if r.met else 'NO'} |" for r in rows)])


def main() -> int:
    """Measure and print; answers 1 where a goal was missed."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--messages", type=int, default=1000, help="messages in the mailbox (default 1000)")
    options.add_argument("--runs", type=int, default=3, help="runs of each command; medians are shown (default 3)")
    chosen = options.parse_args()
    with Dovecot() as server:
        size_bytes = fill(server, chosen.messages)
        rows = [nothing_due(server, 10 * chosen.runs), *first_sync(server, chosen.messages, size_bytes, chosen.runs)]
    print(table(rows))
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
