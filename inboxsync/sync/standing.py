"""How an integration stands after a run: what failed, when it is tried again, whether it waits for a person. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from inboxsync.errors import EXIT_CONFIG, EXIT_CREDENTIALS, InboxsyncError, Throttled
from inboxsync.model.report import ErrorInfo, IntegrationReport, RunStatus

if TYPE_CHECKING:
    from inboxsync.model.state import SyncState

AUTH_STRIKES = 3  # providers lock accounts after a few refused logins (hazards §4.2)
PROBE_EVERY = timedelta(hours=6)
FIRST_BACKOFF = timedelta(minutes=4)  # below the usual five-minute interval: one failure costs no run
LONGEST_BACKOFF = timedelta(hours=1)
LONGEST_SERVER_HINT = timedelta(hours=24)
# Google locks for an hour to a day and says so without a time; each login before that prolongs it.
BANDWIDTH_LOCK_S = 3600.0

# These end nothing: what could be had was had, so the run was partial, and the next one comes as scheduled.
PARTIAL_ALONE = frozenset({"partial_view", "mark_refused", "move_refused", "byte_budget"})
_BANDWIDTH_LOCK = re.compile(r"bandwidth", re.IGNORECASE)


def error_info(error: InboxsyncError) -> ErrorInfo:
    """Give a failure the shape in which it is stored and reported."""
    return ErrorInfo(code=error.code, message=error.message, hint=error.hint, exit_code=error.exit_code)


def after_run(
    before: SyncState,
    report: IntegrationReport,
    *,
    started_at: datetime,
    finished_at: datetime,
    retry_after_s: float | None = None,
) -> SyncState:
    """Answer the state after a run that was not skipped; `due_at` is left to the schedule."""
    base = replace(
        before,
        last_started_at=started_at,
        last_finished_at=finished_at,
        last_status=report.status,
        last_error=report.error,
    )
    if report.error is None:
        return replace(
            base,
            last_success_at=finished_at,
            failures=0,
            auth_failures=0,
            paused=False,
            next_attempt_at=None,
            told_at=None,
        )
    return _after_failure(before, base, report, finished_at, retry_after_s)


def _went_on(report: IntegrationReport) -> bool:
    """Whether waiting longer than usual would only delay mail: the login worked and the run got somewhere."""
    error, counts = report.error, report.counts
    if error is None or error.code in PARTIAL_ALONE:
        return True
    if error.code == "folder_missing":
        return report.status is RunStatus.PARTIAL
    return error.code == "deadline" and bool(counts.fetched or counts.remapped or counts.listed)


def _after_failure(
    before: SyncState, base: SyncState, report: IntegrationReport, at: datetime, retry_after_s: float | None
) -> SyncState:
    error = report.error
    assert error is not None
    failures = before.failures + 1
    told_at = before.told_at if before.last_error and before.last_error.code == error.code else None
    base = replace(base, failures=failures, told_at=told_at)
    if error.exit_code == EXIT_CREDENTIALS:
        return _after_refusal(before, base, at)
    if report.folders:  # a folder was asked for, so the login was taken
        base = replace(base, auth_failures=0, paused=False)
    if base.paused:
        return _still_paused(before, base, at)
    if error.code == "interrupted":  # handed back: whoever comes next goes on, on another machine too
        return replace(base, failures=before.failures, next_attempt_at=at)
    if retry_after_s is None and _went_on(report):
        return replace(base, failures=before.failures, next_attempt_at=None)
    return replace(base, next_attempt_at=at + backoff(failures, retry_after_s))


def _still_paused(before: SyncState, base: SyncState, at: datetime) -> SyncState:
    """A probe that did not get to the login proves nothing: what a person must do stays, and so does the exit code."""
    assert base.last_error is not None
    needs_a_person = base.last_error.exit_code == EXIT_CONFIG
    base = base if needs_a_person else replace(base, last_error=before.last_error, told_at=before.told_at)
    return replace(base, next_attempt_at=at + PROBE_EVERY)


def _after_refusal(before: SyncState, base: SyncState, at: datetime) -> SyncState:
    refusals = before.auth_failures + 1
    paused = refusals >= AUTH_STRIKES
    return replace(
        base, auth_failures=refusals, paused=paused, next_attempt_at=at + PROBE_EVERY if paused else at + FIRST_BACKOFF
    )


def backoff(failures: int, retry_after_s: float | None = None) -> timedelta:
    """How long to leave a failing integration alone: the server's own hint up to a day, else doubling up to an hour."""
    if retry_after_s is not None:
        return min(timedelta(seconds=max(retry_after_s, 0)), LONGEST_SERVER_HINT)
    doublings = min(max(failures, 1) - 1, 8)
    return min(FIRST_BACKOFF * int(2**doublings), LONGEST_BACKOFF)


def hint_of(error: BaseException) -> float | None:
    """The seconds a server asked us to wait, if it did, or is known to lock an account for."""
    if not isinstance(error, Throttled):
        return None
    if error.retry_after_s is None and _BANDWIDTH_LOCK.search(error.message):
        return BANDWIDTH_LOCK_S
    return error.retry_after_s


def run_status(parts: tuple[IntegrationReport, ...]) -> RunStatus:
    """How a whole run ended: error where all that ran failed, partial where some did, success otherwise."""
    ran = [part.status for part in parts if part.status is not RunStatus.SKIPPED]
    if not ran:
        held_back = any(part.exit_code for part in parts)
        return RunStatus.SKIPPED if held_back and parts else RunStatus.SUCCESS
    if all(status is RunStatus.SUCCESS for status in ran):
        return RunStatus.SUCCESS
    return RunStatus.ERROR if all(status is RunStatus.ERROR for status in ran) else RunStatus.PARTIAL
