"""What the rest of the program may ask of the store. Rows never cross this border: values of `model` do.

Two planes (design §5): `ControlStore` is light, speaks DB-API and is all that a run needs when nothing is new;
`ContentStore` is heavy and opened only when there is content to write or read. Every method raises only `StoreError`
subclasses (or `UsageError` where it says so) for what the outside world did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from inboxsync.model.report import IntegrationReport, RunStatus
from inboxsync.store.working_port import WorkingStore

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration
    from inboxsync.model.state import FolderState, Lease, Owner, RunRecord, SyncState, Totals
    from inboxsync.model.sweep import Swept
    from inboxsync.store.content_port import ContentStore


class ControlStore(WorkingStore, Protocol):
    """Integrations, their state and secrets, leases, folders and runs."""

    # integrations
    def integrations(self) -> Sequence[Integration]:
        """All integrations, by priority number, then name."""

    def integration(self, name: str) -> Integration | None:
        """The integration of this name, or None."""

    def add_integration(self, integration: Integration, secret: bytes | None) -> Integration:
        """Store a new integration with its encrypted secret in one transaction; UsageError where the name is taken."""

    def update_integration(self, integration: Integration, secret: bytes | None = None) -> Integration:
        """Replace all settings by uuid, and the secret if given, in one transaction. UsageError on a taken name."""

    def remove_integration(self, integration: Integration, *, purge: bool) -> None:
        """Remove settings, secret, state and lease. Messages, placements and tickets stay unless `purge`."""

    def company_id(self, name: str) -> int | None:
        """Our id of a company of the directory, which rules know as `account.company_id`; None where there is none."""

    # secrets: ciphertext only
    def secret(self, integration: Integration) -> bytes | None:
        """The encrypted password record, or None."""

    def secrets(self) -> Sequence[tuple[Integration, bytes]]:
        """Every encrypted record, for `key check` and `key rotate`."""

    def replace_secret(self, integration: Integration, old: bytes, new: bytes) -> bool:
        """Swap a record if it still is `old`; tells whether it did (rotation never overwrites a newer password)."""

    @property
    def store_uuid(self) -> str:
        """Names this store for ever; the canary is bound to it."""

    def canary(self) -> bytes | None:
        """The encrypted canary that tells a wrong key from a wrong password, or None before the first key."""

    def set_canary(self, record: bytes) -> None:
        """Store the canary."""

    def sweep_files(self, *, now: datetime, dry_run: bool) -> Swept:
        """Delete, unless `dry_run`, files that no row names; tells of raw files that are missing."""

    # schedule
    def states(self, integration_ids: Sequence[int] | None = None) -> Mapping[int, SyncState]:
        """The states of these integrations, of all for None, by id; one without a row has never run."""

    def save_state(self, state: SyncState) -> None:
        """Insert or replace the state of one integration."""

    # leases
    def acquire_lease(
        self, integration_id: int, owner: Owner, *, lifetime_s: float, owner_is_dead: Callable[[Owner], bool]
    ) -> Lease | None:
        """Take the lease if it is free, expired, or its owner dead by the caller's word; None while somebody holds it.

        The clock that decides about expiry is the store's own (the server's on Postgres).
        """

    def renew_lease(self, lease: Lease, *, lifetime_s: float) -> bool:
        """Push the expiry; False when the lease is no longer ours."""

    def release_lease(self, lease: Lease) -> None:
        """Give it back if it still is ours."""

    def leases(self) -> Sequence[Lease]:
        """All leases, for status."""

    # folders
    def folder(self, integration_id: int, name: str) -> FolderState:
        """The folder's state; the row is made on first sight."""

    def folders(self, integration_id: int) -> Sequence[FolderState]:
        """All folders of an integration, by name."""

    # webhooks
    def deliveries_due(self, now: datetime) -> bool:
        """Whether anything can be sent to a webhook now; one short query."""

    def idle_until(self, now: datetime) -> datetime | None:
        """The first instant after `now` at which something is due; None where something is due or to be told now."""

    # runs
    def start_run(self, *, at: datetime, trigger: str, owner: Owner) -> int:
        """Record that a run began; answers its id."""

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

    def finish_run(self, run_id: int, *, at: datetime, status: RunStatus) -> None:
        """Record how the run ended."""

    def runs(self, *, integration: str | None = None, limit: int = 20) -> Sequence[RunRecord]:
        """History, newest first."""

    # reading
    def totals(self) -> Mapping[int, Totals]:
        """Counts for status, by integration id, by queries that do not grow with the mailbox where they need not."""

    def close(self) -> None:
        """Give the connection back."""


class Schema(Protocol):
    """The state of the database's schema."""

    def current(self) -> int | None:
        """The version found, None in an empty database."""

    def ensure(self) -> None:
        """Make the schema current where that is ours (SQLite, an empty Postgres); else SchemaNewer, SchemaOlder."""

    def upgrade(self) -> None:
        """Bring the schema to the newest version under a lock."""

    def check(self) -> Sequence[str]:
        """Every fault found in the database, as sentences; empty when it is well."""


class Store(Protocol):
    """The store as a whole."""

    @property
    def control(self) -> ControlStore:
        """The light plane."""

    @property
    def content(self) -> ContentStore:
        """The heavy plane, opened on first use."""

    @property
    def schema(self) -> Schema:
        """The schema."""

    @property
    def data_dir(self) -> Path:
        """Where files live."""

    def rest(self) -> None:
        """Close the heavy plane while nobody uses it; the next use opens it again."""

    def close(self) -> None:
        """Close both planes."""
