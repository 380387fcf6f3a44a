"""Doing a transaction again where Postgres says that it did not happen: deadlock, serialization, restart, failover.

Bounded, because the run has a deadline and the next one goes on anyway. SQLite raises none of these: nothing is tried
again after a disk has reported an error (P1, hazards of fsync).
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from inboxsync.errors import StoreConflict, StoreError, StoreLost, StoreStandby, StoreUnreachable

P = ParamSpec("P")
T = TypeVar("T")

DID_NOT_HAPPEN = (StoreConflict, StoreLost, StoreStandby)
# A restart of Postgres takes one or two seconds, the move to a standby more; SIGTERM leaves ten to end a batch.
WAITS_S = (0.05, 0.25, 1.0, 3.0)


def by_transaction(
    work: Callable[[], T], *, waits_s: Sequence[float] = WAITS_S, pause: Callable[[float], None] = time.sleep
) -> T:
    """Do `work`, one whole transaction that may be repeated, and again after each wait where it did not happen.

    While it is tried again a server that cannot be reached counts as one that is starting. Raises what the last try
    raised.
    """
    try:
        return work()
    except DID_NOT_HAPPEN as error:
        failure: StoreError = error
    for wait_s in waits_s:
        pause(wait_s)
        try:
            return work()
        except (*DID_NOT_HAPPEN, StoreUnreachable) as error:
            failure = error
    raise failure


def retried(method: Callable[P, T]) -> Callable[P, T]:
    """Let a method that is one transaction go `by_transaction`."""

    @functools.wraps(method)
    def again(*given: P.args, **named: P.kwargs) -> T:
        return by_transaction(lambda: method(*given, **named))

    return again
