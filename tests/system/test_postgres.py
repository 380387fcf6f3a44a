"""The main job on Postgres: the same commands, the same content."""

from __future__ import annotations

import pytest

from devtools.corpus import varied
from devtools.postgres import Postgres
from tests.system.cli import COUNTS, Account, Machine, adds_up

pytestmark = [pytest.mark.dovecot, pytest.mark.postgres]
LETTERS = 30


def main_job(machine: Machine, account: Account) -> bytes:
    """Add, sync twice, and answer the dump."""
    machine.add(account, "support", "--tickets-since", "all").done()
    first = machine.sync("support").done().part["counts"]
    assert adds_up(first)
    assert (first["listed"], first["stored"], first["duplicate"]) == (LETTERS, LETTERS - 2, 2)
    dump = machine.dump()
    second = machine.sync("support").done().part
    assert second["counts"] == dict.fromkeys(COUNTS, 0)
    assert second["folders"][0]["plan"] == "nothing_new"
    assert machine.dump() == dump
    return dump


def test_both_databases_hold_the_same(machine: Machine, account: Account, postgres: Postgres) -> None:
    letters = tuple(varied(LETTERS, seed=11, with_broken=True))
    account.deliver(*letters)
    tickets = sum(letter.kind not in ("duplicate", "automatic") for letter in letters)
    other = Machine(machine.home / "other")
    other.home.mkdir()
    url = postgres.fresh_database()
    on_postgres = other.with_environ(INBOXSYNC_DATABASE_URL=url)
    try:
        dump = main_job(on_postgres, account)
        assert dump == main_job(machine, account)
        assert not other.database.exists()
        status = on_postgres.status("support")
        assert (status["state"], status["messages"], status["tickets"]) == ("ok", LETTERS, tickets)
        assert on_postgres("sync-all", "--json").done().json["integrations"] == []
    finally:
        postgres.drop_database(url)


def test_a_database_that_does_not_answer_is_75(machine: Machine, postgres: Postgres) -> None:
    url = postgres.url("not_there")
    answer = machine.with_environ(INBOXSYNC_DATABASE_URL=url)("sync-all")
    assert answer.code == 75, answer
    assert "INBOXSYNC_DATABASE_URL" in answer.err
    assert "Traceback" not in answer.err
