"""Columns of the control plane's tables and their way to and from values of `model`.

The columns are named here by hand, because `tables/` costs SQLModel to import; a test holds both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inboxsync.model.following import Followed
from inboxsync.model.integration import DedupScope, Endpoint, Integration, TlsMode
from inboxsync.model.report import Counts, ErrorInfo, IntegrationReport, RunStatus
from inboxsync.model.state import FolderCursor, FolderState, Lease, Owner, RunRecord, SyncState
from inboxsync.model.ticketing import read_routing
from inboxsync.store.dialect import read_json, read_moment, read_time

# Settings in the order of `integration_values`; then come active and the columns the store itself keeps.
SETTING_COLUMNS = (
    *("uuid", "name", "email", "provider", "host", "port", "tls", "username", "ca_file", "pin_sha256"),
    *("folders", "interval_s", "cron", "priority", "filter_json", "rules_json", "dedup", "unread_only"),
    *(
        "mark_read",
        "known_senders_only",
        "company",
        "since",
        "tickets_since",
        "makes_tickets",
        "active",
        "routing_json",
    ),
)
INTEGRATION_COLUMNS = ("id", *SETTING_COLUMNS, "created_at", "updated_at")
ERROR_COLUMNS = ("error_code", "error_message", "error_hint", "error_exit_code")
STATE_COLUMNS = (
    *("integration_id", "last_started_at", "last_finished_at", "last_success_at", "last_status", *ERROR_COLUMNS),
    *("failures", "auth_failures", "paused", "next_attempt_at", "due_at", "told_at"),
)
LEASE_COLUMNS = (
    *("integration_id", "token", "host", "pid", "process_start", "worker"),
    *("acquired_at", "heartbeat_at", "expires_at"),
)
FOLDER_COLUMNS = (
    *("id", "integration_id", "name", "role", "uidvalidity", "uidnext", "exists_count", "unread_count"),
    *("highestmodseq", "mailbox_id", "listed_at"),
    *("followed_uidvalidity", "followed_modseq", "followed_exists", "followed_below_uid", "swept_at"),
)
PART_COLUMNS = (
    *("run_id", "integration_id", "status", "reason", *ERROR_COLUMNS, "counts", "started_at", "finished_at"),
)


def listed(columns: Sequence[str], table: str = "") -> str:
    """Name columns in a statement, of a table or alias if given."""
    return ", ".join(f"{table}.{column}" if table else column for column in columns)


def marks(columns: Sequence[str]) -> str:
    """One parameter mark for each column."""
    return ", ".join("?" for _ in columns)


def upsert(table: str, columns: Sequence[str]) -> str:
    """Insert a row or replace it; the first column is the key."""
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
    return (
        f"INSERT INTO {table} ({listed(columns)}) VALUES ({marks(columns)})"  # noqa: S608  names from this package
        f" ON CONFLICT ({columns[0]}) DO UPDATE SET {changes}"
    )


# --- integrations --------------------------------------------------------------------------------------------------


def integration_values(integration: Integration) -> tuple[object, ...]:
    """The settings of an integration, in the order of SETTING_COLUMNS."""
    at = integration.endpoint
    return (
        *(integration.uuid, integration.name, integration.email, integration.provider),
        *(at.host, at.port, at.tls, at.username, at.ca_file, at.pin_sha256),
        *(integration.folders, integration.interval_s, integration.cron, integration.priority),
        *(integration.filter_json, integration.rules_json, integration.dedup),
        *(integration.unread_only, integration.mark_read, integration.known_senders_only),
        *(integration.company, integration.since, integration.tickets_since),
        *(integration.makes_tickets, integration.active, integration.routing.as_json()),
    )


def read_integration(row: Sequence[Any]) -> Integration:
    """Read a row of INTEGRATION_COLUMNS."""
    value = dict(zip(INTEGRATION_COLUMNS, row, strict=True))
    return Integration(
        id=value["id"],
        uuid=value["uuid"],
        name=value["name"],
        email=value["email"],
        endpoint=Endpoint(
            host=value["host"],
            port=value["port"],
            tls=TlsMode(value["tls"]),
            username=value["username"],
            ca_file=value["ca_file"],
            pin_sha256=value["pin_sha256"],
        ),
        provider=value["provider"],
        folders=tuple(read_json(value["folders"])),
        interval_s=value["interval_s"],
        cron=value["cron"],
        priority=value["priority"],
        filter_json=value["filter_json"],
        rules_json=value["rules_json"],
        dedup=None if value["dedup"] is None else DedupScope(value["dedup"]),
        unread_only=bool(value["unread_only"]),
        mark_read=bool(value["mark_read"]),
        known_senders_only=bool(value["known_senders_only"]),
        company=value["company"],
        since=read_time(value["since"]),
        tickets_since=read_time(value["tickets_since"]),
        makes_tickets=bool(value["makes_tickets"]),
        active=bool(value["active"]),
        routing=read_routing(value["routing_json"]),
        created_at=read_time(value["created_at"]),
        updated_at=read_time(value["updated_at"]),
    )


# --- schedule state ------------------------------------------------------------------------------------------------


def error_values(error: ErrorInfo | None) -> tuple[object, ...]:
    """An error in the order of ERROR_COLUMNS."""
    return (None,) * 4 if error is None else (error.code, error.message, error.hint, error.exit_code)


def read_error(values: Sequence[Any]) -> ErrorInfo | None:
    """Read ERROR_COLUMNS; no code is no error."""
    code, message, hint, exit_code = values
    return None if code is None else ErrorInfo(code, message or "", hint or "", 75 if exit_code is None else exit_code)


def state_values(state: SyncState) -> tuple[object, ...]:
    """A state in the order of STATE_COLUMNS."""
    return (
        *(state.integration_id, state.last_started_at, state.last_finished_at, state.last_success_at),
        *(state.last_status, *error_values(state.last_error)),
        *(state.failures, state.auth_failures, state.paused),
        *(state.next_attempt_at, state.due_at, state.told_at),
    )


def read_state(row: Sequence[Any]) -> SyncState:
    """Read a row of STATE_COLUMNS."""
    value = dict(zip(STATE_COLUMNS, row, strict=True))
    return SyncState(
        integration_id=value["integration_id"],
        last_started_at=read_time(value["last_started_at"]),
        last_finished_at=read_time(value["last_finished_at"]),
        last_success_at=read_time(value["last_success_at"]),
        last_status=None if value["last_status"] is None else RunStatus(value["last_status"]),
        last_error=read_error([value[column] for column in ERROR_COLUMNS]),
        failures=value["failures"],
        auth_failures=value["auth_failures"],
        paused=bool(value["paused"]),
        next_attempt_at=read_time(value["next_attempt_at"]),
        due_at=read_time(value["due_at"]),
        told_at=read_time(value["told_at"]),
    )


# --- leases, folders, runs -----------------------------------------------------------------------------------------


def read_lease(row: Sequence[Any]) -> Lease:
    """Read a row of LEASE_COLUMNS."""
    integration_id, token, host, pid, process_start, worker, acquired_at, heartbeat_at, expires_at = row
    return Lease(
        integration_id=integration_id,
        owner=Owner(host=host, pid=pid, process_start=process_start, worker=worker),
        token=token,
        acquired_at=read_moment(acquired_at),
        heartbeat_at=read_moment(heartbeat_at),
        expires_at=read_moment(expires_at),
    )


def read_folder(row: Sequence[Any]) -> FolderState:
    """Read a row of FOLDER_COLUMNS with the three counts behind them. No UIDNEXT means never listed: no cursor."""
    *columns, open_count, seen_wanted, moves_wanted = row
    value = dict(zip(FOLDER_COLUMNS, columns, strict=True))
    cursor = None
    if value["uidnext"] is not None:
        cursor = FolderCursor(
            uidvalidity=value["uidvalidity"],
            uidnext=value["uidnext"],
            exists=value["exists_count"] or 0,
            unread=value["unread_count"],
            highestmodseq=value["highestmodseq"],
            mailbox_id=value["mailbox_id"],
            listed_at=read_time(value["listed_at"]),
        )
    return FolderState(
        *(value["id"], value["integration_id"], value["name"], cursor, open_count, seen_wanted),
        followed=_read_followed(value),
        role=value["role"],
        moves_wanted=moves_wanted,
    )


def _read_followed(value: dict[str, Any]) -> Followed | None:
    swept_at = read_time(value["swept_at"])
    if swept_at is None:
        return None
    return Followed(
        uidvalidity=value["followed_uidvalidity"],
        modseq=value["followed_modseq"],
        exists=value["followed_exists"],
        swept_at=swept_at,
        below_uid=value["followed_below_uid"],
    )


def part_values(run_id: int, integration_id: int, report: IntegrationReport) -> tuple[object, ...]:
    """What a run did with an integration, in the order of PART_COLUMNS without the two times."""
    told = (report.status, report.reason, *error_values(report.error), report.counts.as_dict())
    return (run_id, integration_id, *told)


def read_part(row: Sequence[Any]) -> RunRecord:
    """Read id, the integration's name and PART_COLUMNS."""
    part_id, name, *columns = row
    value = dict(zip(PART_COLUMNS, columns, strict=True))
    return RunRecord(
        id=part_id,
        run_id=value["run_id"],
        integration=name,
        status=RunStatus(value["status"]),
        reason=value["reason"],
        error=read_error([value[column] for column in ERROR_COLUMNS]),
        counts=Counts.of(read_json(value["counts"])),
        started_at=read_moment(value["started_at"]),
        finished_at=read_moment(value["finished_at"]),
    )
