"""Events written in the content plane's transactions. All of them are written here, whoever has something to tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inboxsync.store.bulk import Row, insert_rows
from inboxsync.store.locks import TICKETS_LOCK, lock_until_commit
from inboxsync.store.shapes import EVENTS

if TYPE_CHECKING:
    from datetime import datetime

    from inboxsync.store.statements import Statements


def tell(work: Statements, events: Sequence[tuple[str, Row]], *, at: datetime, integration_id: int | None) -> None:
    """Append events, each a type and its data, in this order and in the open transaction.

    To be called as late in a transaction as can be: on Postgres it keeps every other writer of events out until commit.
    """
    if not events:
        return
    # Ids must appear in the order of commits: a reader that has seen event 10 never looks for event 9 again.
    lock_until_commit(work, TICKETS_LOCK)
    rows = [{"type": kind, "at": at, "integration_id": integration_id, "data": data} for kind, data in events]
    insert_rows(work, EVENTS, rows)
