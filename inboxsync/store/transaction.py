"""One open write transaction of the content plane, as the engine uses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, text

from inboxsync.store.alchemy import is_sqlite, lock_number, select_in
from inboxsync.store.cleaning import clean_key
from inboxsync.store.contents import known_contents
from inboxsync.store.core_tables import CONTACTS
from inboxsync.store.record import record_batch

if TYPE_CHECKING:
    from inboxsync.model.ingest import BatchRecord, Known, Recorded
    from inboxsync.store.blobs import Blobs


class SqlTransaction:
    """Implements `Transaction`: what `known` answers stays true until `record` has written."""

    def __init__(self, connection: Connection, scope: str, blobs: Blobs) -> None:
        self._connection = connection
        self._scope = scope
        self._blobs = blobs

    def known(self, scope: str, external_ids: Iterable[str]) -> Mapping[str, Known]:
        """Which of these ids the scope has, under the ids as given."""
        return known_contents(self._connection, scope, external_ids)

    def known_senders(self, addresses: Iterable[str]) -> frozenset[str]:
        """Which of these addresses (lower case) are contacts."""
        asked = {clean_key(address): address for address in addresses}
        found = select_in(self._connection, select(CONTACTS.c.email), CONTACTS.c.email, asked)
        return frozenset(asked[row.email] for row in found)

    def record(self, batch: BatchRecord) -> Recorded:
        """Write a batch of this transaction's scope; writing it again changes nothing."""
        if batch.scope != self._scope:
            raise ValueError(f"a batch of scope {batch.scope!r} in a transaction that holds {self._scope!r}")
        return record_batch(self._connection, batch, self._blobs)


def hold_scope(connection: Connection, scope: str, *, durable: bool) -> None:
    """Keep every other transaction of this scope out until commit, and make that commit as durable as asked (P1).

    SQLite does both by how the transaction begins. Postgres: an advisory lock, and `synchronous_commit` for this
    transaction, which an administrator may have switched off for all.
    """
    if is_sqlite(connection):
        return
    wish = (
        "CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END"
        if durable
        else "set_config('synchronous_commit', 'off', true)"
    )
    statement = text(f"SELECT {wish}, pg_advisory_xact_lock(:number)")
    connection.execute(statement, {"number": lock_number(f"scope {scope}")})
