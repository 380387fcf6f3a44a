"""One writer at a time within this process: threads queue here instead of spinning on SQLite's busy handler.

The busy handler polls with growing pauses, so under 32 threads some starve while the lock is free in between.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from inboxsync.errors import StoreBusy

TURN_TIMEOUT_S = 120.0

_turns: dict[str, threading.Lock] = {}
_turns_guard = threading.Lock()


def _turn_of(database: str) -> threading.Lock:
    with _turns_guard:
        return _turns.setdefault(database, threading.Lock())


@contextlib.contextmanager
def write_turn(database: str, *, timeout_s: float = TURN_TIMEOUT_S) -> Iterator[None]:
    """Wait for and hold the turn to write to this database; StoreBusy when other threads keep it too long.

    Not reentrant: a transaction inside a transaction would wait for itself.
    """
    turn = _turn_of(database)
    if not turn.acquire(timeout=timeout_s):
        raise StoreBusy(f"the other threads of this process kept the database for {timeout_s:g} s")
    try:
        yield
    finally:
        turn.release()
