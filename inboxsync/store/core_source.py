"""Writes `core_tables.py` from `tables/`: the same tables for bulk work, without what makes SQLModel dear to import.

`python -m inboxsync.store.core_source > inboxsync/store/core_tables.py`; a test holds the two equal (docs/adr/0007).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from sqlalchemy import Column, Table

from inboxsync.store import tables

_HEAD = '''"""The tables for bulk statements. Made from `tables/` by `inboxsync.store.core_source`: do not edit.

Only what statements need: names, types, keys. SQLModel's import costs 250 ms and 14 MiB, which no run pays that way.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, MetaData, Table, Text

from inboxsync.store.column_types import BIG, UTC_TIME

METADATA = MetaData()
'''

_PREFIX = "inboxsync_"


def core_source() -> str:
    """Answer the module's text."""
    declared = tables.Meta.metadata.tables
    return _HEAD + "".join(_table(declared[name]) for name in sorted(declared) if name.startswith(_PREFIX))


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
    if name == "BigInteger":
        return "BIG" if "sqlite" in column.type._variant_mapping else name
    return "UTC_TIME" if name == "UTCDateTime" else name


if __name__ == "__main__":
    sys.stdout.write(core_source())
