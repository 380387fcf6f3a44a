"""Copying a whole store into another database (docs/adr/0026).

source: one snapshot → target: marked as unfinished → tables in order, batch by batch, each with how far it is →
sequences → comparing every row → the facts about the store, with which it is a store.

Killed at any point and called again, it goes on behind the last batch that the target has. Where the source changed in
between, so that rows no longer fit together or are not the same at the end, the target is emptied and begun anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inboxsync.errors import SchemaNewer, SchemaOlder, StoreConflict, StoreCorrupt, StoreRefused, UsageError
from inboxsync.model.copying import CopyReport, CopyWatch, TableCopy
from inboxsync.store.connection import Database
from inboxsync.store.control_rows import upsert
from inboxsync.store.schema import COPYING, SqlSchema
from inboxsync.store.search_index import queue_all
from inboxsync.store.snapshots import Snapshot, snapshot_of
from inboxsync.store.table_forms import Row, TableForm, table_forms
from inboxsync.store.version import SCHEMA_VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from inboxsync.store.address import DatabaseAddress
    from inboxsync.store.ports import Store
    from inboxsync.store.statements import Statements

# A batch is what a killed copy does again, and what stays in memory.
BATCH_ROWS = 2_000
BATCH_BYTES = 8 * 1024 * 1024
_VERSION = "schema_version"
_PROGRESS = "copy"
_SAVE = upsert("inboxsync_meta", ("name", "value"))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a copy of a store is: tables that are done, and the key behind which the one at work goes on."""

    store_uuid: str
    done: tuple[str, ...] = ()
    table: str = ""
    after: tuple[Any, ...] = ()

    def text(self) -> str:
        """Write it as it is kept."""
        return json.dumps([self.store_uuid, self.done, self.table, self.after])

    @classmethod
    def read(cls, text: str) -> Progress:
        """Read it back."""
        store_uuid, done, table, after = json.loads(text)
        return cls(store_uuid, tuple(done), table, tuple(after))


def store_at(address: DatabaseAddress, data_dir: Path) -> Store:
    """Answer the store in a database beside the configured one; making it touches nothing."""
    from inboxsync.store.sql import SqlStore

    return SqlStore(address, data_dir)


def copy_store(
    source: DatabaseAddress,
    target: DatabaseAddress,
    watch: CopyWatch | None = None,
    *,
    batch_rows: int = BATCH_ROWS,
) -> CopyReport:
    """Copy a store; the target is one when this returns. Of its search index only the queue is filled.

    UsageError for a target that is not ours to fill, SchemaOlder and SchemaNewer for a source of another version,
    StoreConflict where it was stopped, and other StoreErrors: called again it goes on.
    """
    _check_version(source)
    if source.url == target.url:
        raise UsageError("source and target are the same database")
    database = Database(target)
    try:
        with snapshot_of(source) as snapshot:
            copy = _Copy(snapshot, database, watch or CopyWatch(), batch_rows)
            return copy.run()
    finally:
        database.close()


def _check_version(source: DatabaseAddress) -> None:
    database = Database(source)
    try:
        found = SqlSchema(database).current()
    finally:
        database.close()
    if found is None:
        raise UsageError(f"{source.place} has no store", hint="name the database that inboxsync has been using")
    if found != SCHEMA_VERSION:
        kind = SchemaOlder if found < SCHEMA_VERSION else SchemaNewer
        raise kind(f"{source.place} has schema version {found}, this inboxsync knows {SCHEMA_VERSION}")


