"""Column types in one word each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def key() -> sa.Column[int]:
    """Declare the surrogate key `id`."""
    return sa.Column("id", _big(), nullable=False)


def ref(name: str, *, null: bool = False) -> sa.Column[int]:
    """Declare a column that refers to a surrogate key."""
    return sa.Column(name, _big(), nullable=null)


def words(*names: str, null: bool = False) -> list[sa.Column[str]]:
    """Declare text columns."""
    return [sa.Column(name, sa.Text(), nullable=null) for name in names]


def moments(*names: str, null: bool = False) -> list[sa.Column[datetime]]:
    """Declare times."""
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=null) for name in names]


def flags(*names: str) -> list[sa.Column[bool]]:
    """Declare booleans."""
    return [sa.Column(name, sa.Boolean(), nullable=False) for name in names]


def numbers(*names: str, null: bool = False) -> list[sa.Column[int]]:
    """Declare 32-bit integers."""
    return [sa.Column(name, sa.Integer(), nullable=null) for name in names]


def bigs(*names: str, null: bool = False) -> list[sa.Column[int]]:
    """Declare 64-bit integers."""
    return [sa.Column(name, sa.BigInteger(), nullable=null) for name in names]


def octets(*names: str, null: bool = False) -> list[sa.Column[bytes]]:
    """Declare binary columns."""
    return [sa.Column(name, sa.LargeBinary(), nullable=null) for name in names]


def documents(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    """Declare JSON columns."""
    return [sa.Column(name, sa.JSON(), nullable=null) for name in names]


def partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    """Index the rows of a table that meet a condition."""
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
