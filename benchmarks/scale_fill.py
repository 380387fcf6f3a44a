"""Fills a store with very much made-up mail, by the database's own means: a million messages in minutes.

Run as a program it fills a store of your own choice: `python -m benchmarks.scale_fill DATABASE_URL --factor 0.05`.
Indexes are dropped before and made again after; the rows themselves come from statements (`scale_rows`).
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from benchmarks import scale_layout, scale_rows
from benchmarks.scale_layout import Chunk, Size
from benchmarks.scale_rows import BEGIN_S, END_S, SPAN_S, Spelling
from inboxsync.store import folder_counts
from inboxsync.store.address import read_address
from inboxsync.store.sql import open_store

if TYPE_CHECKING:
    from inboxsync.store.address import DatabaseAddress

END = datetime.fromtimestamp(END_S, UTC)
"""When the last run of the filled store ended: the time at which it is to be asked."""
DUE_EVERY = 50
_LAYOUT = tuple(Chunk.__dataclass_fields__)


class Filling(Protocol):
    """A database that is being filled."""

    @property
    def spelling(self) -> Spelling:
        """How it writes what the two write differently."""

    def run(self, statement: str) -> None:
        """Carry a statement out."""

    def rows(self, table: str, columns: Sequence[str], values: Iterable[Sequence[object]]) -> None:
        """Insert these rows."""

    def time(self, seconds: float) -> object:
        """A time as its column takes it."""


def fill(database_url: str | None, data_dir: Path, size: Size) -> None:
    """Migrate an empty store and fill it. Raises StoreError, or the driver's error where it is not empty."""
    with closing(open_store(database_url, data_dir)) as store:
        store.schema.ensure()
    address = read_address(database_url, data_dir)
    with _sqlite(address) if address.is_sqlite else _postgres(address) as filling:
        _fill(filling, size)
    with closing(open_store(database_url, data_dir)) as store, store.control._database.transaction() as work:
        for integration_id in range(1, size.integrations + 1):
            folder_counts.recount(work, integration_id)


def _fill(filling: Filling, size: Size) -> None:
    laid_out = list(scale_layout.chunks(size))
    _accounts(filling, size, laid_out)
    filling.rows("scale_chunks", (*_LAYOUT, "listed_at", "retired_at"), _layout_rows(filling, laid_out))
    for statement in scale_rows.statements(size, filling.spelling):
        filling.run(statement)


def _accounts(filling: Filling, size: Size, laid_out: Sequence[Chunk]) -> None:
    """Integrations with their states, and folders with their cursors."""
    begin, end = filling.time(BEGIN_S), filling.time(END_S)
    columns = ("id", "uuid", "name", "email", "host", "port", "tls", "username", "folders", "interval_s", "priority",
               "company", "unread_only", "mark_read", "known_senders_only", "makes_tickets", "active", "created_at",
               "updated_at")  # fmt: skip
    names = ", ".join(f'"{name}"' for name, _ in scale_layout.FOLDERS)
    filling.rows("inboxsync_integrations", columns, (
        (one, scale_layout.uuid_of(one), f"mailbox-{one:05d}", f"mailbox-{one:05d}@example.com", "imap.example.com",
         993, "implicit", f"mailbox-{one:05d}@example.com", f"[{names}]", 300, 100, scale_layout.company_of(one),
         False, True, False, True, True, begin, begin)
        for one in range(1, size.integrations + 1)
    ))  # fmt: skip
    filling.rows(
        "inboxsync_sync_states",
        ("integration_id", "last_started_at", "last_finished_at", "last_success_at", "last_status", "failures",
         "auth_failures", "paused", "due_at"),
        ((one, end, end, end, "success", 0, 0, False, filling.time(END_S + (-1 if one % DUE_EVERY == 0 else 270)))
         for one in range(1, size.integrations + 1)),
    )  # fmt: skip
    cursors = {one.folder_id: (one.uidvalidity, one.first_uid + one.size) for one in laid_out}
    filling.rows(
        "inboxsync_folders",
        ("id", "integration_id", "name", "uidvalidity", "uidnext", "exists_count", "listed_at"),
        ((one, scale_layout.integration_of(one), scale_layout.folder_name(one), *cursors.get(one, (1, 1)), 0, end)
         for one in range(1, size.integrations * len(scale_layout.FOLDERS) + 1)),
    )  # fmt: skip


