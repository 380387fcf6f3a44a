"""Writes `core_tables.py` and `shapes.py` from `tables/`: the same tables, without what makes SQLModel dear to import.

`python -m devtools.pages` puts them in place; a test holds all three equal (docs/adr/0007, 0018).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Table

from inboxsync.store import tables

_SHAPES_HEAD = '''"""What bulk work knows of tables. Made from `tables/` by `inboxsync.store.core_source`."""

from __future__ import annotations

from inboxsync.store.bulk import TableShape
'''

_HEAD = '''"""The tables for bulk statements. Made from `tables/` by `inboxsync.store.core_source`: do not edit.

Only what statements need: names, types, keys. SQLModel's import costs 250 ms and 14 MiB, which no run pays that way.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, MetaData, Table, Text

from inboxsync.store.column_types import BIG, JSON_OR_NULL, UTC_TIME

METADATA = MetaData()
'''

_PREFIX = "inboxsync_"


def core_source() -> str:
    """Answer the module's text."""
    declared = tables.Meta.metadata.tables
    return _HEAD + "".join(_table(declared[name]) for name in sorted(declared) if name.startswith(_PREFIX))


def shapes_source() -> str:
    """Answer the text of the module that names columns without SQLAlchemy."""
    declared = tables.Meta.metadata.tables
    return _SHAPES_HEAD + "".join(_shape(declared[name]) for name in sorted(declared) if name.startswith(_PREFIX))


def _shape(table: Table) -> str:
    constant = table.name.removeprefix(_PREFIX).upper()
    fields = [("columns", "{}", [column.name for column in table.columns])]
    fields += [("times", "frozenset({})", [column.name for column in table.columns if _type(column) == "UTC_TIME"])]
    fields += [
        ("jsons", "frozenset({})", [column.name for column in table.columns if _type(column).startswith("JSON")])
    ]
    lines = "".join(f"    {name}={form.format(_names(values))},\n" for name, form, values in fields if values)
    return f'\n{constant} = TableShape(\n    "{table.name}",\n{lines})\n'


def _names(values: list[str]) -> str:
    return f"({', '.join(repr(value) for value in values)},)"


def _table(table: Table) -> str:
    columns = "".join(f"    {line},\n" for line in _columns(table))
    constant = table.name.removeprefix(_PREFIX).upper()
    return f'\n{constant} = Table(\n    "{table.name}",\n    METADATA,\n{columns})\n'


def _columns(table: Table) -> Iterator[str]:
    for column in table.columns:
        traits = ", primary_key=True" if column.primary_key else "" if column.nullable else ", nullable=False"
        points_at = "".join(f', ForeignKey("{key.target_fullname}")' for key in column.foreign_keys)
        yield f'Column("{column.name}", {_type(column)}{points_at}{traits})'


def _type(column: Column[object]) -> str:
    name = type(column.type).__name__
    if getattr(column.type, "none_as_null", False):
        return "JSON_OR_NULL"
    if name == "BigInteger":
        return "BIG" if "sqlite" in column.type._variant_mapping else name
    return "UTC_TIME" if name == "UTCDateTime" else name
