"""message/delivery-status as RFC 3464 has it, and as it comes."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.delivery_status import read_delivery_status
from inboxsync.mail.parse import parse_message
from inboxsync.model.message import DeliveryReport, Report
from tests.unit.mail.samples import crlf, mail, multipart

HEAD = b"Reporting-MTA: dns; mx.example.org\nArrival-Date: Mon, 5 Jan 2026 10:00:00 +0100\n\n"
FAILED = b"""Final-Recipient: rfc822; Gone@Example.NET
Original-Recipient: rfc822;list+2Bana@example.org
Action: failed
Status: 5.1.1 (bad mailbox)
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 5.1.1
 <gone@example.net>: no such
\tuser
"""
DELAYED = b"Final-Recipient: rfc822;slow@example.net\nAction: delayed\nStatus: 4.4.1\n"
DONE = b"Final-Recipient: rfc822;done@example.net\nAction: relayed\nStatus: 2.0.0\n"


def report(status: bytes, *headers: str, type_: str = "message/delivery-status") -> bytes:
    parts = multipart("r", mail(body="Sorry.\n"), mail(f"Content-Type: {type_}", *headers, body=status), mail())
    head = 'Content-Type: multipart/report; report-type=delivery-status; boundary="r"'
    return mail("From: MAILER-DAEMON@example.org", "Auto-Submitted: auto-replied", head, body=parts)


def test_a_failure_is_read_whole() -> None:
    assert read_delivery_status(HEAD + FAILED) == (
        DeliveryReport(
            address="Gone@example.net",
            action="failed",
            status="5.1.1",
            diagnostic="550 5.1.1 <gone@example.net>: no such user",
            original_address="list+ana@example.org",
        ),
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (b"Final-Recipient: gone@example.net\n", ("gone@example.net", "failed", "")),
        (b"Final-recipient: RFC822; <gone@example.net>\nAction: Failure\n", ("gone@example.net", "failed", "")),
        (b"FINAL-RECIPIENT:rfc822;a@b.example (Ana)\nSTATUS:4.2.2\n", ("a@b.example", "delayed", "4.2.2")),
        (b"Original-Recipient: rfc822;a@b.example\nAction: failed\n", ("a@b.example", "failed", "")),
        (b"Final-Recipient: X-LOCAL;root\nOriginal-Recipient: rfc822;a@b.example\n", ("a@b.example", "failed", "")),
        (
            b"Final-Recipient: RFC822; /var/box/a\nX-Actual-Recipient: RFC822; a@b.example\nAction: failed\n",
            ("a@b.example", "failed", ""),
        ),
        (
            b'Final-Recipient: rfc822;"ana b"@b.example\nAction: failed\n',
            ('"ana b"@b.example', "failed", ""),
        ),
        (b"Final-Recipient: rfc822; a@b.example\n Action: failed\nStatus: 5.1.1\n", ("a@b.example", "failed", "5.1.1")),
        (b"Final-Recipient: 'a@b.example'\nAction: failed\n", ("a@b.example", "failed", "")),
        (b"Final-Recipient: x-local;root\nAction: expanded\n", ("root", "expanded", "")),
        (b"Final-Recipient: utf-8; \\x{E4}na@example.net\nAction: failed\n", ("äna@example.net", "failed", "")),
        (
            b"Final-Recipient: rfc822;a@b.example\nAction: failed\nDiagnostic-Code: smtp;550-5.7.26 no\n",
            ("a@b.example", "failed", "5.7.26"),
        ),
        (
            b"Final-Recipient: rfc822;a@b.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: X; 192.0.2.5.1\n",
            ("a@b.example", "failed", "5.0.0"),
        ),
        (
            b"Original-Recipient: <a@b.example>\nAction: failed\nDiagnostic-Code: smtp; 550 no such user\n",
            ("a@b.example", "failed", "5.0.0"),
        ),
        (
            b"Final-Recipient: a@b.example\nAction: failed\nDiagnostic-Code: X; 451 550 555 0100 no\n",
            ("a@b.example", "failed", ""),
        ),
        (
            b"Final-Recipient: a@b.example\nAction: failed\nDiagnostic-Code: smtp; 554 554 5.7.0 no\n",
            ("a@b.example", "failed", "5.7.0"),
        ),
        (b"Final-Recipient: a@b.example\nAction: failure\nStatus: 553 too large\n", ("a@b.example", "failed", "5.0.0")),
        (b"Final-Recipient: a@b.example\nAction: expired\nStatus: 4.4.7\n", ("a@b.example", "failed", "4.4.7")),
        (b"Final-Recipient: a@b.example\nAction: deferred\n", ("a@b.example", "delayed", "")),
        (b"Original-Recipient: rfc822;ana+20@b.example\nAction: failed\n", ("ana+20@b.example", "failed", "")),
    ],
)
def test_forms_of_a_recipient(status: bytes, expected: tuple[str, str, str]) -> None:
    (found,) = read_delivery_status(HEAD + status)
    assert (found.address, found.action, found.status) == expected


def test_recipients_without_a_line_between_them_stay_apart() -> None:
    found = read_delivery_status(HEAD.strip() + b"\n" + FAILED + DELAYED)
    assert [(one.address, one.action) for one in found] == [
        ("Gone@example.net", "failed"),
        ("slow@example.net", "delayed"),
    ]


def test_groups_end_at_lines_of_blanks_whatever_field_comes_first() -> None:
    group = b" \nAction: %s\nStatus: %s\nFinal-Recipient: rfc822;%s@example.net\n"
    found = read_delivery_status(
        HEAD.strip() + b"\n" + group % (b"failed", b"5.1.1", b"a") + group % (b"delayed", b"4.4.1", b"b")
    )
    assert [(one.address, one.action, one.status) for one in found] == [
        ("a@example.net", "failed", "5.1.1"),
        ("b@example.net", "delayed", "4.4.1"),
    ]


def test_an_answer_of_several_lines_need_not_be_folded() -> None:
    (found,) = read_delivery_status(
        b"Diagnostic-Code: smtp; 550-Sign in.\n550-mx.example.net: not allowed to\n550 relay.\nNot this\n"
        b"Final-Recipient: rfc822; a@example.net\nAction: failed\n"
    )
    assert found.diagnostic == "550-Sign in. 550-mx.example.net: not allowed to 550 relay."


def test_words_in_japanese_are_read() -> None:
    words = "ユーザーが見つかりません"
    status = f"Final-Recipient: rfc822;a@example.net\nDiagnostic-Code: X-Notes; {words}\n".encode("iso-2022-jp")
    (found,) = read_delivery_status(status)
    assert found.diagnostic == words


def test_one_recipient_counts_once_and_a_failure_most() -> None:
    found = read_delivery_status(DELAYED + b"\n" + DELAYED.replace(b"delayed", b"failed").replace(b"slow", b"SLOW"))
    assert [(one.address, one.action) for one in found] == [("SLOW@example.net", "failed")]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (FAILED, (True, False, Report.FAILED, ["Gone@example.net"])),
        (FAILED + b"\n" + DELAYED, (True, False, Report.FAILED, ["Gone@example.net"])),
        (DELAYED, (False, True, Report.DELAYED, [])),
        (DONE, (False, True, Report.DELIVERED, [])),
        (DONE + b"\n" + DELAYED, (False, True, Report.DELAYED, [])),
        (b"nothing of use\n", (True, False, Report.FAILED, [])),
    ],
)
@pytest.mark.parametrize("convert", [bytes, crlf], ids=["lf", "crlf"])
def test_what_a_report_makes_of_a_message(status: bytes, expected: object, convert: object) -> None:
    assert callable(convert)
    parsed = parse_message(convert(report(HEAD + status)))
    failed = [one.address for one in parsed.failed_recipients]
    assert (parsed.is_bounce, parsed.is_auto_reply, parsed.report, failed) == expected
    assert parsed.machine_signal == "report-type: delivery-status"


@pytest.mark.parametrize(
    "octets",
    [
        report(base64.encodebytes(HEAD + FAILED), "Content-Transfer-Encoding: base64"),
        report(HEAD + FAILED, type_="message/global-delivery-status"),
        report(HEAD + FAILED, "Content-Disposition: attachment; filename=details.txt", type_="text/plain"),
        mail("From: a@example.org", "Return-Path: <>", "X-Failed-Recipients: x@y.example", body=HEAD + FAILED),
    ],
    ids=["base64", "global", "as plain text", "in the body"],
)
def test_a_report_is_found_where_it_should_not_be(octets: bytes) -> None:
    parsed = parse_message(octets)
    assert [one.address for one in parsed.failed_recipients] == ["Gone@example.net"]


def test_a_bounce_that_was_forwarded_as_a_message_is_no_bounce() -> None:
    inner = mail("Content-Type: message/rfc822", body=report(HEAD + FAILED))
    parsed = parse_message(
        mail("From: ana@example.org", "Content-Type: multipart/mixed; boundary=o", body=multipart("o", mail(), inner))
    )
    assert (parsed.is_bounce, parsed.delivery_reports) == (False, ())


def test_a_flood_of_recipients_is_bounded() -> None:
    flood = b"".join(b"Final-Recipient: rfc822;a%d@example.net\n\n" % i for i in range(20_000))
    assert len(read_delivery_status(flood)) == 1000


@given(
    st.binary(max_size=300), st.lists(st.sampled_from([FAILED, DELAYED, b"\n", b"Action: ", b"\\x{D800}"]), max_size=5)
)
@settings(deadline=None, max_examples=200)
def test_any_octets(octets: bytes, pieces: list[bytes]) -> None:
    for found in read_delivery_status(octets.join(pieces) + octets):
        assert found.address
        assert found.action
        str(found).encode()
