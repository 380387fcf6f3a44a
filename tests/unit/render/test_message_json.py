"""A message as JSON: what is of the sender comes out harmless."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from inboxsync.model.message import DeliveryReport
from inboxsync.model.views import AttachmentView, MessageView
from inboxsync.render.json_shapes import message_json
from inboxsync.render.messages import message_text

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def view(**fields: Any) -> MessageView:
    logo = AttachmentView(7, "logo.png", "image/png", 9, True, "logo@x", "0" * 64, "attachments/x")
    return MessageView(
        id=1, subject="s", sender="a@example.com", sender_name="", from_display="a@example.com", to_recipients=(),
        cc_recipients=(), bcc_recipients=(), date_received=NOW, date_sent=None, is_read=False, is_starred=False,
        has_attachments=False, size_bytes=1, snippet="", folder="INBOX", message_id=None, uid=1, external_id="x",
        integration="support", flags=(), in_reply_to=(), references=(), thread_id=None, ticket_id=None, fate="stored",
        attachments=(logo,), **fields,
    )  # fmt: skip


def test_html_is_sanitised_and_its_images_have_our_addresses() -> None:
    html = (
        '<p onclick=x>Hi</p><script>x</script><img src="cid:logo@x"><img src="cid:other"><img src="http://e.example/">'
    )
    shape = message_json(view(body_html=html), whole=True)
    assert shape["body_html"] == '<p>Hi</p><img src="/api/v1/attachments/7"><img><img>'
    assert shape["attachments"][0]["url"] == "/api/v1/attachments/7"
    assert message_json(view(), whole=True)["body_html"] is None


def test_an_attached_message_without_a_name_is_shown_by_its_subject() -> None:
    inner = AttachmentView(8, None, "message/rfc822", 9, False, None, "0" * 64, "attachments/y", None, "Menu.eml")
    shown = replace(view(), attachments=(inner,))
    (shape,) = message_json(shown, whole=True)["attachments"]
    assert (shape["filename"], shape["safe_name"]) == (None, "Menu.eml")
    assert "attachment 8: Menu.eml (message/rfc822, 9 bytes)" in message_text(shown)


def test_reports_and_verdicts_are_told() -> None:
    report = DeliveryReport("gone@example.net", "failed", "5.1.1")
    shape = message_json(
        view(report="dsn_failed", delivery_reports=(report,), authentication={"spf": "pass"}, reply_text="New"),
        whole=True,
    )
    assert (shape["report"], shape["authentication"], shape["reply_text"]) == ("dsn_failed", {"spf": "pass"}, "New")
    assert shape["delivery_reports"] == [
        {
            "address": "gone@example.net",
            "action": "failed",
            "status": "5.1.1",
            "diagnostic": "",
            "original_address": None,
        }
    ]
