"""What a worker asks every few seconds: which integrations are due and free, in two light queries.

On Postgres the clock is the server's, so that machines whose clocks differ agree on what is due.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from inboxsync.model.state import Owner
from inboxsync.model.working import MAX_CLOCK_SKEW, DueIntegration, Polled
from inboxsync.store.control_rows import INTEGRATION_COLUMNS, STATE_COLUMNS, listed, read_integration, read_state
from inboxsync.store.dialect import read_moment, read_time
from inboxsync.store.statements import chunks

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration
    from inboxsync.model.state import SyncState
    from inboxsync.store.connection import Database

# A start that lies ahead was written by a wrong clock; what is due_at then is no word to wait for (`schedule`).
# A lease of this host is shown, for only its processes can be seen to be dead.
_DUE = """
SELECT i.id, i.name, i.priority, coalesce(s.due_at, i.updated_at), s.last_success_at,
    i.host, i.port, i.username, i.provider, l.host, l.pid, l.process_start, l.worker
FROM inboxsync_integrations AS i
LEFT JOIN inboxsync_sync_states AS s ON s.integration_id = i.id
LEFT JOIN inboxsync_leases AS l ON l.integration_id = i.id AND l.expires_at > {clock}
WHERE i.active AND i.removed_at IS NULL AND (s.due_at IS NULL OR s.due_at <= ? OR s.last_started_at > ?)
AND (l.integration_id IS NULL OR l.host = ?)
"""
# One login more, for another integration, would prolong what the server asked for.
_PUT_OFF = """
SELECT i.host, i.port, i.username FROM inboxsync_sync_states AS s
JOIN inboxsync_integrations AS i ON i.id = s.integration_id
WHERE s.error_code = 'throttled' AND s.next_attempt_at > ?
"""
_STATES = f"SELECT {listed(STATE_COLUMNS)} FROM inboxsync_sync_states"  # noqa: S608  constants
_BY_ID = f"SELECT {listed(INTEGRATION_COLUMNS)} FROM inboxsync_integrations WHERE removed_at IS NULL"  # noqa: S608  constants


def poll(database: Database, now: datetime, *, host: str, owner_is_dead: Callable[[Owner], bool]) -> Polled:
    """Answer what is due and free; `now` counts on SQLite alone, where all who write share this machine's clock.

    `host` is this machine, of whose processes `owner_is_dead` can tell. Not answered: what another integration on the
    same login is put off for.
    """
    at = now if database.dialect.is_sqlite else read_moment(database.rows("SELECT clock_timestamp()")[0][0])
    rows = database.rows(_DUE.format(clock=database.dialect.now), (at, at + MAX_CLOCK_SKEW, host))
    free = [_read(row) for row in rows if row[9] is None or owner_is_dead(Owner(*row[9:]))]
    put_off = {(row[0].lower(), row[1], row[2].lower()) for row in database.rows(_PUT_OFF, (at,))} if free else set()
    return Polled(at, tuple(one for one in free if one.account not in put_off))


def _read(row: Sequence[Any]) -> DueIntegration:
    number, name, priority, due_since, last_success_at, host, port, username, provider = row[:9]
    since, success = read_moment(due_since), read_time(last_success_at)
    return DueIntegration(number, name, priority, since, success, host, port, username, provider)


def integrations_of(database: Database, integration_ids: Sequence[int]) -> Sequence[Integration]:
    """Answer the integrations with these ids, in the order of the ids; what is removed is left out."""
    found: dict[int, Integration] = {}
    for chunk in chunks(integration_ids):
        marks = ", ".join("?" * len(chunk))
        for row in database.rows(f"{_BY_ID} AND id IN ({marks})", chunk):
            found[row[0]] = read_integration(row)
    return [found[key] for key in dict.fromkeys(integration_ids) if key in found]


def states_of(database: Database, integration_ids: Sequence[int] | None) -> list[SyncState]:
    """Answer the states of the integrations with these ids, of all for None; of one that never ran there is none."""
    if integration_ids is None:
        return [read_state(row) for row in database.rows(_STATES)]
    found: list[SyncState] = []
    for chunk in chunks(integration_ids):
        marks = ", ".join("?" * len(chunk))
        found += [read_state(row) for row in database.rows(f"{_STATES} WHERE integration_id IN ({marks})", chunk)]
    return found
