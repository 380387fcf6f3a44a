"""`messages reparse` killed in the middle, again and again, and carried on: as if it had never been disturbed (P5)."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from devtools.corpus import varied
from devtools.postgres import Postgres
from tests.system.cli import Account, Machine, finished

pytestmark = [pytest.mark.dovecot, pytest.mark.postgres]
LETTERS = 230  # two batches and a bit
KILLS = int(os.environ.get("INBOXSYNC_KILLS", "2"))
SEED = int(os.environ.get("INBOXSYNC_KILLS_SEED", "20260302"))
PATIENCE_S = 30.0
# What an older parser might have left: nothing that is derived is right.
SPOIL = (
    "UPDATE inboxsync_messages SET parser_version = 0, subject = 'spoilt', snippet = '', thread_id = external_id",
    "UPDATE inboxsync_messages SET in_reply_to = '[]', reference_ids = '[]', subject_key = NULL",
    "UPDATE inboxsync_bodies SET body_text = 'spoilt', reply_text = NULL",
    "UPDATE inboxsync_attachments SET filename = 'spoilt'",
    "DELETE FROM inboxsync_thread_ties",
)
LEFT = "SELECT count(*) FROM inboxsync_messages WHERE parser_version = 0"


@dataclass(frozen=True, slots=True)
class Stored:
    """A machine with mail, and a way to its rows that does not disturb it."""

    machine: Machine
    run: Callable[[str], int]

    @property
    def files(self) -> dict[Path, bytes]:
        """Every file of an attachment, by its place."""
        folder = self.machine.data_dir / "attachments"
        return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def spoil(self) -> None:
        """Make everything that is derived wrong, and lose every other file."""
        for statement in SPOIL:
            self.run(statement)
        for number, path in enumerate(sorted(self.files)):
            if number % 2:
                (self.machine.data_dir / "attachments" / path).unlink()


def on_sqlite(machine: Machine, statement: str) -> int:
    with contextlib.closing(sqlite3.connect(machine.database, timeout=10)) as connection, connection:
        cursor = connection.execute(statement)
        return int(cursor.fetchone()[0]) if statement == LEFT else cursor.rowcount


def on_postgres(url: str, statement: str) -> int:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if statement == LEFT else None
        return int(row[0]) if row else cursor.rowcount


@pytest.fixture(params=["sqlite", "postgres"])
def stored(request: pytest.FixtureRequest, machine: Machine, account: Account, postgres: Postgres) -> Iterator[Stored]:
    """The same mail on either database, synced once."""
    url = postgres.fresh_database() if request.param == "postgres" else None
    if url is not None:
        machine = machine.with_environ(INBOXSYNC_DATABASE_URL=url)
    account.deliver(*varied(LETTERS, seed=SEED))
    machine.add(account, "support", "--tickets-since", "all", "--no-test").done()
    assert machine.sync("support").done().part["counts"]["listed"] == LETTERS
    if url is None:
        yield Stored(machine, lambda statement: on_sqlite(machine, statement))
        return
    yield Stored(machine, lambda statement: on_postgres(url, statement))
    postgres.drop_database(url)


def killed_below(stored: Stored, left: int, delay_s: float) -> bool:
    """Start it, kill it a moment after fewer than so many are left; answers whether it had not ended by itself."""
    process = stored.machine.start("messages", "reparse")
    give_up = time.monotonic() + PATIENCE_S
    while process.poll() is None and stored.run(LEFT) >= left and time.monotonic() < give_up:
        time.sleep(0.005)
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    return finished(process).code == -signal.SIGKILL


def test_killed_and_carried_on_it_ends_as_if_undisturbed(stored: Stored) -> None:
    machine, chance = stored.machine, random.Random(SEED)
    synced, files = machine.dump(), stored.files
    stored.spoil()
    calm = machine("messages", "reparse", "--json").done().json
    assert (calm["changed"], calm["resumed"], calm["finished"]) == (calm["looked_at"], False, True)
    assert machine.dump() == synced
    stored.spoil()
    in_the_middle = 0
    for _ in range(KILLS):
        left = stored.run(LEFT)
        killed = killed_below(stored, left, chance.choice((0.0, 0.0, chance.uniform(0.0, 0.2))))
        in_the_middle += killed and 0 < stored.run(LEFT) < left
        if stored.run(LEFT) == 0:
            stored.spoil()
    assert in_the_middle > 0, "never killed between two batches"
    left = stored.run(LEFT)
    last = machine("messages", "reparse", "--json").done().json
    assert (last["looked_at"], last["unreadable"], last["finished"]) == (left, 0, True)
    assert machine.dump() == synced, SEED
    assert stored.files == files
    machine("db", "check").done()
