"""Events on their way to webhooks, over plain DB-API.

A delivery is a row for one event and one webhook. It is made behind a cursor in the feed, in the transaction that moves
that cursor; its outcome is written after the attempt, so that a death between the two sends it again, with the same id.
No commit here is worth an fsync: what a power failure loses is sent again as well.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from inboxsync.model.event import order_key
from inboxsync.model.webhook import Delivery, DeliveryState, Verdict, Webhook, WebhookLease
from inboxsync.store.control_rows import listed
from inboxsync.store.dialect import read_time
from inboxsync.store.due import WEBHOOK_DUE
from inboxsync.store.events import EVENT_COLUMNS, read_event
from inboxsync.store.retrying import retried
from inboxsync.store.webhook_rows import LEASE_COLUMNS, TABLE, WEBHOOK_COLUMNS, read_owner, read_webhook

if TYPE_CHECKING:
    from inboxsync.model.state import Owner
    from inboxsync.store.connection import Database
    from inboxsync.store.ports import ControlStore
    from inboxsync.store.statements import Statements

PAGE = 500
# With so many waiting an endpoint gets no new ones: the feed keeps them, and a dead endpoint fills no table.
WINDOW = 1000
KEPT_DELIVERED = timedelta(days=30)
_CLEARED_AT_ONCE = 500

_DUE = f"SELECT {listed(WEBHOOK_COLUMNS, 'w')} FROM {TABLE} AS w WHERE {WEBHOOK_DUE} ORDER BY w.id"  # noqa: S608  constants
_TAKE = (
    f"UPDATE {TABLE} SET lease_token = ?, lease_host = ?, lease_pid = ?, lease_process_start = ?,"  # noqa: S608  a constant
    " lease_expires_at = {later} WHERE id = ? AND active AND "
)
_FREE = "(lease_token IS NULL OR lease_expires_at <= {now})"
_PENDING = (
    "SELECT count(*) FROM (SELECT 1 FROM inboxsync_deliveries WHERE webhook_id = ? AND state = 'pending' LIMIT ?) AS w"
)
_EVENTS = (
    f"SELECT {listed(EVENT_COLUMNS, 'e')}, i.uuid FROM inboxsync_events AS e"  # noqa: S608  constants
    " LEFT JOIN inboxsync_integrations AS i ON i.id = e.integration_id WHERE e.id > ? ORDER BY e.id LIMIT ?"
)
_DELIVER = (
    "INSERT INTO inboxsync_deliveries (event_id, webhook_id, order_key, state, attempts, next_attempt_at)"
    " VALUES (?, ?, ?, 'pending', 0, ?) ON CONFLICT (event_id, webhook_id) DO NOTHING"
)
_NOT_HELD_BACK = (
    "d.webhook_id = ? AND d.state = 'pending' AND NOT EXISTS (SELECT 1 FROM inboxsync_deliveries AS b"
    " WHERE b.webhook_id = d.webhook_id AND b.state = 'pending' AND b.order_key = d.order_key"
    " AND b.event_id < d.event_id)"
)
_WAITING = (
    f"SELECT d.id, d.attempts, {listed(EVENT_COLUMNS, 'e')} FROM inboxsync_deliveries AS d"  # noqa: S608  constants
    f" JOIN inboxsync_events AS e ON e.id = d.event_id WHERE {_NOT_HELD_BACK} AND d.next_attempt_at <= ?"
    " ORDER BY d.event_id LIMIT ?"
)
_NEXT = f"SELECT min(d.next_attempt_at) FROM inboxsync_deliveries AS d WHERE {_NOT_HELD_BACK}"  # noqa: S608  constants
_ATTEMPTED = (
    "UPDATE inboxsync_deliveries SET state = ?, attempts = attempts + 1, next_attempt_at = ?, last_attempt_at = ?,"
    " finished_at = ?, status_code = ?, error = ? WHERE id = ? AND state = 'pending'"
)
_SUCCEEDED = (
    f"UPDATE {TABLE} SET failures = 0, failing_since = NULL, last_error = NULL, hold_until = NULL,"  # noqa: S608  a constant
    " last_success_at = ?, last_attempt_at = ?, lease_expires_at = {later} WHERE id = ? AND lease_token = ?"
)
_FAILED = (
    f"UPDATE {TABLE} SET failures = failures + 1, failing_since = coalesce(failing_since, ?), last_error = ?,"  # noqa: S608  a constant
    " hold_until = ?, last_attempt_at = ?, lease_expires_at = {later} WHERE id = ? AND lease_token = ?"
)
_GONE = f"UPDATE {TABLE} SET active = FALSE, disabled_reason = ? WHERE id = ? AND lease_token = ?"  # noqa: S608  a constant
_RELEASE = (
    f"UPDATE {TABLE} SET due_at = ?, hold_until = ?, {', '.join(f'{column} = NULL' for column in LEASE_COLUMNS)}"  # noqa: S608  constants
    " WHERE id = ? AND lease_token = ?"
)
_CLEAR = (
    "DELETE FROM inboxsync_deliveries WHERE id IN (SELECT o.id FROM (SELECT id, finished_at FROM inboxsync_deliveries"
    " WHERE webhook_id = ? AND state = 'delivered' ORDER BY event_id LIMIT ?) AS o WHERE o.finished_at < ?)"
)


def outbox_of(control: ControlStore) -> SqlOutbox:
    """Answer the outbox of an open control plane; TypeError for another kind of it."""
    from inboxsync.store.control import SqlControlStore

    if not isinstance(control, SqlControlStore):
        raise TypeError(f"{type(control).__name__} has no outbox")
    return SqlOutbox(control._database)


class SqlOutbox:
    """Implements `outbox_port.Outbox` on SQLite and Postgres; usable from several threads."""

    def __init__(self, database: Database, *, page: int = PAGE, window: int = WINDOW) -> None:
        self._database = database
        self._page = page
        self._window = window

    @retried
    def due(self, now: datetime) -> Sequence[Webhook]:
        """Active webhooks with something to do now, by age."""
        return [read_webhook(row) for row in self._database.rows(_DUE, (now, now))]

    @retried
    def acquire(
        self, webhook: Webhook, owner: Owner, *, lifetime_s: float, owner_is_dead: Callable[[Owner], bool]
    ) -> WebhookLease | None:
        """Take it where it is free, its lease has expired or the owner of that is dead."""
        lease = WebhookLease(webhook.id, str(uuid.uuid4()), owner)
        with self._database.transaction(durable=False) as work:
            if _take(work, lease, lifetime_s, _FREE.format(now=work.dialect.now)):
                return lease
            held = work.row(f"SELECT {listed(LEASE_COLUMNS)} FROM {TABLE} WHERE id = ?", (webhook.id,))  # noqa: S608  constants
            if held is None or held[0] is None or not owner_is_dead(read_owner(*held[1:4])):
                return None
            return lease if _take(work, lease, lifetime_s, "lease_token = ?", held[0]) else None

    @retried
    def fan_out(self, lease: WebhookLease, *, at: datetime) -> bool:
        """Give the next events their deliveries where the webhook wants them."""
        with self._database.transaction(durable=False) as work:
            row = work.row(
                f"SELECT {listed(WEBHOOK_COLUMNS)} FROM {TABLE} WHERE id = ? AND lease_token = ? AND active",  # noqa: S608  constants
                (lease.webhook_id, lease.token),
            )
            if row is None or self._is_full(work, lease.webhook_id):
                return False
            return _fan_out(work, read_webhook(row), self._page, at)

    @retried
    def waiting(self, lease: WebhookLease, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """What may be sent now, oldest event first."""
        rows = self._database.rows(_WAITING, (lease.webhook_id, now, limit))
        return [Delivery(row[0], read_event(row[2:]), row[1]) for row in rows]

    @retried
    def record(
        self, lease: WebhookLease, delivery: Delivery, verdict: Verdict, *, at: datetime, lifetime_s: float
    ) -> bool:
        """Write down an attempt; what it brought is written also where the lease was lost meanwhile."""
        is_over = verdict.state is not DeliveryState.PENDING
        with self._database.transaction(durable=False) as work:
            seen = (verdict.state, verdict.retry_at or at, at, at if is_over else None, verdict.status_code)
            work.run(_ATTEMPTED, (*seen, verdict.error, delivery.id))
            return _record_endpoint(work, lease, verdict, at, lifetime_s)

    @retried
    def hold(self, lease: WebhookLease, error: str, *, at: datetime, until: datetime) -> None:
        """Leave it alone until then."""
        with self._database.transaction(durable=False) as work:
            _fail(work, lease, error, at, until, lifetime_s=0)

    @retried
    def release(self, lease: WebhookLease, *, at: datetime) -> None:
        """Give it back, due when its next delivery can be tried; old deliveries that arrived are cleared away."""
        with self._database.transaction(durable=False) as work:
            row = work.row(f"SELECT hold_until FROM {TABLE} WHERE id = ?", (lease.webhook_id,))  # noqa: S608  a constant
            if row is None:
                return
            held, next_at = read_time(row[0]), read_time(work.rows(_NEXT, (lease.webhook_id,))[0][0])
            hold_until = held if held is not None and held > at else None
            due_at = max(next_at, hold_until) if next_at and hold_until else next_at
            if self._is_full(work, lease.webhook_id):
                hold_until = due_at  # nothing new is taken before something of this goes
            work.run(_RELEASE, (due_at, hold_until, lease.webhook_id, lease.token))
            work.run(_CLEAR, (lease.webhook_id, _CLEARED_AT_ONCE, at - KEPT_DELIVERED))

    def _is_full(self, work: Statements, webhook_id: int) -> bool:
        return int(work.rows(_PENDING, (webhook_id, self._window))[0][0]) >= self._window


def _take(work: Statements, lease: WebhookLease, lifetime_s: float, condition: str, *given: object) -> bool:
    statement = _TAKE.format(later=work.dialect.later) + condition
    owner = lease.owner
    mine = (lease.token, owner.host, owner.pid, owner.process_start, work.dialect.seconds(lifetime_s))
    return work.run(statement, (*mine, lease.webhook_id, *given)) == 1


def _fan_out(work: Statements, webhook: Webhook, page: int, at: datetime) -> bool:
    rows = work.rows(_EVENTS, (webhook.standing.event_cursor, page))
    for *columns, integration_uuid in rows:
        event = read_event(columns)
        if webhook.wants(event.type, integration_uuid):
            work.run(_DELIVER, (event.id, webhook.id, order_key(event), at))
    if rows:
        # Due until it is released: who dies before that has others look at what waits here.
        moved = f"UPDATE {TABLE} SET event_cursor = ?, due_at = ? WHERE id = ?"  # noqa: S608  a constant
        work.run(moved, (rows[-1][0], at, webhook.id))
    return len(rows) == page


def _record_endpoint(work: Statements, lease: WebhookLease, verdict: Verdict, at: datetime, lifetime_s: float) -> bool:
    if verdict.state is DeliveryState.DELIVERED:
        statement = _SUCCEEDED.format(later=work.dialect.later)
        return work.run(statement, (at, at, work.dialect.seconds(lifetime_s), lease.webhook_id, lease.token)) == 1
    if verdict.disabled_reason is not None:
        work.run(_GONE, (verdict.disabled_reason, lease.webhook_id, lease.token))
    return _fail(work, lease, verdict.error, at, verdict.hold_until, lifetime_s=lifetime_s)


def _fail(
    work: Statements, lease: WebhookLease, error: str | None, at: datetime, until: datetime | None, *, lifetime_s: float
) -> bool:
    later: Any = work.dialect.seconds(lifetime_s)
    statement = _FAILED.format(later=work.dialect.later)
    return work.run(statement, (at, error, until, at, later, lease.webhook_id, lease.token)) == 1
