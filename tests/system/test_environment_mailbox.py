"""One mailbox set up by environment variables alone, without `add`."""

from __future__ import annotations

import pytest

from tests.system.cli import Account, Machine, complaint, letter

pytestmark = pytest.mark.dovecot


def new_names(account: Account) -> dict[str, str]:
    """The variables of this program."""
    return {
        "INBOXSYNC_IMAP_HOST": "localhost",
        "INBOXSYNC_IMAP_PORT": str(account.server.tls_port),
        "INBOXSYNC_IMAP_USER": account.user,
        "INBOXSYNC_IMAP_FOLDER": "Archive",
        # What OpenSSL itself reads: the server's authority stands in for a public one.
        "SSL_CERT_FILE": str(account.server.ca_file),
    }


def old_names(account: Account, *, use_ssl: str = "true") -> dict[str, str]:
    """The variables that other programs use."""
    return {
        "IMAP_HOST": "localhost",
        "IMAP_PORT": str(account.server.tls_port if use_ssl == "true" else account.server.port),
        "IMAP_USER": account.user,
        "IMAP_PASSWORD": account.password,
        "IMAP_USE_SSL": use_ssl,
        "IMAP_MAILBOX": "INBOX",
        "SSL_CERT_FILE": str(account.server.ca_file),
    }


def test_our_own_names(machine: Machine, account: Account) -> None:
    account.deliver(letter(1), folder="Archive")
    secret = machine.home / "secret"
    secret.write_text(account.password + "\n")
    secret.chmod(0o600)
    machine = machine.with_environ(**new_names(account), INBOXSYNC_IMAP_PASSWORD_FILE=str(secret))
    part = machine("sync-all", "--json").done().part
    assert (part["counts"]["stored"], part["folders"][0]["name"]) == (1, "Archive")
    assert machine("sync-all", "--json").done().json["integrations"] == []
    assert machine("sync-all", "--force", "--json").done().part["folders"][0]["plan"] == "nothing_new"
    assert machine("status", "--json").done().json["integrations"][0]["messages"] == 1
    assert machine.rows("SELECT count(*) FROM inboxsync_secrets") == [(0,)]


@pytest.mark.parametrize("use_ssl", ["true", "false"])
def test_the_names_of_others(machine: Machine, account: Account, use_ssl: str) -> None:
    account.deliver(letter(1))
    machine = machine.with_environ(**old_names(account, use_ssl=use_ssl))
    assert machine("sync-all", "--json").done().part["counts"]["stored"] == 1
    assert account.password.encode() not in b"".join(
        file.read_bytes() for file in machine.data_dir.rglob("*") if file.is_file()
    )


def test_what_is_missing_is_named_in_one_line(machine: Machine) -> None:
    answer = machine.with_environ(INBOXSYNC_IMAP_USER="box@example.com")("sync-all")
    assert answer.code == 78
    assert "Traceback" not in answer.err
    (line,) = [line for line in answer.err.splitlines() if line.startswith("error: ")]
    assert "INBOXSYNC_IMAP_HOST" in line
    assert "INBOXSYNC_IMAP_PASSWORD_FILE" in line
    values = machine.with_environ(
        IMAP_HOST="localhost", IMAP_USER="box@example.com", IMAP_PORT="many", IMAP_PASSWORD="x"
    )
    wrong = values("sync-all")
    assert wrong.code == 78
    assert "IMAP_PORT" in wrong.err


def test_unset_a_run_names_the_variables(machine: Machine) -> None:
    answer = machine("sync-all").done()
    assert len(answer.err.splitlines()) == 1
    for name in ("INBOXSYNC_IMAP_HOST", "INBOXSYNC_IMAP_USER", "INBOXSYNC_IMAP_PASSWORD_FILE"):
        assert name in answer.err


def test_they_are_ignored_once_there_is_an_integration(machine: Machine, account: Account) -> None:
    machine.add(account, "support").done()
    listed = machine.with_environ(**old_names(account))("list", "--json").done().json["integrations"]
    assert [one["name"] for one in listed] == ["support"]


def test_an_unknown_name_beside_them_is_a_usage_error(machine: Machine, account: Account) -> None:
    answer = machine.with_environ(**old_names(account))("sync", "support")
    assert answer.code == 2
    complaint(answer)


def test_other_variables_are_another_mailbox_and_the_first_can_come_back(machine: Machine, account: Account) -> None:
    account.deliver(letter(1))
    account.deliver(letter(2), folder="Archive")
    first = machine.with_environ(**old_names(account))
    second = first.with_environ(IMAP_MAILBOX="Archive")
    plans = []
    for each in (first, second, first):
        part = each("sync-all", "--force", "--json").done().part
        plans.append((part["folders"][0]["name"], part["folders"][0]["plan"], part["counts"]["stored"]))
        assert len(each("list", "--json").done().json["integrations"]) == 1
    assert plans == [("INBOX", "initial", 1), ("Archive", "initial", 1), ("INBOX", "nothing_new", 0)]


def test_outgrown_variables_do_not_keep_the_program_busy(machine: Machine, account: Account) -> None:
    first = machine.with_environ(**old_names(account))
    first("sync-all").done()
    machine.add(account, "support").done()
    machine("sync-all").done()
    with machine.sql() as connection:
        connection.execute(
            "UPDATE inboxsync_sync_states SET due_at = '2026-01-01 00:00:00.000000' WHERE integration_id ="
            " (SELECT id FROM inboxsync_integrations WHERE provider = 'environment')"
        )
    answer = machine("sync-all", python=("-X", "importtime")).done()
    assert "inboxsync.app" not in answer.err
    assert [one["name"] for one in machine("list", "--json").done().json["integrations"]] == ["support"]
