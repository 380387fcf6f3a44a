"""What is stored, as the command line shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.commands.harness import CommandLine, mail

MESSAGE = [
    "id", "subject", "sender", "sender_name", "from_display", "to_recipients", "cc_recipients", "bcc_recipients",
    "date_received", "date_sent", "is_read", "is_starred", "has_attachments", "size_bytes", "snippet", "folder",
    "message_id", "uid", "external_id", "integration", "flags", "in_reply_to", "references", "thread_id", "ticket_id",
    "fate",
]  # fmt: skip


@pytest.fixture
def full(line: CommandLine) -> CommandLine:
    """Three messages, one of which would act on a terminal."""
    for number, subject in enumerate(("first", "second", "=?utf-8?q?evil_=1B[2J=E2=80=AE?="), start=1):
        line.server.append(mail(number, subject))
    line.add("support", "--tickets-since", "all")
    assert line("sync", "support").code == 0
    return line


def test_messages_list_pages(full: CommandLine) -> None:
    first = full("messages", "list", "--limit", "2", "--json").json
    assert list(first) == ["messages", "total", "page", "has_next", "has_prev"]
    assert (first["total"], first["page"], first["has_next"], first["has_prev"]) == (3, 1, True, False)
    assert list(first["messages"][0]) == MESSAGE
    second = full("messages", "list", "--limit", "2", "--page", "2", "--json").json
    assert (len(second["messages"]), second["has_next"], second["has_prev"]) == (1, False, True)


def test_a_message_in_its_public_shape(full: CommandLine) -> None:
    listed = full("messages", "list", "--json").json["messages"]
    one = next(m for m in listed if m["subject"] == "first")
    assert isinstance(one["id"], str)
    assert (one["uid"], one["message_id"], one["external_id"]) == ("1", "<1@example.com>", "1@example.com")
    assert one["date_received"] == "2026-03-01T09:30:00Z"
    whole = full("messages", "show", one["id"], "--json").json
    assert whole["body_text"].strip() == "Body of 1."
    assert whole["headers"]["subject"] == ["first"]
    assert whole["attachments"] == []


def test_mail_cannot_act_on_the_terminal(full: CommandLine) -> None:
    for told in (full("messages", "list"), full("tickets", "list"), full("messages", "list", "--json")):
        assert told.code == 0
        assert not {"\x1b", "\u202e"} & set(told.out + told.err)


def test_export_gives_the_octets_unaltered(full: CommandLine, tmp_path: Path) -> None:
    one = next(m for m in full("messages", "list", "--json").json["messages"] if m["subject"] == "first")
    file = tmp_path / "out.eml"
    assert full("messages", "export", one["id"], "--output", str(file)).code == 0
    assert file.read_bytes() == mail(1, "first")
    assert full("messages", "export", one["id"], "--output", str(tmp_path)).code == 2
    assert full("messages", "export", one["id"], "-o", "-").out.encode() == mail(1, "first")


@pytest.mark.parametrize(
    "argv",
    [
        ["messages", "list", "--limit", "101"],
        ["messages", "list", "--page", "0"],
        ["messages", "list", "--integration", "nobody"],
        ["messages", "list", "--fate", "eaten"],
        ["messages", "show", "999"],
        ["messages", "show", "x"],
        ["messages", "export", "999", "--output", "x"],
        ["tickets", "list", "--status", "lost"],
        ["tickets", "show", "999"],
        ["quarantine", "show", "9"],
        ["rules", "test", "nowhere.json"],
        ["db", "dump"],
        ["man", "--format", "pdf"],
    ],
)
def test_what_cannot_be_is_a_usage_error(full: CommandLine, argv: list[str]) -> None:
    answer = full(*argv)
    assert answer.code == 2
    assert answer.err.startswith("error: ")


def test_tickets(full: CommandLine) -> None:
    told = full("tickets", "list", "--json").json
    assert list(told) == ["tickets", "total", "page", "has_next", "has_prev"]
    assert told["total"] == 3
    ticket = told["tickets"][0]
    assert list(ticket) == [
        "id", "number", "subject", "status", "priority", "category", "tags", "company", "requester", "watchers",
        "assignee", "integration", "message_ids", "external_reference", "created_at", "updated_at", "last_message_at",
    ]  # fmt: skip
    assert list(ticket["requester"]) == ["name", "email", "contact_id"]
    assert full("tickets", "show", ticket["id"], "--json").json == {**ticket, "related": [], "is_unverified": False}
    assert ticket["number"] in full("tickets", "show", ticket["id"]).out


def test_folders(full: CommandLine) -> None:
    (folder,) = full("folders", "--json").json["folders"]
    assert list(folder) == [
        "id", "name", "role", "unread_count", "total_count", "integration", "uidvalidity", "last_sync_at"
    ]  # fmt: skip
    assert (folder["name"], folder["role"], folder["total_count"]) == ("INBOX", "inbox", 3)


def test_rules_are_tried_on_stored_mail_and_on_files(full: CommandLine, tmp_path: Path) -> None:
    file, eml = tmp_path / "f.json", tmp_path / "m.eml"
    file.write_text('{"field": "subject", "equals": "first"}')
    eml.write_bytes(mail(9, "first"))
    stored = full("rules", "test", str(file), "--integration", "support", "--json").json
    assert (stored["tested"], stored["taken"], stored["refused"], stored["faults"]) == (3, 1, 2, 0)
    assert list(stored["results"][0]) == ["id", "taken", "fault"]
    assert full("rules", "test", str(file), "--last", "2", "--json").json["tested"] == 2
    single = full("rules", "test", str(file), "--eml", str(eml), "--json").json
    assert single["results"] == [{"id": "m.eml", "taken": True, "fault": None}]


def test_rules_check_tells_every_fault(line: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "f.json"
    file.write_text('{"any": [{"field": "subjekt", "contains": "x"}, {}]}')
    answer = line("rules", "check", str(file), "--json")
    assert answer.code == 78
    assert answer.json["valid"] is False
    assert [list(fault) for fault in answer.json["faults"]] == [["pointer", "message", "hint"]] * 2
    file.write_text('{"field": "subject", "contains": "x"}')
    assert line("rules", "check", str(file), "--json").json == {"valid": True, "faults": []}
    file.write_text('[{"name": "a", "when": {"all": []}, "then": {"ticket": "none"}}]')
    assert line("rules", "check", str(file)).code == 0


def test_one_provider_with_its_limits(line: CommandLine) -> None:
    gmail = line("providers", "gmail", "--json").json
    assert (gmail["daily_bytes"], gmail["max_connections"], gmail["max_connections_per_host"]) == (2 * 10**9, 15, None)
    assert line("providers", "yahoo", "--json").json["pipeline_depth"] == 1
    shown = line("providers", "Gmail").out
    assert "daily_bytes:" in shown
    assert "2000000000" in shown
    assert "[Gmail]/Gesendet" in shown
    unknown = line("providers", "gmial")
    assert unknown.code == 2
    assert "gmail" in unknown.err


def test_folders_of_one_integration_with_their_roles(line: CommandLine) -> None:
    sent = line.server.add_folder("Verschickt")
    sent.attributes = ("\\Sent",)
    line.server.append(mail(9), folder="Verschickt")
    line.server.add_folder("Papierkorb")
    added = line.add("support", "--folder", "inbox", "--folder", "\\SENT", "--folder", "Papierkorb", "--json")
    assert added.code == 0
    assert line.add("other").code == 0
    assert line("show", "support", "--json").json["folders"] == ["INBOX", "role:sent", "Papierkorb"]
    assert line("sync", "support").code == 0
    roles = {one["name"]: one["role"] for one in line("folders", "support", "--json").json["folders"]}
    assert roles == {"INBOX": "inbox", "Verschickt": "sent", "Papierkorb": "trash"}
    assert line("folders", "other", "--json").json["folders"] == []
    assert line("folders", "support", "--integration", "support").code == 0
    assert line("folders", "support", "--integration", "other").code == 2


def test_a_role_that_the_account_does_not_have_is_told_before_it_is_added(line: CommandLine) -> None:
    refused = line.add("support", "--folder", "role:junk")
    assert refused.code == 69
    assert "\\Junk" in refused.err
    assert "INBOX" in refused.err
    wrong = line.add("support", "--folder", "role:postbox")
    assert wrong.code == 2
    assert "role:sent" in wrong.err


def test_fields_and_providers(line: CommandLine) -> None:
    assert "subject" in [field["name"] for field in line("rules", "fields", "--json").json["fields"]]
    providers = {one["key"]: one for one in line("providers", "--json").json["providers"]}
    assert providers["gmail"]["host"] == "imap.gmail.com"
    assert "gmail" in line("providers").out


def test_db_commands(full: CommandLine) -> None:
    assert full("db", "current", "--json").json["version"] >= 1
    assert full("db", "check", "--json").json == {"ok": True, "faults": []}
    assert full("db", "upgrade").code == 0
    dump = full("db", "dump", "--canonical")
    assert dump.code == 0
    assert "1@example.com" in dump.out


def test_keys_rotate_and_retire(full: CommandLine) -> None:
    (old,) = full("key", "status", "--json").json["key_ids"]
    assert full("key", "init").code == 2
    told = full("key", "rotate", "--retire-old", "--json").json
    assert told["resealed"] == 1
    (new,) = full("key", "status", "--json").json["key_ids"]
    assert new == told["key_id"] != old
    assert full("key", "check", "--json").json == {"ok": True, "checked": 1, "faults": []}
    assert full("sync", "support").code == 0


def test_a_lost_key_is_78_before_any_login(full: CommandLine) -> None:
    (full.data_dir / "key").unlink()
    calls = len(full.server.calls)
    answer = full("test", "support", "--json")
    assert (answer.code, answer.json["error"]["code"]) == (78, "key_missing")
    assert full("key", "init").code == 78
    assert len(full.server.calls) == calls


def test_key_init_makes_one_key(line: CommandLine) -> None:
    assert line("key", "status", "--json").json["source"] is None
    assert line("key", "init").code == 0
    assert line("key", "status", "--json").json["source"] == "data directory"


def test_doctor_looks_at_everything(full: CommandLine) -> None:
    answer = full("doctor", "--json")
    assert (answer.code, answer.json["ok"]) == (0, True), answer.out
    assert [check["name"] for check in answer.json["checks"]] == [
        "settings", "data directory", "database", "master key", "support"
    ]  # fmt: skip
    full.server.password = "other"
    broken = full("doctor", "--json")
    assert (broken.code, broken.json["ok"]) == (77, False)
    assert full("doctor", "--offline").code == 0
