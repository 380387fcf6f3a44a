"""The read views: what other applications are promised (docs/schema.md)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from inboxsync.store.sql import SqlStore
from inboxsync.store.view_columns import VIEW_COLUMNS
from tests.contract.store.rows import AT, Rows
from tests.contract.store.test_control import added


@pytest.fixture
def inbox(store: SqlStore) -> int:
    return store.control.folder(added(store.control)[1], "INBOX").id


def mails(rows: Rows) -> list[dict[str, Any]]:
    return rows.read("SELECT * FROM inboxsync_messages_v1 ORDER BY placement_id")


@pytest.mark.parametrize("view", sorted(VIEW_COLUMNS))
def test_the_columns_are_those_documented(rows: Rows, view: str) -> None:
    with rows.engine.connect() as connection:
        found = list(connection.exec_driver_sql(f"SELECT * FROM {view}").keys())
    assert found == [column.name for column in VIEW_COLUMNS[view]]


def test_a_message_is_shown_through_each_of_its_placements(store: SqlStore, rows: Rows, inbox: int) -> None:
    other = store.control.folder(added(store.control, "sales")[1], "Archiv").id
    message = rows.add(
        "inboxsync_messages", external_id="x", message_id="a@example.com", reference_ids=["b@example.com"]
    )
    rows.add("inboxsync_bodies", message_id=message, body_text="text", body_html="<p>")
    rows.add("inboxsync_placements", folder_id=inbox, uid=1, message_id=message)
    rows.add("inboxsync_placements", folder_id=other, uid=7, message_id=message, fate="duplicate")
    first, second = mails(rows)
    assert (first["integration"], first["folder"], first["uid"], first["fate"]) == ("support", "INBOX", 1, "stored")
    assert (second["integration"], second["folder"], second["uid"], second["fate"]) == (
        "sales",
        "Archiv",
        7,
        "duplicate",
    )
    assert first["id"] == second["id"] == message
    assert first["message_id"] == "<a@example.com>"
    assert (first["body_text"], first["body_html_source"], first["ticket_id"]) == ("text", "<p>", None)
    references = first["references"]
    assert (json.loads(references) if isinstance(references, str) else references) == ["b@example.com"]


def test_a_message_without_id_or_body_is_shown(rows: Rows, inbox: int) -> None:
    message = rows.add("inboxsync_messages", external_id="x")
    rows.add("inboxsync_placements", folder_id=inbox, uid=1, message_id=message)
    (shown,) = mails(rows)
    assert (shown["message_id"], shown["body_text"]) == (None, None)


@pytest.mark.parametrize(
    ("flags", "seen_action", "is_read", "is_starred"),
    [
        ([], "none", False, False),
        (["\\Seen"], "none", True, False),
        (["\\SEEN", "\\Flagged"], "none", True, True),
        (["Seen", "NotSeen", "x\\Seen", "$Flagged"], "none", False, False),
        ([], "wanted", False, False),
        ([], "done", True, False),
    ],
)
def test_flags_are_told(
    rows: Rows, inbox: int, flags: list[str], seen_action: str, is_read: bool, is_starred: bool
) -> None:
    message = rows.add("inboxsync_messages", external_id="x")
    rows.add("inboxsync_placements", folder_id=inbox, uid=1, message_id=message, flags=flags, seen_action=seen_action)
    (shown,) = mails(rows)
    assert (bool(shown["is_read"]), bool(shown["is_starred"])) == (is_read, is_starred)


def test_only_stored_mail_is_shown(rows: Rows, inbox: int) -> None:
    for uid, fate in enumerate(("pending", "filtered", "too_large", "quarantined", "vanished"), 1):
        rows.add("inboxsync_placements", folder_id=inbox, uid=uid, fate=fate)
    assert mails(rows) == []


def test_after_a_new_uidvalidity_mail_is_shown_once(rows: Rows, inbox: int) -> None:
    still, gone = (rows.add("inboxsync_messages", external_id=name) for name in ("still", "gone"))
    later = datetime(2026, 4, 1, tzinfo=UTC)
    for uidvalidity in (1, 2):
        rows.add(
            "inboxsync_placements", folder_id=inbox, uidvalidity=uidvalidity, uid=1, message_id=still, retired_at=AT
        )
        rows.add(
            "inboxsync_placements", folder_id=inbox, uidvalidity=uidvalidity, uid=2, message_id=gone, retired_at=later
        )
    rows.add("inboxsync_placements", folder_id=inbox, uidvalidity=3, uid=5, message_id=still)
    shown = {row["external_id"]: row for row in mails(rows)}
    assert len(mails(rows)) == 2
    assert (shown["still"]["uid"], shown["still"]["gone_at"]) == (5, None)
    assert (shown["gone"]["uid"], bool(shown["gone"]["gone_at"])) == (2, True)


def test_mail_that_moved_before_a_new_uidvalidity_is_shown_where_it_is(rows: Rows, store: SqlStore, inbox: int) -> None:
    archive = store.control.folder(store.control.integrations()[0].id or 0, "Archive").id
    message = rows.add("inboxsync_messages", external_id="x")
    rows.add("inboxsync_placements", folder_id=archive, uid=1, message_id=message, fate="duplicate")
    rows.add("inboxsync_placements", folder_id=inbox, uid=1, message_id=message, retired_at=AT)
    assert [row["folder"] for row in mails(rows)] == ["Archive"]


@pytest.mark.parametrize(
    ("name", "address", "shown"),
    [
        ("A", "a@example.com", "A <a@example.com>"),
        ("", "a@example.com", "a@example.com"),
        ("A", "", "A"),
        ("", "", "as sent"),
    ],
)
def test_the_author_is_shown_as_there_is(rows: Rows, inbox: int, name: str, address: str, shown: str) -> None:
    author = {"from_name": name, "from_address": address, "from_raw": "as sent"}
    message = rows.add("inboxsync_messages", external_id="x", **author)
    rows.add("inboxsync_placements", folder_id=inbox, uid=1, message_id=message)
    assert [row["from_display"] for row in mails(rows)] == [shown]


def test_tickets_count_their_messages_and_name_their_integration(rows: Rows, store: SqlStore, inbox: int) -> None:
    integration = store.control.integrations()[0]
    ticket = rows.add("inboxsync_tickets", number="T-1", integration_id=integration.id)
    rows.add("inboxsync_tickets", number="T-2")
    messages = [rows.add("inboxsync_messages", external_id=name) for name in "ab"]
    for uid, message in enumerate(messages, 1):
        rows.add("inboxsync_placements", folder_id=inbox, uid=uid, message_id=message)
        rows.add("inboxsync_ticket_messages", ticket_id=ticket, message_id=message)
    first, second = rows.read("SELECT * FROM inboxsync_tickets_v1 ORDER BY number")
    assert (first["message_count"], first["integration"], first["integration_id"]) == (2, "support", integration.id)
    assert (second["message_count"], second["integration"]) == (0, None)
    assert [row["ticket_id"] for row in mails(rows)] == [ticket, ticket]
