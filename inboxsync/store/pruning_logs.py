"""Giving up entries of what happened: runs, deliveries that are over, events that all have read (docs/adr/0026)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inboxsync.model.pruning import Log, LogOrder, PruneLine, Watch
from inboxsync.store.control_rows import upsert
from inboxsync.store.events import PRUNED_TO
from inboxsync.store.locks import TICKETS_LOCK, lock_until_commit

if TYPE_CHECKING:
    from inboxsync.store.connection import Database
    from inboxsync.store.statements import Statements

# A run that never ended was killed, or is longer at work than any entry of this age can be.
_RUNS = "SELECT id FROM inboxsync_runs WHERE started_at < ? AND id > ? ORDER BY id LIMIT ?"
_DELIVERIES = (
    "SELECT id FROM inboxsync_deliveries WHERE state <> 'pending' AND finished_at < ? AND id > ? ORDER BY id LIMIT ?"
)
_EVENTS = "SELECT id FROM inboxsync_events WHERE at < ? AND id > ? AND id <= ? ORDER BY id LIMIT ?"
_TABLES = {Log.RUNS: "inboxsync_runs", Log.DELIVERIES: "inboxsync_deliveries", Log.EVENTS: "inboxsync_events"}
_SAVE = upsert("inboxsync_meta", ("name", "value"))
# Whoever has not read that far. Of a webhook that was switched off too: switched on again it goes on where it was.
_HOLDERS = """
SELECT 'consumer ' || name, event_id FROM inboxsync_consumers
UNION ALL SELECT 'webhook ' || name, event_cursor FROM inboxsync_webhooks
UNION ALL SELECT 'deliveries to ' || w.name, min(d.event_id) - 1 FROM inboxsync_deliveries AS d
    JOIN inboxsync_webhooks AS w ON w.id = d.webhook_id WHERE d.state = 'pending' GROUP BY w.name
"""
_NEXT_YOUNG = "SELECT min(id) FROM inboxsync_events WHERE at >= ?"
_NEWEST = "SELECT coalesce(max(id), 0) FROM inboxsync_events"
_OLD_BEHIND = "SELECT count(*) FROM inboxsync_events WHERE at < ? AND id > ?"


@dataclass(frozen=True, slots=True)
class LogLine:
    """How an order is carried out: whether it is, in what batches, and who watches."""

    applies: bool
    batch: int
    watch: Watch


def pruned_log(database: Database, order: LogOrder, how: LogLine) -> PruneLine:
    """Give up a log's old entries, or count them. Deliveries go with their events, what runs did with the runs."""
    if order.log is Log.EVENTS:
        return _events(database, order, how)
    statement = _RUNS if order.log is Log.RUNS else _DELIVERIES
    line, after = PruneLine(order.log.value), 0
    while not how.watch.stopped():
        ids = [row[0] for row in database.rows(statement, (order.before, after, how.batch))]
        if not ids:
            break
        if how.applies:
            with database.transaction(durable=False) as work:
                _delete(work, order.log, ids)
        line, after = line.plus(len(ids), 0), ids[-1]
        how.watch.advance(len(ids))
    return line


def _delete(work: Statements, log: Log, ids: Sequence[int]) -> None:
    work.run_in(f"DELETE FROM {_TABLES[log]} WHERE id IN ({{in}})", ids)  # noqa: S608  constants


def _events(database: Database, order: LogOrder, how: LogLine) -> PruneLine:
    """Events go from the beginning on, without a hole, as far as all have read who said that they read.

    Durably, and with the place up to which they went: a reader that is behind it is told, not left to miss something.
    """
    last, holder = _reach(database, order)
    line, after = PruneLine(order.log.value, held=_held(database, order, last, holder)), 0
    while not how.watch.stopped():
        ids = [row[0] for row in database.rows(_EVENTS, (order.before, after, last, how.batch))]
        if not ids:
            break
        if how.applies:
            with database.transaction() as work:
                lock_until_commit(work, TICKETS_LOCK)
                _delete(work, Log.EVENTS, ids)
                work.run(_SAVE, (PRUNED_TO, str(ids[-1])))
        line, after = line.plus(len(ids), 0), ids[-1]
        how.watch.advance(len(ids))
    return line


def _reach(database: Database, order: LogOrder) -> tuple[int, str]:
    """The last event that may go, and who keeps those behind it, if it is a reader."""
    young = database.rows(_NEXT_YOUNG, (order.before,))[0][0]
    by_age = int(database.rows(_NEWEST)[0][0]) if young is None else int(young) - 1
    behind = sorted((int(place), str(who)) for who, place in database.rows(_HOLDERS))
    if behind and behind[0][0] < by_age:
        return behind[0]
    return by_age, ""


def _held(database: Database, order: LogOrder, last: int, holder: str) -> str:
    if not holder:
        return ""
    count = database.rows(_OLD_BEHIND, (order.before, last))[0][0]
    return f"{count} are kept for {holder}, which has read up to {last}" if count else ""
