"""Deriving stored messages anew after a change of the parser, from the octets as they came (design P8).

Batches are read, parsed, and written in one short transaction each, so a sync goes on meanwhile and a process that is
killed has lost one batch; the next call goes on where it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inboxsync.errors import OctetsPruned, StoreCorrupt
from inboxsync.mail.parse import parse_message
from inboxsync.model.ingest import Prepared
from inboxsync.model.message import ParsedMessage
from inboxsync.model.reparsing import Rederived, ReparseReport
from inboxsync.sync.ingest import with_sane_date

if TYPE_CHECKING:
    from inboxsync.model.reparsing import Parsable, ReparseOrder
    from inboxsync.store.content_port import ContentStore

PAGE_MESSAGES = 100
BATCH_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reparse:
    """One order and what it is carried out with. `advance` is told how many messages more are done."""

    content: ContentStore
    order: ReparseOrder
    trusted_authserv_ids: frozenset[str]
    stopped: Callable[[], bool]
    advance: Callable[[int], object]
    page_messages: int = PAGE_MESSAGES

    def run(self, after_id: int) -> ReparseReport:
        """Do all of it above an id, or as much as there is time for. Raises StoreError."""
        store = self.content.reparsing
        report = ReparseReport(resumed=after_id > 0, pruned=store.pruned(self.order))
        while page := store.page(self.order, after_id, self.page_messages):
            if self.stopped():
                return replace(report, finished=False)
            for batch in self._batches(page):
                report = self._done(report, batch)
            after_id = page[-1].id
            if not self.order.dry_run:
                store.reached(self.order, after_id)
            self.advance(len(page))
        if not self.order.dry_run:
            store.reached(self.order, None)
        return report

    def _done(self, report: ReparseReport, batch: Sequence[Rederived | None]) -> ReparseReport:
        items = [one for one in batch if one is not None]
        store = self.content.reparsing
        changes = store.compare(items) if self.order.dry_run else store.write(items, rethread=self.order.everything)
        fields = Counter(report.fields)
        fields.update(name for names in changes for name in names)
        return replace(
            report,
            looked_at=report.looked_at + len(batch),
            changed=report.changed + sum(1 for names in changes if names),
            unreadable=report.unreadable + len(batch) - len(items),
            fields=dict(fields),
        )

    def _batches(self, page: Sequence[Parsable]) -> Iterator[list[Rederived | None]]:
        """Parse messages, as many as fit into memory at a time; None stands for one whose octets are damaged."""
        batch: list[Rederived | None] = []
        held = 0
        for one in page:
            again = self._again(one)
            batch.append(again)
            held += again.prepared.parsed.size_bytes if again else 0
            if held >= BATCH_BYTES:
                yield batch
                batch, held = [], 0
        if batch:
            yield batch

    def _again(self, one: Parsable) -> Rederived | None:
        try:
            octets = self.content.raw(one.id)
        except (StoreCorrupt, OctetsPruned):
            return None
        if octets is None:
            return None
        parsed = parse_message(octets, trusted_authserv_ids=self.trusted_authserv_ids)
        parsed = with_sane_date(parsed, one.stored_at)
        if self.order.dry_run:
            return Rederived(one.id, one.scope, _unpublished(parsed, one))
        if one.files_pruned:
            parsed = parsed.without_contents()
        return Rederived(one.id, one.scope, self.content.prepare(octets, parsed, one.received_at))


def _unpublished(parsed: ParsedMessage, one: Parsable) -> Prepared:
    """Stand in for what would be published: only for comparing, for which no path counts."""
    paths = ("",) * len(parsed.attachments)
    return Prepared(parsed.without_contents(), "", None, None, paths, one.received_at)
