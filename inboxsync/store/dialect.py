"""What SQLite and Postgres spell differently, for the control plane's hand-written SQL.

Statements are written once with `?`. Times on SQLite are the text that SQLModel's UTCDateTime writes there
(`YYYY-MM-DD HH:MM:SS.ffffff`, UTC), so that both planes and plain SQL compare them as text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from inboxsync.store.cleaning import clean_json, clean_text


@dataclass(frozen=True, slots=True)
class Dialect:
    """One database's spelling. `now` is its own clock, `later` its clock plus a parameter from `seconds()`.

    `values` is a query for the items of one parameter, a list of texts.
    """

    name: str
    now: str
    later: str
    has_table: str
    views: str
    values: str
    lock_table: str

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.name == "sqlite"

    def sql(self, statement: str) -> str:
        """Spell the parameters of a statement for the driver; our statements hold no other `?` or `%`."""
        return statement if self.is_sqlite else statement.replace("?", "%s")

    def parameter(self, value: object) -> object:
        """Encode a value as the driver stores it; texts are cleaned of what a column cannot hold."""
        if isinstance(value, datetime):
            return time_text(value) if self.is_sqlite else value.astimezone(UTC)
        if isinstance(value, Enum):
            return value.value
        if isinstance(value, str):
            return clean_text(value)
        if isinstance(value, (list, tuple, dict)):
            return json.dumps(clean_json(value))
        return value

    def seconds(self, seconds: float) -> object:
        """Encode a duration for `later`."""
        return f"{seconds:+.3f}" if self.is_sqlite else float(seconds)


SQLITE = Dialect(
    name="sqlite",
    # SQLite's clock shows milliseconds; three zeros make it compare as text with the six digits of stored times.
    now="strftime('%Y-%m-%d %H:%M:%f000', 'now')",
    later="strftime('%Y-%m-%d %H:%M:%f000', 'now', ? || ' seconds')",
    has_table="SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?",
    views="SELECT name FROM sqlite_master WHERE type = 'view'",
    values="SELECT value FROM json_each(?)",
    lock_table="",  # BEGIN IMMEDIATE already keeps every other writer out
)
POSTGRES = Dialect(
    name="postgres",
    # Not now(): that stands still from the start of the transaction, which may have waited for a lock.
    now="clock_timestamp()",
    later="clock_timestamp() + make_interval(secs => ?)",
    has_table="SELECT count(*) FROM (SELECT to_regclass(?) AS found) AS named WHERE found IS NOT NULL",
    views="SELECT viewname FROM pg_views WHERE schemaname = ANY (current_schemas(false))",
    values="SELECT json_array_elements_text(CAST(? AS json))",
    # Keeps out other writers, not readers and not rows that refer to this table.
    lock_table="LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE",
)


def time_text(value: datetime) -> str:
    """Write an aware time as SQLite stores it; ValueError for a naive one."""
    if value.tzinfo is UTC:  # as nearly all are
        return _utc_text(value)
    if value.utcoffset() is None:
        raise ValueError("a time without a zone cannot be stored")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


@lru_cache(maxsize=1024)
def _utc_text(value: datetime) -> str:
    """Write a time in UTC; kept, since the rows of a batch have few times, and most of them the same."""
    return value.isoformat(" ", "microseconds")[:26]


def read_time(value: Any) -> datetime | None:
    """Read a time of either database back: aware, UTC; None stays None."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.fromisoformat(f"{value}+00:00")  # an eighth of the time that replacing the zone takes


def read_moment(value: Any) -> datetime:
    """Read a time that is never null."""
    moment = read_time(value)
    if moment is None:
        raise ValueError("a time that must be set is null")
    return moment


def read_json(value: Any) -> Any:
    """Read a JSON column: text on SQLite, already decoded by psycopg."""
    return json.loads(value) if isinstance(value, (str, bytes)) else value
