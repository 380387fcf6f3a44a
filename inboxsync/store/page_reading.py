"""What the status page alone asks of the store: mail that arrived in a span, open tickets, what went wrong lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.model.figures import RepeatedFailure
from inboxsync.store.dialect import read_moment
from inboxsync.store.retrying import retried

if TYPE_CHECKING:
    from inboxsync.store.connection import Database

# CROSS JOIN keeps SQLite from beginning with every folder's whole ledger instead of the few messages of the span.
_ARRIVED = (
    "SELECT f.integration_id, count(DISTINCT p.message_id) FROM inboxsync_messages AS m"
    " CROSS JOIN inboxsync_placements AS p CROSS JOIN inboxsync_folders AS f"
    " WHERE m.received_at >= ? AND m.received_at < ? AND p.message_id = m.id AND f.id = p.folder_id"
    " GROUP BY f.integration_id"
)
_OPEN_TICKETS = (
    "SELECT integration_id, count(*) FROM inboxsync_tickets WHERE status IN ('open', 'in_progress', 'pending')"
    " AND integration_id IS NOT NULL GROUP BY integration_id"
)
_FAILURES = (
    "SELECT p.error_code, p.error_message, p.finished_at, n.times FROM inboxsync_run_parts AS p"
    " JOIN (SELECT max(id) AS last, count(*) AS times FROM inboxsync_run_parts"
    " WHERE integration_id = ? AND error_code IS NOT NULL GROUP BY error_code) AS n ON n.last = p.id"
    " ORDER BY p.id DESC"
)


class PageReading:
    """Questions of the status page. Every method is one statement and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @retried
    def arrived(self, since: datetime, before: datetime) -> Mapping[int, int]:
        """Count stored mail received from `since` on and before `before`, by integration id; none is missing."""
        return {int(key): int(count) for key, count in self._database.rows(_ARRIVED, (since, before))}

    @retried
    def open_tickets(self) -> Mapping[int, int]:
        """Count tickets that are neither resolved nor closed, by integration id."""
        return {int(key): int(count) for key, count in self._database.rows(_OPEN_TICKETS)}

    @retried
    def failures(self, integration_id: int) -> Sequence[RepeatedFailure]:
        """Answer each kind of error in an integration's history, the latest first."""
        rows = self._database.rows(_FAILURES, (integration_id,))
        return [RepeatedFailure(code, message or "", read_moment(at), int(times)) for code, message, at, times in rows]
