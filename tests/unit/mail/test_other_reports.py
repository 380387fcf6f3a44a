"""Whom reports of abuse and of reading name."""

from __future__ import annotations

import pytest

from inboxsync.mail.other_reports import complaints, receipts
from inboxsync.mail.parse import parse_message
from inboxsync.model.message import Report
from tests.unit.mail.samples import crlf, mail, multipart

HEAD = b"User-Agent: Loop/1\nVersion: 1\nFeedback-Type: abuse\n"


def named(report: bytes, *returned: bytes) -> list[str]:
    return [one.address for one in complaints(report, returned)]


@pytest.mark.parametrize("convert", [bytes, crlf], ids=["lf", "crlf"])
@pytest.mark.parametrize(
    ("report", "returned", "expected"),
    [
        (HEAD + b"Original-Rcpt-To: <ana@Example.COM>\n", b"", ["ana@example.com"]),
        (HEAD + b"Original-Rcpt-To: someone of ours <ana@example.com>\n", b"", ["ana@example.com"]),
        (
            HEAD + b"Original-Rcpt-To: ana@example.com\noriginal-rcpt-to: ben@example.com\n",
            b"To: other@example.com\n\n",
            ["ana@example.com", "ben@example.com"],
        ),
        (HEAD + b"Original-Rcpt-To: ana@example.com\nOriginal-Rcpt-To: ana@example.com\n", b"", ["ana@example.com"]),
        (HEAD, b"From: me@example.org\nTo: Ana <ana@example.com>\n\nTo: body@example.com\n", ["ana@example.com"]),
        (HEAD, b"X-HmXmrOriginalRecipient: ana@example.com\nTo: all@example.org\n\n", ["ana@example.com"]),
        (HEAD, b"To: ana@example.com, ben@example.com\n\n", []),
        (HEAD, b'To: "undisclosed"\n\n', []),
        (HEAD, b"REDACTED\n", []),
        (HEAD.replace(b"abuse", b"auth-failure"), b"To: ana@example.com\n\n", []),
        (b"", b"", []),
    ],
)
def test_who_complained(report: bytes, returned: bytes, expected: list[str], convert: object) -> None:
    assert callable(convert)
    assert named(convert(report), convert(returned)) == expected


def test_what_kind_of_complaint_it_is() -> None:
    (one,) = complaints(HEAD.replace(b"abuse", b"Fraud") + b"Original-Rcpt-To: ana@example.com\n", ())
    assert (one.action, one.diagnostic) == ("complained", "fraud")


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        (b"manual-action/MDN-sent-manually; displayed", [("ana@example.com", "displayed")]),
        (b"automatic-action/MDN-sent-automatically;deleted/error", [("ana@example.com", "deleted")]),
        (b"automatic-action/MDN-sent-automatically; failed", []),
        (b"displayed", []),
    ],
)
def test_what_a_receipt_says(disposition: bytes, expected: list[tuple[str, str]]) -> None:
    found = receipts(b"Final-Recipient: rfc822; ana@Example.com\nDisposition: " + disposition + b"\n")
    assert [(one.address, one.action) for one in found] == expected


def test_complaints_of_outlook_have_no_part_for_machines() -> None:
    inner = mail("X-HmXmrOriginalRecipient: ana@example.com", "From: me@example.org", "Subject: News")
    body = multipart("b", mail("Content-Type: message/rfc822", body=inner))
    head = ("From: staff@example.net", "Content-Type: multipart/mixed; boundary=b")
    parsed = parse_message(mail(*head, "Subject: complaint about message from 192.0.2.1", body=body))
    assert (parsed.report, parsed.machine_signal) == (Report.ABUSE, "x-hmxmroriginalrecipient")
    assert [(one.address, one.action) for one in parsed.delivery_reports] == [("ana@example.com", "complained")]
    assert parse_message(mail(*head, "Subject: Fwd: complaint", body=body)).report is None


@pytest.mark.parametrize("report_type", ["feedback-report", "delivery-status"])
def test_a_complaint_of_a_mail_system_is_no_bounce(report_type: str) -> None:
    parts = (
        mail("Content-Type: text/plain", body="A report of abuse.\n"),
        mail("Content-Type: message/feedback-report", body=HEAD + b"Original-Rcpt-To: rfc822;ana@example.com\n"),
        mail("Content-Type: message/rfc822", body=mail("From: me@example.org", "To: ana@example.com")),
    )
    head = f"Content-Type: multipart/report; report-type={report_type}; boundary=b"
    parsed = parse_message(mail("From: MAILER-DAEMON", "Return-Path: <>", head, body=multipart("b", *parts)))
    assert (parsed.is_bounce, parsed.report) == (False, Report.ABUSE)
    assert [one.address for one in parsed.delivery_reports] == ["ana@example.com"]


def test_a_complaint_is_no_bounce_and_nobody_failed() -> None:
    parts = (
        mail("Content-Type: text/plain", body="A report of abuse.\n"),
        mail("Content-Type: message/feedback-report", body=HEAD + b"Original-Rcpt-To: ana@example.com\n"),
        mail("Content-Type: message/rfc822", body=mail("From: me@example.org", "To: ana@example.com")),
    )
    head = "Content-Type: multipart/report; report-type=feedback-report; boundary=b"
    parsed = parse_message(mail("From: loop@example.net", head, body=multipart("b", *parts)))
    assert (parsed.is_bounce, parsed.report, parsed.failed_recipients) == (False, Report.ABUSE, ())
    assert [(one.address, one.action) for one in parsed.delivery_reports] == [("ana@example.com", "complained")]
