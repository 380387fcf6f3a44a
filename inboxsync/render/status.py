"""The status of integrations: its JSON shape (design §6) and its table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from inboxsync.model.report import RunStatus
from inboxsync.render.document import time_text
from inboxsync.render.json_shapes import Shape, minutes
from inboxsync.render.printable import printable
from inboxsync.render.tables import Table

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration
    from inboxsync.model.state import Lease, SyncState, Totals
    from inboxsync.render.standing import Standing


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an integration. Not `is_live`: the lease ran out, or its process is seen to be gone."""

    lease: Lease
    is_live: bool


@dataclass(frozen=True, slots=True)
class StatusLine:
    """All that status tells of one integration; `holder` is None where nobody works on it."""

    integration: Integration
    state: SyncState | None
    standing: Standing
    totals: Totals
    holder: Holder | None = None


def status_json(line: StatusLine) -> Shape:
    """Give one integration's status under its public keys."""
    integration, state, standing = line.integration, line.state, line.standing
    return {
        "name": integration.name,
        "provider": integration.provider,
        "email": integration.email,
        "active": integration.active,
        "state": standing.state.value,
        "last_sync_at": time_text(last_sync_at(state)),
        "last_sync_status": _last_status(state),
        "last_sync_error": state.last_error.message if state and state.last_error else None,
        "cause": standing.cause,
        "next_action": standing.next_action,
        "next_run_at": time_text(standing.next_run_at),
        "sync_interval_minutes": minutes(integration.interval_s),
        "messages": line.totals.messages,
        "tickets": line.totals.tickets,
        "quarantined": line.totals.quarantined,
        "lease": None if line.holder is None else holder_json(line.holder),
    }


def holder_json(holder: Holder) -> Shape:
    """Give who works on an integration, since when, and until when it is theirs without another word of them."""
    lease, owner = holder.lease, holder.lease.owner
    return {
        "worker": owner.worker,
        "host": owner.host,
        "pid": owner.pid,
        "since": time_text(lease.acquired_at),
        "until": time_text(lease.expires_at),
        "expired": not holder.is_live,
    }


def last_sync_at(state: SyncState | None) -> datetime | None:
    """The instant of the last result: its end, or its start where no end was recorded."""
    if state is None or state.last_status is None:
        return None
    return state.last_finished_at or state.last_started_at


def _last_status(state: SyncState | None) -> str | None:
    if state is None or state.last_status is None or state.last_status is RunStatus.SKIPPED:
        return None
    return state.last_status.value


def status_table(lines: list[StatusLine], now: datetime) -> Table:
    """Lay the status out for people: one row an integration."""
    headings = ("name", "state", "last success", "messages", "tickets", "quarantined", "next run", "cause")
    return Table.of(headings, [_row(line, now) for line in lines], right=(3, 4, 5))


def _row(line: StatusLine, now: datetime) -> tuple[object, ...]:
    success = line.state.last_success_at if line.state else None
    totals = line.totals
    return (
        line.integration.name,
        line.standing.state.value,
        f"{age_text(now - success)} ago" if success else None,
        totals.messages,
        totals.tickets,
        totals.quarantined,
        due_text(line.standing.next_run_at, now),
        _cause(line, now),
    )


def _cause(line: StatusLine, now: datetime) -> str | None:
    told = [holder_text(line.holder, now) if line.holder else None, line.standing.cause]
    return "; ".join(text for text in told if text) or None


def holder_text(holder: Holder, now: datetime) -> str:
    """Tell who works on an integration and since when, or that they fell silent."""
    lease, owner = holder.lease, holder.lease.owner
    process = f"process {owner.pid} on {owner.host}"
    who = f"{owner.worker} ({process})" if owner.worker else process
    if holder.is_live:
        return f"{who} works on it for {age_text(now - lease.acquired_at)}"
    silent = age_text(now - lease.heartbeat_at)
    return f"{who} began {age_text(now - lease.acquired_at)} ago and is silent for {silent}: the next run takes it over"


def status_text(line: StatusLine, now: datetime) -> str:
    """Tell everything about one integration, one fact a line."""
    integration, state, standing = line.integration, line.state, line.standing
    facts = (
        ("name", integration.name),
        ("provider", integration.provider or "-"),
        ("email", integration.email),
        ("active", "yes" if integration.active else "no"),
        ("state", standing.state.value),
        ("cause", standing.cause or "-"),
        ("at work", holder_text(line.holder, now) if line.holder else "-"),
        ("next action", standing.next_action or "-"),
        ("last sync", time_text(last_sync_at(state)) or "never"),
        ("last success", time_text(state.last_success_at if state else None) or "never"),
        ("last error", state.last_error.message if state and state.last_error else "-"),
        ("next run", due_text(standing.next_run_at, now) or "-"),
        ("messages", str(line.totals.messages)),
        ("tickets", str(line.totals.tickets)),
        ("quarantined", str(line.totals.quarantined)),
    )
    return facts_text(facts)


def facts_text(facts: tuple[tuple[str, str], ...]) -> str:
    """Write facts as lines of name and value, aligned and printable."""
    width = max(len(name) for name, _ in facts) + 1
    return "\n".join(f"{name + ':':<{width}} {printable(value)}" for name, value in facts)


def age_text(age: timedelta) -> str:
    """Write an age in its largest unit, rounded down: `40 s`, `12 min`, `3 h`, `5 d`."""
    seconds = max(0, int(age.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def due_text(at: datetime | None, now: datetime) -> str | None:
    """Write when a run is due: `now`, or in how long; None stays None."""
    if at is None:
        return None
    return "now" if at <= now else f"in {age_text(at - now)}"
