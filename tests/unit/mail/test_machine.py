from __future__ import annotations

import pytest

from inboxsync.mail.parse import parse_message
from tests.unit.mail.samples import mail, multipart


def kinds(*headers: str, body: bytes = b"x\n") -> tuple[str, str | None]:
    parsed = parse_message(mail(*headers, body=body))
    flags = {"reply": parsed.is_auto_reply, "bounce": parsed.is_bounce, "bulk": parsed.is_bulk}
    return " ".join(name for name, is_set in flags.items() if is_set), parsed.machine_signal


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["Auto-Submitted: auto-replied (vacation)"], ("reply", "auto-submitted: auto-replied")),
        (["Auto-Submitted: auto-generated; owner-email=a@x.test"], ("reply", "auto-submitted: auto-generated")),
        (["Auto-Submitted: no"], ("", None)),
        (["Auto-Submitted: No (really)"], ("", None)),
        (["X-Auto-Response-Suppress: All"], ("", None)),
        (["X-Autoreply: yes"], ("reply", "x-autoreply")),
        (["X-Autoreply: no"], ("", None)),
        (["X-Autoresponse: auto"], ("reply", "x-autoresponse")),
        (["X-Auto-Reply-From: a@example.org"], ("reply", "x-auto-reply-from")),
        (["Precedence: bulk"], ("bulk", "precedence: bulk")),
        (["Precedence: auto_reply"], ("reply", "precedence: auto_reply")),
        (["List-Id: Friends <f.example.com>"], ("bulk", "list-id")),
        (["Mailing-List: contact f-help@example.org; run by ezmlm"], ("bulk", "mailing-list")),
        (["X-BeenThere: f@example.org"], ("bulk", "x-beenthere")),
        (["X-Precedence: auto-reply"], ("reply", "x-precedence: auto_reply")),
        (["List-Unsubscribe: <https://x.example>"], ("bulk", "list-unsubscribe")),
        (["Return-Path: <>", "From: a@x.test"], ("reply", "return-path: <>")),
        (["Return-Path: <>", "From: MAILER-DAEMON@x.test"], ("bounce", "from: mailer-daemon")),
        (["From: postmaster@x.test", "Subject: Undeliverable: Hello"], ("bounce", "from: postmaster")),
        (["From: postmaster@x.test", "Subject: The new office"], ("", None)),
        (['From: "Mail" <>', "Subject: Mail failure"], ("bounce", "from: <>")),
        (["From: <>", "Subject: Returned mail"], ("bounce", "from: <>")),
        (["From: Bob <>", "Subject: The new office"], ("", None)),
        (["X-Failed-Recipients: a@x.test"], ("bounce", "x-failed-recipients")),
        (["Subject: Out of office"], ("", None)),
        (["Subject: Automatic reply: Lunch", "In-Reply-To: <1@x.test>"], ("", None)),
        (["X-Loop: f@example.org"], ("", None)),
        (["X-Loop: f@example.org", "Precedence: bulk"], ("bulk", "precedence: bulk")),
        (["Received: x"] * 51, ("reply", "received: loop")),
        (["Auto-Submitted: auto-replied", "Precedence: list"], ("reply bulk", "auto-submitted: auto-replied")),
    ],
)
def test_headers(headers: list[str], expected: tuple[str, str | None]) -> None:
    assert kinds(*headers) == expected


@pytest.mark.parametrize(
    ("report", "part", "expected"),
    [
        ("delivery-status", "message/delivery-status", ("bounce", "report-type: delivery-status")),
        (
            "disposition-notification",
            "message/disposition-notification",
            ("reply", "report-type: disposition-notification"),
        ),
        ("feedback-report", "message/feedback-report", ("reply", "report-type: feedback-report")),
    ],
)
def test_reports(report: str, part: str, expected: tuple[str, str]) -> None:
    body = multipart("r", mail(body="text"), mail(f"Content-Type: {part}", body="Final-Recipient: rfc822; a@x.test\n"))
    assert kinds(f'Content-Type: multipart/report; report-type="{report}"; boundary=r', body=body) == expected
