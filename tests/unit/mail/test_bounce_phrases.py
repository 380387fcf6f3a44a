"""Which sentences tell of mail that did not arrive, and which of mail that still may."""

from __future__ import annotations

import pytest

from inboxsync.mail import bounce_phrases as phrases


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This is the mail system at host mx.example.org.\n", True),
        ("=====\n   This is an automatically generated Delivery Status Notification.\n", True),
        ("Hello,\n\ncan you help?\n\nThis is the mail system at host mx.example.org.\n", False),
        ("Since Monday I get:\n\nThis is the mail system at host mx.example.org.\n", False),
        ("This message was created\nautomatically by mail delivery software.\n", True),
        ("", False),
    ],
)
def test_where_a_report_begins(text: str, expected: bool) -> None:
    assert phrases.begins_with_failure(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*****\n\nYour message could not be delivered to\nana@example.net \r\n", True),
        ("Your message could not be delivered to\n\n  <ana@example.net>: no such user\n", True),
        ("Your message could not be delivered to my colleague ana@example.net.\n", False),
        ("Your message could not be delivered to\n", False),
        ("Your message to ana@example.net couldn\u2019t wait", False),
        ("> Your message could not be delivered to\nana@example.net\n", False),
        ("I read: your message could not be delivered to\nana@example.net\n", False),
    ],
)
def test_how_a_mail_system_opens(text: str, expected: bool) -> None:
    assert phrases.opens_as_system(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi,\n\nthe attached mail came back.\n", True),
        ("\r\n Sehr geehrte Frau Roe,", True),
        ("Dobrý den,\n", True),
        ("Dearest", False),
        ("Hits: 5", False),
        ("Your message could not be delivered. Hi", False),
        ("", False),
    ],
)
def test_how_people_begin(text: str, expected: bool) -> None:
    assert phrases.greets(text) is expected


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("Warning: message delayed 24 hours", "No action is required.", True),
        ("Warning: no such user", "ana@example.net - no such user", False),
        ("x", "It has not yet been delivered; if undeliverable, it is returned to sender.", True),
        ("x", "It has not yet been delivered, and we have given up.", False),
        ("Delivery delayed", "This is a permanent error.", False),
        ("Status (Delay)", "We will retry for 5 hours. You are told if delivery fails permanently.", True),
        ("Status (Failure)", "Delivery failed permanently. We will retry no more.", False),
        ("x", "It will be retried until it is 4 days old.", True),
        ("x", "Your mail could not be delivered.", False),
    ],
)
def test_what_is_still_tried(subject: str, text: str, expected: bool) -> None:
    assert phrases.says_delayed(subject, text) is expected
