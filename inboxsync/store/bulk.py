"""Many rows into a table by one prepared statement, encoded for the driver once a column instead of once a value."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from inboxsync.store.dialect import Dialect, time_text

if TYPE_CHECKING:
    from inboxsync.store.statements import Statements

Row = dict[str, Any]
Encode = Callable[[Any], object]

# With the octets of small mail a statement of so many rows stays below a few megabytes.
ROWS_A_STATEMENT = 50

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table as bulk work needs it: its name, and which of its columns are no plain values of the driver."""

    name: str
    columns: tuple[str, ...]
    times: frozenset[str] = frozenset()
    jsons: frozenset[str] = frozenset()


def dump_json(value: object) -> str:
    """Write JSON as columns hold it: compact, and readable to whoever looks into the table."""
    if not value and isinstance(value, (list, tuple)):
        return "[]"
    return _JSON.encode(value)


def insert_rows(work: Statements, table: TableShape, rows: Sequence[Row], *, or_nothing: bool = False) -> None:
    """Insert rows that all have the columns of the first; `or_nothing` leaves rows that are there already alone."""
    if rows:
        conflict = " ON CONFLICT DO NOTHING" if or_nothing else ""
        write_rows(work, table, rows, f"{{insert}}{conflict}")


def write_rows(work: Statements, table: TableShape, rows: Sequence[Row], statement: str) -> None:
    """Run a statement for each row; `{insert}` in it is the INSERT of the first row's columns.

    No two rows may be the same by what the statement's ON CONFLICT names, unless it does nothing then.
    """
    insert, encode = _prepared(work.dialect, table, tuple(rows[0]))
    if work.dialect.is_sqlite:
        work.many(statement.replace("{insert}", insert), map(encode, rows))
        return
    # Postgres parses and plans each statement anew, as a pooler's connections keep none prepared (`open_postgres`): for
    # rows one by one that is half of its processor time in a first sync.
    into, _, marks = insert.partition(" VALUES ")
    for first in range(0, len(rows), ROWS_A_STATEMENT):
        some = rows[first : first + ROWS_A_STATEMENT]
        together = f"{into} VALUES {', '.join([marks] * len(some))}"
        work.run_encoded(statement.replace("{insert}", together), [value for row in some for value in encode(row)])


@functools.cache
def _prepared(
    dialect: Dialect, table: TableShape, names: tuple[str, ...]
) -> tuple[str, Callable[[Row], Sequence[object]]]:
    unknown = set(names) - set(table.columns)
    if unknown:
        raise ValueError(f"{table.name} has no column {', '.join(sorted(unknown))}")
    marks = ", ".join("?" * len(names))
    insert = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608  names from this package
    return insert, _encoder(dialect, table, names)


def _encoder(dialect: Dialect, table: TableShape, names: tuple[str, ...]) -> Callable[[Row], Sequence[object]]:
    take: Callable[[Row], tuple[object, ...]] = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
    odd = [(index, encode) for index, name in enumerate(names) if (encode := _encode_of(dialect, table, name))]
    if not odd:
        return take

    def encoded(row: Row) -> Sequence[object]:
        values = list(take(row))
        for index, encode in odd:
            if values[index] is not None:
                values[index] = encode(values[index])
        return values

    return encoded


def _encode_of(dialect: Dialect, table: TableShape, name: str) -> Encode | None:
    if name in table.jsons:
        return dump_json
    if name in table.times:
        return time_text if dialect.is_sqlite else _utc
    return None


def _utc(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise ValueError("a time without a zone cannot be stored")
    return value.astimezone(UTC)


def allocate_ids(work: Statements, table: TableShape, count: int) -> list[int]:
    """Take the next ids of a table in ascending order, in one statement, so that rows can refer to each other.

    On SQLite only inside a write transaction: nobody else can take them until it ends.
    """
    if count == 0:
        return []
    if work.dialect.is_sqlite:
        # Not the highest id there is: after a purge it would come back for other content.
        row = work.row("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?", (table.name,))
        highest = int(row[0]) if row else 0
        return list(range(highest + 1, highest + 1 + count))
    taken = "SELECT nextval(pg_get_serial_sequence(?, 'id')) FROM generate_series(1, ?)"
    return sorted(int(row[0]) for row in work.rows(taken, (table.name, count)))
