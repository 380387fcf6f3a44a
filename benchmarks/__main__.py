"""`make bench`: the table of what is promised, with what was measured just now.

`--full` takes the sizes of the promises (10,000 mixed messages, 100,000 tiny ones); without it smaller mailboxes do.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import (
    first_sync,
    full_text,
    http,
    later_runs,
    many,
    on_postgres,
    page,
    parse,
    routing,
    rules,
    scale,
    workers,
)
from benchmarks.bench import Row
from devtools.dovecot import Dovecot

Work = Callable[[Dovecot, Path], list[Row]]


def works(runs: int, *, full: bool) -> Iterator[tuple[str, Work]]:
    """Name each group of rows and the work that measures it."""
    mixed, tiny, large = (10_000, 100_000, 10_000) if full else (2_000, 10_000, 1_000)
    yield "parse", lambda server, home: parse.rows(full=full)
    yield "idle", lambda server, home: later_runs.nothing_due(server, home, 10 * runs)
    yield "postgres", lambda server, home: on_postgres.nothing_due(server, home, 10 * runs)
    yield "both", lambda server, home: on_postgres.first(server, home, 10_000 if full else 1_000, runs)
    yield "first", lambda server, home: first_sync.against_naive(server, home, 1_000, runs)
    yield "routing", lambda server, home: routing.rows(server, home, mixed, runs)
    yield "quiet", lambda server, home: later_runs.nothing_new(server, home, 5 * runs)
    yield "some", lambda server, home: later_runs.some_new(server, home, large, 50, runs)
    yield "twenty", lambda server, home: many.twenty(server, home, runs)
    yield "thousand", many.thousand
    yield "workers", lambda server, home: workers.rows(server, home, runs)
    yield "rules", lambda _server, home: rules.rows(home, full=full)
    yield "search", lambda _server, home: full_text.searches(home, 1_000_000 if full else 100_000)
    yield "http", lambda server, home: list(http.rows(server, home, 1_000_000 if full else 100_000))
    yield "page", lambda _server, home: page.rows(home)
    yield "scale", lambda _server, home: list(scale.rows(home, full=full))
    if first_sync.has_mbsync():
        yield "mixed", lambda server, home: first_sync.against_mbsync(server, home, "mixed messages", mixed, runs)
        yield "tiny", lambda server, home: first_sync.against_mbsync(server, home, "tiny texts", tiny, runs)


def table(rows: Iterator[Row]) -> bool:
    """Print the rows as Markdown, each as soon as it is measured; answers whether every goal was met."""
    print("| work | goal | measured | met |\n| --- | --- | --- | --- |", flush=True)
    all_met = True
    for row in rows:
        print(f"| {row.work} | {row.goal} | {row.measured} | {'yes' if row.met else 'NO'} |", flush=True)
        all_met &= row.met
    return all_met


def measured(runs: int, only: list[str], *, full: bool) -> Iterator[Row]:
    """Do the works one after the other, each with a home of its own."""
    with Dovecot() as server:
        for name, work in works(runs, full=full):
            if not only or name in only:
                with tempfile.TemporaryDirectory(prefix="inboxsync-bench-") as home:
                    yield from work(server, Path(home))


def main() -> int:
    """Measure and print; answers 1 where a goal was missed."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument(
        "only",
        nargs="*",
        help="groups: parse idle postgres both first routing quiet some twenty thousand workers rules search http page"
        " scale mixed tiny",
    )
    options.add_argument("--runs", type=int, default=3, help="runs of each command; medians are shown (default 3)")
    options.add_argument("--full", action="store_true", help="the sizes of the promises")
    chosen = options.parse_args()
    if not first_sync.has_mbsync():
        print("mbsync is not installed (apt-get install isync): its rows are left out")
    return 0 if table(measured(chosen.runs, chosen.only, full=chosen.full)) else 1


if __name__ == "__main__":
    sys.exit(main())
