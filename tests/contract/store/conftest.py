"""Stores on SQLite and on Postgres: every test that takes `store` or `database_url` runs on both.

A Postgres test fails, naming the package, where Postgres is not installed: nothing is skipped in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.postgres import Postgres
from inboxsync.store.sql import SqlStore, open_store
from tests.contract.store.rows import Rows, rows_of


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A private server for the whole session."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of the one Postgres database with the schema; each test empties it first."""
    url = postgres.fresh_database()
    _migrate(url, tmp_path_factory.mktemp("migrated"))
    return url


def _migrate(url: str, data_dir: Path) -> None:
    fresh = open_store(url, data_dir)
    fresh.schema.ensure()
    fresh.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{(tmp_path / 'empty.sqlite3').as_posix()}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.fresh_database()
    yield url
    server.drop_database(url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that has the schema and nothing else."""
    if request.param == "sqlite":
        url = f"sqlite:///{(tmp_path / 'store.sqlite3').as_posix()}"
        _migrate(url, tmp_path)
        return url
    server: Postgres = request.getfixturevalue("postgres")
    shared: str = request.getfixturevalue("migrated_postgres")
    server.empty_tables(shared, keeping=("inboxsync_meta", "inboxsync_alembic_version"))
    return shared


@pytest.fixture
def store(migrated_url: str, tmp_path: Path) -> Iterator[SqlStore]:
    """A store with the schema and nothing else."""
    opened = open_store(migrated_url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def rows(migrated_url: str) -> Iterator[Rows]:
    """Direct access to the tables of `store`."""
    with rows_of(migrated_url) as found:
        yield found
