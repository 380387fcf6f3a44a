"""Odd and hostile mail, where the danger is in bodies or in what machines say; between good ones, as LF and CRLF."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inboxsync.mail.html import sanitise
from inboxsync.mail.parse import parse_message
from inboxsync.model.message import ParsedMessage, Report
from tests.unit.mail.samples import crlf, mail, multipart, values

GOOD = mail("From: ana@example.com", "Subject: good", "Message-ID: <good@example.com>", body="Good.\n")
ACTIVE = (
    '<base href="http://e.example/"><meta http-equiv=refresh content="0;url=http://e.example/">'
    '<style>@import url("http://e.example/x.css"); p{background:url(http://e.example/y)}</style>'
    '<p onclick="steal()" style="background:url(http://e.example/z)">Text</p><script>steal()</script>'
    '<a href="javascript:steal()">a</a><a href="data:text/html,<script>steal()</script>">b</a>'
    '<img src="http://e.example/pixel.gif"><img src="cid:logo@x"><img src="cid:stranger@x">'
    '<form action="http://e.example/"><input name=password></form><svg onload="steal()"><a xlink:href="x"/></svg>'
    '<table background="http://e.example/t"><tr><td>cell</td></tr></table><video poster="http://e.example/v"></video>'
)
STATUS = b"Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; gone@example.net\nAction: %s\nStatus: %s\n"


def report(kind: str, part: str, content: bytes) -> bytes:
    body = multipart("r", mail(body="See below.\n"), mail(f"Content-Type: {part}", body=content), mail())
    return mail(
        "From: Mail System <mailer-daemon@example.org>",
        "To: ana@example.com",
        "Auto-Submitted: auto-replied",
        f'Content-Type: multipart/report; report-type="{kind}"; boundary=r',
        body=body,
    )


def parse(octets: bytes) -> ParsedMessage:
    """Parse between two good messages, as LF and CRLF, and hold that neither matters."""
    before = values(parse_message(GOOD))
    parsed = parse_message(octets)
    assert values(parse_message(crlf(octets))) == values(parsed)
    assert values(parse_message(GOOD)) == before
    assert not [defect for defect in parsed.defects if defect.startswith("parser_failed")]
    return parsed


def html_mail(html: str) -> bytes:
    return mail("From: ana@example.com", "Content-Type: text/html; charset=utf-8", body=html)


def test_h11_active_html_is_kept_and_shown_without_what_acts_or_fetches() -> None:
    parsed = parse(html_mail(ACTIVE))
    assert parsed.body_html == ACTIVE
    assert parsed.body_text == "Text\n\nab\n\ncell"
    shown = sanitise(parsed.body_html, {"logo@x": "/api/v1/attachments/1"})
    assert not [word for word in ("e.example", "steal", "stranger") if word in shown]
    assert '<img src="/api/v1/attachments/1">' in shown


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on address space is measured by /proc")
def test_h12_bombs_of_html_stay_within_memory_and_time() -> None:
    """Under limits of the operating system: what has none of its own is killed."""
    program = """
import resource
from inboxsync.mail.html import sanitise
from inboxsync.mail.html_text import to_text
import nh3
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 100 * 2**20,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
size = 5_000_000
for piece in ("<table><tr><td>", "<font size=1>"):
    html = piece * (size // 3 // len(piece))
    assert len(sanitise(html)) < 2 * size
    assert len(to_text(html[:1_000_000])) <= 1_000_000
html = "<p " + "hidden1=1 " * (size // 10) + ">x"
assert (sanitise(html), to_text(html)) == ("<p>x</p>", "x")
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_h13_a_forged_verdict_below_the_true_one_says_nothing() -> None:
    octets = mail(
        "Authentication-Results: mx.example.com; dmarc=fail header.from=bank.example",
        "Authentication-Results: mx.example.com;\n dmarc=pass (wrapped\n and forged) header.from=bank.example",
        "From: Bank <service@bank.example>",
    )
    for each in (octets, crlf(octets)):
        assert parse_message(each, trusted_authserv_ids=["mx.example.com"]).authentication == {"dmarc": "fail"}


@pytest.mark.parametrize(
    ("headers", "is_machine"),
    [
        (["Auto-Submitted: auto-replied"], True),
        (["Auto-Submitted: auto-generated (warning)"], True),
        (["Auto-Submitted: no"], False),
        (["Auto-Submitted: (comment) no"], False),
        (["X-Auto-Response-Suppress: OOF, AutoReply"], False),
        (["X-Autoreply: yes"], True),
        (["Return-Path: < >"], True),
        (["Return-Path: <ana@example.com>"], False),
        (["Precedence: auto_reply"], True),
        (["Preference: auto_reply"], True),
        (["Received: from a by b; date"] * 51, True),
        (["Received: from a by b; date"] * 50, False),
        (["Subject: Automatic reply: holiday"], False),
    ],
)
def test_h14_automatic_answers(headers: list[str], is_machine: bool) -> None:
    parsed = parse(mail("From: ana@example.com", *headers))
    assert (parsed.is_auto_reply, parsed.machine_signal is not None) == (is_machine, is_machine)
    assert not parsed.is_bounce


@pytest.mark.parametrize(
    ("octets", "kind", "is_bounce", "failed"),
    [
        (
            report("delivery-status", "message/delivery-status", STATUS % (b"failed", b"5.1.1")),
            Report.FAILED, True, ["gone@example.net"],
        ),
        (
            report("delivery-status", "message/delivery-status", STATUS % (b"delayed", b"4.4.1")),
            Report.DELAYED, False, [],
        ),
        (
            report("delivery-status", "message/delivery-status", STATUS % (b"delivered", b"2.1.5")),
            Report.DELIVERED, False, [],
        ),
        (
            report(
                "disposition-notification",
                "message/disposition-notification",
                b"Final-Recipient: rfc822;ana@example.com\nDisposition: manual-action/MDN-sent-manually; displayed\n",
            ),
            Report.READ, False, [],
        ),
        (
            report("feedback-report", "message/feedback-report", b"Feedback-Type: abuse\nVersion: 1\n"),
            Report.ABUSE, False, [],
        ),
    ],
    ids=["failed", "delayed", "delivered", "mdn", "arf"],
)  # fmt: skip
def test_h15_reports_are_told_apart(octets: bytes, kind: Report, is_bounce: bool, failed: list[str]) -> None:
    parsed = parse(octets)
    assert (parsed.report, parsed.is_bounce, parsed.is_auto_reply) == (kind, is_bounce, not is_bounce)
    assert [one.address for one in parsed.failed_recipients] == failed
    assert (parsed.machine_signal or "").startswith("report-type: ")


def test_h20_an_invitation_stays_a_file_and_is_never_acted_on() -> None:
    invitation = mail(
        "Content-Type: text/calendar; method=CANCEL",
        body="BEGIN:VCALENDAR\nMETHOD:CANCEL\nBEGIN:VEVENT\nSUMMARY:Off\nEND:VEVENT\nEND:VCALENDAR\n",
    )
    alone = parse(b"From: ana@example.com\n" + invitation)
    assert (alone.body_text, [one.content_type for one in alone.attachments]) == ("Off\nCancelled", ["text/calendar"])


@pytest.mark.parametrize(
    "html",
    ["<div>" * 30_000, "<blockquote>" * 20_000, "<p " + "a=1 " * 250_000 + ">x", "&amp;" * 200_000, "<!--" * 250_000],
)
def test_h12_a_whole_mail_of_a_bomb_is_parsed_like_others(html: str) -> None:
    parsed = parse(html_mail(html))
    assert parsed.body_html == html
