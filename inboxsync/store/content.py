"""The content plane: messages, placements, tickets. Opened when there is content.

What is written over SQLAlchemy is imported where it is asked for: a run that brings mail in does without (ADR 0018).
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync.store import following, ledger
from inboxsync.store.address import read_address
from inboxsync.store.blobs import Blobs, Packed
from inboxsync.store.connections import Connections
from inboxsync.store.moving import SqlMoving
from inboxsync.store.retrying import retried
from inboxsync.store.transaction import SqlTransaction, hold_scope

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from inboxsync.model.following import FollowRecord, KnownPlacement, LiveCounts, StoredPlacement
    from inboxsync.model.ingest import OpenPlacement, Prepared
    from inboxsync.model.integration import Integration
    from inboxsync.model.message import ParsedMessage
    from inboxsync.model.placement import Fate
    from inboxsync.model.report import Counts
    from inboxsync.model.views import MessageQuery, MessageView, Page, QuarantineView, TicketView
    from inboxsync.store.copies import SqlCopies
    from inboxsync.store.remapping import SqlRemapping
    from inboxsync.store.reparsing import SqlReparsing
    from inboxsync.store.rule_reading import SqlJudging
    from inboxsync.store.search import SqlSearch


def open_content(database_url: str, data_dir: Path) -> SqlContentStore:
    """Open the content plane of a database that has its schema; connects on first use. ConfigError on a bad URL."""
    address = read_address(database_url, data_dir)
    return SqlContentStore(Connections(address), Blobs(data_dir))


class SqlContentStore:
    """Implements `ContentStore` on SQLite and Postgres; one for a process, shared by its threads."""

    def __init__(self, connections: Connections, blobs: Blobs) -> None:
        self.connections = connections
        self._blobs = blobs

    # writing
    @contextlib.contextmanager
    def transaction(self, scope: str, *, durable: bool = True) -> Iterator[SqlTransaction]:
        """Open a write transaction; committed on leaving, rolled back on any exception. `durable`: fsynced (P1)."""
        with self.connections.writing(durable=durable) as work:
            hold_scope(work, scope, durable=durable)
            yield SqlTransaction(work, scope, self._blobs)

    @property
    def remapping(self) -> SqlRemapping:
        """What carries fates over to new UIDs."""
        from inboxsync.store.remapping import SqlRemapping

        return SqlRemapping(
            self.connections.reading, functools.partial(self.connections.writing, durable=True), self._blobs
        )

    @property
    def search(self) -> SqlSearch:
        """The full text of stored messages."""
        from inboxsync.store.search import SqlSearch

        # Derived, so not worth an fsync.
        return SqlSearch(self.connections.reading, functools.partial(self.connections.writing, durable=False))

    @property
    def moving(self) -> SqlMoving:
        """What is to be moved on the server."""
        return SqlMoving(self.connections.reading, self.connections.writing)

    @property
    def judging(self) -> SqlJudging:
        """What reads stored mail for filters and rules."""
        from inboxsync.store.rule_reading import SqlJudging

        return SqlJudging(self.connections.reading)

    @property
    def reparsing(self) -> SqlReparsing:
        """What derives stored messages anew."""
        from inboxsync.store.reparsing import SqlReparsing

        return SqlReparsing(self.connections.reading, functools.partial(self.connections.writing, durable=False))

    @property
    def copies(self) -> SqlCopies:
        """What finds mail again by the server's own ids."""
        from inboxsync.store.copies import SqlCopies

        return SqlCopies(self._reading)

    def prepare(self, octets: bytes, parsed: ParsedMessage, received_at: datetime) -> Prepared:
        """Encode raw octets and publish files for a message about to be recorded; idempotent, atomic per file."""
        return self._blobs.prepare(octets, parsed, received_at)

    def unpack(self, prepared: Prepared) -> bytes:
        """The octets that `prepare` was given; StoreCorrupt where they are missing or damaged."""
        parsed = prepared.parsed
        packed = Packed(prepared.raw_encoding, parsed.size_bytes, prepared.raw_data, prepared.raw_path)
        return self._blobs.read(parsed.raw_sha256, packed)

    @retried
    def seen_done(self, folder_id: int, uidvalidity: int, uids: Sequence[int]) -> None:
        """Record that the server has been told."""
        # Not worth an fsync: told twice, the server is in the same state.
        with self.connections.writing(durable=False) as work:
            ledger.seen_done(work, folder_id, uidvalidity, uids)
            following.note_seen(work, folder_id, uidvalidity, uids)

    # asking again
    def reopen(self, placement_ids: Iterable[int], *, at: datetime) -> int:
        """Make placements without content pending again, their integrations due at `at`; answers how many."""
        from inboxsync.store import reopening

        with self._writing(durable=True) as connection:
            return reopening.reopen(connection, placement_ids, at)

    def reopen_uids(self, folder_id: int, uidvalidity: int, uids: Iterable[int], *, at: datetime) -> int:
        """Do as `reopen` with placements named by UID; those that were never listed are passed over."""
        from inboxsync.store import reopening

        with self._writing(durable=True) as connection:
            return reopening.reopen(connection, reopening.placement_ids(connection, folder_id, uidvalidity, uids), at)

    def settled(
        self,
        integration: Integration,
        fate: Fate,
        *,
        reason: str | None = None,
        since: datetime | None = None,
        max_size_bytes: int | None = None,
    ) -> Sequence[int]:
        """Ids of an integration's placements of this fate that `reopen` would take, by folder and UID."""
        from inboxsync.store import reopening

        with self._reading() as connection:
            return reopening.settled(
                connection, integration, fate, reason=reason, since=since, max_size_bytes=max_size_bytes
            )

    def quarantined_octets(self, placement_id: int) -> bytes | None:
        """The octets kept of a message set aside, also while it is asked for again; None where there are none."""
        from inboxsync.store import reopening

        with self._reading() as connection:
            found = reopening.quarantined_raw(connection, placement_id)
        return None if found is None else self._blobs.read(*found)

    def octets_kept(self, folder_id: int, uidvalidity: int, uids: Iterable[int]) -> frozenset[int]:
        """Which of these UIDs were set aside with octets that are still kept."""
        from inboxsync.store import reopening

        with self._reading() as connection:
            return reopening.octets_kept(connection, folder_id, uidvalidity, uids)

    @retried
    def follow(self, record: FollowRecord) -> None:
        """Write what was found about messages that the ledger knows already, in one transaction."""
        # Not worth an fsync: what is lost is found again by the next run, since the cursor of following is lost too.
        with self.connections.writing(durable=False) as work:
            following.write(work, record)

    # what the ledger takes for present on the server
    def live_counts(self, folder_id: int, uidvalidity: int) -> LiveCounts:
        """How many messages of a folder are live, and how many of them unread."""
        with self.connections.reading() as work:
            return following.live_counts(work, folder_id, uidvalidity)

    def known_placements(
        self, folder_id: int, uidvalidity: int, first_uid: int, last_uid: int
    ) -> Iterator[KnownPlacement]:
        """Stream the ledger's lines of a closed range of UIDs, by UID, in bounded memory."""

        def page(first: int, last: int) -> Sequence[KnownPlacement]:
            with self.connections.reading() as work:
                limit = following.KNOWN_PER_PAGE
                return following.known_page(work, folder_id, uidvalidity, first, last, limit)

        return following.pages(first_uid, last_uid, page)

    def live_uid_before(self, folder_id: int, uidvalidity: int, below_uid: int, count: int) -> int | None:
        """The UID of the `count`-th live message counted downwards from `below_uid`; None where there are fewer."""
        with self.connections.reading() as work:
            return following.live_uid_before(work, folder_id, uidvalidity, below_uid, count)

    def gone_uids(self, folder_id: int, uidvalidity: int, limit: int) -> Sequence[int]:
        """The highest UIDs of messages that were found gone from the server, or vanished, in ascending order."""
        with self.connections.reading() as work:
            return following.gone_uids(work, folder_id, uidvalidity, limit)

    def stored_from(self, folder_id: int, uidvalidity: int, uid: int) -> StoredPlacement | None:
        """The first live message at or above this UID that was stored from this very placement."""
        with self.connections.reading() as work:
            return following.stored_from(work, folder_id, uidvalidity, uid)

    # the ledger
    def open_placements(
        self, folder_id: int, uidvalidity: int, *, now: datetime, limit: int | None = None
    ) -> Sequence[OpenPlacement]:
        """Placements of the folder that are pending and may be tried now, by UID."""
        with self.connections.reading() as work:
            return ledger.open_placements(work, folder_id, uidvalidity, now, limit)

    def seen_wanted(self, folder_id: int, uidvalidity: int) -> Sequence[int]:
        """UIDs whose mail is committed and still to be marked read on the server."""
        with self.connections.reading() as work:
            return ledger.seen_wanted(work, folder_id, uidvalidity)

    def fates(self, integration: Integration) -> Counts:
        """The ledger's sums over all live placements of an integration; `listed` counts them, `bytes` is their size."""
        with self.connections.reading() as work:
            return ledger.fates(work, integration.uuid)

    def quarantined(self, integration: str | None = None) -> Sequence[QuarantineView]:
        """What was set aside, newest first."""
        with self.connections.reading() as work:
            return ledger.quarantined(work, integration)

    # messages and tickets
    def messages(self, query: MessageQuery) -> Page[MessageView]:
        """One page of messages, newest first, seen through placements."""
        from inboxsync.store.message_pages import messages

        with self._reading() as connection:
            return messages(connection, query)

    def message(self, message_id: int) -> MessageView | None:
        """One message with bodies, attachments and headers."""
        from inboxsync.store import reading

        with self._reading() as connection:
            return reading.message(connection, message_id)

    def raw(self, message_id: int) -> bytes | None:
        """The octets exactly as the server sent them, checked against their hash; StoreCorrupt if they differ."""
        from inboxsync.store import reading

        with self._reading() as connection:
            found = reading.raw(connection, message_id)
        return None if found is None else self._blobs.read(*found)

    def stored_ids(
        self, *, integration: str | None = None, after: datetime | None = None, before: datetime | None = None
    ) -> Iterator[int]:
        """Stream the ids of stored messages, ascending, in bounded memory."""
        from inboxsync.store import exporting

        return exporting.stored_ids(self._reading, integration=integration, after=after, before=before)

    def tickets(
        self, *, limit: int = 50, page: int = 1, status: str | None = None, integration: str | None = None
    ) -> Page[TicketView]:
        """One page of tickets, newest first."""
        from inboxsync.store import ticket_reading

        with self._reading() as connection:
            return ticket_reading.tickets(connection, limit=limit, page=page, status=status, integration=integration)

    def ticket(self, ticket_id: int) -> TicketView | None:
        """One ticket."""
        from inboxsync.store import ticket_reading

        with self._reading() as connection:
            return ticket_reading.ticket(connection, ticket_id)

    def dump(self) -> Iterator[str]:
        """The canonical dump, line by line: all but run rows, our own clock times and surrogate ids (P4)."""
        from inboxsync.store.dump import dump_lines  # the one reader of the declared tables, which are dear to import

        with self._reading() as connection:
            yield from dump_lines(connection)

    def close(self) -> None:
        """Give connections back."""
        self.connections.close()

    # SQLAlchemy inside a transaction
    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self.connections.reading() as work:
            yield work.alchemy

    @contextlib.contextmanager
    def _writing(self, *, durable: bool) -> Iterator[Connection]:
        with self.connections.writing(durable=durable) as work:
            yield work.alchemy
