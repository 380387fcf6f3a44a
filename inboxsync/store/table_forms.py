"""The tables as they are copied: their order, keys and columns, and one neutral form of a row for both databases.

In the neutral form, which is SQLite's own, a time is text in UTC, JSON is its text, a boolean 0 or 1. So rows go from
one database to the other without being understood, and equal rows have equal hashes wherever they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Table, Text

from inboxsync.store.column_types import UtcTime
from inboxsync.store.core_tables import METADATA

Row = tuple[Any, ...]

_PREFIX = "inboxsync_"
# Who works right now, and what is made of messages anew. The facts about the store itself are written last.
_LEFT_OUT = frozenset({"inboxsync_leases", "inboxsync_search", "inboxsync_search_queue", "inboxsync_meta"})
_TIME = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
_MODULUS = 2**256


@dataclass(frozen=True, slots=True)
class TableForm:
    """One table. `key` is its primary key, `texts` those columns of it that are text; `numbered` ones have an `id`."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    texts: frozenset[str]
    times: frozenset[str]
    jsons: frozenset[str]
    booleans: frozenset[str]
    numbered: bool

    def select(self, *, is_sqlite: bool, after: bool) -> str:
        """The query for its rows in neutral form, in the order of the key as octets; `after` takes a key."""
        shown = ", ".join(self._shown(name, is_sqlite=is_sqlite) for name in self.columns)
        key = ", ".join(self._ordered(name, is_sqlite=is_sqlite) for name in self.key)
        where = f" WHERE ({key}) > ({', '.join('?' * len(self.key))})" if after else ""
        return f"SELECT {shown} FROM {self.name}{where} ORDER BY {key}"  # noqa: S608  names from this package

    @property
    def insert(self) -> str:
        """The statement that writes one row in neutral form into SQLite."""
        marks = ", ".join("?" * len(self.columns))
        return f"INSERT INTO {self.name} ({self.column_list}) VALUES ({marks})"  # noqa: S608  names from this package

    @property
    def column_list(self) -> str:
        """Its columns, quoted: one of them is called `trigger`."""
        return ", ".join(f'"{name}"' for name in self.columns)

    def key_of(self, row: Row) -> list[Any]:
        """The key of a row."""
        return [row[self.columns.index(name)] for name in self.key]

    def for_postgres(self, rows: Iterable[Row]) -> Iterable[Row]:
        """Rows as Postgres reads them as text: times say that they are in UTC."""
        places = [index for index, name in enumerate(self.columns) if name in self.times]
        if not places:
            return rows
        return (self._with_zone(row, places) for row in rows)

    def _with_zone(self, row: Row, places: list[int]) -> Row:
        values = list(row)
        for index in places:
            if values[index] is not None:
                values[index] += "+00"
        return tuple(values)

    def _shown(self, name: str, *, is_sqlite: bool) -> str:
        quoted = f'"{name}"'
        if is_sqlite:
            return quoted
        if name in self.times:
            return _TIME.format(quoted)
        return f"{quoted}::text" if name in self.jsons else f"{quoted}::int" if name in self.booleans else quoted

    def _ordered(self, name: str, *, is_sqlite: bool) -> str:
        return f'"{name}"' if is_sqlite or name not in self.texts else f'"{name}" COLLATE "C"'


def table_forms() -> tuple[TableForm, ...]:
    """Every table that is copied, those first that others refer to."""
    return tuple(
        _form(one) for one in METADATA.sorted_tables if one.name.startswith(_PREFIX) and one.name not in _LEFT_OUT
    )


def _form(table: Table) -> TableForm:
    def named(kind: type[Any]) -> frozenset[str]:
        return frozenset(column.name for column in table.columns if _is(column, kind))

    key = tuple(column.name for column in table.primary_key)
    return TableForm(
        name=table.name,
        columns=tuple(column.name for column in table.columns),
        key=key,
        texts=named(Text) & frozenset(key),
        times=named(UtcTime),
        jsons=named(JSON),
        booleans=named(Boolean),
        numbered=key == ("id",),
    )


def _is(column: Column[Any], kind: type[Any]) -> bool:
    return isinstance(column.type, kind)


class Digest:
    """Count and hash of rows in neutral form, whatever their order: the sum of their SHA-256."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: Row) -> None:
        """Take a row in."""
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(b"".join(map(_marked, row))).digest(), "big")

    @property
    def hex(self) -> str:
        """The hash so far."""
        return f"{self._sum % _MODULUS:064x}"


def _marked(value: object) -> bytes:
    """A value so that no two rows read the same: its kind and its length before it."""
    if value is None:
        return b"n"
    if isinstance(value, int):
        return b"i%d;" % value
    octets = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
    return b"%s%d:%s" % (b"b" if isinstance(value, bytes) else b"s", len(octets), octets)
