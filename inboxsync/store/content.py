"""The content plane: messages, placements, tickets, over SQLAlchemy Core. Opened when there is content."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from inboxsync.model.ingest import OpenPlacement, Prepared
from inboxsync.model.integration import Integration
from inboxsync.model.message import ParsedMessage
from inboxsync.model.report import Counts
from inboxsync.model.views import MessageQuery, MessageView, Page, QuarantineView, TicketView
from inboxsync.store import ledger, reading, ticket_reading
from inboxsync.store.address import DatabaseAddress, read_address
from inboxsync.store.alchemy import DURABILITY, open_engine
from inboxsync.store.blobs import Blobs
from inboxsync.store.errors import translated
from inboxsync.store.transaction import SqlTransaction, hold_scope
from inboxsync.store.write_turns import write_turn


def open_content(database_url: str, data_dir: Path) -> SqlContentStore:
    """Open the content plane of a database that has its schema; connects on first use. ConfigError on a bad URL."""
    address = read_address(database_url, data_dir)
    return SqlContentStore(open_engine(address), address, Blobs(data_dir))


class SqlContentStore:
    """Implements `ContentStore` on SQLite and Postgres; one for a process, shared by its threads."""

    def __init__(self, engine: Engine, address: DatabaseAddress, blobs: Blobs) -> None:
        self._engine = engine
        self._address = address
        self._blobs = blobs

    # writing
    @contextlib.contextmanager
    def transaction(self, scope: str, *, durable: bool = True) -> Iterator[SqlTransaction]:
        """Open a write transaction; committed on leaving, rolled back on any exception. `durable`: fsynced (P1)."""
        with self._writing(durable=durable) as connection:
            hold_scope(connection, scope, durable=durable)
            yield SqlTransaction(connection, scope, self._blobs)

    def prepare(self, octets: bytes, parsed: ParsedMessage, received_at: datetime) -> Prepared:
        """Encode raw octets and publish files for a message about to be recorded; idempotent, atomic per file."""
        return self._blobs.prepare(octets, parsed, received_at)

    def seen_done(self, folder_id: int, uidvalidity: int, uids: Sequence[int]) -> None:
        """Record that the server has been told."""
        # Not worth an fsync: told twice, the server is in the same state.
        with self._writing(durable=False) as connection:
            ledger.seen_done(connection, folder_id, uidvalidity, uids)

    def retire(self, folder_id: int, uidvalidity: int, *, at: datetime) -> int:
        """Mark the placements of an old UIDVALIDITY as retired; their fates stay. Answers how many."""
        with self._writing(durable=True) as connection:
            return ledger.retire(connection, folder_id, uidvalidity, at)

    # the ledger
    def open_placements(
        self, folder_id: int, uidvalidity: int, *, now: datetime, limit: int | None = None
    ) -> Sequence[OpenPlacement]:
        """Placements of the folder that are pending and may be tried now, by UID."""
        with self._reading() as connection:
            return ledger.open_placements(connection, folder_id, uidvalidity, now, limit)

    def seen_wanted(self, folder_id: int, uidvalidity: int) -> Sequence[int]:
        """UIDs whose mail is committed and still to be marked read on the server."""
        with self._reading() as connection:
            return ledger.seen_wanted(connection, folder_id, uidvalidity)

    def fates(self, integration: Integration) -> Counts:
        """The ledger's sums over all live placements of an integration; `listed` counts them, `bytes` is their size."""
        with self._reading() as connection:
            return ledger.fates(connection, integration.uuid)

    def quarantined(self, integration: str | None = None) -> Sequence[QuarantineView]:
        """What was set aside, newest first."""
        with self._reading() as connection:
            return ledger.quarantined(connection, integration)

    # messages and tickets
    def messages(self, query: MessageQuery) -> Page[MessageView]:
        """One page of messages, newest first, seen through placements."""
        with self._reading() as connection:
            return reading.messages(connection, query)

    def message(self, message_id: int) -> MessageView | None:
        """One message with bodies, attachments and headers."""
        with self._reading() as connection:
            return reading.message(connection, message_id)

    def raw(self, message_id: int) -> bytes | None:
        """The octets exactly as the server sent them, checked against their hash; StoreCorrupt if they differ."""
        with self._reading() as connection:
            found = reading.raw(connection, message_id)
        return None if found is None else self._blobs.read(*found)

    def tickets(
        self, *, limit: int = 50, page: int = 1, status: str | None = None, integration: str | None = None
    ) -> Page[TicketView]:
        """One page of tickets, newest first."""
        with self._reading() as connection:
            return ticket_reading.tickets(connection, limit=limit, page=page, status=status, integration=integration)

    def ticket(self, ticket_id: int) -> TicketView | None:
        """One ticket."""
        with self._reading() as connection:
            return ticket_reading.ticket(connection, ticket_id)

    def dump(self) -> Iterator[str]:
        """The canonical dump, line by line: all but run rows, our own clock times and surrogate ids (P4)."""
        from inboxsync.store.dump import dump_lines  # the one reader of the declared tables, which are dear to import

        with self._reading() as connection:
            yield from dump_lines(connection)

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()

    # connections
    @contextlib.contextmanager
    def _writing(self, *, durable: bool) -> Iterator[Connection]:
        engine = self._engine.execution_options(**{DURABILITY: "FULL" if durable else "NORMAL"})
        with translated(self._address.place), self._turn(), engine.begin() as connection:
            yield connection

    def _turn(self) -> contextlib.AbstractContextManager[None]:
        # Postgres lets several scopes be written at once.
        return write_turn(self._address.url) if self._address.is_sqlite else contextlib.nullcontext()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated(self._address.place), self._engine.connect() as connection, connection.begin():
            # One state of the database for all statements of a reading; SQLite's transactions are so by themselves.
            if not self._address.is_sqlite:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection
