"""Opening the SQLite file the one right way: private, waiting for locks, foreign keys on, explicit transactions."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from inboxsync.system.files import make_private_dir


def open_sqlite(file: Path, *, timeout_s: float) -> sqlite3.Connection:
    """Open, and if need be make, the database: file 0600 in a directory 0700 (WAL and its index inherit the mode).

    The module's own transaction control is off: a transaction is what an explicit BEGIN opens. The connection may be
    used from several threads, one at a time. Raises OSError and sqlite3.Error.
    """
    make_private_file(file)
    connection = sqlite3.connect(file, timeout=timeout_s, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def open_sqlite_read_only(file: Path, *, timeout_s: float) -> sqlite3.Connection:
    """Open the database so that SQLite itself refuses every write; it must be there.

    A database in WAL mode needs its index file even for reading, so the directory must be writable unless a writer has
    the database open (https://www.sqlite.org/wal.html#readonly). Raises sqlite3.Error.
    """
    uri = f"{file.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=timeout_s, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA query_only = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def make_private_file(file: Path) -> None:
    """Make an empty file that only this user may read, unless there is one. Raises OSError."""
    if file.exists():
        return
    make_private_dir(file.parent)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def set_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging, which stays with the file; readers then never wait for the writer."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")
