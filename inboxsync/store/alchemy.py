"""SQLAlchemy's own business: engines and statement helpers. Only the content plane imports it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Select,
    Table,
    create_engine,
    event,
    insert,
    make_url,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.dml import Insert

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

    from inboxsync.store.address import DatabaseAddress

Row = dict[str, Any]
T = TypeVar("T")

BUSY_TIMEOUT_S = 30.0
# Older SQLite builds take 999 variables a statement, Postgres 65,535; a batch of the engine is smaller than either.
CHUNK = 500
# No prepared statements: a pooler that hands out connections by transaction does not keep them.
_POSTGRES_OPTIONS = {"connect_timeout": 10, "application_name": "inboxsync", "prepare_threshold": None}
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

# Execution option: how a transaction on SQLite begins. Absent: a read transaction.
DURABILITY = "inboxsync_durability"


# --- engines -------------------------------------------------------------------------------------------------------


def open_engine(address: DatabaseAddress) -> Engine:
    """Make an engine for this database; nothing is connected yet. Failing statements never show their parameters."""
    if address.file is None:
        return _engine(make_url(address.url).set(drivername="postgresql+psycopg"), _POSTGRES_OPTIONS)
    # Not by its URL: in that, some characters of a path would mean something.
    engine = _engine(URL.create("sqlite", database=str(address.file)), {"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _engine(url: URL, connect_args: Mapping[str, object]) -> Engine:
    # Every integration at work may hold one connection; a bound of ours would only turn waiting into failing.
    return create_engine(
        url,
        connect_args=dict(connect_args),
        hide_parameters=True,
        json_serializer=dump_json,
        pool_size=8,
        max_overflow=-1,
    )


class _DriverConnection(Protocol):
    isolation_level: str | None

    def execute(self, statement: str, /) -> object: ...


def _configure_sqlite(connection: _DriverConnection, _record: object) -> None:
    # The module's own transaction control begins too late and never IMMEDIATE; `_begin_sqlite` does it instead.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA fullfsync=ON")  # macOS: fsync alone does not reach the platter; ignored elsewhere


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE, because a read transaction that turns writer fails at once with SQLITE_BUSY, whatever the timeout is.
    durability = connection.get_execution_options().get(DURABILITY)
    if durability is not None:
        connection.exec_driver_sql(f"PRAGMA synchronous={durability}")
    connection.exec_driver_sql("BEGIN" if durability is None else "BEGIN IMMEDIATE")


def dump_json(value: object) -> str:
    """Write JSON as columns hold it: compact, and readable to whoever looks into the table."""
    return _JSON.encode(value)


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


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Cut distinct values into lists short enough for one statement's parameters, in order."""
    unique = list(dict.fromkeys(values))
    for start in range(0, len(unique), size):
        yield unique[start : start + size]


def select_in(connection: Connection, statement: Select[Any], column: Any, values: Iterable[T]) -> Iterator[Any]:
    """Run a SELECT for all rows whose column is one of the values, chunk by chunk."""
    for chunk in chunks(values):
        yield from connection.execute(statement.where(column.in_(chunk)))


def allocate_ids(connection: Connection, table: Table, count: int) -> list[int]:
    """Take the next ids of a table in ascending order, in one statement, so that rows can refer to each other.

    On SQLite only inside a write transaction: nobody else can take them until it ends.
    """
    if count == 0:
        return []
    if is_sqlite(connection):
        # Not the highest id there is: after a purge it would come back for other content.
        used = text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = :name")
        highest: int = connection.execute(used, {"name": table.name}).scalar_one()
        return list(range(highest + 1, highest + 1 + count))
    taken = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
    return sorted(connection.execute(taken, {"name": table.name, "count": count}).scalars())


def lock_number(name: str) -> int:
    """Name an advisory lock of Postgres: a stable signed 64-bit number of a text."""
    return int.from_bytes(hashlib.sha256(f"inboxsync:{name}".encode()).digest()[:8], "big", signed=True)


# Held from before a batch looks its requesters up until the tickets and events that refer to them are committed.
TICKETS_LOCK = "ticket numbers and events"


def lock_until_commit(connection: Connection, name: str) -> None:
    """Hold a named lock of the whole database until this transaction ends; on SQLite the transaction is that lock."""
    if not is_sqlite(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": lock_number(name)})
