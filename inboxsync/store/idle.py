"""Until when a store surely has nothing to do, for the stamp (docs/adr/0015): the conditions that `due` asks SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inboxsync.errors import EXIT_CONFIG, EXIT_CREDENTIALS
from inboxsync.store.dialect import read_time
from inboxsync.store.due import DELIVERIES_DUE

if TYPE_CHECKING:
    from datetime import datetime

    from inboxsync.store.connection import Database

_STATES = (
    "SELECT s.due_at, s.paused, s.error_exit_code FROM inboxsync_integrations AS i"
    " LEFT JOIN inboxsync_sync_states AS s ON s.integration_id = i.id WHERE i.active AND i.removed_at IS NULL"
)
_WEBHOOKS = "SELECT due_at, hold_until FROM inboxsync_webhooks WHERE active"
# What every run has to tell, so none may be answered without looking (P13).
_OUTSTANDING = (EXIT_CREDENTIALS, EXIT_CONFIG)


def idle_until(database: Database, now: datetime) -> datetime | None:
    """Answer the first instant after `now` at which something is due; None where something is due or to be told now.

    What new events make due for webhooks comes with a run or a command. Raises StoreError.
    """
    states = database.rows(_STATES)
    if database.rows(DELIVERIES_DUE, (now, now))[0][0]:
        return None
    if not states or any(paused or code in _OUTSTANDING for _, paused, code in states):
        return None
    due = [read_time(row[0]) for row in states]
    webhooks = [read_time(value) for row in database.rows(_WEBHOOKS) for value in row]
    later = [at for at in webhooks if at is not None and at > now]
    known = [at for at in due if at is not None]
    if len(known) < len(due) or min(known) <= now:
        return None
    return min((*known, *later))