def _layout_rows(filling: Filling, laid_out: Iterable[Chunk]) -> Iterator[Sequence[object]]:
    for one in laid_out:
        listed_at = filling.time(BEGIN_S + SPAN_S * (one.round + 1) // scale_layout.ROUNDS)
        yield (*astuple(one), listed_at, listed_at if one.remapped_to is not None else None)


# --- databases -----------------------------------------------------------------------------------------------------

_EXISTS = """
UPDATE inboxsync_folders SET exists_count = (SELECT count(*) FROM inboxsync_placements AS p
WHERE p.folder_id = inboxsync_folders.id AND p.uidvalidity = inboxsync_folders.uidvalidity AND p.expunged_at IS NULL
AND p.fate <> 'vanished' AND p.retired_at IS NULL)
"""
_LONGEST = 40_000 * scale_layout.PLACEMENTS_A_MESSAGE


def _chunk_table(moment: str) -> str:
    kinds = {"scope": "text", "is_new": "boolean"}
    columns = [f"{name} {kinds.get(name, 'bigint')}" for name in _LAYOUT]
    return f"CREATE TEMP TABLE scale_chunks ({', '.join(columns)}, listed_at {moment}, retired_at {moment})"


@dataclass(frozen=True, slots=True)
class _Sqlite:
    connection: sqlite3.Connection
    spelling: Spelling = scale_rows.SQLITE

    def run(self, statement: str) -> None:
        self.connection.execute(statement)

    def rows(self, table: str, columns: Sequence[str], values: Iterable[Sequence[object]]) -> None:
        marks = ", ".join("?" * len(columns))
        self.connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)

    def time(self, seconds: float) -> object:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.000000")


@contextmanager
def _sqlite(address: DatabaseAddress) -> Iterator[Filling]:
    """One transaction without a journal: a filling that fails leaves a file that is good for nothing."""
    assert address.file is not None
    with closing(sqlite3.connect(address.file, isolation_level=None)) as connection:
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
            connection.execute(f"PRAGMA {setting}")
        found = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        indexes = connection.execute(found).fetchall()
        connection.execute("BEGIN")
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.execute(_chunk_table("text"))
        connection.execute("CREATE TEMP TABLE scale_numbers (n INTEGER PRIMARY KEY)")
        connection.execute(f"INSERT INTO scale_numbers SELECT n - 1 FROM {scale_rows.SQLITE.numbers(_LONGEST)}")
        yield _Sqlite(connection)
        for _, made_by in indexes:
            connection.execute(made_by)
        connection.execute(_EXISTS)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")


@dataclass(frozen=True, slots=True)
class _Postgres:
    connection: Any
    spelling: Spelling = scale_rows.POSTGRES

    def run(self, statement: str) -> None:
        self.connection.execute(statement)

    def rows(self, table: str, columns: Sequence[str], values: Iterable[Sequence[object]]) -> None:
        with self.connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
        self.connection.execute(f"ANALYZE {table}")

    def time(self, seconds: float) -> object:
        return datetime.fromtimestamp(seconds, UTC)


_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
_SEQUENCES = """
SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id'
AND (is_identity = 'YES' OR starts_with(column_default, 'nextval'))
"""


@contextmanager
def _postgres(address: DatabaseAddress) -> Iterator[Filling]:
    """Without the checks of foreign keys, which only a superuser may leave out; afterwards as autovacuum leaves it."""
    import psycopg

    with psycopg.connect(address.postgres_url, autocommit=True) as connection:
        for setting in ("session_replication_role = replica", "synchronous_commit = off", "jit = off",
                        "maintenance_work_mem = '512MB'", "work_mem = '256MB'"):  # fmt: skip
            connection.execute(f"SET {setting}")
        indexes = connection.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.execute(_chunk_table("timestamptz"))
        yield _Postgres(connection)
        for _, made_by in indexes:
            connection.execute(made_by)
        for (table,) in connection.execute(_SEQUENCES).fetchall():
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), greatest(max(id), 1)) FROM {table}"
            )
        connection.execute("VACUUM ANALYZE")
        connection.execute(_EXISTS)


def main() -> None:
    """Fill the store that is named, or one in a new directory, and say how long it took."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.scale_fill", description=__doc__)
    options.add_argument("url", nargs="?", help="database URL; without one a SQLite file in the data directory")
    options.add_argument("--data-dir", type=Path, help="data directory (default: a new one below /tmp)")
    options.add_argument("--factor", type=float, default=0.05, help="1 is a million messages (default 0.05)")
    chosen = options.parse_args()
    data_dir = chosen.data_dir or Path(tempfile.mkdtemp(prefix="inboxsync-scale-"))
    size, began = Size.of(chosen.factor), time.perf_counter()
    fill(chosen.url, data_dir, size)
    print(f"{size.messages:,} messages of {size.integrations:,} integrations in {data_dir}: "
          f"{time.perf_counter() - began:.0f} s")  # fmt: skip


if __name__ == "__main__":
    main()
