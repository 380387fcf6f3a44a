"""Backups taken while a sync is running, and what a restore means for the ledger (hazards D7)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from devtools.corpus import varied
from devtools.postgres import Postgres, postgres_binaries
from tests.crash.changes import with_attachment
from tests.system.cli import Account, Machine, finished

pytestmark = pytest.mark.dovecot
LETTERS = tuple(varied(24, seed=9, with_broken=True))


def calm(machine: Machine, account: Account) -> bytes:
    """The dump of a machine that synced this account once, in peace."""
    peaceful = Machine(machine.home / "calm")
    peaceful.home.mkdir()
    peaceful.add(account, "support", "--tickets-since", "all", "--no-test").done()
    peaceful.sync("support").done()
    return peaceful.dump()


def test_a_store_of_yesterday_takes_in_what_came_since(machine: Machine, account: Account) -> None:
    account.deliver(*LETTERS[:6], with_attachment(1, 300_000))
    machine.add(account, "support", "--tickets-since", "all", "--no-test").done()
    machine.sync("support").done()
    account.deliver(*LETTERS[6:18])
    busy = machine.with_environ(INBOXSYNC_BATCH_MESSAGES="1")
    running = busy.start("sync", "support")
    made = machine("db", "backup", str(machine.home / "kept"), "--json").done().json
    assert finished(running).code == 0
    assert made["rows"]["inboxsync_messages"] >= 7
    account.deliver(*LETTERS[18:], with_attachment(2, 301_000))
    machine.sync("support").done()
    dump = machine.dump()
    lost = {number for (number,) in machine.rows("SELECT number FROM inboxsync_tickets")}
    machine("db", "restore", str(machine.home / "kept"), "--replace").done()
    assert machine.rows("SELECT count(*) FROM inboxsync_messages") == [(made["rows"]["inboxsync_messages"],)]
    since = machine.sync("support").done().part["counts"]
    assert since["stored"] > 0
    assert machine.dump() == dump == calm(machine, account)
    assert machine("verify", "support", "--deep", "--sample", "100").code == 0
    assert not any(machine.sync("support").done().part["counts"].values())
    numbers = [number for (number,) in machine.rows("SELECT number FROM inboxsync_tickets")]
    again = [number for number in numbers if number not in lost]
    assert len(set(numbers)) == len(numbers)
    assert len(again) == since["tickets_created"]


@pytest.mark.postgres
def test_postgres_is_backed_up_by_its_own_program(machine: Machine, account: Account, postgres: Postgres) -> None:
    url, fresh = postgres.fresh_database(), postgres.fresh_database()
    account.deliver(*LETTERS[:6], with_attachment(1, 300_000))
    tools = str(postgres_binaries())
    there = machine.with_environ(INBOXSYNC_DATABASE_URL=url, PATH=f"{tools}:{machine.environment['PATH']}")
    restored = there.with_environ(INBOXSYNC_DATABASE_URL=fresh)
    try:
        there.add(account, "support", "--tickets-since", "all", "--no-test").done()
        there.sync("support").done()
        before = there.dump()
        there("db", "backup", str(machine.home / "kept")).done()
        kept = machine.home / "kept"
        assert json.loads((kept / "manifest.json").read_text())["kind"] == "postgres"
        account.deliver(*LETTERS[6:12])
        there.sync("support").done()
        dump = there.dump()
        _pg_restore(Path(tools), kept / "inboxsync.pgdump", fresh)
        assert restored("db", "check").code == 0
        assert restored.dump() == before
        assert restored.sync("support").done().part["counts"]["fetched"] == 6
        assert restored.dump() == dump
        refused = there.with_environ(PATH=str(machine.home))("db", "backup", str(machine.home / "next"))
        assert (refused.code, "pg_dump is not installed" in refused.err) == (2, True)
        there.with_environ(PATH=str(machine.home))("db", "backup", str(machine.home / "files"), "--files-only").done()
    finally:
        for one in (url, fresh):
            postgres.drop_database(one)


def _pg_restore(tools: Path, archive: Path, url: str) -> None:
    command = [str(tools / "pg_restore"), "--exit-on-error", "--no-owner", f"--dbname={url}", str(archive)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
