"""The control plane's one connection: DB-API, opened on first use, guarded by a lock.

One connection for all threads of a process, not one each: the control plane's statements take microseconds, SQLite has
one writer anyway, and 32 integrations then cost a Postgres server one connection of this plane instead of 32.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from inboxsync.errors import ConfigError, StoreBusy, StoreLost, StoreUnreachable
from inboxsync.store.dialect import POSTGRES, SQLITE
from inboxsync.store.errors import translated
from inboxsync.store.sqlite import open_sqlite, open_sqlite_read_only
from inboxsync.store.statements import Row, Statements
from inboxsync.store.write_turns import write_turn

if TYPE_CHECKING:
    from inboxsync.store.address import DatabaseAddress

BUSY_TIMEOUT_S = 30
CONNECT_TIMEOUT_S = 10
# One question of a reader over HTTP: longer than that nobody waits.
READ_TIMEOUT_S = 20


class Database:
    """A database as the control plane sees it; usable from several threads. Raises StoreError subclasses.

    With `read_only` the database itself refuses every write.
    """

    def __init__(self, address: DatabaseAddress, *, read_only: bool = False) -> None:
        self.address = address
        self._read_only = read_only
        self.dialect = SQLITE if address.is_sqlite else POSTGRES
        self._lock = threading.RLock()
        self._connection: Any = None
        self._lost: tuple[type[Exception], ...] = ()

    def exists(self) -> bool:
        """Whether there is something to read: a missing file is an empty database and is not made by looking."""
        with translated(self.address.place):
            return self.address.file is None or self.address.file.exists()

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run one query outside a transaction."""
        encoded = tuple(self.dialect.parameter(value) for value in parameters)
        with self._guarded():
            return [tuple(row) for row in self._first(self.dialect.sql(statement), encoded).fetchall()]

    def row(self, statement: str, parameters: Sequence[object] = ()) -> Row | None:
        """Run one query and answer its first row, or None."""
        return next(iter(self.rows(statement, parameters)), None)

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Statements]:
        """Open a write transaction; committed on leaving, rolled back on any exception.

        Not to be nested, nor used inside a transaction of the content plane: both wait for the same turn to write.

        `durable=False` spares SQLite the fsync (`synchronous=NORMAL`), for rows whose loss in a power failure costs
        nothing: run history, leases, schedule state. The WAL is written in order, so whatever a later durable commit
        builds on (a folder's row, say) becomes durable with it. On Postgres the server's own setting holds.
        """
        with self._turn(), self._guarded():
            self._begin(durable)
            yield Statements(self._connection, self.dialect)
            self._commit()

    def use_wal(self) -> None:
        """Put a SQLite file that lost its journal mode back into WAL: copies made by VACUUM INTO or .dump do.

        Not now where others use the file: it works without, readers and the writer just wait for each other.
        """
        if self.dialect.is_sqlite and self.rows("PRAGMA journal_mode")[0][0] != "wal":
            with suppress(StoreBusy):
                self.rows("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Give the connection back; the next use opens another."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def _turn(self) -> AbstractContextManager[None]:
        return write_turn(self.address.url) if self.address.is_sqlite else nullcontext()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        with self._lock, translated(self.address.place):
            done = False
            try:
                yield
                done = True
            finally:
                # Closing rolls back whatever is open, also where the connection is too broken to be told so.
                if not done:
                    self.close()

    def _commit(self) -> None:
        try:
            with translated(self.address.place):
                self._connection.execute("COMMIT")
        except StoreLost as error:
            # Not to be done again by itself: what has been committed would be entered twice.
            raise StoreUnreachable(f"{error.message}; whether the last change was stored is not known") from error

    def _begin(self, durable: bool) -> None:
        if self.dialect.is_sqlite:
            self._first(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
        else:
            self._first(f"BEGIN; SET LOCAL lock_timeout = '{BUSY_TIMEOUT_S}s'")

    def _first(self, statement: str, parameters: tuple[object, ...] = ()) -> Any:
        """Run the first statement of a piece of work: nothing is lost yet by replacing a connection that died idle."""
        # psycopg sends several statements in one go only when there are no parameters at all.
        parameters_if_any = (parameters,) if parameters else ()
        idle, connection = self._connection is not None, self._opened()
        try:
            return connection.execute(statement, *parameters_if_any)
        except self._lost:
            if not (idle and connection.closed):
                raise
        self.close()
        try:
            return self._opened().execute(statement, *parameters_if_any)
        except self._lost as error:
            raise gone_a_moment(self.address.place) from error

    def _opened(self) -> Any:
        if self._connection is None:
            if self.address.file is not None:
                opened = open_sqlite_read_only if self._read_only else open_sqlite
                self._connection = opened(self.address.file, timeout_s=BUSY_TIMEOUT_S)
            else:
                timeout_s = READ_TIMEOUT_S if self._read_only else None
                self._connection, self._lost = open_postgres(self.address.postgres_url, read_timeout_s=timeout_s)
        return self._connection


def gone_a_moment(place: str) -> StoreLost:
    """Make the error for a server that answered before in this process and does not now: it restarts, most likely."""
    return StoreLost(f"{place}: the server went away and is not back yet")


def open_postgres(url: str, *, read_timeout_s: float | None = None) -> tuple[Any, tuple[type[Exception], ...]]:
    """Connect to Postgres; answers the connection, in autocommit, and what it raises when the server goes away.

    With `read_timeout_s` the server refuses every write and breaks off a statement that takes longer.
    Raises ConfigError where psycopg is not installed or the URL cannot be read, psycopg's errors otherwise.
    """
    try:
        import psycopg
    except ImportError as error:
        raise ConfigError(
            "the database URL names Postgres and psycopg is not installed", hint="pip install 'inboxsync[postgres]'"
        ) from error
    try:
        # No prepared statements: a pooler that hands out connections by transaction does not keep them.
        connection = psycopg.connect(
            url,
            autocommit=True,
            prepare_threshold=None,
            connect_timeout=CONNECT_TIMEOUT_S,
            application_name="inboxsync",
            options=None if read_timeout_s is None else _read_only_options(url, read_timeout_s),
        )
    except psycopg.ProgrammingError:
        # libpq repeats the part of the URL that it cannot read, which may be the password.
        raise ConfigError(
            "the Postgres URL cannot be read",
            hint="write postgresql://user@host:5432/database; quote odd letters with %",
        ) from None
    return connection, (psycopg.OperationalError,)


def _read_only_options(url: str, timeout_s: float) -> str:
    """Write libpq's `options` for it, beside those of the URL. Raises psycopg.ProgrammingError where it is none."""
    from psycopg.conninfo import conninfo_to_dict

    given = str(conninfo_to_dict(url).get("options") or "")
    bounds = f"-c default_transaction_read_only=on -c statement_timeout={int(1_000 * timeout_s)}ms"
    return f"{given} {bounds}".strip()
