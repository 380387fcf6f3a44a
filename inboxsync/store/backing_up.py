"""A backup of a store while it is used (docs/adr/0026).

One snapshot decides what is in it: the database as it sees it, by SQLite's online backup or by pg_dump, and the files
that its rows name. All of it is put together under another name and appears at once, its manifest last.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync import system
from inboxsync.errors import DiskFull, StoreBusy, StoreConflict, StoreCorrupt, UsageError
from inboxsync.model.backup import Manifest
from inboxsync.store.errors import translated
from inboxsync.store.file_references import place_files
from inboxsync.store.manifests import MANIFEST, manifest_text, sha256_of
from inboxsync.store.postgres_dump import dump_database
from inboxsync.store.publishing import LEFT_OVER_AFTER_S
from inboxsync.store.schema import SqlSchema
from inboxsync.store.snapshots import Snapshot, snapshot_of
from inboxsync.store.sqlite import make_private_file
from inboxsync.store.table_forms import table_forms
from inboxsync.system.files import make_private_dir, sync_directory

if TYPE_CHECKING:
    from inboxsync.store.ports import Store

SQLITE_FILE = "inboxsync.sqlite3"
POSTGRES_FILE = "inboxsync.pgdump"
_TAR = ".tar"
# 8 MiB a step: between steps the backup can be stopped.
_PAGES = 2_000
_STAMP = "inboxsync-%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class BackupOrder:
    """Where to, and how. `links`: files get a second name where that can be; `database`: it is taken too."""

    place: Path
    at: datetime
    links: bool = True
    database: bool = True

    @property
    def path(self) -> Path:
        """The directory or archive that is made; in a directory that is there already, one named by the time."""
        return self.place / self.at.strftime(_STAMP) if self.place.is_dir() else self.place


@dataclass(frozen=True, slots=True)
class BackupWatch:
    """Who watches: `phase` is told what begins and how much of it there is, `advance` how much more is done."""

    phase: Callable[[str, int], object] = lambda _what, _total: None
    advance: Callable[[int], object] = lambda _done: None
    stopped: Callable[[], bool] = lambda: False


def back_up(store: Store, order: BackupOrder, watch: BackupWatch | None = None) -> Manifest:
    """Make a backup of an open store. A sync may be running.

    UsageError where something is in that place, DiskFull, StoreBusy where another backup is being made there,
    StoreConflict where it was stopped, StoreCorrupt where the copy is not sound; nothing is left in its place then.
    """
    from inboxsync.store.sql import SqlStore

    if not isinstance(store, SqlStore):
        raise TypeError(f"{type(store).__name__} cannot be backed up")
    path = order.path.absolute()
    if path.exists():
        raise UsageError(f"{path} is there already", hint="name another place, or a directory to make it in")
    if store.schema.current() is None:
        raise UsageError("there is no store yet", hint="`inboxsync add` makes it")
    database = store.database
    with translated(str(path.parent)):
        half = _begun(path)
        try:
            with snapshot_of(database.address) as snapshot:
                manifest = _Backup(snapshot, store.data_dir, half, order, watch or BackupWatch()).run()
            _publish(half, path)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return replace(manifest, schema_version=SqlSchema(database).current() or 0)


def _begun(path: Path) -> Path:
    """Make the directory in which all is put together; what a killed backup left an hour ago is cleared away."""
    half = path.with_name(f".{path.name}.half")
    make_private_dir(path.parent)
    if half.exists():
        if system.utc_now().timestamp() - half.stat().st_mtime < LEFT_OVER_AFTER_S:
            raise StoreBusy(f"{half} is there: another backup is being made", hint="wait for it, or delete it")
        shutil.rmtree(half)
    half.mkdir(mode=0o700)
    return half


def _publish(half: Path, path: Path) -> None:
    if path.suffix != _TAR:
        os.rename(half, path)
    else:
        archive = half.with_name(f"{half.name}{_TAR}")
        try:
            with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
                tar.add(half / MANIFEST, MANIFEST)  # first, so that it is found without reading all
                for entry in sorted(half.iterdir()):
                    if entry.name != MANIFEST:
                        tar.add(entry, entry.name)
            archive.chmod(0o600)
            _sync(archive)
            os.rename(archive, path)
        finally:
            archive.unlink(missing_ok=True)
    sync_directory(path.parent)


def _sync(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


@dataclass(frozen=True, slots=True)
class _Backup:
    snapshot: Snapshot
    data_dir: Path
    half: Path
    order: BackupOrder
    watch: BackupWatch

    def run(self) -> Manifest:
        facts = self.snapshot.facts()
        rows = {form.name: self.snapshot.count(form.name) for form in table_forms()}
        kind = "sqlite" if self.snapshot.address.is_sqlite else "postgres"
        manifest = Manifest(
            self.order.at, facts["store_uuid"], int(facts["schema_version"]), kind, rows, files=0, size_bytes=0
        )
        if self.order.database:
            manifest = self._with_database(manifest)
        self.watch.phase("files", rows["inboxsync_attachments"])
        found = place_files(
            self.snapshot, self.data_dir, self.half, links=self.order.links, advance=self._advance_or_stop
        )
        manifest = replace(manifest, files=found.files, size_bytes=found.size_bytes, missing_raw=found.missing_raw)
        written = self.half / MANIFEST
        written.write_text(manifest_text(manifest), encoding="utf-8")
        _sync(written)
        sync_directory(self.half)
        return manifest

    def _with_database(self, manifest: Manifest) -> Manifest:
        file = self.half / (SQLITE_FILE if manifest.kind == "sqlite" else POSTGRES_FILE)
        make_private_file(file)
        if manifest.kind == "sqlite":
            self._copy_sqlite(file)
        else:
            self.watch.phase("database", 1)
            dump_database(self.snapshot, file)
        _sync(file)
        size = file.stat().st_size
        return replace(manifest, database=file.name, database_bytes=size, database_sha256=sha256_of(file))

    def _copy_sqlite(self, file: Path) -> None:
        """Copy page by page out of the snapshot: writers go on, and what they write is not in it.

        https://www.sqlite.org/backup.html: a copy begins anew when another process writes; not while its own
        transaction reads a WAL, which holds the state it began with.
        """
        source = self.snapshot.connection
        pages, page_bytes = (
            int(source.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "page_size")
        )
        free = shutil.disk_usage(self.half).free
        if free < pages * page_bytes:
            raise DiskFull(f"{self.half.parent}: {free} bytes are free and the database has {pages * page_bytes}")
        self.watch.phase("database", pages)
        done = 0

        def tell(_status: int, remaining: int, total: int) -> None:
            nonlocal done
            self._advance_or_stop(total - remaining - done)
            done = total - remaining

        with closing(sqlite3.connect(file, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous = OFF")  # made durable as a whole at the end
            source.backup(target, pages=_PAGES, progress=tell)
            target.execute("PRAGMA journal_mode = DELETE")
            fault = target.execute("PRAGMA quick_check(1)").fetchone()[0]
        if fault != "ok":
            raise StoreCorrupt(f"the copy of the database is not sound: {fault}")

    def _advance_or_stop(self, done: int) -> None:
        if self.watch.stopped():
            raise StoreConflict("the backup was stopped", hint="nothing was left in its place; call it again")
        self.watch.advance(done)
