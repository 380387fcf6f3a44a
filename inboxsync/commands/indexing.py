"""Making mail searchable from the command line: what waits is taken in short transactions, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inboxsync import system
from inboxsync.render.progress import counted

if TYPE_CHECKING:
    from inboxsync.commands.ports import Application
    from inboxsync.render.output import Output

AT_ONCE = 100


def catch_up(application: Application, output: Output, *, within_s: float | None = None) -> int:
    """Index what waits, for so long at most; answers how many still wait. Raises StoreError."""
    search = application.store.content.search
    waiting = search.waiting()
    if not waiting:
        return 0
    deadline_s = None if within_s is None else system.monotonic_s() + within_s
    with counted(output.stderr, "indexing", waiting, quiet=output.quiet, colour=output.colour) as advance:
        while not application.stop.is_set() and (deadline_s is None or system.monotonic_s() < deadline_s):
            done = search.index(AT_ONCE)
            if not done:
                break
            advance(done)
    return search.waiting()