@dataclass(slots=True)
class _Copy:
    source: Snapshot
    database: Database
    watch: CopyWatch
    batch_rows: int
    forms: tuple[TableForm, ...] = field(default_factory=table_forms)
    written: dict[str, int] = field(default_factory=dict)

    def run(self) -> CopyReport:
        facts = self.source.facts()
        if self._is_copied(facts):
            return self._compared()
        found = self._prepared(facts)
        resumed = found is not None
        try:
            counts = self._filled(found or Progress(facts["store_uuid"]))
            differing = self._differing()
        except StoreRefused:
            if not resumed:
                raise
            differing, counts = ["rows that refer to others"], {}
        if differing and resumed:
            self._empty(facts)
            counts, differing = self._filled(Progress(facts["store_uuid"])), self._differing()
            if not differing:
                return self._finished(facts, counts, resumed=False, begun_anew=True)
        if differing:
            raise StoreCorrupt(f"{self.database.address.place}: not what was written: {', '.join(differing)}")
        return self._finished(facts, counts, resumed=resumed, begun_anew=False)

    # --- the target ------------------------------------------------------------------------------------------------

    def _is_copied(self, facts: Mapping[str, str]) -> bool:
        """Whether the target is a finished copy of this store; maybe one that has been used since."""
        if not SqlSchema(self.database).exists():
            return False
        there: dict[str, str] = dict(self.database.rows("SELECT name, value FROM inboxsync_meta"))
        return there.get("store_uuid") == facts["store_uuid"]

    def _compared(self) -> CopyReport:
        differing = self._differing()
        if differing:
            raise UsageError(
                f"{self.database.address.place} is a copy of this store already, and differs: {', '.join(differing)}",
                hint="use the one that has been used since, or name an empty database",
            )
        return self._report({form.name: self.source.count(form.name) for form in self.forms}, resumed=True)

    def _prepared(self, facts: Mapping[str, str]) -> Progress | None:
        """Make the target ready; answers how far an earlier call came, None where there was none."""
        schema = SqlSchema(self.database)
        if not schema.exists():
            schema.ensure()
        there: dict[str, str] = dict(self.database.rows("SELECT name, value FROM inboxsync_meta"))
        if _PROGRESS in there:
            return self._resumable(Progress.read(there[_PROGRESS]), facts)
        self._check_empty()
        self._mark(facts)
        return None

    def _resumable(self, progress: Progress, facts: Mapping[str, str]) -> Progress:
        if progress.store_uuid != facts["store_uuid"]:
            raise UsageError(
                f"{self.database.address.place} holds the unfinished copy of another store",
                hint="finish that copy, or name an empty database",
            )
        return progress

    def _check_empty(self) -> None:
        place = self.database.address.place
        used = [form.name for form in self.forms if self.database.row(f"SELECT 1 FROM {form.name} LIMIT 1")]  # noqa: S608  our names
        if used:
            raise UsageError(f"{place} is not empty: it has {', '.join(used)}", hint="name an empty database")

    def _mark(self, facts: Mapping[str, str]) -> None:
        """From here on no command takes the target for a store, until all of it is there."""
        with self.database.transaction() as work:
            work.run("DELETE FROM inboxsync_meta")
            work.run(_SAVE, (_VERSION, COPYING))
            work.run(_SAVE, (_PROGRESS, Progress(facts["store_uuid"]).text()))

    def _empty(self, facts: Mapping[str, str]) -> None:
        self.written.clear()
        with self.database.transaction() as work:
            for form in reversed(self.forms):
                work.run(f"DELETE FROM {form.name}")  # noqa: S608  names from this package
        self._mark(facts)

    # --- rows ------------------------------------------------------------------------------------------------------

    def _filled(self, progress: Progress) -> dict[str, int]:
        """Copy what is missing; answers how many rows each table has in the source."""
        counts = {form.name: self.source.count(form.name) for form in self.forms}
        self.watch.total("copying", sum(count for name, count in counts.items() if name not in progress.done))
        for form in self.forms:
            if form.name not in progress.done:
                progress = self._table(form, progress)
        self._carry_ids()
        return counts

    def _table(self, form: TableForm, progress: Progress) -> Progress:
        begin = progress.after if progress.table == form.name else None
        for batch in _batches(self.source.rows(form, begin or None), self.batch_rows):
            if self.watch.stopped():
                raise StoreConflict("the copy was stopped", hint="call it again to go on")
            now = Progress(progress.store_uuid, progress.done, form.name, tuple(form.key_of(batch[-1])))
            with self.database.transaction() as work:
                _write(work, form, batch)
                work.run(_SAVE, (_PROGRESS, now.text()))
            self.written[form.name] = self.written.get(form.name, 0) + len(batch)
            self.watch.advance(len(batch))
        return Progress(progress.store_uuid, (*progress.done, form.name))

    def _carry_ids(self) -> None:
        """Ids that the source gave out and took back are not given out again by the target either."""
        with self.database.transaction() as work:
            for form in self.forms:
                if form.numbered:
                    _set_last_id(work, form.name, self.source.last_id(form.name))

    def _differing(self) -> list[str]:
        """The tables whose rows are not the same in source and target, every one of them read."""
        self.watch.total("comparing", 2 * sum(self.source.count(form.name) for form in self.forms))
        with snapshot_of(self.database.address) as target:
            return [form.name for form in self.forms if self._digest(self.source, form) != self._digest(target, form)]

    def _digest(self, snapshot: Snapshot, form: TableForm) -> tuple[int, str]:
        found = snapshot.digest(form, self.watch.advance)
        return found.rows, found.hex

    def _finished(
        self, facts: Mapping[str, str], counts: Mapping[str, int], *, resumed: bool, begun_anew: bool
    ) -> CopyReport:
        """Write the facts about the store, which make it one, and let its messages wait for indexing."""
        with self.database.transaction() as work:
            queue_all(work)
            work.run("DELETE FROM inboxsync_meta")
            for name, value in facts.items():
                work.run(_SAVE, (name, value))
        if not self.database.dialect.is_sqlite:
            self._analyze()
        return self._report(counts, resumed=resumed, begun_anew=begun_anew)

    def _analyze(self) -> None:
        """Until Postgres has counted, which it does by itself some minutes later, it takes every table for small."""
        with self.database.transaction(durable=False) as work:
            for form in self.forms:
                work.run(f"ANALYZE {form.name}")

    def _report(self, counts: Mapping[str, int], *, resumed: bool, begun_anew: bool = False) -> CopyReport:
        tables = tuple(TableCopy(form.name, counts[form.name], self.written.get(form.name, 0)) for form in self.forms)
        return CopyReport(self.source.address.place, self.database.address.place, tables, resumed, begun_anew)


def _batches(rows: Iterable[Row], most_rows: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    size_bytes = 0
    for row in rows:
        batch.append(row)
        size_bytes += sum(len(value) for value in row if isinstance(value, (str, bytes)))
        if len(batch) >= most_rows or size_bytes >= BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch


def _write(work: Statements, form: TableForm, batch: list[Row]) -> None:
    if work.dialect.is_sqlite:
        work.many(form.insert, batch)
    else:
        work.load(form.name, form.column_list, form.for_postgres(batch))


def _set_last_id(work: Statements, table: str, last_id: int) -> None:
    if not work.dialect.is_sqlite:
        work.row("SELECT setval(pg_get_serial_sequence(?, 'id'), ?, ?)", (table, max(last_id, 1), last_id > 0))
    elif not work.run("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (last_id, table)):
        work.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last_id))
