"""Leases: who works on an integration (design §5). The clock that decides is the store's own.

Every step is one statement that changes a row only under its condition, so that of any number of processes one wins.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from inboxsync.store.control_rows import LEASE_COLUMNS, listed, read_lease

if TYPE_CHECKING:
    from inboxsync.model.state import Lease, Owner
    from inboxsync.store.connection import Database
    from inboxsync.store.statements import Statements

_SELECT = f"SELECT {listed(LEASE_COLUMNS)} FROM inboxsync_leases"  # noqa: S608  constants
_HELD = _SELECT + " WHERE integration_id IN ({in})"
# Of workers that reach for the same integrations at the same instant none waits for another: who comes second goes
# without. NO KEY, so that rows which refer to the integration can be written meanwhile.
_SKIP_LOCKED = " FOR NO KEY UPDATE OF i SKIP LOCKED"


def acquire(
    database: Database, integration_id: int, owner: Owner, *, lifetime_s: float, owner_is_dead: Callable[[Owner], bool]
) -> Lease | None:
    """Take the lease if it is free, expired or its owner is dead; None while it is held or the integration gone."""
    won = acquire_several(database, (integration_id,), owner, lifetime_s=lifetime_s, owner_is_dead=owner_is_dead)
    return won[0] if won else None


def acquire_several(
    database: Database,
    integration_ids: Sequence[int],
    owner: Owner,
    *,
    lifetime_s: float,
    owner_is_dead: Callable[[Owner], bool],
) -> Sequence[Lease]:
    """Take those of these leases that `acquire` would take, in one transaction; answers the ones that are ours now."""
    token = str(uuid.uuid4())
    mine = (token, owner.host, owner.pid, owner.process_start, owner.worker)
    with database.transaction(durable=False) as work:
        _take_free(work, integration_ids, mine, lifetime_s)
        held = _held(work, integration_ids)
        dead = [lease for lease in held if lease.token != token and owner_is_dead(lease.owner)]
        for lease in dead:
            _take_over(work, lease, mine, lifetime_s)
        if dead:
            held = _held(work, integration_ids)
    return [lease for lease in held if lease.token == token]


def _take_free(work: Statements, integration_ids: Sequence[int], mine: tuple[object, ...], lifetime_s: float) -> None:
    clock, later = work.dialect.now, work.dialect.later
    # A row that is met in a conflict is locked though its condition fails, and its owner waits with the heartbeat.
    held = f"SELECT 1 FROM inboxsync_leases AS l WHERE l.integration_id = i.id AND l.expires_at > {clock}"  # noqa: S608  constants
    skip = "" if work.dialect.is_sqlite else _SKIP_LOCKED
    work.run_in(
        f"INSERT INTO inboxsync_leases ({listed(LEASE_COLUMNS)})"  # noqa: S608  constants
        f" SELECT i.id, ?, ?, ?, ?, ?, {clock}, {clock}, {later}"
        f" FROM inboxsync_integrations AS i WHERE i.id IN ({{in}}) AND i.removed_at IS NULL"
        f" AND NOT EXISTS ({held}){skip}"
        " ON CONFLICT (integration_id) DO UPDATE SET token = excluded.token, host = excluded.host, pid = excluded.pid,"
        " process_start = excluded.process_start, worker = excluded.worker, acquired_at = excluded.acquired_at,"
        " heartbeat_at = excluded.heartbeat_at, expires_at = excluded.expires_at"
        f" WHERE inboxsync_leases.expires_at <= {clock}",
        integration_ids,
        (*mine, work.dialect.seconds(lifetime_s)),
    )


def _take_over(work: Statements, dead: Lease, mine: tuple[object, ...], lifetime_s: float) -> None:
    clock, later = work.dialect.now, work.dialect.later
    work.run(
        "UPDATE inboxsync_leases SET token = ?, host = ?, pid = ?, process_start = ?, worker = ?,"  # noqa: S608  constants
        f" acquired_at = {clock}, heartbeat_at = {clock}, expires_at = {later}"
        " WHERE integration_id = ? AND token = ?",
        (*mine, work.dialect.seconds(lifetime_s), dead.integration_id, dead.token),
    )


def _held(work: Statements, integration_ids: Sequence[int]) -> list[Lease]:
    return [read_lease(row) for row in work.rows_in(_HELD, integration_ids)]


def renew(database: Database, lease: Lease, *, lifetime_s: float) -> bool:
    """Push the expiry; False when the lease is no longer ours. One that expired and that nobody took still is."""
    clock, later = database.dialect.now, database.dialect.later
    with database.transaction(durable=False) as work:
        changed = work.run(
            f"UPDATE inboxsync_leases SET heartbeat_at = {clock}, expires_at = {later}"  # noqa: S608  constants
            " WHERE integration_id = ? AND token = ?",
            (database.dialect.seconds(lifetime_s), lease.integration_id, lease.token),
        )
    return changed == 1


def release(database: Database, lease: Lease) -> None:
    """Give the lease back if it still is ours."""
    with database.transaction(durable=False) as work:
        work.run(
            "DELETE FROM inboxsync_leases WHERE integration_id = ? AND token = ?", (lease.integration_id, lease.token)
        )


def all_leases(database: Database) -> Sequence[Lease]:
    """Answer all leases, expired ones too, by integration id."""
    return [read_lease(row) for row in database.rows(f"{_SELECT} ORDER BY integration_id")]
