"""The one place that tries again within a run, and only what may be better at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from inboxsync.errors import ConnectionLost, InboxsyncError, ServerUnavailable, Unreachable
from inboxsync.store.retrying import DID_NOT_HAPPEN

T = TypeVar("T")

# Not here: Throttled (the server asked for peace), AuthFailed (repeats lock accounts), DeadlineExceeded (the time is
# gone), StoreError (no commit is retried after an I/O error) but for transactions that Postgres says did not happen.
# They wait for a later run.
WORTH_A_SECOND_TRY = (ConnectionLost, ServerUnavailable, Unreachable, *DID_NOT_HAPPEN)
ATTEMPTS = 2
LONGEST_WAIT_S = 4.0


def try_again(
    work: Callable[[], T], *, may_go_on: Callable[[InboxsyncError], bool], pause: Callable[[float], None]
) -> T:
    """Do the work, and once more after a short jittered wait where the way to the server failed.

    Work resumes from the ledger, so doing it again repeats nothing. `may_go_on` is told of the failure before
    the wait (stop, deadline, a login that was put off); `pause` waits so many seconds. Raises what the last try raised.
    """
    # The good path does without tenacity: its import costs as much as a round trip to a near server.
    try:
        return work()
    except WORTH_A_SECOND_TRY as failure:
        if not may_go_on(failure):
            raise
        first = failure
    return _after(first, work, pause)


def _after(first: InboxsyncError, work: Callable[[], T], pause: Callable[[float], None]) -> T:
    from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

    failures = [first]

    def next_try() -> T:
        if failures:
            raise failures.pop()
        return work()

    retrying = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT_S),
        retry=retry_if_exception_type(WORTH_A_SECOND_TRY),
        sleep=pause,
        reraise=True,
    )
    return retrying(next_try)
