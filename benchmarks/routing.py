"""What routing adds to a first sync that makes a ticket of all its mail, in processor time."""

from __future__ import annotations

import functools
from pathlib import Path

from benchmarks import bench
from benchmarks.bench import Row
from benchmarks.first_sync import the_mix, tiny
from benchmarks.measure import Figure
from devtools.dovecot import Dovecot

SHARE = 1.15


def rows(server: Dovecot, home: Path, count: int, runs: int) -> list[Row]:
    """Measure the mix and tiny texts, each against the same engine without routing."""
    found = []
    for what, messages in (("mixed messages", the_mix(count)), ("tiny texts of one sender", tiny(count))):
        user = f"routed-{what.split()[0]}"
        bench.deliver(server, user, messages)
        works = (functools.partial(work, server, user, home) for work in (_sync, _unrouted))
        routed, bare = bench.in_turn(2 * runs, *works)
        ratio = routed.cpu_s / bare.cpu_s
        found.append(
            Row(
                f"routing in a first sync of {count:,} {what}",
                f"<= {SHARE:g} x the processor time without",
                f"{ratio:.2f} x ({routed.cpu_s:.2f} s against {bare.cpu_s:.2f} s)",
                ratio <= SHARE,
            )
        )
    return found


def _sync(server: Dovecot, user: str, home: Path) -> Figure:
    _new(server, user, home)
    return bench.run(bench.inboxsync("sync", user), home)


def _unrouted(server: Dovecot, user: str, home: Path) -> Figure:
    _new(server, user, home)
    return bench.run(bench.program("unrouted.py"), home)


def _new(server: Dovecot, user: str, home: Path) -> None:
    bench.forget(home)
    bench.add(server, user, home)
    bench.run(bench.inboxsync("edit", user, "--tickets-since", "all"), home)
