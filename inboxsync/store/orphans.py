"""Files that no row refers to: deleted after a purge, and found again when a process died before it could.

A writer publishes files first, commits the rows that name them later, and takes a file that is there for its own. So
files are deleted under the lock that keeps writers of messages out, after looking once more for rows; and a writer
looks under the same lock whether its files are still there (`SqlTransaction.record`): one always sees the other.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync.model.sweep import Swept
from inboxsync.store.blobs import STAGING
from inboxsync.store.errors import translated
from inboxsync.store.publishing import LEFT_OVER_AFTER_S, halves, size_of, sweep_staging, unlinked

if TYPE_CHECKING:
    from datetime import datetime

    from inboxsync.store.connection import Database
    from inboxsync.store.statements import Statements

# Deleted in a fraction of a second, for which writers wait.
_AT_A_TIME = 1_000
_OURS = re.compile(r"raw/[0-9a-f]{2}/[0-9a-f]{64}(\.zst)?|attachments/[0-9]{4}/[0-9]{2}/[0-9]{2}/[0-9a-f]{64}")
_TOPS = ("raw", "attachments")
_NAMED = (
    # By its key: on SQLite, reading the paths of all rows means reading past the octets of all.
    ("SELECT path FROM inboxsync_raw WHERE path IS NOT NULL AND sha256 IN ({values})", lambda path: Path(path).stem),
    ("SELECT path FROM inboxsync_attachments WHERE path IN ({values}) AND file_pruned_at IS NULL", str),
)
_RAW_FILES = "SELECT path FROM inboxsync_raw WHERE path IS NOT NULL ORDER BY path"


def delete_unreferenced(database: Database, data_dir: Path, paths: Sequence[str]) -> int:
    """Delete those of these files (relative to `data_dir`) that no row names; answers how many.

    One that is gone already is no fault. Raises StoreError: what was not deleted yet is left for `sweep`.
    """
    deleted = 0
    for start in range(0, len(paths), _AT_A_TIME):
        with database.transaction(durable=False) as work, translated(str(data_dir)):
            work.lock("inboxsync_messages")
            chunk = paths[start : start + _AT_A_TIME]
            named = _named(work, chunk)
            deleted += sum(unlinked(f"{data_dir}/{path}") for path in chunk if path not in named)
    return deleted


def sweep(database: Database, data_dir: Path, *, now: datetime, dry_run: bool) -> Swept:
    """Walk the files of a data directory; delete, unless `dry_run`, halves and orphans older than an hour.

    A younger one may be a running process's whose rows are not committed yet. Files with other names than ours are
    passed over. Raises StoreError.
    """
    oldest_s = now.timestamp() - LEFT_OVER_AFTER_S
    orphans = size_bytes = left_over = 0
    with translated(str(data_dir)):
        files = _aged(data_dir, oldest_s)
        while chunk := list(islice(files, _AT_A_TIME)):
            named = _named(database, chunk)
            doomed = [path for path in chunk if path not in named]
            orphans += len(doomed)
            size_bytes += sum(size_of(str(data_dir / path)) or 0 for path in doomed)
            if not dry_run:
                delete_unreferenced(database, data_dir, doomed)
        for top in _TOPS:
            staging = str(data_dir / top / STAGING)
            left_over += len(halves(staging, oldest_s)) if dry_run else sweep_staging(staging)
    return Swept(orphans, size_bytes, left_over, _missing(database, data_dir), deleted=not dry_run)


def _named(work: Database | Statements, paths: Sequence[str]) -> frozenset[str]:
    """Those of these files that a row names."""
    found = (
        work.rows(query.format(values=work.dialect.values), ([key(path) for path in paths],)) for query, key in _NAMED
    )
    return frozenset(row[0] for rows in found for row in rows)


def _aged(data_dir: Path, oldest_s: float) -> Iterator[str]:
    for top in _TOPS:
        for folder, _, names in os.walk(data_dir / top):
            relative = Path(folder).relative_to(data_dir).as_posix()
            paths = [f"{relative}/{name}" for name in names if _OURS.fullmatch(f"{relative}/{name}")]
            yield from (path for path in paths if _is_older(data_dir / path, oldest_s))


def _is_older(file: Path, oldest_s: float) -> bool:
    try:
        return file.lstat().st_mtime < oldest_s
    except FileNotFoundError:
        return False


def _missing(database: Database, data_dir: Path) -> tuple[str, ...]:
    return tuple(row[0] for row in database.rows(_RAW_FILES) if size_of(str(data_dir / row[0])) is None)
