"""Rows for tests of the control plane and of the views, written by table and column name on either database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, func, insert, make_url, select

from inboxsync.store.tables import Meta

TABLES = Meta.metadata.tables
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)

_DEFAULTS: dict[str, dict[str, Any]] = {
    "inboxsync_placements": {"uidvalidity": 1, "fate": "stored", "size_bytes": 10, "flags": [], "seen_action": "none"},
    "inboxsync_messages": {
        "scope": "store",
        "fingerprint": "f",
        "fingerprint_version": 1,
        "raw_sha256": "r",
        "size_bytes": 10,
        "subject": "s",
        "from_address": "a@example.com",
        "from_name": "A",
        "from_raw": "A <a@example.com>",
        "recipients": {},
        "received_at": AT,
        "in_reply_to": [],
        "reference_ids": [],
        "headers": {},
        "snippet": "",
        "has_attachments": False,
        "is_auto_reply": False,
        "is_bounce": False,
        "is_bulk": False,
        "delivery_reports": [],
        "authentication": {},
        "defects": [],
        "parser_version": 1,
        "is_unverified": False,
        "stored_at": AT,
    },
    "inboxsync_tickets": {
        "subject": "s",
        "status": "open",
        "priority": "normal",
        "tags": [],
        "requester_name": "A",
        "requester_email": "a@example.com",
        "requester_key": "a@example.com",
        "is_unverified": False,
        "watchers": [],
        "created_at": AT,
        "updated_at": AT,
        "first_message_at": AT,
        "last_message_at": AT,
    },
    "inboxsync_raw": {"encoding": "identity", "size_bytes": 1, "data": b"x"},
    "inboxsync_ticket_effects": {"scope": "store", "effect": "created", "at": AT},
    "inboxsync_quarantine": {"reason": "parse", "error": "e", "at": AT},
}


class Rows:
    """Inserts and reads rows directly."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def add(self, table: str, **values: Any) -> int:
        """Insert a row with the table's defaults for tests; answers its id, 0 where it has none."""
        if table == "inboxsync_placements":
            values = {"attempts": 0, "listed_at": AT, **values}
        target = TABLES[table]
        with self.engine.begin() as connection:
            key = connection.execute(insert(target).values({**_DEFAULTS.get(table, {}), **values})).inserted_primary_key
        return int(key[0]) if key is not None and "id" in target.columns else 0

    def count(self, table: str) -> int:
        """How many rows a table has."""
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(TABLES[table])).scalar_one())

    def read(self, statement: str) -> list[dict[str, Any]]:
        """Run a query and answer its rows by column."""
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.exec_driver_sql(statement).mappings()]


@contextmanager
def rows_of(url: str) -> Iterator[Rows]:
    """Open a database for direct writing."""
    made = make_url(url)
    if made.drivername == "postgresql":
        made = made.set(drivername="postgresql+psycopg")
    engine = create_engine(made, poolclass=NullPool)
    try:
        yield Rows(engine)
    finally:
        engine.dispose()
