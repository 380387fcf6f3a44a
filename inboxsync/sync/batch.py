"""A batch of decided messages on its way into one transaction (design §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from inboxsync.errors import StoreRefused
from inboxsync.model.ingest import BatchRecord, Outcome, Recorded
from inboxsync.model.placement import Fate
from inboxsync.model.report import Counts
from inboxsync.store.retrying import by_transaction
from inboxsync.sync import ingest, settling
from inboxsync.sync.ingest import Policy, Screened

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration
    from inboxsync.store.content_port import Transaction
    from inboxsync.sync.context import Tools
    from inboxsync.sync.routing import Desk


@dataclass(slots=True)
class Batch:
    """Collects screened messages of one folder and writes them together; `counts` sums what was written."""

    tools: Tools
    policy: Policy
    folder_id: int
    uidvalidity: int
    items: list[Screened] = field(default_factory=list)
    size_bytes: int = 0
    counts: Counts = field(default_factory=Counts)

    @property
    def integration(self) -> Integration:
        """Whose messages these are."""
        return self.policy.integration

    @property
    def is_full(self) -> bool:
        """Whether it is time to write."""
        limits = self.tools.limits
        return len(self.items) >= limits.batch_messages or self.size_bytes >= limits.batch_bytes

    def add(self, item: Screened, held_bytes: int) -> None:
        """Take a message; `held_bytes` is what it keeps in memory."""
        self.items.append(item)
        self.size_bytes += held_bytes

    def flush(self) -> Sequence[Outcome]:
        """Write what was collected in one durable transaction and start anew. Raises StoreError: nothing is written.

        Where the database refuses a content (StoreRefused), each message gets a transaction of its own instead, and
        the one that is refused again is set aside (P6); then what stands before an error is written and counted.
        """
        if not self.items:
            return ()
        items, self.items, self.size_bytes = self.items, [], 0
        items = self._gone_but_kept(items)
        try:
            return self._write(items)
        except StoreRefused:
            return [outcome for item in items for outcome in self._write_alone(item)]

    def _write_alone(self, item: Screened) -> Sequence[Outcome]:
        try:
            return self._write([item])
        except StoreRefused as error:
            # Raises where this too is refused: then it is not the message that the database takes offence at.
            return self._write([self._set_aside(item, error)])

    def _set_aside(self, item: Screened, error: StoreRefused) -> Screened:
        """Keep the octets there are and nothing that was read from them."""
        refused, octets = item.outcome, None
        if item.prepared is not None:
            octets = self.tools.store.content.unpack(item.prepared)
        elif refused is not None:
            octets = refused.octets
        outcome = ingest.quarantined(item.meta, "store_refused", error.message, octets)
        return Screened(item.meta, replace(outcome, header=refused.header if refused else None))

    def _gone_but_kept(self, items: list[Screened]) -> list[Screened]:
        """Set aside once more what is gone from the server after all, where its octets were kept (asked for again).

        Vanished means gone before it could be fetched; this was fetched, and has to stay in sight.
        """
        gone = [item.meta.uid for item in items if item.outcome and item.outcome.fate is Fate.VANISHED]
        if not gone:
            return items
        kept = self.tools.store.content.octets_kept(self.folder_id, self.uidvalidity, gone)
        return [_kept_only_here(item) if item.meta.uid in kept else item for item in items]

    def _write(self, items: Sequence[Screened]) -> Sequence[Outcome]:
        outcomes, recorded = by_transaction(lambda: self._write_once(items), pause=self.tools.pause)
        self.counts += counts_of(outcomes, recorded)
        return outcomes

    def _write_once(self, items: Sequence[Screened]) -> tuple[tuple[Outcome, ...], Recorded]:
        scope = self.integration.scope
        with self.tools.store.content.transaction(scope) as transaction:
            known = transaction.known(scope, settling.ids_to_look_up(items))
            desk = self._desk(transaction, items)
            outcomes = settling.settle(items, self.policy, known, desk)
            return outcomes, self._recorded(transaction, self._record(outcomes))

    def _recorded(self, transaction: Transaction, record: BatchRecord) -> Recorded:
        """Write what was decided; another kind of batch may write less of it."""
        return transaction.record(record)

    def _desk(self, transaction: Transaction, items: Sequence[Screened]) -> Desk:
        from inboxsync.sync.routing import Desk, question_of  # what finds nothing new does without

        mails = [item.prepared for item in items if item.prepared is not None]
        if not mails:
            return Desk(self.integration)
        question, keys = question_of(mails, self.integration, self.tools.token_keys)
        return Desk(self.integration, transaction.routing_facts(question), keys)

    def _record(self, outcomes: tuple[Outcome, ...]) -> BatchRecord:
        assert self.integration.id is not None
        return BatchRecord(
            integration_id=self.integration.id,
            folder_id=self.folder_id,
            uidvalidity=self.uidvalidity,
            scope=self.integration.scope,
            at=self.tools.now(),
            outcomes=outcomes,
        )


def _kept_only_here(item: Screened) -> Screened:
    why = "it is gone from the server; the octets it was set aside with are kept"
    return Screened(item.meta, ingest.quarantined(item.meta, "gone_from_server", why, None))


def counts_of(outcomes: Sequence[Outcome], recorded: Recorded) -> Counts:
    """Sum outcomes under their fates; what stays pending is counted once, at the end of the folder."""
    fates = [outcome.fate for outcome in outcomes]
    by_fate = {fate.value: fates.count(fate) for fate in Fate if fate is not Fate.PENDING}
    return Counts(**by_fate, tickets_created=recorded.tickets_created, tickets_updated=recorded.tickets_updated)
