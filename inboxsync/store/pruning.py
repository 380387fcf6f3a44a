"""Giving up mail's octets, files and texts that are old or large enough (docs/adr/0026).

Batches in the order of their keys, each one durable transaction: first the rows tell that it is gone, then its files
go, so a process that dies in between leaves files that nothing refers to (`orphans`), never a row without its file.
What is done is not chosen again, so another call goes on where one was stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync.model.pruning import LogOrder, MailOrder, PruneLine, PruneOrder, PruneReport, Watch
from inboxsync.store.errors import translated
from inboxsync.store.orphans import delete_unreferenced
from inboxsync.store.pruning_logs import LogLine, pruned_log
from inboxsync.store.pruning_rows import LOCKED, Chosen, Kind, kinds
from inboxsync.store.publishing import size_of

if TYPE_CHECKING:
    from inboxsync.store.connection import Database
    from inboxsync.store.ports import Store

# Writers wait for one batch: a few milliseconds.
BATCH = 500


def pruning_of(store: Store) -> Pruning:
    """Answer what gives things up in an open store; TypeError for another kind of it."""
    from inboxsync.store.sql import SqlStore

    if not isinstance(store, SqlStore):
        raise TypeError(f"{type(store).__name__} cannot be pruned")
    return Pruning(store.database, store.data_dir)


@dataclass(frozen=True, slots=True)
class Pruning:
    """Gives up what orders say. Raises StoreError; what was done until then stays done."""

    database: Database
    data_dir: Path
    batch: int = BATCH

    def run(self, order: PruneOrder, watch: Watch | None = None) -> PruneReport:
        """Carry an order out, or count what it would give up where it is not to be applied."""
        watch = watch or Watch()
        lines = []
        orders: tuple[MailOrder | LogOrder, ...] = (*order.mail, *order.logs)
        for each in orders:
            for line in self._lines(each, order, watch):
                lines.append(line)
                if watch.stopped():
                    return PruneReport(tuple(lines), order.applies, finished=False)
        return PruneReport(tuple(lines), order.applies)

    def _lines(self, each: MailOrder | LogOrder, order: PruneOrder, watch: Watch) -> Iterator[PruneLine]:
        if isinstance(each, LogOrder):
            yield pruned_log(self.database, each, LogLine(order.applies, self.batch, watch))
            return
        for kind in kinds(each, is_sqlite=self.database.dialect.is_sqlite):
            yield self._mail(kind, order, watch)

    def _mail(self, kind: Kind, order: PruneOrder, watch: Watch) -> PruneLine:
        line, after = PruneLine(kind.what), 0
        while not watch.stopped():
            batch, freed = self._done(kind, order, after) if order.applies else self._counted(kind, after)
            if not batch:
                break
            line, after = line.plus(len(batch), freed), batch[-1].key
            watch.advance(len(batch))
        return line

    def _counted(self, kind: Kind, after: int) -> tuple[Sequence[Chosen], int]:
        batch = kind.batch(self.database.rows, after, self.batch)
        return batch, _in_database(batch) + sum(self._sizes(batch).values())

    def _done(self, kind: Kind, order: PruneOrder, after: int) -> tuple[Sequence[Chosen], int]:
        """Rows first, durably, then files: those that no other row names."""
        with self.database.transaction() as work:
            for table in LOCKED:
                work.lock(table)
            batch = kind.batch(work.rows, after, self.batch)
            kind.change(work, batch, order.at)
        sizes = self._sizes(batch)
        if sizes:
            delete_unreferenced(self.database, self.data_dir, list(sizes))
        kept = self._sizes(batch)
        return batch, _in_database(batch) + sum(sizes.values()) - sum(kept.values())

    def _sizes(self, batch: Sequence[Chosen]) -> dict[str, int]:
        """The files of a batch that are there, and their sizes in bytes."""
        with translated(str(self.data_dir)):
            found = {one.path: size_of(f"{self.data_dir}/{one.path}") for one in batch if one.path is not None}
        return {path: size for path, size in found.items() if size is not None}


def _in_database(batch: Sequence[Chosen]) -> int:
    return sum(one.size_bytes for one in batch)
