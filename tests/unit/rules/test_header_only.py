"""Fields that claim to need no body have the same value whether the body was fetched or not."""

from __future__ import annotations

import pytest

from inboxsync.mail.parse import parse_header, parse_message
from inboxsync.rules.facts import Facts
from inboxsync.rules.fields import FIELDS, find_field
from tests.unit.rules.samples import Situation, facts

HEADER = (
    b"From: =?utf-8?q?J=C3=BCrgen?= <J@Example.com>, bob@example.net\r\nSender: s@example.com\r\nTo: a@example.org\r\n"
    b"Cc: c@example.org\r\nReply-To: r@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Message-ID: <x@example.com>\r\n"
    b"In-Reply-To: <w@example.com>\r\nDate: Wed, 01 May 2024 10:00:00 +0200\r\nList-Id: <l.example.com>\r\n"
    b"Authentication-Results: mx.example.com;\r\n spf=pass smtp.mailfrom=example.com\r\n"
)
PLAIN = HEADER + b"\r\nHello\r\n"
HIDDEN_REPORT = (
    HEADER.replace(b"<J@Example.com>, bob@example.net", b"<mailer-daemon@example.com>")
    + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nfailed\r\n'
    + b"--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n--b--\r\n"
)


def both(octets: bytes) -> tuple[Facts, Facts]:
    situation = Situation(flags=("\\Seen",), size_bytes=len(octets))
    trusted = ["mx.example.com"]
    header = octets.split(b"\r\n\r\n")[0] + b"\r\n\r\n"
    whole = parse_message(octets, trusted_authserv_ids=trusted)
    return facts(whole, situation), facts(parse_header(header, trusted_authserv_ids=trusted), situation)


@pytest.mark.parametrize("octets", [PLAIN, HIDDEN_REPORT], ids=["plain", "hidden report"])
@pytest.mark.parametrize("name", [field.name for field in FIELDS if not field.needs_body])
def test_the_header_is_enough(name: str, octets: bytes) -> None:
    found = find_field(name)
    assert found is not None
    whole, header = both(octets)
    assert header.values(found) == whole.values(found)


def test_a_report_that_only_its_parts_give_away_needs_the_body() -> None:
    found = find_field("is_bounce")
    assert found is not None
    whole, _ = both(HIDDEN_REPORT)
    assert whole.values(found) == (True,)
    assert found.needs_body
