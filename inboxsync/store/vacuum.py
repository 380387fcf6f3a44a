"""Giving room back to the system and planners fresh counts: VACUUM, ANALYZE, a tidy full text, an empty log.

Mail can be read meanwhile. Who wants to write waits for SQLite's VACUUM; Postgres lets others work.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inboxsync.errors import DiskFull, StoreBusy
from inboxsync.model.upkeep import Vacuumed
from inboxsync.store.connection import BUSY_TIMEOUT_S, open_postgres
from inboxsync.store.errors import translated
from inboxsync.store.schema import TABLES
from inboxsync.store.sqlite import open_sqlite
from inboxsync.store.statistics import database_size
from inboxsync.store.write_turns import write_turn

if TYPE_CHECKING:
    from inboxsync.store.connection import Database
    from inboxsync.store.ports import Store

Step = Callable[[str], object]
FreeBytes = Callable[[Path], int]

# A sample of each index: exact counts would read all of them, for plans that differ by orders of magnitude only.
_ANALYSIS_LIMIT = 1_000
_HAS_WORDS = "SELECT count(*) FROM sqlite_master WHERE name = 'inboxsync_search_words'"
_OPTIMIZE = "INSERT INTO inboxsync_search_words (inboxsync_search_words) VALUES ('optimize')"


def _free_bytes(directory: Path) -> int:
    return shutil.disk_usage(directory).free


def vacuum_store(
    store: Store,
    *,
    rewrites: bool = True,
    step: Step = lambda _what: None,
    free_bytes: FreeBytes = _free_bytes,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
) -> Vacuumed:
    """Tidy an open store up; `step` is told what begins. Without `rewrites` SQLite's file keeps its size.

    Raises StoreBusy while others write, DiskFull before anything is done where there is no room for the copy that
    SQLite makes, other StoreErrors, and TypeError for another kind of store.
    """
    from inboxsync.store.sql import SqlStore

    if not isinstance(store, SqlStore):
        raise TypeError(f"{type(store).__name__} cannot be tidied up")
    database = store.database
    before, free = database_size(database)
    if rewrites and free is not None:
        _check_room(database, before - free, free_bytes)
    database.close()  # our own reading must not be what is waited for
    tidied = _sqlite(database, busy_timeout_s, rewrites=rewrites)
    steps = tidied if database.dialect.is_sqlite else _postgres(database, busy_timeout_s)
    done = []
    with translated(database.address.place):
        for what in steps:
            step(what)
            done.append(what)
    return Vacuumed(before, database_size(database)[0], tuple(done))


def _check_room(database: Database, needed_bytes: int, free_bytes: FreeBytes) -> None:
    """VACUUM writes the live rows to a temporary file and from there through the log: twice, at worst on one disk."""
    file = database.address.file
    assert file is not None
    there = free_bytes(file.parent)
    temporary = Path(tempfile.gettempdir())
    short = file.parent if there < 2 * needed_bytes else temporary if free_bytes(temporary) < needed_bytes else None
    if short is not None:
        raise DiskFull(
            f"{short}: {free_bytes(short)} bytes are free, and rewriting the database takes {2 * needed_bytes}",
            hint="free some space, let SQLITE_TMPDIR name a larger disk, or use --light, which rewrites nothing",
        )


def _sqlite(database: Database, busy_timeout_s: float, *, rewrites: bool) -> Iterator[str]:
    assert database.address.file is not None
    connection = open_sqlite(database.address.file, timeout_s=busy_timeout_s)
    try:
        with write_turn(database.address.url):
            if connection.execute(_HAS_WORDS).fetchone()[0]:
                yield "merge the full text"
                connection.execute(_OPTIMIZE)
            yield "analyze"
            connection.execute(f"PRAGMA analysis_limit = {_ANALYSIS_LIMIT}")
            connection.execute("ANALYZE")
            if rewrites:
                yield "rewrite the file"
                connection.execute("VACUUM")
            yield "empty the log"
            _empty_log(connection)
    finally:
        connection.close()


def _empty_log(connection: Any) -> None:
    if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        raise StoreBusy(
            "the log could not be emptied: somebody has been reading since before",
            hint="all else is done; call it again when nobody reads, or leave it: the log is used again",
        )


def _postgres(database: Database, busy_timeout_s: float) -> Iterator[str]:
    connection, _ = open_postgres(database.address.postgres_url)
    try:
        connection.execute(f"SET lock_timeout = '{busy_timeout_s:g}s'")
        for table in TABLES:
            yield f"vacuum {table.removeprefix('inboxsync_')}"
            connection.execute(f"VACUUM (ANALYZE) {table}")
    finally:
        connection.close()
