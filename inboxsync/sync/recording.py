"""Writing one batch in its own transaction, again where the database says that it did not happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inboxsync.store.retrying import by_transaction

if TYPE_CHECKING:
    from inboxsync.model.ingest import BatchRecord, Recorded
    from inboxsync.sync.context import Tools


def record(tools: Tools, batch: BatchRecord) -> Recorded:
    """Write a batch whose decisions need no look at the store; a batch written twice changes nothing.

    Raises StoreError: nothing is written.
    """

    def once() -> Recorded:
        with tools.store.content.transaction(batch.scope) as transaction:
            return transaction.record(batch)

    return by_transaction(once, pause=tools.pause)
