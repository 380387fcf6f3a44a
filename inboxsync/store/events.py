"""The feed of events over plain DB-API: reading it, consumers and their place in it, and what the control plane tells.

Events of the content plane are written by `event_rows`; both hold the same lock, so that ids appear in the order of
commits, and a reader that has seen an id never misses a lower one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from inboxsync.errors import CursorTooOld, UsageError
from inboxsync.model.event import SYNC_FAILED, SYNC_RECOVERED, Consumer, Event, EventPage
from inboxsync.store.control_rows import marks
from inboxsync.store.dialect import read_json, read_moment
from inboxsync.store.locks import TICKETS_LOCK, lock_number
from inboxsync.store.retrying import retried

if TYPE_CHECKING:
    from inboxsync.model.report import ErrorInfo
    from inboxsync.model.state import SyncState
    from inboxsync.store.connection import Database
    from inboxsync.store.ports import ControlStore
    from inboxsync.store.statements import Row, Statements

# In inboxsync_meta: the id of the last event that was pruned.
PRUNED_TO = "events_pruned_to"
EVENT_COLUMNS = ("id", "type", "at", "data", "integration_id")
_SELECT = "SELECT id, type, at, data, integration_id FROM inboxsync_events WHERE id > ?"
_NEWEST = "SELECT coalesce(max(id), 0) FROM inboxsync_events"
_CONSUMERS = (
    "SELECT c.name, c.event_id, c.updated_at,"
    " (SELECT count(*) FROM inboxsync_events AS e WHERE e.id > c.event_id) FROM inboxsync_consumers AS c"
)
# Forward only: of two processes that read as one consumer the slower one must not bring back what the other has done.
_ACKNOWLEDGE = (
    "INSERT INTO inboxsync_consumers (name, event_id, updated_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
    " SET event_id = excluded.event_id, updated_at = excluded.updated_at"
    " WHERE excluded.event_id > inboxsync_consumers.event_id"
)
_STOPPED = "interrupted"
_TELL = "INSERT INTO inboxsync_events (type, at, integration_id, data) VALUES (?, ?, ?, ?)"


def feed_of(control: ControlStore) -> EventFeed:
    """Answer the feed of an open control plane; TypeError for another kind of it."""
    from inboxsync.store.control import SqlControlStore

    if not isinstance(control, SqlControlStore):
        raise TypeError(f"{type(control).__name__} has no feed of events")
    return EventFeed(control._database)


class EventFeed:
    """What happened, oldest first. Every method is one transaction and raises StoreError, or UsageError as it says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @retried
    def page(self, after: int, *, limit: int, types: Sequence[str] = ()) -> EventPage:
        """Answer up to `limit` events with ids above `after`, of these types or of all.

        CursorTooOld where events above `after` were pruned; 0 asks for all that are kept.
        """
        self.check(after)
        chosen = f" AND type IN ({marks(types)})" if types else ""
        statement = f"{_SELECT}{chosen} ORDER BY id LIMIT ?"
        rows = self._database.rows(statement, (after, *types, limit + 1))
        events = tuple(read_event(row) for row in rows[:limit])
        return EventPage(events, events[-1].id if events else after, len(rows) > limit)

    @retried
    def check(self, after: int) -> None:
        """Refuse a place that `prune` has passed, whose reader would miss events unknowingly: CursorTooOld."""
        row = self._database.row("SELECT value FROM inboxsync_meta WHERE name = ?", (PRUNED_TO,)) if after else None
        if row is not None and after < int(row[0]):
            raise CursorTooOld(
                f"events up to {row[0]} were pruned, and those behind {after} are asked for",
                hint=f"read the store itself anew, then go on with `--after {row[0]}`",
            )

    @retried
    def newest_id(self) -> int:
        """Answer the id of the newest event, 0 where there is none."""
        return int(self._database.rows(_NEWEST)[0][0])

    @retried
    def consumers(self) -> Sequence[Consumer]:
        """Answer all consumers by name."""
        rows = self._database.rows(_CONSUMERS)
        return sorted((_read_consumer(row) for row in rows), key=lambda consumer: consumer.name)

    @retried
    def place_of(self, consumer: str) -> int:
        """Answer the last event that a consumer has acknowledged; 0 where it never did."""
        row = self._database.row("SELECT event_id FROM inboxsync_consumers WHERE name = ?", (consumer,))
        return 0 if row is None else int(row[0])

    @retried
    def acknowledge(self, consumer: str, event_id: int, *, at: datetime) -> int:
        """Move a consumer's place forward to this event, never back; answers where it is.

        UsageError for an event that is not there yet: what comes under that id would never be read.
        """
        with self._database.transaction() as work:
            newest = int(work.rows(_NEWEST)[0][0])
            if not 0 <= event_id <= newest:
                raise UsageError(f"there is no event {event_id} yet", hint=f"the newest one is {newest}")
            work.run(_ACKNOWLEDGE, (consumer, event_id, at))
            return int(work.rows("SELECT event_id FROM inboxsync_consumers WHERE name = ?", (consumer,))[0][0])

    @retried
    def forget(self, consumer: str) -> bool:
        """Remove a consumer and its place; tells whether it was there."""
        with self._database.transaction() as work:
            return work.run("DELETE FROM inboxsync_consumers WHERE name = ?", (consumer,)) == 1


def read_event(row: Sequence[Any]) -> Event:
    """Read a row of EVENT_COLUMNS."""
    event_id, kind, at, data, integration_id = row
    return Event(event_id, kind, read_moment(at), read_json(data), integration_id)


def _read_consumer(row: Row) -> Consumer:
    name, event_id, updated_at, behind = row
    return Consumer(name, event_id, read_moment(updated_at), behind)


# --- told by the control plane -------------------------------------------------------------------------------------


def tell_standing(work: Statements, before: tuple[Any, ...], state: SyncState, *, at: datetime) -> None:
    """Tell when an integration begins to fail, fails for another reason, is paused, or works again.

    `before` is its name, and error code and pause as they stood in the store. Each run of a failure that lasts is no
    news, nor is a run that was told to stop. Called in the transaction that writes the state.
    """
    name, old_code, was_paused = before
    error = state.last_error
    if error is None:
        if old_code is not None:
            _append(work, SYNC_RECOVERED, {"integration": name}, state.integration_id, at)
    elif error.code != _STOPPED and (error.code != old_code or (state.paused and not was_paused)):
        _append(work, SYNC_FAILED, _failure(name, error, state), state.integration_id, at)


def _failure(name: str, error: ErrorInfo, state: SyncState) -> dict[str, Any]:
    told = {"code": error.code, "message": error.message, "hint": error.hint, "exit_code": error.exit_code}
    return {"integration": name, **told, "paused": state.paused}


def _append(work: Statements, kind: str, data: dict[str, Any], integration_id: int, at: datetime) -> None:
    if not work.dialect.is_sqlite:
        work.row("SELECT pg_advisory_xact_lock(?)", (lock_number(TICKETS_LOCK),))
    work.run(_TELL, (kind, at, integration_id, data))
