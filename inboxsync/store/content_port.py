"""What may be asked of content: mail, placements, tickets. The heavy plane, opened only when there is some to write or
read.

As everywhere in the store's ports, values of `model` cross the border and rows never do, and only `StoreError`
subclasses are raised for what the outside world did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from inboxsync.model.report import Counts

if TYPE_CHECKING:
    from inboxsync.model.following import FollowRecord, KnownPlacement, LiveCounts, StoredPlacement
    from inboxsync.model.ingest import BatchRecord, Known, OpenPlacement, Prepared, Recorded
    from inboxsync.model.integration import Integration
    from inboxsync.model.message import ParsedMessage
    from inboxsync.model.placement import Fate
    from inboxsync.model.routing import RoutingFacts, RoutingQuestion
    from inboxsync.model.views import MessageQuery, MessageView, Page, QuarantineView, TicketView
    from inboxsync.store.copies_port import CopyStore
    from inboxsync.store.judging_port import JudgingStore
    from inboxsync.store.moving_port import MovingStore
    from inboxsync.store.remapping_port import RemappingStore
    from inboxsync.store.reparsing_port import ReparsingStore
    from inboxsync.store.search_port import SearchStore


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
