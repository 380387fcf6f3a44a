"""Where the store of a sweep lies: a directory, or a directory and a database of a Postgres server."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Protocol

import psycopg

from devtools.postgres import Postgres
from inboxsync.store.sql import open_store

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_NUMBERED = (
    "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id'"
    " AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')"
)


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
    """A store in a directory and an empty database; its rows are kept in a second schema beside the first.

    A database made from a template takes half a second, thirty times as long.
    """

    def __init__(self, directory: Path, server: Postgres) -> None:
        self.data_dir = directory / "live"
        self.url: str | None = server.fresh_database()
        self._kept = directory / "kept"
        self.data_dir.mkdir(parents=True)
        with closing(open_store(self.url, self.data_dir)) as store:
            store.schema.ensure()
        with self._connected() as connection:
            self._tables = [name for (name,) in connection.execute(_TABLES)]
            self._numbered = [name for (name,) in connection.execute(_NUMBERED)]

    def keep(self) -> None:
        """Keep files and rows as they are."""
        _copy(self.data_dir, self._kept)
        copies = [f"CREATE TABLE kept.{name} AS TABLE public.{name}" for name in self._tables]
        self._execute("CREATE SCHEMA kept", *copies)

    def restore(self) -> None:
        """Bring them back, cutting whatever a dead process left connected."""
        _copy(self._kept, self.data_dir)
        self._execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
            "SET session_replication_role = replica",  # no foreign keys meanwhile: the rows are whole as they are
            f"TRUNCATE {', '.join(self._tables)} RESTART IDENTITY",
            *(f"INSERT INTO {name} OVERRIDING SYSTEM VALUE SELECT * FROM kept.{name}" for name in self._tables),
            *(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}" for name in self._numbered),
        )

    def _connected(self) -> psycopg.Connection[tuple[str]]:
        return psycopg.connect(self.url or "", autocommit=True)

    def _execute(self, *statements: str) -> None:
        with self._connected() as connection:
            connection.execute(";".join(statements).encode())


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
