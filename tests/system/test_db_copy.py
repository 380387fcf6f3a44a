"""`db copy` between SQLite and Postgres as processes that are killed, and the sync that goes on from the copy."""

from __future__ import annotations

import contextlib
import signal
import subprocess

import pytest

from devtools.corpus import varied
from devtools.postgres import Postgres
from tests.crash.changes import with_attachment
from tests.system.cli import Account, Machine, finished, letter

pytestmark = [pytest.mark.dovecot, pytest.mark.postgres]
LETTERS = 12
KILLED_AFTER_S = (1.2,)


def killed(machine: Machine, delay_s: float, *argv: str) -> None:
    process = machine.start(*argv)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(delay_s)
    process.send_signal(signal.SIGKILL)
    finished(process)


def test_to_postgres_and_back(machine: Machine, account: Account, postgres: Postgres) -> None:
    account.deliver(*varied(LETTERS, seed=3, with_broken=True), with_attachment(1, 300_000))
    machine.add(account, "support", "--tickets-since", "all", "--no-test").done()
    machine.sync("support").done()
    dump, url = machine.dump(), postgres.fresh_database()
    copying = ("db", "copy", "configured", "env:NEW_URL", "--json")
    moving = machine.with_environ(NEW_URL=url)
    on_postgres = machine.with_environ(INBOXSYNC_DATABASE_URL=url)
    try:
        for delay_s in KILLED_AFTER_S:
            killed(moving, delay_s, *copying)
        report = moving(*copying).done().json
        assert (report["equal"], report["files"]["missing_raw"]) == (True, [])
        assert on_postgres.dump() == dump
        found = [one("search", "attached", "--json").done().json["total"] for one in (machine, on_postgres)]
        assert found[0] == found[1] > 0
        account.deliver(letter("on postgres"))
        assert on_postgres.sync("support").done().part["counts"]["fetched"] == 1
        assert on_postgres("verify", "support", "--deep").code == 0
        back = machine.home / "back"
        again = on_postgres("db", "copy", "configured", str(back), "--copy-files-to", str(back.parent / "files"))
        assert again.code == 0, again.err
    finally:
        on_postgres_dump = on_postgres.dump()
        postgres.drop_database(url)
    home = machine.with_environ(
        INBOXSYNC_DATABASE_URL=f"sqlite:///{back}",
        INBOXSYNC_DATA_DIR=str(back.parent / "files"),
        INBOXSYNC_KEY_FILE=str(machine.data_dir / "key"),
    )
    assert home.dump() == on_postgres_dump
    assert not any(home.sync("support").done().part["counts"].values())
    assert home("verify", "support", "--deep").code == 0
