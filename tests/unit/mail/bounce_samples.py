"""What tests of delivery reports build on."""

from __future__ import annotations

from inboxsync.mail.parse import parse_message
from inboxsync.model.message import ParsedMessage
from tests.unit.mail.samples import crlf, mail, multipart

DAEMON = ("From: MAILER-DAEMON@mx.example.org", "Return-Path: <>", "To: me@example.org")
POSTMASTER = ("From: postmaster@mx.example.org", "Return-Path: <>", "To: me@example.org")
GATEWAY = ("From: Gateway <service@example.net>", "Return-Path: <service@example.net>", "To: me@example.org")
RETURNED = mail("Content-Type: message/rfc822", body=mail("From: me@example.org", "To: lost@example.net"))


def both(octets: bytes) -> ParsedMessage:
    """Parse a message in both forms of line ends, which must say the same."""
    parsed, other = parse_message(octets), parse_message(crlf(octets))
    assert (parsed.is_bounce, parsed.is_auto_reply, parsed.machine_signal, parsed.delivery_reports) == (
        other.is_bounce,
        other.is_auto_reply,
        other.machine_signal,
        other.delivery_reports,
    )
    return parsed


def mixed(text: str, *more: bytes) -> bytes:
    """Build the body of a multipart message with the boundary `b`."""
    return multipart("b", mail("Content-Type: text/plain; charset=utf-8", body=text), *more)


def failed(parsed: ParsedMessage) -> list[tuple[str, str]]:
    """Give address and status of those who were not reached."""
    return [(one.address, one.status) for one in parsed.failed_recipients]
