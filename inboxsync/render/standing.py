"""How an integration stands, in words that a person acts on: state, cause, next action, next run. Pure.

The order in which states win is what a person must know first: somebody works on it now, it waits for a person,
it has never run, its last run failed, no run has come for too long, all is well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING

from inboxsync.errors import UsageError
from inboxsync.model.integration import DEFAULT_INTERVAL_S, Integration
from inboxsync.model.report import RunStatus
from inboxsync.render.sentences import sentence
from inboxsync.schedule import NEVER, next_due, next_fire

if TYPE_CHECKING:
    from inboxsync.model.state import Lease, SyncState

STALE_AFTER_PERIODS = 3


class StateWord(StrEnum):
    """The states of `status` (design §6)."""

    OK = "ok"
    NEVER = "never"
    RUNNING = "running"
    STALE = "stale"
    FAILING = "failing"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Standing:
    """What `status` says of an integration. `cause` and `next_action` are None where there is nothing to say or do."""

    state: StateWord
    cause: str | None
    next_action: str | None
    next_run_at: datetime | None


def standing(
    integration: Integration, state: SyncState | None, lease: Lease | None, now: datetime, zone: tzinfo
) -> Standing:
    """Judge how an integration stands at `now`; cron expressions are read in `zone`."""
    word = state_word(integration, state, lease, now, zone)
    cause, action = _explain(word, integration, state)
    if not integration.active:
        cause = f"it is switched off; {cause}" if cause else "it is switched off"
        action = f"`inboxsync enable {integration.name}` switches it on"
    return Standing(word, cause, action, next_run_at(integration, state, now, zone))


def state_word(
    integration: Integration, state: SyncState | None, lease: Lease | None, now: datetime, zone: tzinfo
) -> StateWord:
    """Choose the state. An integration that is switched off keeps the state of its last result and never is stale."""
    if lease is not None and lease.expires_at > now:
        return StateWord.RUNNING
    if state is not None and state.paused:
        return StateWord.PAUSED
    if state is None or state.last_status is None:
        return StateWord.NEVER
    if state.last_error is not None or state.last_status is RunStatus.ERROR:
        return StateWord.FAILING
    if integration.active and is_stale(integration, state, now, zone):
        return StateWord.STALE
    return StateWord.OK


def is_stale(integration: Integration, state: SyncState, now: datetime, zone: tzinfo) -> bool:
    """Whether the last success is older than three intervals, or three runs of the cron expression ago."""
    if state.last_success_at is None:
        return False
    if integration.cron is None:
        interval_s = integration.interval_s or DEFAULT_INTERVAL_S
        return state.last_success_at + timedelta(seconds=STALE_AFTER_PERIODS * interval_s) < now
    fire = state.last_success_at
    try:
        for _ in range(STALE_AFTER_PERIODS):
            fire = next_fire(integration.cron, fire, zone)
    except UsageError:  # a stored expression that is invalid never fires
        return True
    return fire < now


def next_run_at(integration: Integration, state: SyncState | None, now: datetime, zone: tzinfo) -> datetime | None:
    """Tell when the integration is due next, None when it is switched off or its cron expression is invalid."""
    try:
        due_at = state.due_at if state and state.due_at else next_due(integration, state, now, zone)
    except UsageError:
        return None
    return None if not integration.active or due_at >= NEVER else due_at


def _explain(word: StateWord, integration: Integration, state: SyncState | None) -> tuple[str | None, str | None]:
    name = integration.name
    if word in (StateWord.FAILING, StateWord.PAUSED):
        return _explain_failure(integration, state, paused=word is StateWord.PAUSED)
    if word is StateWord.NEVER:
        return "it has not run yet", f"`inboxsync sync {name}` runs it now; a timer or cron runs `inboxsync sync-all`"
    if word is StateWord.STALE:
        return (
            "no run has succeeded for three intervals",
            "check that the timer or cron job that runs `inboxsync sync-all` is there and enabled",
        )
    return None, None


def _explain_failure(
    integration: Integration, state: SyncState | None, *, paused: bool
) -> tuple[str | None, str | None]:
    error = state.last_error if state else None
    words = sentence(error.code, error.message) if error else sentence("error")
    cause = words.cause.format(host=integration.endpoint.host, name=integration.name)
    action = words.action.format(host=integration.endpoint.host, name=integration.name)
    if paused:
        cause += "; logins are paused so that the account is not locked, and tried once in six hours"
    return cause, action
