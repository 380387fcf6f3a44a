"""A mailbox that is set up by variables alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.commands.harness import CommandLine, mail


@pytest.fixture
def variables(line: CommandLine, tmp_path: Path) -> CommandLine:
    """A machine whose environment names a mailbox."""
    file = tmp_path / "password"
    file.write_text("secret\n")
    line.environ = {
        "INBOXSYNC_IMAP_HOST": "imap.example.com",
        "INBOXSYNC_IMAP_USER": "ana@example.com",
        "INBOXSYNC_IMAP_PASSWORD_FILE": str(file),
    }
    return line


def test_it_is_synced_listed_and_tested_like_any_other(variables: CommandLine) -> None:
    variables.server.append(mail(1))
    assert variables("sync-all", "--json").json["integrations"][0]["counts"]["stored"] == 1
    (one,) = variables("list", "--json").json["integrations"]
    assert (one["host"], one["username"]) == ("imap.example.com", "ana@example.com")
    assert variables("status", "--json").json["integrations"][0]["state"] == "ok"
    assert variables("test", one["name"]).code == 0


def test_it_is_changed_where_it_is_set(variables: CommandLine) -> None:
    name = variables("list", "--json").json["integrations"][0]["name"]
    for command in (
        ["edit", name, "--every", "1m"],
        ["disable", name],
        ["remove", name, "--yes"],
        ["clone", name, "b"],
    ):
        answer = variables(*command)
        assert answer.code == 2
        assert "environment" in answer.err


def test_what_is_missing_is_told_in_one_line(variables: CommandLine) -> None:
    del variables.environ["INBOXSYNC_IMAP_USER"]
    answer = variables("sync-all")
    assert answer.code == 78
    assert "INBOXSYNC_IMAP_USER" in answer.err.splitlines()[0]


def test_a_stored_integration_wins(variables: CommandLine) -> None:
    assert variables.add("support").code == 0
    assert [one["name"] for one in variables("list", "--json").json["integrations"]] == ["support"]
