"""How an integration stands after runs: back-off, strikes, pause, recovery."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from inboxsync.errors import (
    AuthFailed,
    DeadlineExceeded,
    FolderMissing,
    InboxsyncError,
    KeyMissing,
    ServerUnavailable,
    Throttled,
    Unreachable,
)
from inboxsync.model.report import Counts, ErrorInfo, FolderReport, IntegrationReport, PlanKind, RunStatus
from inboxsync.model.state import SyncState
from inboxsync.sync.context import Interrupted, MarkRefused
from inboxsync.sync.standing import (
    BANDWIDTH_LOCK_S,
    LONGEST_BACKOFF,
    PROBE_EVERY,
    after_run,
    backoff,
    error_info,
    hint_of,
    run_status,
)

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def failed(error: InboxsyncError) -> IntegrationReport:
    return IntegrationReport("a", RunStatus.ERROR, error=error_info(error), exit_code=error.exit_code)


def after(before: SyncState, report: IntegrationReport, **more: float | None) -> SyncState:
    return after_run(before, report, started_at=AT, finished_at=AT, **more)


def test_success_clears_every_trace_of_failure() -> None:
    before = SyncState(1, failures=4, auth_failures=2, paused=True, next_attempt_at=AT, told_at=AT)
    state = after(before, IntegrationReport("a", RunStatus.SUCCESS))
    assert (state.failures, state.auth_failures, state.paused, state.next_attempt_at) == (0, 0, False, None)
    assert (state.last_success_at, state.last_error, state.told_at) == (AT, None, None)


def test_the_third_refused_login_pauses_for_six_hours() -> None:
    state = SyncState(1)
    for strike in (1, 2, 3):
        state = after(state, failed(AuthFailed("no")))
        assert (state.auth_failures, state.paused) == (strike, strike == 3)
    assert state.next_attempt_at == AT + PROBE_EVERY


def test_a_fault_before_the_login_leaves_the_strikes_as_they_are() -> None:
    state = after(after(SyncState(1), failed(AuthFailed("no"))), failed(Unreachable("gone")))
    assert (state.auth_failures, state.failures) == (1, 2)
    state = after(after(state, failed(AuthFailed("no"))), failed(Throttled("slow")))
    assert (state.auth_failures, state.paused) == (2, False)
    assert after(state, failed(AuthFailed("no"))).paused


def test_a_login_that_was_taken_ends_the_strikes_whatever_failed_later() -> None:
    before = SyncState(1, auth_failures=3, paused=True, failures=3, last_error=error_info(AuthFailed("no")))
    for error in (FolderMissing("gone"), Unreachable("the way broke")):
        report = replace(failed(error), folders=(FolderReport("INBOX", None, PlanKind.NOTHING_NEW),))
        state = after(before, report)
        assert (state.auth_failures, state.paused) == (0, False)
        assert state.last_error is not None
        assert state.last_error.code == error.code
        assert state.next_attempt_at == AT + backoff(4)


@pytest.mark.parametrize("error", [Unreachable("gone"), Throttled("slow"), ServerUnavailable("later")])
def test_a_probe_that_did_not_get_to_the_login_keeps_the_pause_and_what_a_person_must_do(
    error: InboxsyncError,
) -> None:
    before = after(SyncState(1, auth_failures=2), failed(AuthFailed("no")))
    state = after(before, failed(error), retry_after_s=hint_of(error))
    assert (state.paused, state.auth_failures, state.last_error) == (True, 3, before.last_error)
    assert state.next_attempt_at == AT + PROBE_EVERY


def test_a_pause_does_not_hide_a_setting_that_is_wrong() -> None:
    before = after(SyncState(1, auth_failures=2), failed(AuthFailed("no")))
    state = after(before, failed(KeyMissing("no key")))
    assert (state.paused, state.last_error and state.last_error.exit_code) == (True, 78)


def test_the_first_failure_costs_no_five_minute_run() -> None:
    state = after(SyncState(1), failed(Unreachable("gone")))
    assert state.next_attempt_at is not None
    assert state.next_attempt_at < AT + timedelta(minutes=5)


def test_back_off_doubles_up_to_an_hour() -> None:
    waits = [backoff(n) for n in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[1] == waits[0] * 2
    assert waits[-1] == LONGEST_BACKOFF


@pytest.mark.parametrize(
    ("hint", "wait"), [(90.0, timedelta(seconds=90)), (1e9, timedelta(days=1)), (-5.0, timedelta())]
)
def test_the_servers_own_hint_is_taken_within_a_day(hint: float, wait: timedelta) -> None:
    assert hint_of(Throttled("slow", retry_after_s=hint)) == hint
    state = after(SyncState(1), failed(Throttled("slow")), retry_after_s=hint)
    assert state.next_attempt_at == AT + wait


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), RunStatus.SUCCESS),
        ((RunStatus.SUCCESS, RunStatus.SUCCESS), RunStatus.SUCCESS),
        ((RunStatus.SUCCESS, RunStatus.ERROR), RunStatus.PARTIAL),
        ((RunStatus.PARTIAL,), RunStatus.PARTIAL),
        ((RunStatus.ERROR, RunStatus.ERROR), RunStatus.ERROR),
        ((RunStatus.SKIPPED,), RunStatus.SUCCESS),
        ((RunStatus.SKIPPED, RunStatus.ERROR), RunStatus.ERROR),
    ],
)
def test_the_run_is_as_good_as_its_parts(parts: tuple[RunStatus, ...], expected: RunStatus) -> None:
    assert run_status(tuple(IntegrationReport("x", part) for part in parts)) is expected


def test_what_was_interrupted_is_handed_back_at_once_and_counts_as_no_failure() -> None:
    report = IntegrationReport("a", RunStatus.PARTIAL, error=error_info(Interrupted("stopped")), exit_code=75)
    state = after(SyncState(1, failures=2), report)
    assert (state.next_attempt_at, state.failures, state.paused) == (state.last_finished_at, 2, False)


@pytest.mark.parametrize(
    ("error", "status", "counts"),
    [
        (error_info(MarkRefused("read-only")), RunStatus.PARTIAL, Counts()),
        (ErrorInfo("partial_view", "in part"), RunStatus.PARTIAL, Counts()),
        (error_info(FolderMissing("gone")), RunStatus.PARTIAL, Counts()),
        (error_info(DeadlineExceeded("time is up")), RunStatus.PARTIAL, Counts(fetched=3)),
    ],
)
def test_a_run_that_got_somewhere_is_followed_by_the_next_as_scheduled(
    error: ErrorInfo, status: RunStatus, counts: Counts
) -> None:
    before = SyncState(1, failures=2, last_success_at=AT - timedelta(days=1))
    report = IntegrationReport("a", status, error=error, counts=counts, exit_code=error.exit_code)
    state = after(before, report)
    assert (state.next_attempt_at, state.failures, state.last_success_at) == (None, 2, before.last_success_at)
    assert state.last_error is not None
    assert state.last_error.code == error.code


@pytest.mark.parametrize("error", [FolderMissing("all gone"), DeadlineExceeded("silence")])
def test_a_run_that_got_nowhere_is_left_alone_for_a_while(error: InboxsyncError) -> None:
    assert after(SyncState(1), failed(error)).next_attempt_at == AT + backoff(1)


def test_a_bandwidth_lock_is_left_alone_for_an_hour() -> None:
    lock = Throttled("login refused: [OVERQUOTA] Account exceeded command or bandwidth limits.")
    assert hint_of(lock) == BANDWIDTH_LOCK_S
    assert hint_of(Throttled("bandwidth", retry_after_s=7.0)) == 7.0
    assert hint_of(Throttled("too many connections")) is None
    assert hint_of(Unreachable("bandwidth")) is None
