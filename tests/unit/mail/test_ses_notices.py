"""Notices of Amazon SES, whole, broken and hostile."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.parse import parse_message
from inboxsync.mail.ses_notices import read_ses_notice
from inboxsync.model.message import Report
from tests.unit.mail.samples import crlf, mail

BOUNCE = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bouncedRecipients": [
            {
                "emailAddress": "lost@Example.NET",
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 no such user",
            },
            {"emailAddress": "full@example.net", "diagnosticCode": "smtp; 552 5.2.2 full"},
        ],
    },
    "mail": {"source": "me@example.org", "destination": ["lost@example.net"]},
}
COMPLAINT = {"eventType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": "ana@example.net"}]}}
DELIVERY = {"notificationType": "Delivery", "delivery": {"recipients": ["ana@example.net"]}}
FOOT = "\n\n--\nIf you wish to stop receiving notifications from this topic, write to x@example.com.\n"


def sns(text: str) -> bytes:
    head = ("From: AWS Notifications <no-reply@sns.example.com>", "To: me@example.org", "x-amz-sns-message-id: 1-2")
    return mail(*head, "Subject: AWS Notification Message", body=text)


@pytest.mark.parametrize("convert", [bytes, crlf], ids=["lf", "crlf"])
@pytest.mark.parametrize(
    ("notice", "is_bounce", "report", "recipients"),
    [
        (
            BOUNCE,
            True,
            Report.FAILED,
            [
                ("lost@example.net", "failed", "5.1.1", "550 no such user"),
                ("full@example.net", "failed", "5.2.2", "552 5.2.2 full"),
            ],
        ),
        (COMPLAINT, False, Report.ABUSE, [("ana@example.net", "complained", "", "")]),
        (DELIVERY, False, Report.DELIVERED, [("ana@example.net", "delivered", "", "")]),
    ],
    ids=["bounce", "complaint", "delivery"],
)
def test_what_a_notice_makes_of_a_message(
    notice: object, is_bounce: bool, report: Report, recipients: object, convert: object
) -> None:
    assert callable(convert)
    parsed = parse_message(convert(sns(json.dumps(notice) + FOOT)))
    assert (parsed.is_bounce, parsed.is_auto_reply, parsed.report) == (is_bounce, not is_bounce, report)
    assert parsed.machine_signal == "x-amz-sns-message-id"
    told = [(one.address, one.action, one.status, one.diagnostic) for one in parsed.delivery_reports]
    assert told == recipients


def test_a_line_that_sendmail_broke_is_joined() -> None:
    text = json.dumps(BOUNCE).replace('"bounce": {', '"bo!\n unce": {')
    notice = read_ses_notice(text)
    assert notice is not None
    assert [one.address for one in notice.recipients] == ["lost@example.net", "full@example.net"]


@pytest.mark.parametrize(
    "text",
    ["", "Hello", "{}", "[]", '{"notificationType": 1}', '{"notificationType": "Bounce"', "[" * 100_000, "1" * 10_000],
)
def test_what_is_no_notice(text: str) -> None:
    assert read_ses_notice(text) is None
    assert parse_message(sns(text)).is_bounce is False


def test_without_the_header_of_sns_json_is_text_like_any_other() -> None:
    assert parse_message(mail("From: ana@example.com", body=json.dumps(BOUNCE))).is_bounce is False


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner)))
@settings(deadline=None, max_examples=100)
def test_any_shape_of_a_notice(value: object) -> None:
    for recipients in (value, [value], [{"emailAddress": value, "status": value, "diagnosticCode": "x"}]):
        notice = read_ses_notice(
            json.dumps({"notificationType": "Bounce", "bounce": {"bouncedRecipients": recipients}})
        )
        assert notice is not None
        assert all(one.address for one in notice.recipients)
        assert read_ses_notice(json.dumps({"notificationType": "Bounce", "bounce": value})) is not None
