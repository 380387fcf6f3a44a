"""How pg_dump is called: in our snapshot, and never with a password where others can read it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from devtools.postgres import Postgres
from inboxsync.errors import StoreError, UsageError
from inboxsync.store.address import DatabaseAddress, read_address
from inboxsync.store.postgres_dump import dump_database
from inboxsync.store.snapshots import snapshot_of
from inboxsync.store.sql import open_store

pytestmark = pytest.mark.postgres
PASSWORD = "made up for this test"


@pytest.fixture
def address(migrated_postgres: str, postgres: Postgres, tmp_path: Path) -> Iterator[DatabaseAddress]:
    """A database that is named with a password."""
    url = migrated_postgres.replace("inboxsync@", f"inboxsync:{PASSWORD.replace(' ', '%20')}@")
    with closing(open_store(url, tmp_path)):
        yield read_address(url, tmp_path)


def program(directory: Path, does: str) -> str:
    file = directory / "pg_dump"
    file.write_text(f"#!/bin/sh\n{does}\n")
    file.chmod(0o700)
    return str(file)


def test_the_password_goes_by_the_environment(address: DatabaseAddress, tmp_path: Path) -> None:
    said = tmp_path / "said"
    fake = program(tmp_path, f'printf "%s\\n" "$PGPASSWORD" "$@" > {said}')
    with snapshot_of(address) as snapshot:
        dump_database(snapshot, tmp_path / "out", program=fake)
    password, *arguments = said.read_text().splitlines()
    assert password == PASSWORD
    assert PASSWORD not in " ".join(arguments)
    assert f"--file={tmp_path / 'out'}" in arguments
    assert any(one.startswith("--snapshot=") for one in arguments)
    assert any(one.startswith("--dbname=") and "user=inboxsync" in one for one in arguments)


def test_what_it_says_last_is_told(address: DatabaseAddress, tmp_path: Path) -> None:
    fake = program(tmp_path, "echo 'pg_dump: error: server version mismatch' >&2; exit 1")
    with (
        pytest.raises(StoreError, match="pg_dump failed: error: server version mismatch"),
        snapshot_of(address) as snap,
    ):
        dump_database(snap, tmp_path / "out", program=fake)


def test_without_it_the_way_out_is_told(address: DatabaseAddress, tmp_path: Path) -> None:
    before = os.environ["PATH"]
    os.environ["PATH"] = str(tmp_path)
    try:
        with pytest.raises(UsageError, match="is not installed") as refused, snapshot_of(address) as snapshot:
            dump_database(snapshot, tmp_path / "out")
    finally:
        os.environ["PATH"] = before
    assert "--files-only" in refused.value.hint
