"""The keys of every JSON document: a public contract, held key by key."""

from __future__ import annotations

from typing import Any

import pytest

from tests.system.cli import COUNTS
from tests.system.conftest import LETTERS, TICKETS, Synced

pytestmark = pytest.mark.dovecot

REPORT = {"status", "started_at", "finished_at", "integrations"}
PART = {"name", "status", "reason", "error", "counts", "folders"}
FOLDER_OF_A_REPORT = {"name", "uidvalidity", "plan", "counts"}
STATUS = {
    "name", "provider", "email", "active", "state", "last_sync_at", "last_sync_status", "last_sync_error", "cause",
    "next_action", "next_run_at", "sync_interval_minutes", "messages", "tickets", "quarantined", "lease",
}  # fmt: skip
MESSAGE = {
    "id", "subject", "sender", "sender_name", "from_display", "to_recipients", "cc_recipients", "bcc_recipients",
    "date_received", "date_sent", "is_read", "is_starred", "has_attachments", "size_bytes", "snippet", "folder",
    "message_id", "uid", "external_id", "integration", "flags", "in_reply_to", "references", "thread_id", "ticket_id",
    "fate",
}  # fmt: skip
CONTENT = {
    "body_text", "reply_text", "body_html", "report", "delivery_reports", "authentication", "attachments", "headers",
    "defects", "labels", "rule_trace", "ticket_reason", "raw_pruned_at", "body_pruned_at",
}  # fmt: skip
ATTACHMENT = {"id", "filename", "safe_name", "content_type", "size_bytes", "is_inline", "content_id", "url"}
TICKET = {
    "id", "number", "subject", "status", "priority", "category", "tags", "company", "requester", "watchers", "assignee",
    "integration", "message_ids", "external_reference", "created_at", "updated_at", "last_message_at",
}  # fmt: skip
FOLDER = {"id", "name", "role", "unread_count", "total_count", "integration", "uidvalidity", "last_sync_at"}
PAGE = {"total", "page", "has_next", "has_prev"}


def is_utc(text: Any) -> bool:
    """Whether this is a time as the contract writes it."""
    return isinstance(text, str) and text.endswith("Z") and text[10] == "T"


def test_the_sync_report(synced: Synced) -> None:
    report = synced.first.json
    assert set(report) == REPORT
    assert is_utc(report["started_at"])
    assert is_utc(report["finished_at"])
    (part,) = report["integrations"]
    assert set(part) == PART
    assert tuple(part["counts"]) == COUNTS
    (folder,) = part["folders"]
    assert set(folder) == FOLDER_OF_A_REPORT
    assert tuple(folder["counts"]) == COUNTS
    assert (report["status"], part["status"], part["reason"], part["error"]) == ("success", "success", None, None)


def test_status(synced: Synced) -> None:
    line = synced.machine.status("support")
    assert set(line) == STATUS
    times = ("last_sync_at", "next_run_at")
    assert all(is_utc(line[name]) for name in times)
    assert {name: line[name] for name in STATUS - set(times)} == {
        "name": "support", "provider": None, "email": synced.account.user, "active": True, "state": "ok",
        "last_sync_status": "success", "last_sync_error": None, "cause": None, "next_action": None,
        "sync_interval_minutes": 5, "messages": LETTERS, "tickets": TICKETS, "quarantined": 0, "lease": None,
    }  # fmt: skip


def test_runs(synced: Synced) -> None:
    (run,) = synced.machine("runs", "--json").done().json["runs"]
    assert set(run) == {
        "id", "run_id", "integration", "status", "reason", "error", "counts", "started_at", "finished_at",
    }  # fmt: skip
    assert (run["integration"], run["status"], run["counts"]) == (
        "support",
        "success",
        synced.first.part["counts"],
    )


def test_messages_list(synced: Synced) -> None:
    page = synced.machine("messages", "list", "--limit", "20", "--json").done().json
    assert set(page) == {"messages", *PAGE}
    assert [page[name] for name in ("total", "page", "has_next", "has_prev")] == [LETTERS, 1, True, False]
    assert len(page["messages"]) == 20
    dates = [view["date_received"] for view in page["messages"]]
    assert dates == sorted(dates, reverse=True)
    assert all(set(view) == MESSAGE for view in page["messages"])
    rest = synced.machine("messages", "list", "--limit", "20", "--page", "2", "--json").done().json
    assert [rest[name] for name in ("page", "has_next", "has_prev")] == [2, False, True]
    assert sorted(int(view["uid"]) for view in page["messages"] + rest["messages"]) == list(range(1, LETTERS + 1))


def test_messages_show(synced: Synced) -> None:
    first, attached = synced.letters[0], synced.letters[2]
    shape = synced.machine("messages", "show", "1", "--json").done().json
    assert set(shape) == MESSAGE | CONTENT
    assert shape["attachments"] == []
    assert {name: shape[name] for name in ("subject", "sender", "message_id", "uid", "integration", "fate")} == {
        "subject": first.subject, "sender": first.from_address, "message_id": f"<{first.message_id}>", "uid": "1",
        "integration": "support", "fate": "stored",
    }  # fmt: skip
    assert shape["external_id"] == first.message_id
    assert shape["headers"]["message-id"] == [f"<{first.message_id}>"]
    files = synced.machine("messages", "show", "3", "--json").done().json["attachments"]
    assert all(set(file) == ATTACHMENT for file in files)
    assert [(file["filename"], file["size_bytes"], file["content_type"]) for file in files] == [
        (file.filename, len(file.content), file.content_type) for file in attached.attachments
    ]


def test_a_reply_names_what_it_answers(synced: Synced) -> None:
    answered = next(letter for letter in synced.letters if letter.kind == "reply")
    assert answered.in_reply_to is not None
    view = next(view for view in synced.machine.messages() if view["external_id"] == answered.message_id)
    assert [each.strip("<>") for each in view["in_reply_to"]] == [answered.in_reply_to]
    assert view["thread_id"]


def test_tickets(synced: Synced) -> None:
    page = synced.machine("tickets", "list", "--limit", "100", "--json").done().json
    assert set(page) == {"tickets", *PAGE}
    assert page["total"] == len(page["tickets"]) == TICKETS
    assert all(set(ticket) == TICKET for ticket in page["tickets"])
    assert all(set(ticket["requester"]) == {"name", "email", "contact_id"} for ticket in page["tickets"])
    assert all(is_utc(ticket[name]) for ticket in page["tickets"] for name in ("created_at", "last_message_at"))
    assert {(ticket["status"], ticket["priority"]) for ticket in page["tickets"]} == {("open", "normal")}
    one = page["tickets"][0]
    around = {"related": [], "is_unverified": False}
    assert synced.machine("tickets", "show", one["id"], "--json").done().json == {**one, **around}
    assert sorted(len(ticket["message_ids"]) for ticket in page["tickets"]) == [1] * TICKETS


def test_folders(synced: Synced) -> None:
    (folder,) = synced.machine("folders", "--json").done().json["folders"]
    assert set(folder) == FOLDER
    assert is_utc(folder["last_sync_at"])
    shown = {name: folder[name] for name in ("name", "role", "total_count", "unread_count", "integration")}
    assert shown == {
        "name": "INBOX", "role": "inbox", "total_count": LETTERS, "unread_count": LETTERS, "integration": "support",
    }  # fmt: skip
    assert folder["uidvalidity"] == synced.first.part["folders"][0]["uidvalidity"]


def test_nothing_is_in_quarantine(synced: Synced) -> None:
    assert synced.machine("quarantine", "list", "--json").done().json == {"quarantine": []}
