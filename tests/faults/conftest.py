"""What the tests of faults share: a place in memory, and accounts that are alike."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from devtools.dovecot import Dovecot
from devtools.postgres import Postgres
from inboxsync.store.sql import open_store
from tests.faults.twins import Twins


@pytest.fixture
def memory() -> Iterator[Path]:
    """A directory in memory where there is such a thing: nothing here dies of a disk, so no fsync need wait."""
    shared = Path("/dev/shm")
    directory = Path(tempfile.mkdtemp(prefix="inboxsync-faults-", dir=shared if shared.is_dir() else None))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def twins(dovecot: Dovecot) -> Twins:
    """Copies of one small mailbox of all kinds of mail."""
    return Twins(dovecot)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A private server; fails, not skips, where Postgres is not installed."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of one database with the schema; each test empties it first."""
    url = postgres.fresh_database()
    with closing(open_store(url, tmp_path_factory.mktemp("migrated"))) as store:
        store.schema.ensure()
    return url
