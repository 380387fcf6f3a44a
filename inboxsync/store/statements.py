"""Running statements written with `?` on an open DB-API connection, the same on SQLite and Postgres."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from inboxsync.store.dialect import Dialect

Row = tuple[Any, ...]
T = TypeVar("T")

# Older SQLite builds take 999 variables a statement, Postgres 65,535.
CHUNK = 500
_IN = "{in}"


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Cut distinct values into lists short enough for one statement's parameters, in order."""
    unique = iter(dict.fromkeys(values))
    while some := list(islice(unique, size)):
        yield some


class Statements:
    """Runs statements written with `?` on an open connection."""

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self._connection = connection
        self.dialect = dialect

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run a query and answer all its rows."""
        return list(self._execute(statement, parameters).fetchall())

    def row(self, statement: str, parameters: Sequence[object] = ()) -> Row | None:
        """Run a query and answer its first row, or None."""
        found = self._execute(statement, parameters).fetchone()
        return None if found is None else tuple(found)

    def run(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement that changes rows; answers how many."""
        return int(self._execute(statement, parameters).rowcount)

    def insert(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run an INSERT of one row and answer its id."""
        if self.dialect.is_sqlite:
            return int(self._execute(statement, parameters).lastrowid)
        return int(self._execute(f"{statement} RETURNING id", parameters).fetchone()[0])

    def rows_in(self, statement: str, values: Iterable[object], parameters: Sequence[object] = ()) -> Iterator[Row]:
        """Run a query for each chunk of distinct values, which stand where it says `{in}`, after `parameters`."""
        for chunk in chunks(values):
            yield from self.rows(_with_marks(statement, chunk), (*parameters, *chunk))

    def run_in(self, statement: str, values: Iterable[object], parameters: Sequence[object] = ()) -> int:
        """Run a statement that changes rows for each chunk of distinct values, as `rows_in`; answers how many."""
        return sum(self.run(_with_marks(statement, chunk), (*parameters, *chunk)) for chunk in chunks(values))

    def many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement once for each row of values, which are encoded for the driver already."""
        cursor = self._connection.cursor()
        try:
            cursor.executemany(self.dialect.sql(statement), rows)
        finally:
            cursor.close()

    def load(self, table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
        """Insert many rows by Postgres's COPY; values are given as text that it reads, numbers, octets or None."""
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def run_encoded(self, statement: str, values: Sequence[object]) -> None:
        """Run one statement with values that are encoded for the driver already."""
        self._connection.execute(self.dialect.sql(statement), values)

    def lock(self, table: str) -> None:
        """Keep other writers out of a table until the transaction ends."""
        if self.dialect.lock_table:
            self._connection.execute(self.dialect.lock_table.format(table=table))

    def _execute(self, statement: str, parameters: Sequence[object]) -> Any:
        encode = self.dialect.parameter
        return self._connection.execute(self.dialect.sql(statement), tuple(encode(value) for value in parameters))


def _with_marks(statement: str, values: Sequence[object]) -> str:
    return statement.replace(_IN, ", ".join("?" * len(values)))
