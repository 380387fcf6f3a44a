"""Run history: one row a process's run, one row for what it did with each integration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.store.control_rows import PART_COLUMNS, listed, marks, part_values, read_part
from inboxsync.store.folder_counts import recount

if TYPE_CHECKING:
    from inboxsync.model.report import IntegrationReport, RunStatus
    from inboxsync.model.state import Owner, RunRecord
    from inboxsync.store.connection import Database

_SELECT = (
    f"SELECT p.id, i.name, {listed(PART_COLUMNS, 'p')} FROM inboxsync_run_parts AS p"  # noqa: S608  constants
    " JOIN inboxsync_integrations AS i ON i.id = p.integration_id"
)
_INSERT_PART = f"INSERT INTO inboxsync_run_parts ({listed(PART_COLUMNS)}) VALUES ({marks(PART_COLUMNS)})"  # noqa: S608  constants


def start(database: Database, *, at: datetime, trigger: str, owner: Owner) -> int:
    """Record that a run began; answers its id."""
    with database.transaction(durable=False) as work:
        return work.insert(
            'INSERT INTO inboxsync_runs (started_at, "trigger", host, pid) VALUES (?, ?, ?, ?)',
            (at, trigger, owner.host, owner.pid),
        )


def finish_part(
    database: Database,
    run_id: int,
    integration_id: int,
    report: IntegrationReport,
    *,
    started_at: datetime,
    finished_at: datetime,
) -> None:
    """Record what the run did with one integration; nothing where the integration was purged meanwhile."""
    with database.transaction(durable=False) as work:
        if work.row("SELECT id FROM inboxsync_integrations WHERE id = ?", (integration_id,)) is not None:
            work.run(_INSERT_PART, (*part_values(run_id, integration_id, report), started_at, finished_at))
            recount(work, integration_id)


def finish(database: Database, run_id: int, *, at: datetime, status: RunStatus) -> None:
    """Record how the run ended."""
    with database.transaction(durable=False) as work:
        work.run("UPDATE inboxsync_runs SET finished_at = ?, status = ? WHERE id = ?", (at, status, run_id))


def history(database: Database, *, integration: str | None, limit: int) -> Sequence[RunRecord]:
    """Answer the newest parts first, of one integration or of all."""
    if integration is None:
        found = database.rows(f"{_SELECT} ORDER BY p.id DESC LIMIT ?", (limit,))
    else:
        found = database.rows(f"{_SELECT} WHERE i.name = ? ORDER BY p.id DESC LIMIT ?", (integration, limit))
    return [read_part(row) for row in found]
