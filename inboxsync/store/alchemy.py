"""SQLAlchemy's own business: engines and statement helpers. Only the content plane imports it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine, NullPool, Select, Table, create_engine, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.dml import Insert

from inboxsync.store.bulk import Row, dump_json
from inboxsync.store.statements import chunks

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

    from inboxsync.store.address import DatabaseAddress

T = TypeVar("T")

# Asked for on each connection otherwise; no column of ours has this type.
_POSTGRES_OPTIONS: dict[str, Any] = {"use_native_hstore": False}


# --- connections ---------------------------------------------------------------------------------------------------


class Borrowing:
    """SQLAlchemy over connections that are open already; their transactions are somebody else's to begin and to end.

    Failing statements never show their parameters.
    """

    def __init__(self, address: DatabaseAddress) -> None:
        self._lent = threading.local()
        self._engine = _engine(address, lambda: self._lent.connection)

    def connect(self, connection: object) -> Connection:
        """Answer SQLAlchemy's view of an open connection; closing it leaves the connection as it is."""
        self._lent.connection = connection
        try:
            return self._engine.connect()
        finally:
            del self._lent.connection


def _engine(address: DatabaseAddress, lent: Callable[[], Any]) -> Engine:
    url, options = ("sqlite://", {}) if address.is_sqlite else ("postgresql+psycopg://", _POSTGRES_OPTIONS)
    engine = create_engine(
        url,
        creator=lent,
        poolclass=NullPool,
        pool_reset_on_return=None,
        hide_parameters=True,
        json_serializer=dump_json,
        **options,
    )
    for name in ("do_begin", "do_commit", "do_rollback", "do_close", "do_terminate"):
        setattr(engine.dialect, name, _leave_alone)
    return engine


def _leave_alone(_connection: object) -> None:
    """Neither end the transaction nor close the connection: whoever opened them does."""


# --- statements ----------------------------------------------------------------------------------------------------


def is_sqlite(connection: Connection) -> bool:
    """Whether this connection talks to SQLite rather than Postgres."""
    return connection.dialect.name == "sqlite"


def dialect_insert(dialect_name: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that can say ON CONFLICT in this dialect."""
    if dialect_name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 2 MiB that a run on SQLite does without

    return postgresql.insert(table)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row], *, or_nothing: bool = False) -> None:
    """Insert many rows by one prepared statement; `or_nothing` leaves rows that are there already alone."""
    if not rows:
        return
    statement: Insert = insert(table)
    if or_nothing:
        statement = dialect_insert(connection.dialect.name, table).on_conflict_do_nothing()
    connection.execute(statement, rows)


def select_in(connection: Connection, statement: Select[Any], column: Any, values: Iterable[T]) -> Iterator[Any]:
    """Run a SELECT for all rows whose column is one of the values, chunk by chunk."""
    for chunk in chunks(values):
        yield from connection.execute(statement.where(column.in_(chunk)))
