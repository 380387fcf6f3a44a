"""How large a store is: rows and room of each table, files, what each integration shows. Nothing is changed.

Every row and file is counted: seconds in a store of a million messages.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync.model.upkeep import FileFigures, IntegrationFigures, StoreFigures, TableFigures
from inboxsync.store.dialect import read_time
from inboxsync.store.errors import translated
from inboxsync.store.schema import TABLES, SqlSchema

if TYPE_CHECKING:
    from inboxsync.store.connection import Database
    from inboxsync.store.ports import Store

_DIRECTORIES = ("raw", "attachments")
_SEARCH = "inboxsync_search"
# Of an index the table that it belongs to; of FTS5's own tables the one they were made for.
_SQLITE_SIZES = "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat AS s JOIN sqlite_master AS m ON m.name = s.name"
_POSTGRES_SIZES = (
    "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = ANY (SELECT oid FROM pg_namespace WHERE nspname = ANY"
    " (current_schemas(false)))"
)
_INTEGRATIONS = """
SELECT i.name, count(*), coalesce(sum(m.size_bytes), 0), min(m.received_at), max(m.received_at)
FROM (
    SELECT DISTINCT f.integration_id AS integration_id, p.message_id AS message_id FROM inboxsync_placements AS p
    JOIN inboxsync_folders AS f ON f.id = p.folder_id WHERE p.message_id IS NOT NULL
) AS shown JOIN inboxsync_integrations AS i ON i.id = shown.integration_id
JOIN inboxsync_messages AS m ON m.id = shown.message_id GROUP BY i.name ORDER BY i.name
"""
_FATES = "SELECT fate, count(*) FROM inboxsync_placements GROUP BY fate ORDER BY fate"
_MESSAGES = "SELECT count(raw_pruned_at), count(body_pruned_at), min(received_at), max(received_at)"
_PRUNED_FILES = "SELECT count(*) FROM inboxsync_attachments WHERE file_pruned_at IS NOT NULL"


def statistics_of(store: Store) -> StoreFigures:
    """Measure an open store. Raises StoreError; TypeError for another kind of store."""
    from inboxsync.store.sql import SqlStore

    if not isinstance(store, SqlStore):
        raise TypeError(f"{type(store).__name__} cannot be measured")
    return figures(store.database, store.data_dir)


def figures(database: Database, data_dir: Path) -> StoreFigures:
    """Measure a database and its files. Raises StoreError."""
    size_bytes, free_bytes = database_size(database)
    raw, bodies, oldest, newest = database.rows(f"{_MESSAGES} FROM inboxsync_messages")[0]
    pruned = {"raw": raw, "bodies": bodies, "attachments": database.rows(_PRUNED_FILES)[0][0]}
    return StoreFigures(
        place=database.address.place,
        schema_version=SqlSchema(database).current(),
        size_bytes=size_bytes,
        free_bytes=free_bytes,
        tables=_tables(database),
        files=tuple(_files(data_dir, directory) for directory in _DIRECTORIES),
        integrations=tuple(_integration(*row) for row in database.rows(_INTEGRATIONS)),
        fates=dict(database.rows(_FATES)),
        pruned=pruned,
        oldest=read_time(oldest),
        newest=read_time(newest),
    )


def database_size(database: Database) -> tuple[int, int | None]:
    """Answer the room that a database takes, in bytes, and how much of it is free for new rows, if that can be told."""
    if not database.dialect.is_sqlite:
        return sum(size for _, size in database.rows(_POSTGRES_SIZES) if size), None
    page, pages, free = (int(database.rows(f"PRAGMA {name}")[0][0]) for name in _PAGES)
    return page * pages + _log_bytes(database), page * free


_PAGES = ("page_size", "page_count", "freelist_count")


def _log_bytes(database: Database) -> int:
    """The size of the write-ahead log beside the file."""
    log = Path(f"{database.address.file}-wal")
    return log.stat().st_size if log.exists() else 0


def _tables(database: Database) -> tuple[TableFigures, ...]:
    sizes = _sizes(database)
    counts = {name: int(database.rows(f"SELECT count(*) FROM {name}")[0][0]) for name in TABLES}  # noqa: S608  our names
    return tuple(TableFigures(name, rows, sizes.get(name)) for name, rows in sorted(counts.items()))


def _sizes(database: Database) -> dict[str, int]:
    """The room that each table takes with its indexes; empty where SQLite was built without what tells it."""
    if not database.dialect.is_sqlite:
        return {name: int(size) for name, size in database.rows(_POSTGRES_SIZES)}
    found: Counter[str] = Counter()
    try:
        rows = database.rows(f"{_SQLITE_SIZES} WHERE s.aggregate = TRUE GROUP BY m.tbl_name")
    except sqlite3.OperationalError:
        return {}
    for name, size in rows:
        found[_SEARCH if name.startswith(f"{_SEARCH}_words") else name] += int(size)
    return dict(found)


def _integration(name: str, messages: int, size_bytes: int, oldest: object, newest: object) -> IntegrationFigures:
    return IntegrationFigures(name, messages, int(size_bytes), read_time(oldest), read_time(newest))


def _files(data_dir: Path, directory: str) -> FileFigures:
    count = size_bytes = 0
    with translated(str(data_dir)):
        for folder, _, names in os.walk(data_dir / directory):
            for name in names:
                count += 1
                size_bytes += os.lstat(os.path.join(folder, name)).st_size
    return FileFigures(directory, count, size_bytes)
