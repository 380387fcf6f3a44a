"""A backup put in the place of a store on SQLite (docs/adr/0026).

Ids that were given out after the backup are not given out again: other applications may have kept them. They go on
behind those of the database that is replaced, or far behind the backup's own where that cannot be read.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync.errors import SchemaNewer, StoreBusy, StoreCorrupt, StoreError, UsageError
from inboxsync.model.backup import Manifest, Restored
from inboxsync.store.address import DatabaseAddress
from inboxsync.store.connection import Database
from inboxsync.store.control_rows import upsert
from inboxsync.store.errors import translated
from inboxsync.store.file_references import place_files
from inboxsync.store.manifests import read_manifest, sha256_of
from inboxsync.store.publishing import half_name
from inboxsync.store.snapshots import snapshot_of
from inboxsync.store.sqlite import make_private_file
from inboxsync.store.table_forms import table_forms
from inboxsync.store.ticket_rows import LAST_NUMBER
from inboxsync.store.version import SCHEMA_VERSION
from inboxsync.system.files import sync_directory

if TYPE_CHECKING:
    from inboxsync.store.ports import Store
    from inboxsync.store.statements import Statements

# What may have been given out since a backup, where nobody can tell any more: years of events, weeks of tickets.
SKIPPED_IDS = 1_000_000
SKIPPED_NUMBERS = 1_000
_SAVE = upsert("inboxsync_meta", ("name", "value"))


@dataclass(frozen=True, slots=True)
class RestoreOrder:
    """What from, and whether a database that is there may be put aside."""

    backup: Path
    at: datetime
    replaces: bool = False
    links: bool = True


def restore(store: Store, order: RestoreOrder) -> Restored:
    """Put a backup in the place of a store on SQLite; what was there is put aside, not deleted.

    Nobody may be using it. UsageError for what is no backup, for a store on Postgres, and where a database is there
    that may not be replaced; StoreCorrupt for a backup that is not what its manifest says; SchemaNewer; StoreBusy.
    """
    from inboxsync.store.sql import SqlStore

    if not isinstance(store, SqlStore):
        raise TypeError(f"{type(store).__name__} cannot be replaced")
    file = store.database.address.file
    if file is None:
        raise UsageError("this is for SQLite", hint="a backup of Postgres is restored with pg_restore: docs/keeping.md")
    if file.exists() and not order.replaces:
        raise UsageError(f"{file} is there already", hint="add --replace to put it aside")
    store.close()
    with translated(str(file)), _opened(order.backup) as directory:
        manifest = _checked(directory)
        half = file.with_name(half_name())
        try:
            put = _copied(directory, manifest, half, store.data_dir, links=order.links)
            last_ids = _carry_on(half, file)
            aside = _exchange(half, file, order.at)
        finally:
            half.unlink(missing_ok=True)
    return Restored(manifest, put, None if aside is None else str(aside), last_ids)


@contextmanager
def _opened(backup: Path) -> Iterator[Path]:
    """The directory of a backup; an archive is unpacked beside the temporary files for as long."""
    if backup.is_dir() or not backup.exists():
        yield backup
        return
    with tempfile.TemporaryDirectory(prefix="inboxsync-restore-") as unpacked:
        try:
            with tarfile.open(backup) as tar:
                tar.extractall(unpacked, filter="data")
        except tarfile.TarError as error:
            raise UsageError(f"{backup} is no backup: {error}", hint="name what `db backup` made") from error
        yield Path(unpacked)


def _checked(directory: Path) -> Manifest:
    manifest = read_manifest(directory)
    if manifest.kind != "sqlite" or manifest.database is None:
        raise UsageError(f"{directory} holds no SQLite database", hint="restore an archive of Postgres with pg_restore")
    if manifest.schema_version > SCHEMA_VERSION:
        raise SchemaNewer(f"the backup has schema version {manifest.schema_version}, this inboxsync {SCHEMA_VERSION}")
    database = directory / Path(manifest.database).name
    if not database.exists() or sha256_of(database) != manifest.database_sha256:
        raise StoreCorrupt(f"{database} is not what {directory} says of it", hint="take another backup")
    return manifest


def _copied(directory: Path, manifest: Manifest, half: Path, data_dir: Path, *, links: bool) -> int:
    """Put the files of mail in place, then the database beside its own; answers how many files were not there."""
    make_private_file(half)
    shutil.copyfile(directory / Path(manifest.database or "").name, half)
    with snapshot_of(DatabaseAddress(file=half)) as snapshot:
        return place_files(snapshot, directory, data_dir, links=links, advance=lambda _done: None).copied


# --- ids -----------------------------------------------------------------------------------------------------------


def _carry_on(half: Path, present: Path) -> Mapping[str, int]:
    """Let ids and ticket numbers go on behind all that were ever given out, as far as that can be told."""
    known = _given_out(present)
    database = Database(DatabaseAddress(file=half))
    try:
        with database.transaction() as work:
            numbered = [form.name for form in table_forms() if form.numbered]
            last_ids = {table: _next(work, table, known) for table in numbered}
            _carry_number(work, known)
            work.run("DELETE FROM inboxsync_leases")
        database.rows("PRAGMA journal_mode = DELETE")
    finally:
        database.close()
    return last_ids


def _given_out(present: Path) -> Mapping[str, int] | None:
    """The last id of each table, and ticket number, of the database that is replaced; None where it cannot be read."""
    if not present.exists():
        return None
    try:
        with snapshot_of(DatabaseAddress(file=present)) as snapshot:
            ids = {form.name: snapshot.last_id(form.name) for form in table_forms() if form.numbered}
            return ids | {LAST_NUMBER: int(snapshot.facts().get(LAST_NUMBER, 0))}
    except (StoreError, sqlite3.Error):  # damaged, or not a store: then it is replaced for that very reason
        return None


def _next(work: Statements, table: str, known: Mapping[str, int] | None) -> int:
    row = work.row("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
    own = 0 if row is None else int(row[0])
    last = own + SKIPPED_IDS if known is None else max(own, known[table])
    if not work.run("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (last, table)):
        work.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))
    return last


def _carry_number(work: Statements, known: Mapping[str, int] | None) -> None:
    row = work.row("SELECT value FROM inboxsync_meta WHERE name = ?", (LAST_NUMBER,))
    if row is not None:
        own = int(row[0])
        work.run(_SAVE, (LAST_NUMBER, str(own + SKIPPED_NUMBERS if known is None else max(own, known[LAST_NUMBER]))))


# --- the exchange --------------------------------------------------------------------------------------------------


def _exchange(half: Path, present: Path, at: datetime) -> Path | None:
    """Put the restored database in its place in one step; answers where the one before it is now."""
    with half.open("rb+") as opened:
        os.fsync(opened.fileno())
    aside = None
    if present.exists():
        aside = present.with_name(f"{present.name}.before-{at:%Y%m%dT%H%M%SZ}")
        _end_log(present)
        _put_aside(present, aside)
    os.replace(half, present)
    sync_directory(present.parent)
    return aside


def _end_log(present: Path) -> None:
    """Bring what stands in the log into the file: a log left behind would be read into the restored database."""
    with closing(sqlite3.connect(present, timeout=5, isolation_level=None)) as connection:
        try:
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
        except sqlite3.DatabaseError as error:
            mode = "wal" if "locked" in str(error) else "none: it is damaged"
    if mode == "wal":
        raise StoreBusy(f"{present} is being used", hint="stop what uses it: timers, `inboxsync serve`")


def _put_aside(present: Path, aside: Path) -> None:
    try:
        os.link(present, aside)
    except OSError:  # a file system without links
        shutil.copy2(present, aside)
    for suffix in ("-wal", "-shm"):  # only a damaged database still has them
        if (log := present.with_name(present.name + suffix)).exists():
            os.replace(log, aside.with_name(aside.name + suffix))
