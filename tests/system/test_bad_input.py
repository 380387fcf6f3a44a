"""What a person may type or write wrongly: its exit code, one line with the remedy, and nothing changed."""

from __future__ import annotations

import json

import pytest

from tests.system.cli import Account, Machine, complaint, letter

PLACE = ("--email", "box@example.com", "--host", "imap.example.com", "--no-test")


def added(machine: Machine, name: str, *more: str, password: str | bytes = "made-up\n") -> None:
    """Add an integration without looking at its server."""
    machine("add", name, *PLACE, "--password-stdin", *more, stdin=password).done()


def test_usage_errors_are_2_and_store_nothing(machine: Machine) -> None:
    chosen = ("--password-stdin", "--json")
    lines = {
        ("add", "a", *PLACE, "--provider", "gmial", *chosen): "gmail",
        ("add", "a", *PLACE, "--cron", "61 * * * *", *chosen): "--cron",
        ("add", "a", *PLACE, "--cron", "* * * *", *chosen): "--cron",
        ("add", "a", "--email", "a@imap.example.com", "--host", "imap.example.com", "--tls", "none", *chosen): "clear",
        ("add", "a", *PLACE): "--password-file",
    }
    for argv, word in lines.items():
        answer = machine(*argv, stdin="made-up\n")
        assert answer.code == 2, (argv, answer)
        assert word in complaint(answer)
    unknown = machine("add", "a", *PLACE, "--paswsord-stdin")
    assert unknown.code == 2
    assert "--paswsord-stdin" in complaint(unknown)
    assert machine.stored_names() == []


def test_a_usage_error_is_one_document_too(machine: Machine) -> None:
    answer = machine("add", "a", *PLACE, "--provider", "gmial", "--password-stdin", "--json", stdin="made-up\n")
    assert set(answer.json["error"]) == {"code", "message", "hint"}
    assert answer.json["error"]["code"] == "usage"


def test_a_name_that_exists_and_one_that_does_not(machine: Machine) -> None:
    added(machine, "support", "--priority", "7")
    twice = machine("add", "support", *PLACE, "--password-stdin", stdin="made-up\n")
    assert twice.code == 2
    assert "edit" in complaint(twice)
    for command in (("sync", "suport"), ("clone", "suport", "b"), ("status", "suport", "--json")):
        answer = machine(*command)
        assert answer.code == 2, answer
        assert "did you mean 'support'" in complaint(answer)
    assert machine("show", "support", "--json").done().json["priority"] == 7


FAULTS = {"all": [{"field": "sbuject", "contains": "x"}, {"field": "size", "contains": "x"}, {"field": "subject"}]}


def test_a_filter_with_faults_is_78_and_names_each(machine: Machine) -> None:
    file = machine.home / "filter.json"
    file.write_text(json.dumps(FAULTS))
    argv = ("add", "a", *PLACE, "--password-stdin", "--filter", str(file), "--json")
    answer = machine(*argv, stdin="made-up\n")
    assert answer.code == 78
    error = answer.json["error"]
    assert error["code"] == "filter_invalid"
    pointers = ("/all/0", "/all/1", "/all/2")
    assert all(any(pointer in problem["where"] for problem in error["problems"]) for pointer in pointers)
    assert all(pointer in answer.err for pointer in pointers)
    assert "did you mean" in answer.err
    assert machine.stored_names() == []


@pytest.mark.parametrize("text", ["{}", "[" * 100_000, ""])
def test_a_file_that_is_no_filter_is_78(machine: Machine, text: str) -> None:
    file = machine.home / "filter.json"
    file.write_text(text)
    checked = machine("rules", "check", str(file), "--json")
    assert checked.code == 78
    assert checked.json["valid"] is False
    assert checked.json["faults"]


@pytest.mark.dovecot
def test_a_stored_filter_that_does_not_decode_takes_and_drops_nothing(machine: Machine, account: Account) -> None:
    account.deliver(letter(1))
    machine.add(account, "support", "--mark-read").done()
    with machine.sql() as connection:
        connection.execute('UPDATE inboxsync_integrations SET filter_json = \'{"field": "nonsense"}\'')
    answer = machine.sync("support")
    assert answer.code == 78
    assert answer.part["error"]["code"] == "filter_invalid"
    assert answer.part["counts"]["filtered"] == answer.part["counts"]["stored"] == 0
    assert account.flags() == [""]
    again = machine("sync-all")
    assert again.code == 78
    assert machine.status("support")["state"] in ("failing", "paused")
    machine("edit", "support", "--no-filter").done()
    assert machine.sync("support").done().part["counts"]["stored"] == 1


@pytest.mark.dovecot
@pytest.mark.parametrize("password", [b"one\rtwo\n", b"one\0two\n", b"", b"\xff\xfe\n"])
def test_a_password_that_cannot_be_sent_is_refused(machine: Machine, account: Account, password: bytes) -> None:
    answer = machine("add", "a", "--email", account.user, *account.tls, "--password-stdin", stdin=password)
    assert answer.code == 2, answer
    complaint(answer)
    assert machine.stored_names() == []


@pytest.mark.dovecot
def test_only_the_first_line_of_stdin_is_the_password(machine: Machine, account: Account) -> None:
    argv = ("add", "a", "--email", account.user, *account.tls, "--password-stdin")
    machine(*argv, stdin=f"{account.password}\r\nX LOGOUT\r\n").done()


def test_a_file_of_several_lines_is_no_password(machine: Machine) -> None:
    file = machine.home / "secret"
    file.write_bytes(b"one\r\ntwo\r\n")
    file.chmod(0o600)
    answer = machine("add", "a", *PLACE, "--password-file", str(file))
    assert answer.code == 2, answer
    assert machine.stored_names() == []


def test_settings_that_cannot_be_used_are_78(machine: Machine) -> None:
    for variables in ({"INBOXSYNC_JOBS": "many"}, {"INBOXSYNC_DATABASE_URL": "mysql://localhost/x"}):
        answer = machine.with_environ(**variables)("list")
        assert answer.code == 78
        assert next(iter(variables)) in answer.err
