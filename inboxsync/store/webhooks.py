"""Webhooks as people configure and watch them, over plain DB-API; secrets pass through as ciphertext only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.errors import UsageError
from inboxsync.model.event import order_key
from inboxsync.model.webhook import DeliveryCounts, DeliveryRecord, DeliveryState, SealedSecrets, Webhook
from inboxsync.store.control_rows import listed, marks
from inboxsync.store.dialect import read_time
from inboxsync.store.events import EVENT_COLUMNS, read_event
from inboxsync.store.retrying import retried
from inboxsync.store.webhook_rows import (
    RECORD_COLUMNS,
    SETTING_COLUMNS,
    TABLE,
    WEBHOOK_COLUMNS,
    read_record,
    read_webhook,
    setting_values,
)

if TYPE_CHECKING:
    from inboxsync.store.connection import Database
    from inboxsync.store.ports import ControlStore
    from inboxsync.store.statements import Statements

_SELECT = f"SELECT {listed(WEBHOOK_COLUMNS)} FROM {TABLE}"  # noqa: S608  constants
_INSERT = (
    f"INSERT INTO {TABLE} ({listed(SETTING_COLUMNS)}, secret, event_cursor, failures)"  # noqa: S608  constants
    f" VALUES ({marks(SETTING_COLUMNS)}, ?, ?, 0)"
)
_RECORDS = (
    f"SELECT {listed(RECORD_COLUMNS)} FROM inboxsync_deliveries AS d"  # noqa: S608  constants
    f" JOIN {TABLE} AS w ON w.id = d.webhook_id JOIN inboxsync_events AS e ON e.id = d.event_id"
)
_AGAIN = "state = 'pending', attempts = 0, next_attempt_at = ?, finished_at = NULL, status_code = NULL, error = NULL"
_REPLAY_DEAD = f"UPDATE inboxsync_deliveries SET {_AGAIN} WHERE webhook_id = ? AND state = 'dead'"  # noqa: S608
_REPLAY_EVENT = (
    "INSERT INTO inboxsync_deliveries (event_id, webhook_id, order_key, state, attempts, next_attempt_at)"  # noqa: S608  constants
    f" VALUES (?, ?, ?, 'pending', 0, ?) ON CONFLICT (event_id, webhook_id) DO UPDATE SET {_AGAIN}"
)
_ENABLE = (
    f"UPDATE {TABLE} SET active = TRUE, disabled_reason = NULL, failures = 0, failing_since = NULL,"  # noqa: S608  a constant
    " hold_until = NULL, due_at = ? WHERE id = ?"
)


def webhooks_of(control: ControlStore) -> Webhooks:
    """Answer the webhooks of an open control plane; TypeError for another kind of it."""
    from inboxsync.store.control import SqlControlStore

    if not isinstance(control, SqlControlStore):
        raise TypeError(f"{type(control).__name__} has no webhooks")
    return Webhooks(control._database)


class Webhooks:
    """Every method is one transaction. All raise StoreError, and UsageError where they say so."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # settings
    @retried
    def all(self) -> Sequence[Webhook]:
        """Answer all webhooks by name."""
        return sorted(map(read_webhook, self._database.rows(_SELECT)), key=lambda webhook: webhook.name)

    @retried
    def by_name(self, name: str) -> Webhook | None:
        """Answer the webhook of this name, or None."""
        row = self._database.row(f"{_SELECT} WHERE name = ?", (name,))
        return None if row is None else read_webhook(row)

    @retried
    def add(self, webhook: Webhook, secret: bytes) -> Webhook:
        """Store a new webhook with its sealed secret; UsageError on a taken name.

        It is sent what happens from now on, unless its standing says an earlier place in the feed.
        """
        with self._database.transaction() as work:
            work.lock(TABLE)
            if work.row(f"SELECT id FROM {TABLE} WHERE name = ?", (webhook.name,)) is not None:  # noqa: S608  a constant
                raise UsageError(f"a webhook named {webhook.name!r} exists already", hint="choose another name")
            new_id = work.insert(_INSERT, (*setting_values(webhook), secret, webhook.standing.event_cursor))
        return replace(webhook, id=new_id)

    @retried
    def enable(self, webhook: Webhook, *, at: datetime) -> None:
        """Switch it on; what waits for it is due at once."""
        with self._database.transaction() as work:
            work.run(_ENABLE, (at, webhook.id))

    @retried
    def disable(self, webhook: Webhook, *, reason: str | None = None) -> None:
        """Switch it off; what it would be sent waits."""
        with self._database.transaction() as work:
            work.run(f"UPDATE {TABLE} SET active = FALSE, disabled_reason = ? WHERE id = ?", (reason, webhook.id))  # noqa: S608  a constant

    @retried
    def remove(self, webhook: Webhook) -> None:
        """Remove it with its secret and its deliveries."""
        with self._database.transaction() as work:
            work.run(f"DELETE FROM {TABLE} WHERE id = ?", (webhook.id,))  # noqa: S608  a constant

    # secrets: ciphertext only
    @retried
    def secrets(self, webhook: Webhook) -> SealedSecrets:
        """Answer its sealed secrets; UsageError where it was removed meanwhile."""
        row = self._database.row(
            f"SELECT secret, previous_secret, previous_until FROM {TABLE} WHERE id = ?",  # noqa: S608  a constant
            (webhook.id,),
        )
        if row is None:
            raise UsageError(f"there is no webhook {webhook.name!r} any more")
        previous = None if row[1] is None else bytes(row[1])
        return SealedSecrets(bytes(row[0]), previous, read_time(row[2]))

    @retried
    def replace_secrets(self, webhook: Webhook, old: SealedSecrets, new: SealedSecrets) -> bool:
        """Swap its secrets if the current one still is `old`; tells whether it did."""
        with self._database.transaction() as work:
            changed = work.run(
                f"UPDATE {TABLE} SET secret = ?, previous_secret = ?, previous_until = ?"  # noqa: S608  a constant
                " WHERE id = ? AND secret = ?",
                (new.current, new.previous, new.previous_until, webhook.id, old.current),
            )
        return changed == 1

    # deliveries
    @retried
    def log(
        self, *, webhook: Webhook | None = None, state: DeliveryState | None = None, limit: int = 50
    ) -> Sequence[DeliveryRecord]:
        """Answer deliveries, of one webhook and in one state or all, newest event first."""
        wanted = {"d.webhook_id": webhook.id if webhook else None, "d.state": state}
        given = {column: value for column, value in wanted.items() if value is not None}
        where = f" WHERE {' AND '.join(f'{column} = ?' for column in given)}" if given else ""
        statement = f"{_RECORDS}{where} ORDER BY d.event_id DESC, d.webhook_id LIMIT ?"
        return [read_record(row) for row in self._database.rows(statement, (*given.values(), limit))]

    @retried
    def counts(self) -> Mapping[int, DeliveryCounts]:
        """Answer how many deliveries are in each state, by webhook id; one without any is missing."""
        rows = self._database.rows(
            "SELECT webhook_id, sum(CASE WHEN state = 'pending' THEN 1 ELSE 0 END),"
            " sum(CASE WHEN state = 'delivered' THEN 1 ELSE 0 END), sum(CASE WHEN state = 'dead' THEN 1 ELSE 0 END)"
            " FROM inboxsync_deliveries GROUP BY webhook_id"
        )
        return {key: DeliveryCounts(*map(int, numbers)) for key, *numbers in rows}

    @retried
    def replay_dead(self, webhook: Webhook, *, at: datetime) -> int:
        """Send again, in their order, all events that were given up; answers how many."""
        with self._database.transaction() as work:
            count = work.run(_REPLAY_DEAD, (at, webhook.id))
            _make_due(work, webhook, at)
        return count

    @retried
    def replay_events(self, webhook: Webhook, event_ids: Sequence[int], *, at: datetime) -> int:
        """Send these events again, or for the first time, whatever became of them; UsageError for an unknown one."""
        with self._database.transaction() as work:
            for event_id in event_ids:
                row = work.row(f"SELECT {listed(EVENT_COLUMNS)} FROM inboxsync_events WHERE id = ?", (event_id,))  # noqa: S608  constants
                if row is None:
                    raise UsageError(f"there is no event {event_id}", hint="`inboxsync events list` shows the ids")
                work.run(_REPLAY_EVENT, (event_id, webhook.id, order_key(read_event(row)), at, at))
            _make_due(work, webhook, at)
        return len(event_ids)


def _make_due(work: Statements, webhook: Webhook, at: datetime) -> None:
    work.run(f"UPDATE {TABLE} SET due_at = ?, hold_until = NULL WHERE id = ?", (at, webhook.id))  # noqa: S608  a constant
