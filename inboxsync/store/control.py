"""The control plane: what every run asks first, over plain DB-API (design §5).

One implementation for SQLite and Postgres; it imports neither SQLAlchemy nor pydantic, and psycopg only when the
database is Postgres. Each method is one transaction, done again where Postgres says that it did not happen. Raises
StoreError subclasses, and UsageError where it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.errors import StoreCorrupt
from inboxsync.store import folders, integrations, runs
from inboxsync.store import lease as leases
from inboxsync.store.control_rows import STATE_COLUMNS, state_values, upsert
from inboxsync.store.due import DELIVERIES_DUE
from inboxsync.store.polling import integrations_of, poll, states_of
from inboxsync.store.purge import remove
from inboxsync.store.retrying import retried

if TYPE_CHECKING:
    from pathlib import Path

    from inboxsync.model.integration import Integration
    from inboxsync.model.report import IntegrationReport, RunStatus
    from inboxsync.model.state import FolderState, Lease, Owner, RunRecord, SyncState, Totals
    from inboxsync.model.sweep import Swept
    from inboxsync.model.working import Polled
    from inboxsync.store.connection import Database

_STANDING = (
    "SELECT i.name, s.error_code, s.paused FROM inboxsync_integrations AS i"
    " LEFT JOIN inboxsync_sync_states AS s ON s.integration_id = i.id WHERE i.id = ? AND i.removed_at IS NULL"
)
_SAVE_STATE = upsert("inboxsync_sync_states", STATE_COLUMNS)


class SqlControlStore:
    """Implements `ports.ControlStore`; usable from several threads."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        self._database = database
        self._data_dir = data_dir

    @property
    @retried
    def store_uuid(self) -> str:
        """Names this store for ever; made when its schema was. StoreCorrupt where it is missing."""
        found = integrations.fact(self._database, "store_uuid")
        if found is None:
            raise StoreCorrupt(f"{self._database.address.place}: the store's uuid is missing")
        return found

    @retried
    def integrations(self) -> Sequence[Integration]:
        """Answer all integrations, by priority number, then name; removed ones are never shown."""
        return integrations.all_integrations(self._database)

    @retried
    def integration(self, name: str) -> Integration | None:
        """Answer the integration of this name, or None."""
        return integrations.by_name(self._database, name)

    @retried
    def add_integration(self, integration: Integration, secret: bytes | None) -> Integration:
        """Store a new integration with its encrypted secret in one transaction; UsageError where the name is taken."""
        return integrations.add(self._database, integration, secret)

    @retried
    def update_integration(self, integration: Integration, secret: bytes | None = None) -> Integration:
        """Replace all settings by uuid, and the secret if given; UsageError on a taken name or a removed integration.

        It becomes due at once; a new secret or endpoint also ends its pause.
        """
        return integrations.update(self._database, integration, secret)

    @retried
    def remove_integration(self, integration: Integration, *, purge: bool) -> None:
        """Remove settings, secret, state and lease; with `purge` also what only this integration brought.

        Files go after the commit; what a death in between leaves is an orphan for `sweep_files`.
        """
        files = remove(self._database, integration, purge=purge)
        if files:
            from inboxsync.store.orphans import delete_unreferenced

            delete_unreferenced(self._database, self._data_dir, files)

    def sweep_files(self, *, now: datetime, dry_run: bool) -> Swept:
        """Delete, unless `dry_run`, files that no row names; tells of raw files that are missing."""
        from inboxsync.store.orphans import sweep

        return sweep(self._database, self._data_dir, now=now, dry_run=dry_run)

    @retried
    def company_id(self, name: str) -> int | None:
        """Answer our id of a company; None where the directory has none of this name."""
        row = self._database.row("SELECT id FROM inboxsync_companies WHERE name = ?", (name,))
        return None if row is None else int(row[0])

    @retried
    def secret(self, integration: Integration) -> bytes | None:
        """Answer the encrypted password record, or None."""
        return integrations.secret(self._database, integration)

    @retried
    def secrets(self) -> Sequence[tuple[Integration, bytes]]:
        """Answer every encrypted record with its integration."""
        return integrations.secrets(self._database)

    @retried
    def replace_secret(self, integration: Integration, old: bytes, new: bytes) -> bool:
        """Swap a record if it still is `old`; tells whether it did."""
        return integrations.replace_secret(self._database, integration, old, new)

    @retried
    def canary(self) -> bytes | None:
        """Answer the encrypted canary, or None before the first key."""
        return integrations.canary(self._database)

    @retried
    def set_canary(self, record: bytes) -> None:
        """Store the canary."""
        integrations.set_canary(self._database, record)

    @retried
    def states(self, integration_ids: Sequence[int] | None = None) -> Mapping[int, SyncState]:
        """Answer the states of these integrations, of all for None, by id; one without a row has never run."""
        found = states_of(self._database, integration_ids)
        return {state.integration_id: state for state in found}

    @retried
    def save_state(self, state: SyncState) -> None:
        """Insert or replace a state, and tell where it fails anew or works again; nothing for a removed integration."""
        with self._database.transaction(durable=False) as work:
            before = work.row(_STANDING, (state.integration_id,))
            if before is None:
                return
            work.run(_SAVE_STATE, state_values(state))
            if before[1] is not None or state.last_error is not None:
                from inboxsync.store.events import tell_standing  # a healthy run does without

                tell_standing(work, before, state, at=integrations.now(work))

    @retried
    def acquire_lease(
        self, integration_id: int, owner: Owner, *, lifetime_s: float, owner_is_dead: Callable[[Owner], bool]
    ) -> Lease | None:
        """Take the lease if it is free, expired or its owner is dead; None while somebody holds it."""
        return leases.acquire(self._database, integration_id, owner, lifetime_s=lifetime_s, owner_is_dead=owner_is_dead)

    @retried
    def acquire_leases(
        self,
        integration_ids: Sequence[int],
        owner: Owner,
        *,
        lifetime_s: float,
        owner_is_dead: Callable[[Owner], bool],
    ) -> Sequence[Lease]:
        """Take those of these leases that are free, in one transaction; answers the ones that are ours now."""
        return leases.acquire_several(
            self._database, integration_ids, owner, lifetime_s=lifetime_s, owner_is_dead=owner_is_dead
        )

    @retried
    def poll(self, now: datetime, *, host: str, owner_is_dead: Callable[[Owner], bool]) -> Polled:
        """Answer what is due and held by nobody, and the clock by which it is."""
        return poll(self._database, now, host=host, owner_is_dead=owner_is_dead)

    @retried
    def integrations_of(self, integration_ids: Sequence[int]) -> Sequence[Integration]:
        """Answer the integrations with these ids, in this order."""
        return integrations_of(self._database, integration_ids)

    @retried
    def renew_lease(self, lease: Lease, *, lifetime_s: float) -> bool:
        """Push the expiry; False when the lease is no longer ours."""
        return leases.renew(self._database, lease, lifetime_s=lifetime_s)

    @retried
    def release_lease(self, lease: Lease) -> None:
        """Give the lease back if it still is ours."""
        leases.release(self._database, lease)

    @retried
    def leases(self) -> Sequence[Lease]:
        """Answer all leases."""
        return leases.all_leases(self._database)

    @retried
    def folder(self, integration_id: int, name: str) -> FolderState:
        """Answer the folder's state; the row is made on first sight."""
        return folders.folder(self._database, integration_id, name)

    @retried
    def folders(self, integration_id: int) -> Sequence[FolderState]:
        """Answer all folders of an integration, by name."""
        return folders.folders(self._database, integration_id)

    @retried
    def deliveries_due(self, now: datetime) -> bool:
        """Whether anything can be sent to a webhook now."""
        return bool(self._database.rows(DELIVERIES_DUE, (now, now))[0][0])

    @retried
    def start_run(self, *, at: datetime, trigger: str, owner: Owner) -> int:
        """Record that a run began; answers its id."""
        return runs.start(self._database, at=at, trigger=trigger, owner=owner)

    @retried
    def idle_until(self, now: datetime) -> datetime | None:
        """Answer the first instant after `now` at which something is due; None where something is due or told now."""
        from inboxsync.store.idle import idle_until

        return None if self.deliveries_due(now) else idle_until(self._database, now)

    @retried
    def finish_part(
        self,
        run_id: int,
        integration_id: int,
        report: IntegrationReport,
        *,
        started_at: datetime,
        finished_at: datetime,
    ) -> None:
        """Record what the run did with one integration."""
        runs.finish_part(self._database, run_id, integration_id, report, started_at=started_at, finished_at=finished_at)

    @retried
    def finish_run(self, run_id: int, *, at: datetime, status: RunStatus) -> None:
        """Record how the run ended."""
        runs.finish(self._database, run_id, at=at, status=status)

    @retried
    def runs(self, *, integration: str | None = None, limit: int = 20) -> Sequence[RunRecord]:
        """Answer history, newest first."""
        return runs.history(self._database, integration=integration, limit=limit)

    @retried
    def totals(self) -> Mapping[int, Totals]:
        """Answer counts for status, by integration id; one that never ran is missing."""
        return folders.totals(self._database)

    def close(self) -> None:
        """Give the connection back; the next use opens another."""
        self._database.close()
