"""What a Postgres server does to a run: restart, failover to read-only, deadlock. Bounded tries, equal content."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from devtools.postgres import Postgres, database_name
from inboxsync.errors import StoreStandby
from inboxsync.model.report import IntegrationReport, RunStatus
from inboxsync.store.address import read_address
from inboxsync.store.connection import Database
from inboxsync.store.retrying import by_transaction
from inboxsync.store.sql import open_store
from inboxsync.sync.context import NobodyWatches
from inboxsync.sync.engine import Engine
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import NOW, Rig, mail

pytestmark = pytest.mark.postgres
MESSAGES = 6
ADD_ONE = "UPDATE inboxsync_meta SET value = CAST(CAST(value AS int) + 1 AS text) WHERE name = ?"


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A server of our own: it is restarted."""
    with Postgres() as running:
        yield running


@pytest.fixture
def url(server: Postgres, tmp_path: Path) -> str:
    """A database with the schema."""
    fresh = server.fresh_database()
    with closing(open_store(fresh, tmp_path)) as store:
        store.schema.ensure()
    return fresh


class Watching(NobodyWatches):
    """Does something when the first messages are committed, once."""

    def __init__(self, what: Callable[[], None]) -> None:
        self._todo = [what]

    def advanced(self, integration: str, folder: str, messages: int, size_bytes: int) -> None:
        """Do it."""
        while self._todo:
            self._todo.pop()()


@pytest.fixture
def rig(url: str, tmp_path: Path) -> Iterator[Rig]:
    with closing(open_store(url, tmp_path)) as store:
        rig = Rig(store, FakeServer())
        rig.limits = replace(rig.limits, batch_messages=2, chunk_messages=2)
        rig.add()
        for number in range(MESSAGES):
            rig.server.append(mail(number))
        yield rig


def run(rig: Rig, meanwhile: Callable[[], None], pause: Callable[[float], None] = time.sleep) -> IntegrationReport:
    tools = replace(rig.engine().tools, observer=Watching(meanwhile), pause=pause)
    (report,) = Engine(tools).run(rig.store.control.integrations(), NOW).integrations
    return report


def test_a_run_outlives_a_restart_of_the_server(rig: Rig, server: Postgres) -> None:
    restart = threading.Thread(target=server.restart)
    report = run(rig, restart.start)
    restart.join()
    assert (report.status, report.counts.stored) == (RunStatus.SUCCESS, MESSAGES)
    assert rig.fates().stored == MESSAGES


def read_only(url: str, how: str) -> None:
    """Let the database be a standby's, as far as a session can tell, or a primary's again; all connections are cut."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {database_name(url)} SET default_transaction_read_only = {how}".encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_run_outlives_a_failover(rig: Rig, url: str) -> None:
    pauses: list[float] = []

    def promoted(wait_s: float) -> None:
        pauses.append(wait_s)
        if len(pauses) == 2:
            read_only(url, "off")

    report = run(rig, lambda: read_only(url, "on"), promoted)
    assert (report.status, report.counts.stored) == (RunStatus.SUCCESS, MESSAGES)
    assert len(pauses) <= 3


def test_a_standby_is_told_as_one_and_nobody_is_asked_for_mail(rig: Rig, url: str) -> None:
    read_only(url, "on")
    with pytest.raises(StoreStandby) as raised:
        rig.run()
    assert raised.value.exit_code == 75
    assert "target_session_attrs" in raised.value.hint
    assert rig.server.calls == []
    read_only(url, "off")
    assert rig.one().status is RunStatus.SUCCESS


def test_two_transactions_that_wait_for_each_other_both_happen(url: str, tmp_path: Path) -> None:
    address = read_address(f"{url}&options=-cdeadlock_timeout%3D20ms", tmp_path)
    both, tries = threading.Barrier(2), list[str]()

    def add_one(first: str, second: str) -> None:
        def once() -> None:
            tries.append(first)
            with database.transaction() as work:
                work.run(ADD_ONE, (first,))
                if len(tries) <= 2:
                    both.wait(timeout=20)
                work.run(ADD_ONE, (second,))

        with closing(Database(address)) as database:
            by_transaction(once)

    with closing(Database(address)) as database:
        with database.transaction() as work:
            for name in ("a", "b"):
                work.run("INSERT INTO inboxsync_meta (name, value) VALUES (?, '0')", (name,))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(add_one, ("a", "b"), ("b", "a")))
        assert database.rows("SELECT value FROM inboxsync_meta WHERE name IN ('a', 'b')") == [("2",), ("2",)]
    assert len(tries) == 3, "one of the two was given up for the other and done again"
