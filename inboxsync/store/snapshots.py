"""One state of a database, read row by row in bounded memory while others go on writing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from inboxsync.store.connection import BUSY_TIMEOUT_S, open_postgres
from inboxsync.store.dialect import POSTGRES, SQLITE
from inboxsync.store.errors import translated
from inboxsync.store.sqlite import open_sqlite_read_only
from inboxsync.store.table_forms import Digest, Row, TableForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from inboxsync.store.address import DatabaseAddress

# Octets kept in the database are up to 256 KiB a row: so many at a time are at most 25 MiB.
_FETCHED = 100
_cursors = itertools.count(1)


@contextmanager
def snapshot_of(address: DatabaseAddress) -> Iterator[Snapshot]:
    """Open one state of a database; what others write meanwhile is not seen. Raises StoreError."""
    with translated(address.place):
        if address.file is not None:
            connection: Any = open_sqlite_read_only(address.file, timeout_s=BUSY_TIMEOUT_S)
        else:
            connection, _ = open_postgres(address.postgres_url)
        try:
            connection.execute("BEGIN" if address.is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            connection.execute("SELECT count(*) FROM inboxsync_meta")  # a transaction begins with its first reading
            yield Snapshot(connection, address)
        finally:
            connection.close()


class Snapshot:
    """Answers from one state; every method may raise what the driver raises, which `snapshot_of` translates."""

    def __init__(self, connection: Any, address: DatabaseAddress) -> None:
        self.connection = connection
        self.address = address
        self._is_sqlite = address.is_sqlite
        self._dialect = SQLITE if address.is_sqlite else POSTGRES

    def rows(self, form: TableForm, after: Sequence[object] | None = None) -> Iterator[Row]:
        """Stream the rows of a table in neutral form, in the order of its key as octets, behind a key or all."""
        return self.stream(form.select(is_sqlite=self._is_sqlite, after=after is not None), tuple(after or ()))

    def stream(self, statement: str, parameters: Sequence[object] = ()) -> Iterator[Row]:
        """Stream what a query written with `?` answers."""
        if self._is_sqlite:
            cursor = self.connection.execute(statement, parameters)
            while found := cursor.fetchmany(_FETCHED):
                yield from found
            return
        with self.connection.cursor(name=f"inboxsync_{next(_cursors)}") as cursor:
            cursor.itersize = _FETCHED
            cursor.execute(self._dialect.sql(statement), tuple(parameters) or None)
            yield from cursor

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  our names

    def digest(self, form: TableForm, advance: Callable[[int], object]) -> Digest:
        """Count and hash of a table."""
        digest = Digest()
        for row in self.rows(form):
            digest.add(row)
            if digest.rows % _FETCHED == 0:
                advance(_FETCHED)
        advance(digest.rows % _FETCHED)
        return digest

    def facts(self) -> Mapping[str, str]:
        """What the store says about itself."""
        return dict(self.connection.execute("SELECT name, value FROM inboxsync_meta").fetchall())

    def last_id(self, table: str) -> int:
        """The highest id that a table ever gave out, 0 where it gave none."""
        if self._is_sqlite:
            row = self.connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
            return 0 if row is None else int(row[0])
        sequence = self.connection.execute("SELECT pg_get_serial_sequence(%s, 'id')", (table,)).fetchone()[0]
        asked = f"SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}"  # noqa: S608
        return int(self.connection.execute(asked).fetchone()[0])
