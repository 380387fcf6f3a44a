"""The content plane's connections: DB-API, one for each transaction at work, kept for the next.

What brings mail in speaks SQL to the driver: SQLAlchemy's import alone takes longer than fifty messages do, and its way
to `executemany` as long as SQLite itself (docs/adr/0018). What reads for people asks `Work.alchemy`: SQLAlchemy over
the same connection, inside the same transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from inboxsync import system
from inboxsync.errors import StoreStandby
from inboxsync.store.connection import BUSY_TIMEOUT_S, gone_a_moment, open_postgres
from inboxsync.store.dialect import POSTGRES, SQLITE, Dialect
from inboxsync.store.errors import translated
from inboxsync.store.retrying import by_transaction
from inboxsync.store.sqlite import open_sqlite, open_sqlite_read_only
from inboxsync.store.statements import Statements
from inboxsync.store.write_turns import write_turn

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from inboxsync.store.address import DatabaseAddress
    from inboxsync.store.alchemy import Borrowing

# As many as integrations work side by side by default; more are closed after use.
KEPT = 8
STEPS_BETWEEN_LOOKS = 20_000


class Work(Statements):
    """One open transaction of the content plane."""

    def __init__(self, connection: Any, dialect: Dialect, connections: Connections) -> None:
        super().__init__(connection, dialect)
        self._connections = connections
        self._alchemy: Connection | None = None

    @property
    def alchemy(self) -> Connection:
        """SQLAlchemy inside this transaction; imported when first asked for, and not to be committed or rolled back."""
        if self._alchemy is None:
            self._alchemy = self._connections.borrowing.connect(self._connection)
        return self._alchemy

    def end(self) -> None:
        """Let SQLAlchemy go of the connection, if it had it."""
        alchemy, self._alchemy = self._alchemy, None
        if alchemy is not None:
            alchemy.close()


class Connections:
    """Gives out transactions, to several threads at once. Raises StoreError subclasses.

    With `read_timeout_s` they are for readers over HTTP: the database itself refuses every write, and breaks off what
    takes longer.
    """

    def __init__(self, address: DatabaseAddress, *, read_timeout_s: float | None = None) -> None:
        self.address = address
        self._read_timeout_s = read_timeout_s
        self.dialect = SQLITE if address.is_sqlite else POSTGRES
        self._guard = threading.Lock()
        self._idle: list[Any] = []
        self._borrowing: Borrowing | None = None
        self._lost: tuple[type[Exception], ...] = ()

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """One state of the database for all statements of a reading."""
        # SQLite's transactions are so by themselves.
        begin = "BEGIN" if self.dialect.is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        # The first statement is the one that tells of a connection that died idle, or of a server that restarts.
        connection = by_transaction(lambda: self._begun(begin))
        self._set_deadline(connection)
        with translated(self.address.place), self._work(connection) as work:
            yield work

    @contextmanager
    def writing(self, *, durable: bool) -> Iterator[Work]:
        """Open a write transaction; committed on leaving, rolled back on any exception.

        `durable` decides about SQLite's fsync; on Postgres who holds a scope says it.
        """
        # IMMEDIATE, because a read transaction that turns writer fails at once with SQLITE_BUSY, whatever the timeout.
        sqlite = (f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}", "BEGIN IMMEDIATE")
        begin = sqlite if self.dialect.is_sqlite else ("BEGIN",)
        try:
            with translated(self.address.place), self._turn(), self._work(self._begun(*begin)) as work:
                yield work
        except StoreStandby:
            self.close()  # the next connection may find the new primary, these never will
            raise

    @property
    def borrowing(self) -> Borrowing:
        """What makes SQLAlchemy's connections over ours."""
        if self._borrowing is None:
            from inboxsync.store.alchemy import Borrowing

            self._borrowing = Borrowing(self.address)
        return self._borrowing

    def close(self) -> None:
        """Give back what is idle; what is at work is closed when it ends."""
        with self._guard:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _turn(self) -> AbstractContextManager[None]:
        # Postgres lets several scopes be written at once.
        return write_turn(self.address.url) if self.address.is_sqlite else nullcontext()

    @contextmanager
    def _work(self, connection: Any) -> Iterator[Work]:
        """Carry out an open transaction to its end."""
        done = False
        try:
            work = Work(connection, self.dialect, self)
            try:
                yield work
            finally:
                work.end()
            connection.execute("COMMIT")
            done = True
        finally:
            # Closing rolls back whatever is open, also where the connection is too broken to be told so.
            self._give_back(connection) if done else connection.close()

    def _begun(self, *begin: str) -> Any:
        """Begin on a kept connection, or on a new one where it died while it was idle: nothing is lost by that yet."""
        with translated(self.address.place):
            kept = self._kept()
            if kept is None:
                return _run(self._opened(), begin)
            with suppress(*self._lost):
                return _run(kept, begin)
            try:
                return _run(self._opened(), begin)
            except self._lost as error:
                raise gone_a_moment(self.address.place) from error

    def _kept(self) -> Any:
        with self._guard:
            return self._idle.pop() if self._idle else None

    def _give_back(self, connection: Any) -> None:
        with self._guard:
            if len(self._idle) < KEPT:
                self._idle.append(connection)
                return
        connection.close()

    def _opened(self) -> Any:
        file, timeout_s = self.address.file, self._read_timeout_s
        if file is None:
            connection, self._lost = open_postgres(self.address.postgres_url, read_timeout_s=timeout_s)
            return connection
        if timeout_s is not None:
            return open_sqlite_read_only(file, timeout_s=BUSY_TIMEOUT_S)
        connection = open_sqlite(file, timeout_s=BUSY_TIMEOUT_S)
        return _run(connection, ("PRAGMA journal_mode=WAL", "PRAGMA fullfsync=ON"))

    def _set_deadline(self, connection: Any) -> None:
        """SQLite has no time limit of its own: it asks between steps whether it is to go on."""
        if self._read_timeout_s is not None and self.dialect.is_sqlite:
            end_s = system.monotonic_s() + self._read_timeout_s
            connection.set_progress_handler(lambda: system.monotonic_s() > end_s, STEPS_BETWEEN_LOOKS)


def _run(connection: Any, statements: tuple[str, ...]) -> Any:
    try:
        for statement in statements:
            connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection
