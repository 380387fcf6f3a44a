"""The life of an integration on the command line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from inboxsync.errors import AuthFailed
from tests.unit.commands.harness import CommandLine, mail

SETTINGS = [
    "id", "name", "email", "provider", "host", "port", "tls", "username", "folders", "sync_interval_minutes", "cron",
    "priority", "filter", "rules", "dedup", "unread_only", "mark_read", "known_senders_only", "company", "since",
    "tickets_since", "tickets", "closed_ticket", "subject_window_days", "ticket_tag", "sender_cap", "thread_cap",
    "bulk", "ca_file", "pin_sha256", "active", "created_at", "updated_at",
]  # fmt: skip


def test_add_stores_and_tells_what_the_login_found(line: CommandLine) -> None:
    line.server.append(mail(1))
    line.server.append(mail(2))
    answer = line.add("support", "--json")
    assert answer.code == 0, answer.err
    assert list(answer.json)[: len(SETTINGS)] == SETTINGS
    assert answer.json["test"] == {
        "ok": True,
        "folders_found": ["INBOX"],
        "folders": [{"name": "INBOX", "messages": 2, "unread": 2}],
        "messages_waiting": 2,
    }
    assert answer.json["tickets_since"] == "2026-03-02T12:00:00Z"
    assert line("show", "support", "--json").json == {key: answer.json[key] for key in SETTINGS}


def test_add_tells_people_on_stdout_and_advice_on_stderr(line: CommandLine) -> None:
    answer = line.add()
    assert "login at imap.example.com:993 works" in answer.out
    assert "0 messages wait" in answer.out
    assert "master key was made" in answer.err
    assert "secret" not in answer.out + answer.err.replace("secrets", "")


def test_every_option_reaches_the_integration(line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text('{"field": "subject", "contains": "invoice"}')
    (tmp_path / "r.json").write_text('[{"name": "all", "when": {"all": []}, "then": {"priority": "high"}}]')
    (tmp_path / "ca.pem").write_text("-")
    answer = line.add(
        "all", "--port", "1993", "--tls", "starttls", "--username", "bob", "--folder", "A", "--folder", "B",
        "--cron", "*/5 * * * *", "--priority", "7", "--filter", str(tmp_path / "f.json"), "--rules",
        str(tmp_path / "r.json"), "--dedup", "store", "--unread-only", "--mark-read", "--known-senders-only",
        "--company", "ACME", "--since", "2026-01-31", "--tickets-since", "all", "--no-tickets", "--ca-file",
        str(tmp_path / "ca.pem"), "--pin-sha256", "AB" * 32, "--inactive", "--no-test", "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    told = answer.json
    assert told["test"] is None
    expected = {
        "port": 1993, "tls": "starttls", "username": "bob", "folders": ["A", "B"], "sync_interval_minutes": None,
        "cron": "*/5 * * * *", "priority": 7, "filter": {"field": "subject", "contains": "invoice"}, "dedup": "store",
        "unread_only": True, "mark_read": True, "known_senders_only": True, "company": "ACME",
        "since": "2026-01-31T00:00:00Z", "tickets_since": None, "tickets": False, "pin_sha256": "ab" * 32,
        "active": False,
    }  # fmt: skip
    assert {key: told[key] for key in expected} == expected
    assert told["rules"][0]["name"] == "all"


def test_a_refused_login_stores_nothing_and_says_how_to_store_anyway(line: CommandLine) -> None:
    line.server.login_fault = AuthFailed("the server refuses the login")
    answer = line.add("support", "--json")
    assert answer.code == 77
    assert answer.json["error"]["code"] == "auth_failed"
    assert "--no-test" in answer.json["error"]["hint"]
    assert "--no-test" in answer.err
    assert line("list", "--json").json == {"integrations": []}
    assert line.add("support", "--no-test").code == 0


def test_a_missing_folder_names_those_there_are(line: CommandLine) -> None:
    line.server.add_folder("Archive")
    answer = line.add("support", "--folder", "Nowhere")
    assert answer.code == 69
    assert "INBOX" in answer.err
    assert "Archive" in answer.err


def test_usage_errors_are_2_before_any_login(line: CommandLine, tmp_path: Path) -> None:
    assert line.add().code == 0
    calls = len(line.server.calls)
    assert line.add().code == 2
    assert line.add("x", "--provider", "nobody").code == 2
    assert line.add("x", "--cron", "61 * * * *").code == 2
    assert line.add("x", "--every", "soon").code == 2
    assert line.add("x", "--every", "5m", "--cron", "* * * * *").code == 2
    assert line.add("x", "--tls", "none").code == 2
    assert line.add("x", "--tls", "none", "--insecure-plaintext", "--no-test").code == 0
    assert line.add("y", "--password-file", str(tmp_path / "f")).code == 2
    assert line("show", "nobody").code == 2
    assert len(line.server.calls) == calls


def test_an_invalid_filter_is_78_with_every_fault(line: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "f.json"
    file.write_text('{"any": [{"field": "subjekt", "contains": "x"}, {"field": "size", "gt": "many"}]}')
    answer = line.add("support", "--filter", str(file), "--json")
    assert answer.code == 78
    assert answer.json["error"]["code"] == "filter_invalid"
    assert [problem["where"] for problem in answer.json["error"]["problems"]] == [
        f"{file}: /any/0/field", f"{file}: /any/1/gt"
    ]  # fmt: skip
    assert line("list", "--json").json["integrations"] == []


def test_the_password_may_come_from_a_file(line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    answer = line(
        "add", "support", "--email", "ana@example.com", "--host", "imap.example.com",
        "--password-file", str(tmp_path / "password"),
    )  # fmt: skip
    assert answer.code == 0, answer.err


def test_without_terminal_and_password_it_says_how_to_give_one(line: CommandLine) -> None:
    answer = line("add", "support", "--email", "ana@example.com", "--host", "imap.example.com")
    assert answer.code == 2
    assert "--password-file" in answer.err


def test_a_provider_without_passwords_is_told_of(line: CommandLine) -> None:
    answer = line("add", "o", "--email", "ana@outlook.com", "--no-test", "--password-stdin", stdin="x12345\n")
    assert answer.code == 0, answer.err
    assert "no longer takes passwords" in answer.err
    assert line("show", "o", "--json").json["provider"] is not None


def test_edit_changes_what_is_given_and_keeps_the_rest(line: CommandLine) -> None:
    before = line.add("support", "--json").json
    answer = line("edit", "support", "--every", "2m", "--company", "ACME", "--json")
    assert answer.code == 0, answer.err
    after = answer.json
    assert (after["sync_interval_minutes"], after["company"]) == (2, "ACME")
    unchanged = set(SETTINGS) - {"sync_interval_minutes", "company", "updated_at"}
    assert {key: after[key] for key in unchanged} == {key: before[key] for key in unchanged}
    assert line("edit", "support", "--company", "", "--json").json["company"] is None


def test_edit_of_the_server_seals_the_secret_again(line: CommandLine) -> None:
    line.add()
    assert line("edit", "support", "--host", "other.example.com").code == 0
    assert line("test", "support").code == 0
    assert line("key", "check", "--json").json == {"ok": True, "checked": 1, "faults": []}


def test_edit_without_anything_needs_a_terminal(line: CommandLine) -> None:
    line.add()
    assert line("edit", "support").code == 2


def test_edit_renames_and_takes_filters_away(line: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "f.json"
    file.write_text('{"field": "subject", "contains": "invoice"}')
    line.add("support", "--filter", str(file))
    answer = line("edit", "support", "--rename", "help", "--no-filter", "--json")
    assert answer.code == 0, answer.err
    assert (answer.json["name"], answer.json["filter"]) == ("help", None)


def test_a_new_password_ends_a_pause(line: CommandLine) -> None:
    line.add("support", "--no-test")
    line.server.login_fault = AuthFailed("refused")
    for _ in range(3):
        assert line("sync", "support").code == 77
    assert line("status", "--json").json["integrations"][0]["state"] == "paused"
    line.server.login_fault = None
    line.now += timedelta(seconds=5)
    answer = line("edit", "support", "--password-stdin", stdin="secret\n")
    assert answer.code == 0, answer.err
    assert line("sync-all", "--json").json["integrations"][0]["status"] == "success"


def test_clones_start_inactive_with_a_secret_of_their_own(line: CommandLine) -> None:
    line.add()
    answer = line("clone", "support", "copy", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["active"] is False
    assert line("test", "copy").code == 0
    assert line("clone", "support", "copy").code == 2
    assert line("enable", "copy", "--json").json["active"] is True
    assert line("disable", "copy", "--json").json["active"] is False


def test_remove_asks_first(line: CommandLine) -> None:
    line.add()
    assert line("remove", "support").code == 2
    assert line("remove", "nobody", "--yes").code == 2
    assert line("remove", "support", "--yes", "--json").json == {"removed": "support", "purged": False}
    assert line("list", "--json").json == {"integrations": []}


def test_test_tells_folders_and_waiting_mail(line: CommandLine) -> None:
    line.add()
    line.server.append(mail(1))
    told = line("test", "support", "--json").json
    assert (told["ok"], told["messages_waiting"], told["folders_found"]) == (True, 1, ["INBOX"])


def test_folder_names_from_the_server_cannot_act_on_the_terminal(line: CommandLine) -> None:
    line.server.add_folder("a\x1b]52;c;eA==\x07\nb")
    answer = line.add()
    assert "\x1b" not in answer.out + answer.err
    assert "\\x1b]52" in answer.out
