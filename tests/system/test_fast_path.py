"""What cron asks every few minutes: "nothing is due" is answered with the standard library alone."""

from __future__ import annotations

import re

import pytest

from devtools.webhook_receiver import Receiver
from tests.system.cli import Account, Answer, Machine, letter
from tests.system.test_json_shapes import REPORT, is_utc

pytestmark = pytest.mark.dovecot
HEAVY = frozenset({
    "typer", "click", "pydantic", "sqlalchemy", "sqlmodel", "alembic", "ssl", "imapclient", "rich", "cryptography",
    "inboxsync.cli", "inboxsync.app", "logging", "socket",
})  # fmt: skip
LONG_WAY = "inboxsync.app"
IMPORTED = re.compile(r"^import time:\s+\d+ \|\s+\d+ \|\s+(\S+)$", re.MULTILINE)


def imported(answer: Answer) -> frozenset[str]:
    """The modules that a process run with `-X importtime` imported."""
    found = frozenset(IMPORTED.findall(answer.err))
    assert "inboxsync" in found, answer.err
    return found


def watched(machine: Machine, *argv: str) -> Answer:
    """Run the program and let Python tell what it imports."""
    return machine(*argv, python=("-X", "importtime"))


@pytest.fixture
def idle(machine: Machine, account: Account) -> Machine:
    """A machine whose one integration has just been synced."""
    account.deliver(letter(1))
    machine.add(account, "support").done()
    machine.sync("support").done()
    return machine


def test_nothing_due_costs_hardly_more_than_python(idle: Machine) -> None:
    answer = watched(idle, "sync-all").done()
    assert imported(answer) & HEAVY == frozenset()
    assert answer.octets == b""
    quiet = idle("sync-all", "-q").done()
    assert (quiet.octets, quiet.errors) == (b"", b"")
    as_json = watched(idle, "sync-all", "--json").done()
    assert imported(as_json) & HEAVY == frozenset()
    report = as_json.json
    assert set(report) == REPORT
    assert (report["status"], report["integrations"]) == ("success", [])
    assert is_utc(report["started_at"])
    assert is_utc(report["finished_at"])


def test_the_fast_path_writes_nothing(idle: Machine) -> None:
    before = {file: file.stat().st_mtime_ns for file in idle.data_dir.rglob("*")}
    assert idle("sync-all").done().octets == b""
    assert {file: file.stat().st_mtime_ns for file in idle.data_dir.rglob("*")} == before


def test_whatever_is_not_surely_nothing_goes_the_long_way(idle: Machine) -> None:
    assert LONG_WAY in imported(watched(idle, "sync-all", "--jobs", "2").done())
    unknown = watched(idle, "sync-all", "--nonsense")
    assert (unknown.code, "inboxsync.cli" in imported(unknown)) == (2, True)
    idle.let_it_be_due("support")
    due = watched(idle, "sync-all", "--json").done()
    assert LONG_WAY in imported(due)
    assert [part["name"] for part in due.json["integrations"]] == ["support"]


def test_a_monitor_hears_of_runs_with_nothing_to_do_too(idle: Machine) -> None:
    with Receiver() as monitor:
        assert idle.with_environ(INBOXSYNC_PING_URL=monitor.url)("sync-all", "-q").done().octets == b""
        assert [one.path for one in monitor.received] == ["/hooks/mail"]
        file = idle.data_dir / "config.toml"
        file.write_text(f'ping_url = "{monitor.url}/of-the-file"\n')
        assert idle.with_environ(INBOXSYNC_CONFIG=str(file))("sync-all", "-q").done().octets == b""
        assert [one.path for one in monitor.received][1:] == ["/hooks/mail/of-the-file"]


def test_an_older_schema_goes_the_long_way(idle: Machine) -> None:
    with idle.sql() as connection:
        connection.execute("UPDATE inboxsync_meta SET value = '0' WHERE name = 'schema_version'")
    assert LONG_WAY in imported(watched(idle, "sync-all"))


def test_no_integration_goes_the_long_way(machine: Machine) -> None:
    answer = watched(machine, "sync-all").done()
    assert LONG_WAY in imported(answer)
    assert "INBOXSYNC_IMAP_HOST" in answer.err


def test_outstanding_credentials_are_told_on_every_run(machine: Machine, account: Account) -> None:
    argv = ("add", "a", "--email", account.user, *account.tls, "--password-stdin", "--no-test")
    machine(*argv, stdin="wrong\n").done()
    assert machine("sync-all").code == 77
    again = watched(machine, "sync-all")
    assert (again.code, LONG_WAY in imported(again)) == (77, True)


def test_a_run_that_finds_nothing_new_stays_light(idle: Machine) -> None:
    answer = watched(idle, "sync", "support").done()
    heavy = {"typer", "rich", "pydantic", "sqlalchemy", "sqlmodel", "alembic", "re2", "nh3", "inboxsync.mail.parse"}
    assert imported(answer) & heavy == frozenset()
    assert "imapclient" in imported(answer), "it did look at the server"
