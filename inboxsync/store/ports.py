"""What the rest of the program may ask of the store. Rows never cross this border: values of `model` do.

Two planes (design §5): `ControlStore` is light, speaks DB-API and is all that a run needs when nothing is new;
`ContentStore` is heavy and opened only when there is content to write or read. Every method raises only `StoreError`
subclasses (or `UsageError` where it says so) for what the outside world did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from inboxsync.model.report import Counts, ErrorInfo, IntegrationReport, RunStatus
from inboxsync.store.working_port import WorkingStore

if TYPE_CHECKING:
    from inboxsync.model.following import FollowRecord, KnownPlacement, LiveCounts, StoredPlacement
    from inboxsync.model.ingest import BatchRecord, Known, OpenPlacement, Prepared, Recorded
    from inboxsync.model.integration import Integration
    from inboxsync.model.message import ParsedMessage
    from inboxsync.model.placement import Fate
    from inboxsync.model.routing import RoutingFacts, RoutingQuestion
    from inboxsync.model.state import FolderState, Lease, Owner, RunRecord, SyncState, Totals
    from inboxsync.model.sweep import Swept
    from inboxsync.model.views import MessageQuery, MessageView, Page, QuarantineView, TicketView
    from inboxsync.store.copies_port import CopyStore
    from inboxsync.store.judging_port import JudgingStore
    from inboxsync.store.moving_port import MovingStore
    from inboxsync.store.remapping_port import RemappingStore
    from inboxsync.store.reparsing_port import ReparsingStore
    from inboxsync.store.search_port import SearchStore


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


class Transaction(Protocol):
    """One open write transaction on the content plane; nobody else writes to the scope until it ends."""

    def known(self, scope: str, external_ids: Iterable[str]) -> Mapping[str, Known]:
        """Which of these ids the scope has, in one read."""

    def known_senders(self, addresses: Iterable[str]) -> frozenset[str]:
        """Which of these addresses (lower case) are contacts."""

    def routing_facts(self, asked: RoutingQuestion) -> RoutingFacts:
        """What the store knows that may tell the tickets of a batch, in a fixed number of reads."""

    def record(self, batch: BatchRecord) -> Recorded:
        """Write a batch: placements, messages, raw, attachments, tickets with their effects, events, cursor."""

    def retrace(self, batch: BatchRecord) -> None:
        """Note on placements of stored mail what it met now, its effect on tickets, and what the server is to do."""


class ContentStore(Protocol):
    """Messages, placements, tickets."""

    def transaction(self, scope: str, *, durable: bool = True) -> AbstractContextManager[Transaction]:
        """Open a write transaction; committed on leaving, rolled back on any exception. `durable`: fsynced (P1)."""

    @property
    def remapping(self) -> RemappingStore:
        """What carries fates over to new UIDs."""

    @property
    def copies(self) -> CopyStore:
        """What finds mail again by the server's own ids."""

    @property
    def search(self) -> SearchStore:
        """The full text of stored messages."""

    @property
    def moving(self) -> MovingStore:
        """What is to be moved on the server."""

    @property
    def judging(self) -> JudgingStore:
        """What reads stored mail for filters and rules."""

    @property
    def reparsing(self) -> ReparsingStore:
        """What derives stored messages anew."""

    def prepare(self, octets: bytes, parsed: ParsedMessage, received_at: datetime) -> Prepared:
        """Encode raw octets and publish files for a message about to be recorded; idempotent, each file atomic."""

    def unpack(self, prepared: Prepared) -> bytes:
        """Give back the octets that `prepare` was given; StoreCorrupt where they are missing or damaged."""

    def reopen(self, placement_ids: Iterable[int], *, at: datetime) -> int:
        """Make placements without content pending again, as newly listed; answers how many.

        Taken are quarantined, filtered, too_large, unknown_sender and vanished, never stored or duplicate, none whose
        UIDVALIDITY has ended or whose integration was removed. What their fate had kept (octets, header) stays until
        another fate replaces it. Their integrations are due at `at`, unless a pause or back-off holds them.
        """

    def reopen_uids(self, folder_id: int, uidvalidity: int, uids: Iterable[int], *, at: datetime) -> int:
        """Do as `reopen` with placements named by UID; those that were never listed are passed over."""

    def settled(
        self,
        integration: Integration,
        fate: Fate,
        *,
        reason: str | None = None,
        since: datetime | None = None,
        max_size_bytes: int | None = None,
    ) -> Sequence[int]:
        """Ids of an integration's placements of this fate that `reopen` would take, by folder and UID.

        `since` bounds INTERNALDATE (mail without one is in). Left out is mail from before the integration's own start.
        """

    def quarantined_octets(self, placement_id: int) -> bytes | None:
        """The octets kept of a message set aside, also while it is asked for again; None where there are none."""

    def octets_kept(self, folder_id: int, uidvalidity: int, uids: Iterable[int]) -> frozenset[int]:
        """Which of these UIDs were set aside with octets that are still kept."""

    def open_placements(
        self, folder_id: int, uidvalidity: int, *, now: datetime, limit: int | None = None
    ) -> Sequence[OpenPlacement]:
        """Placements of the folder that are pending and may be tried now, by UID."""

    def seen_wanted(self, folder_id: int, uidvalidity: int) -> Sequence[int]:
        """UIDs whose mail is committed and still to be marked read on the server."""

    def seen_done(self, folder_id: int, uidvalidity: int, uids: Sequence[int]) -> None:
        """Record that the server has been told."""

    # following and verifying
    def follow(self, record: FollowRecord) -> None:
        """Write what was found about messages that the ledger knows already, in one transaction.

        Fates stay, but for that of a vanished message that is back: it waits for fetching again.
        """

    def live_counts(self, folder_id: int, uidvalidity: int) -> LiveCounts:
        """How many messages of a folder the ledger takes for present on the server, and how many of them for unread."""

    def known_placements(
        self, folder_id: int, uidvalidity: int, first_uid: int, last_uid: int
    ) -> Iterator[KnownPlacement]:
        """Stream the ledger's lines of a closed range of UIDs, by UID, in bounded memory."""

    def live_uid_before(self, folder_id: int, uidvalidity: int, below_uid: int, count: int) -> int | None:
        """The UID of the `count`-th live message counted downwards from `below_uid`; None where there are fewer."""

    def gone_uids(self, folder_id: int, uidvalidity: int, limit: int) -> Sequence[int]:
        """The highest UIDs of messages that were found gone from the server, or vanished, in ascending order."""

    def stored_from(self, folder_id: int, uidvalidity: int, uid: int) -> StoredPlacement | None:
        """The first live message at or above this UID that was stored from this very placement."""

    # reading
    def messages(self, query: MessageQuery) -> Page[MessageView]:
        """One page of messages, newest first, seen through placements."""

    def message(self, message_id: int) -> MessageView | None:
        """One message with bodies, attachments and headers."""

    def raw(self, message_id: int) -> bytes | None:
        """The octets exactly as the server sent them, checked against their hash; StoreCorrupt if they differ."""

    def stored_ids(
        self, *, integration: str | None = None, after: datetime | None = None, before: datetime | None = None
    ) -> Iterator[int]:
        """Stream the ids of stored messages, ascending, in bounded memory; times bound `received_at`, from/before."""

    def tickets(
        self, *, limit: int = 50, page: int = 1, status: str | None = None, integration: str | None = None
    ) -> Page[TicketView]:
        """One page of tickets, newest first."""

    def ticket(self, ticket_id: int) -> TicketView | None:
        """One ticket."""

    def quarantined(self, integration: str | None = None) -> Sequence[QuarantineView]:
        """What was set aside, newest first."""

    def fates(self, integration: Integration) -> Counts:
        """The ledger's sums over all live placements of an integration."""

    def dump(self) -> Iterator[str]:
        """The canonical dump, line by line: all but run rows, our own clock times and surrogate ids (P4)."""

    def close(self) -> None:
        """Give connections back."""


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


__all__ = ["ContentStore", "ControlStore", "ErrorInfo", "Schema", "Store", "Transaction"]
