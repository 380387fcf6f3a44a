"""A migration on Postgres whose connection is killed at any of its statements did not happen (P14)."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from devtools.postgres import Postgres
from inboxsync.errors import StoreUnreachable
from inboxsync.store.address import read_address
from inboxsync.store.connection import Database
from inboxsync.store.schema import SqlSchema

pytestmark = pytest.mark.postgres

CUT = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# As in the crash sweep: a share of the statements, another by number, all of them with INBOXSYNC_SWEEP=full.
SHARES = 8
SWEEP = os.environ.get("INBOXSYNC_SWEEP") or "0"
STATEMENTS = 50  # the first migration has more
LEFT = "SELECT count(*) FROM pg_class WHERE relname LIKE 'inboxsync%' OR relname LIKE 'ix_inboxsync%'"


class Killer:
    """Kills the connection that migrates before its statement `at`; `reached` counts statements, the commit too."""

    def __init__(self, connection: psycopg.Connection[tuple[int]], at: int) -> None:
        self._connection = connection
        self._at = at
        self.reached = 0

    def step(self, _statement: str) -> None:
        if self.reached == self._at:
            self._connection.execute(CUT)
        self.reached += 1


def test_a_migration_that_is_killed_at_any_statement_did_not_happen(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.fresh_database()
    at, every = (0, 1) if SWEEP == "full" else (int(SWEEP) % SHARES, SHARES)
    database = Database(read_address(url, tmp_path))
    with psycopg.connect(url, autocommit=True) as connection, closing(database):
        while killed(SqlSchema(database, step=(killer := Killer(connection, at)).step)):
            assert killer.reached == at + 1
            assert connection.execute(LEFT).fetchone() == (0,)
            at += every
        assert at >= killer.reached > STATEMENTS
        assert SqlSchema(database).check() == []
    postgres.drop_database(url)


def killed(schema: SqlSchema) -> bool:
    try:
        schema.ensure()
    except StoreUnreachable:
        return True
    return False
