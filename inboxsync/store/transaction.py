"""One open write transaction of the content plane, as the engine uses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from inboxsync.errors import StoreConflict
from inboxsync.model.placement import Fate
from inboxsync.store.cleaning import clean_key
from inboxsync.store.contents import known_contents
from inboxsync.store.locks import lock_number
from inboxsync.store.record import record_batch
from inboxsync.store.refiltering import retrace
from inboxsync.store.ticket_candidates import candidates

if TYPE_CHECKING:
    from inboxsync.model.ingest import BatchRecord, Known, Recorded
    from inboxsync.model.routing import RoutingFacts, RoutingQuestion
    from inboxsync.store.blobs import Blobs
    from inboxsync.store.connections import Work

_SENDERS = "SELECT email FROM inboxsync_contacts WHERE email IN ({in})"


class SqlTransaction:
    """Implements `Transaction`: what `known` answers stays true until `record` has written."""

    def __init__(self, work: Work, scope: str, blobs: Blobs) -> None:
        self._work = work
        self._scope = scope
        self._blobs = blobs

    def known(self, scope: str, external_ids: Iterable[str]) -> Mapping[str, Known]:
        """Which of these ids the scope has, under the ids as given."""
        return known_contents(self._work, scope, external_ids)

    def known_senders(self, addresses: Iterable[str]) -> frozenset[str]:
        """Which of these addresses (lower case) are contacts."""
        asked = {clean_key(address): address for address in addresses}
        return frozenset(asked[email] for (email,) in self._work.rows_in(_SENDERS, asked))

    def routing_facts(self, asked: RoutingQuestion) -> RoutingFacts:
        """What the store knows that may tell the tickets of a batch."""
        return candidates(self._work, self._scope, asked)

    def record(self, batch: BatchRecord) -> Recorded:
        """Write a batch of this transaction's scope; writing it again changes nothing."""
        if batch.scope != self._scope:
            raise ValueError(f"a batch of scope {batch.scope!r} in a transaction that holds {self._scope!r}")
        recorded = record_batch(self._work, batch, self._blobs)
        self._hold_files(batch)
        return recorded

    def retrace(self, batch: BatchRecord) -> None:
        """Note what stored mail met now, and that alone; writing it again changes nothing."""
        retrace(self._work, batch)

    def _hold_files(self, batch: BatchRecord) -> None:
        """Refuse to commit rows that name files which a purge has deleted since they were published.

        Looked for after the rows are written: from then on until the commit nothing is deleted (`store.orphans`).
        """
        stored = (one.prepared for one in batch.outcomes if one.fate is Fate.STORED and one.prepared is not None)
        missing = self._blobs.missing(stored)
        if missing is not None:
            raise StoreConflict(f"{missing} was removed by a purge while mail that needs it was being stored")


def hold_scope(work: Work, scope: str, *, durable: bool) -> None:
    """Keep every other transaction of this scope out until commit, and make that commit as durable as asked (P1).

    SQLite does both by how the transaction begins. Postgres: an advisory lock, and `synchronous_commit` for this
    transaction, which an administrator may have switched off for all.
    """
    if work.dialect.is_sqlite:
        return
    wish = (
        "CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END"
        if durable
        else "set_config('synchronous_commit', 'off', true)"
    )
    work.row(f"SELECT {wish}, pg_advisory_xact_lock(?)", (lock_number(f"scope {scope}"),))
