"""Where the store of a sweep lies: a directory, or a directory and a database of a Postgres server."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Protocol

import psycopg

from devtools.postgres import Postgres

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_OF_THE_SCHEMA = ("inboxsync_meta", "inboxsync_alembic_version")
_NUMBERED = (
    "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id'"
    " AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')"
)
_ANY = "SELECT 1 FROM {} LIMIT 1"
_CUT = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_SEQUENCE = "SELECT setval(pg_get_serial_sequence('{0}', 'id'), coalesce(max(id), 0) + 1, false) FROM {0}"


class Place(Protocol):
    """`keep` and `restore` copy all of a store while nobody is connected to it."""

    data_dir: Path
    url: str | None

    def keep(self) -> None: ...

    def restore(self) -> None: ...


class SqlitePlace:
    """A store in a directory that begins as a copy of `empty`."""

    url: str | None = None

    def __init__(self, directory: Path, empty: Path) -> None:
        self.data_dir = directory / "live"
        self._kept = directory / "kept"
        _copy(empty, self.data_dir)

    def keep(self) -> None:
        """Keep the directory as it is."""
        _copy(self.data_dir, self._kept)

    def restore(self) -> None:
        """Bring it back."""
        _copy(self._kept, self.data_dir)


class PostgresPlace:
    """A store in a directory and the one database of a session; its rows are kept in a second schema beside the first.

    A database made from a template takes half a second, eighty times as long.
    """

    def __init__(self, directory: Path, server: Postgres, url: str) -> None:
        self.data_dir = directory / "live"
        self.url: str | None = url
        self._kept = directory / "kept"
        self.data_dir.mkdir(parents=True)
        server.empty_tables(url, keeping=_OF_THE_SCHEMA)
        with self._connected() as connection:
            self._tables = [name for (name,) in connection.execute(_TABLES) if name not in _OF_THE_SCHEMA]
            self._numbered = [name for (name,) in connection.execute(_NUMBERED)]
        self._filled: list[str] = []

    def keep(self) -> None:
        """Keep files and rows as they are."""
        _copy(self.data_dir, self._kept)
        copies = [f"CREATE TABLE kept.{name} AS TABLE public.{name}" for name in self._tables]
        self._execute("DROP SCHEMA IF EXISTS kept CASCADE", "CREATE SCHEMA kept", *copies)
        with self._connected() as connection:
            self._filled = [name for name in self._tables if connection.execute(_ANY.format(name).encode()).fetchone()]

    def restore(self) -> None:
        """Bring them back, cutting whatever a dead process left connected.

        DELETE, not TRUNCATE, which makes every file of every table and index anew: with so few rows ten times as long.
        """
        _copy(self._kept, self.data_dir)
        self._execute(
            _CUT,
            "SET session_replication_role = replica",  # no foreign keys meanwhile: the rows are whole as they are
            *(f"DELETE FROM {name}" for name in self._tables),
            *(f"INSERT INTO {name} OVERRIDING SYSTEM VALUE SELECT * FROM kept.{name}" for name in self._filled),
            *(_SEQUENCE.format(name) for name in self._numbered),
        )

    def cut(self) -> None:
        """End every connection to the database, and see it ended, as a restart or a failover of the server does."""
        self._execute(_CUT)

    def _connected(self) -> psycopg.Connection[tuple[str]]:
        return psycopg.connect(self.url or "", autocommit=True)

    def _execute(self, *statements: str) -> None:
        with self._connected() as connection:
            connection.execute(";".join(statements).encode())


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
