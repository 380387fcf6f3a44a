"""The table of what happens to a hundred thousand mailboxes: `python -m benchmarks.simulate`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.scenario import Scenario
from benchmarks.simulation import Outcome, Simulation

# Each takes and gives back a lease, notes its state and its history; mail is one more for each batch.
COMMITS_A_POLL = 4


def variants(base: Scenario) -> Iterator[tuple[str, Scenario]]:
    """Yield what is compared, by name."""
    for workers in (5, 10, 25, 50, 100):
        yield f"{workers} workers", replace(base, workers=workers)
    for megabytes in (10, 100):
        yield f"50 workers, {megabytes} MB a turn", replace(base, fetch_bytes=megabytes * 1_000_000)
    yield "50 workers, a session takes 5 s", replace(base, session_s=5.0)
    yield "50 workers, one dies each minute", replace(base, worker_dies_every_s=50 * 60.0)
    hosters = tuple(replace(one, connections=None) for one in base.providers)
    yield "50 workers, hosters take all connections", replace(base, providers=hosters)


def line(name: str, came: Outcome) -> str:
    """One line of the table."""
    late = " / ".join(f"{came.late_at(quantile):.1f}" for quantile in (0.5, 0.99, 1.0))
    per_s = came.polls / came.duration_s
    cells = (name, late, f"{100 * came.busy_share:.0f} %", f"{per_s:.0f}", f"{COMMITS_A_POLL * per_s:.0f}",
             f"{came.due_queries / came.duration_s:.0f}", f"{came.messages / came.duration_s:.0f}",
             f"{came.takeovers:,}", f"{came.refused_connections:,}", f"{came.refused_bytes:,}")  # fmt: skip
    return f"| {' | '.join(cells)} |"


HEADINGS = ("scenario", "late p50 / p99 / max, s", "places busy", "polls/s", "small commits/s", "due queries/s",
            "messages/s", "leases taken over", "connections refused", "byte budgets spent")  # fmt: skip


def main() -> None:
    """Print the table of the variants as Markdown."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.simulate", description=__doc__)
    options.add_argument("--mailboxes", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=20)
    chosen = options.parse_args()
    print(f"| {' | '.join(HEADINGS)} |\n|{' --- |' * len(HEADINGS)}", flush=True)
    for name, scenario in variants(Scenario(mailboxes=chosen.mailboxes, seed=chosen.seed)):
        print(line(name, Simulation(scenario).run()), flush=True)


if __name__ == "__main__":
    main()
