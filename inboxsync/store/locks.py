"""Named locks of the whole database, for both planes, held until a transaction ends."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.store.statements import Statements

# Held from before a batch looks its requesters up until the tickets and events that refer to them are committed.
TICKETS_LOCK = "ticket numbers and events"


def lock_number(name: str) -> int:
    """Name an advisory lock of Postgres: a stable signed 64-bit number of a text."""
    return int.from_bytes(hashlib.sha256(f"inboxsync:{name}".encode()).digest()[:8], "big", signed=True)


def lock_until_commit(work: Statements, name: str) -> None:
    """Hold a named lock of the whole database until this transaction ends; on SQLite the transaction is that lock."""
    if not work.dialect.is_sqlite:
        work.row("SELECT pg_advisory_xact_lock(?)", (lock_number(name),))
