"""Column types that SQLAlchemy does not bring: ids on both databases, and aware times in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator, TypeEngine

# SQLite gives rowids only to INTEGER primary keys; Postgres ids outgrow 32 bits at ten million placements a year.
BIG: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
# Nothing is NULL: SQLAlchemy's own JSON would write the text `null`.
JSON_OR_NULL = JSON(none_as_null=True)


class UtcTime(TypeDecorator[datetime]):
    """Aware times only, kept and given in UTC: what SQLModel's own type writes and reads, column for column."""

    impl = DateTime
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring a time into UTC; ValueError for one that does not say its zone."""
        if value is not None and value.utcoffset() is None:
            raise ValueError("a time without a zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say the zone that SQLite does not keep."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.utcoffset() is None else value.astimezone(UTC)


UTC_TIME = UtcTime()
