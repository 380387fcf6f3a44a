"""Every row of the fault matrix that lies in the engine: report, exit code, status, and the run after it (P13)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from devtools.postgres import Postgres, database_name
from inboxsync.errors import StoreError
from inboxsync.store.sql import open_store
from inboxsync.sync.context import EngineLimits, NobodyWatches
from inboxsync.sync.engine import Order
from tests.crash.children import fork, wait
from tests.fakes.mailbox import FakeServer
from tests.faults.cases import CASES, LETTERS, Case, give_lease_back
from tests.faults.desk import status_of
from tests.state.ledger import read_ledger
from tests.unit.sync.rig import NOW, START, Rig, mail, rig_in

KEPT = ("inboxsync_meta", "inboxsync_alembic_version")


@contextmanager
def office(directory: Path, url: str | None = None) -> Iterator[Rig]:
    """A rig with one integration that marks what it took, and three letters."""
    with closing(open_store(url, directory)) as store:
        store.schema.ensure()
        rig = Rig(store, FakeServer())
        rig.add(mark_read=True)
        for number in range(1, LETTERS + 1):
            rig.server.append(mail(number), internal_date=START)
        yield rig


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row}-{case.name}")
def test_on_sqlite(memory: Path, case: Case) -> None:
    with office(memory) as rig:
        play(rig, case)


@pytest.mark.postgres
@pytest.mark.xdist_group("faults-postgres")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row}-{case.name}")
def test_on_postgres(memory: Path, postgres: Postgres, migrated_postgres: str, case: Case) -> None:
    postgres.empty_tables(migrated_postgres, keeping=KEPT)
    with office(memory, migrated_postgres) as rig:
        play(rig, case)


def play(rig: Rig, case: Case) -> None:
    """Strike, run, look; heal, run, look again."""
    case.strike(rig)
    report = rig.one()
    found = (report.status, report.error.code if report.error else None, report.exit_code)
    assert found == (case.status, case.code, case.exit_code), report
    assert marked(rig) <= settled(rig), "told the server before it was stored (P1)"
    status = status_of(rig)
    assert (status["state"], status["last_sync_status"]) == (case.state, case.last_status), status
    assert (status["cause"] is not None) == (case.state in ("failing", "paused")), status
    assert rig.fates().stored == case.stored
    case.heal(rig)
    rig.later(days=1)
    again = rig.one(NOW)
    assert (again.exit_code, status_of(rig)["state"]) == (0, "ok"), again
    if not case.final:
        assert (rig.fates().stored, rig.fates().pending) == (LETTERS, 0)
    effects = read_ledger(rig.store.content).effects
    assert len(effects) == len(set(effects)), "a second ticket"


def marked(rig: Rig) -> set[int]:
    """The UIDs that the server was told to mark."""
    messages = rig.server.folders["INBOX"].messages
    return {uid for uid, message in messages.items() if "\\Seen" in message.flags}


def settled(rig: Rig) -> set[int]:
    """The UIDs that have a fate."""
    entries = read_ledger(rig.store.content).entries
    return {uid for (_, _, uid), entry in entries.items() if entry.fate != "pending"}


# --- rows that are a story of their own ----------------------------------------------------------------------------


def test_a_clock_set_back_keeps_nobody_from_being_due(memory: Path) -> None:
    """C6: the last start then lies in the future."""
    with office(memory) as rig:
        rig.run()
        rig.later(days=-1)
        assert [part.exit_code for part in rig.run(Order()).integrations] in ([0], [])
        rig.later(minutes=10)
        rig.run(Order())
        rig.later(days=1, minutes=10)
        assert [part.exit_code for part in rig.run(Order()).integrations] == [0]


def test_a_write_ahead_log_cut_short_costs_no_more_than_its_end(memory: Path) -> None:
    """D5: SQLite takes a log up to the first frame that is not whole."""
    with office(memory / "calm") as rig:
        rig.run()
        peace = rig.dump()
    with office(memory / "cut") as rig:
        server = rig.server
    log = memory / "cut" / "inboxsync.sqlite3-wal"

    def die_in_the_middle() -> None:
        store = open_store(None, memory / "cut")
        Rig(store, server).run()
        os._exit(0)  # nothing is closed, so the log stays beside the database

    assert wait(fork(die_in_the_middle)) == 0
    size = log.stat().st_size
    assert size > 0
    os.truncate(log, size // 2 + 13)
    with closing(open_store(None, memory / "cut")) as store:
        rig = Rig(store, server)
        give_lease_back(rig)
        assert rig.one().exit_code == 0
        assert rig.dump() == peace


def test_a_database_of_yesterday_takes_in_what_came_since(memory: Path) -> None:
    """D7: mail that was marked read meanwhile is not hidden from the second import."""
    with office(memory / "store") as rig:
        rig.run()
        server = rig.server
    shutil.copytree(memory / "store", memory / "yesterday")
    server.append(mail(9), internal_date=START)
    with rig_in(memory / "store") as rig:
        rig.server = server
        rig.run()
        today = rig.dump()
    assert "\\Seen" in server.flags(4)
    with rig_in(memory / "yesterday") as rig:
        rig.server = server
        report = rig.one()
        assert (report.exit_code, report.counts.stored, report.counts.tickets_created) == (0, 1, 1)
        assert len(read_ledger(rig.store.content).effects) == 4
        assert rig.one().counts.stored == 0
        assert rig.fates().stored == 4
        assert len(rig.dump()) == len(today)


@pytest.mark.postgres
@pytest.mark.xdist_group("faults-postgres")
@pytest.mark.parametrize("happening", ["restarted", "made_a_standby"])
def test_a_postgres_that_fails_in_the_middle(memory: Path, postgres: Postgres, happening: str) -> None:
    """D3: the run ends in words, or a bounded retry saves it; the next one leaves what SQLite would hold (R1)."""
    with office(memory / "sqlite") as rig:
        rig.run()
        peace = rig.dump()
    url = postgres.fresh_database()
    with office(memory / "postgres", url) as rig:
        rig.limits = EngineLimits(batch_messages=1)
        rig.observer = Struck(postgres, url, happening)
        assert outcome(rig) in ENDINGS[happening]
        admit_writers(postgres, url, allowed=True)
        rig.observer = NobodyWatches()
        give_lease_back(rig)  # which the next process would take from a dead one
        assert rig.one().exit_code == 0
        assert status_of(rig)["state"] == "ok"
        assert rig.dump() == peace


ENDINGS = {"restarted": {0, 75}, "made_a_standby": {75}}


class Struck(NobodyWatches):
    """Lets something happen to the database once the first letter is committed."""

    def __init__(self, server: Postgres, url: str, happening: str) -> None:
        self._server, self._url, self._happening = server, url, happening

    def advanced(self, integration: str, folder: str, messages: int, size_bytes: int) -> None:
        """Do it, once."""
        happening, self._happening = self._happening, ""
        if happening == "restarted":
            self._server.restart()
        elif happening:
            admit_writers(self._server, self._url, allowed=False)


def admit_writers(server: Postgres, url: str, *, allowed: bool) -> None:
    """Let a database take changes or not, and cut whoever is connected to it, as a failover does."""
    name = database_name(url)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        setting = "off" if allowed else "on"
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {setting}'.encode())
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))


def outcome(rig: Rig) -> int:
    """The exit code of a run, also of one that could not even record how it ended."""
    try:
        return rig.one().exit_code
    except StoreError as error:
        return error.exit_code
