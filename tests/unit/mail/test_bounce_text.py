"""Bounces in words, as the mail systems write them; the texts are ours, the sentences theirs."""

from __future__ import annotations

import pytest

from inboxsync.mail.parse import parse_message
from inboxsync.model.message import Report
from tests.unit.mail.samples import mail

EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  Ana.Lost@Example.NET
    host mx.example.net [192.0.2.7]
    SMTP error from remote mail server after RCPT TO:<ana.lost@example.net>:
    550 5.1.1 <ana.lost@example.net>: Recipient address rejected

------ This is a copy of the message, including all the headers. ------

To: other@example.net
"""
QMAIL = """Hi. This is the qmail-send program at mail.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<gone@example.net>:
192.0.2.9 does not like recipient.
Remote host said: 550 5.7.1 No such user here
Giving up on 192.0.2.9.

<full@example.net>:
Sorry, the mailbox is over quota. (#5.2.2)

--- Below this line is a copy of the message.

Return-Path: <me@example.org>
From: me@example.org
To: <copied@example.net>
"""
POSTFIX = """This is the mail system at host mail.example.org.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

For further assistance, please send mail to postmaster.

                   The mail system

<nobody@example.net>: host mx.example.net[192.0.2.4] said: 554 No account
    (in reply to RCPT TO command)
"""
SENDMAIL = """The original message was received at Mon, 5 Jan 2026 10:00:00 +0100
from localhost [127.0.0.1]

   ----- The following addresses had permanent fatal errors -----
<unknown@example.net>
    (reason: 550 5.1.1 User unknown)

   ----- Transcript of session follows -----
... while talking to mx.example.net.:
>>> DATA
<<< 550 5.1.1 User unknown
"""
EXCHANGE = """Your message did not reach some or all of the intended recipients.

      Subject:  Offer
      Sent:     1/5/2026 10:00 AM

The following recipient(s) cannot be reached:

      'left@example.net' on 1/5/2026 10:01 AM
            550 5.1.1 User unknown
"""
OFFICE = """Delivery has failed to these recipients or groups:

moved@example.net (moved@example.net)
The email address you entered couldn't be found. Please check it and try again.

Diagnostic information for administrators:
Generating server: mx.example.net
"""
GMAIL = """
** Address not found **

Your message wasn't delivered to typo@example.net because the address couldn't be found.
"""
IIS = """This is an automatically generated Delivery Status Notification.

Delivery to the following recipients failed.

       old@example.net
"""
GERMAN = """Die folgende Nachricht konnte nicht zugestellt werden:

<weg@example.net>: 550 5.1.1 unbekannt
"""


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        (EXIM, [("Ana.Lost@example.net", "5.1.1")]),
        (QMAIL, [("gone@example.net", "5.7.1"), ("full@example.net", "5.2.2")]),
        (POSTFIX, [("nobody@example.net", "5.0.0")]),
        (SENDMAIL, [("unknown@example.net", "5.1.1")]),
        (EXCHANGE, [("left@example.net", "5.1.1")]),
        (OFFICE, [("moved@example.net", "")]),
        (GMAIL, [("typo@example.net", "")]),
        (IIS, [("old@example.net", "")]),
        (GERMAN, [("weg@example.net", "5.1.1")]),
    ],
    ids=["exim", "qmail", "postfix", "sendmail", "exchange", "office", "gmail", "iis", "german"],
)
def test_whom_systems_could_not_reach(text: str, failed: list[tuple[str, str]]) -> None:
    parsed = parse_message(
        mail("From: MAILER-DAEMON@mail.example.org", "Return-Path: <>", "To: me@example.org", body=text)
    )
    assert (parsed.is_bounce, parsed.report, parsed.is_auto_reply) == (True, Report.FAILED, False)
    assert [(one.address, one.status) for one in parsed.failed_recipients] == failed


LESS_CLEAR = {
    "twice on a line": (
        ["From: MAILER-DAEMON@example.org", "Return-Path: <>"],
        " ----- The following addresses had permanent fatal errors -----\n\n>>> lost@example.net <lost@example.net>\n",
    ),
    "an author without a domain": (
        ['From: "Mail System" <MAILER-DAEMON>', "Subject: Returned Mail: nobody there"],
        "---The following addresses had delivery errors---\n\nlost@example.net [User unknown]\n",
    ),
    "returned to a daemon": (
        ["From: postmaster@example.org", "Return-Path: <MAILER-DAEMON>", "Subject: 送信エラー"],
        "次のあて先\n\n<lost@example.net>\n",
    ),
    "one sentence": (
        ["From: postmaster@example.org", "Subject: Undeliverable Mail"],
        "Unknown user: lost@example.net\n",
    ),
    "attempts": (
        ["From: postmaster@example.org", "Subject: Undeliverable Mail"],
        "Delivery failed 20 attempts: lost@example.net\n\nOriginal message follows.\n\nother@example.net\n",
    ),
    "domino": (
        ["From: Postmaster@example.org", "Subject: DELIVERY FAILURE: User not listed"],
        "Your message\n\nwas not delivered to:\n\n  lost@example.net\n\nbecause:\n\n  User (x@example.net)\n",
    ),
    "a refusal and commands": (
        ["From: post_master@example.org", "Subject: Re:Hi"],
        "Error below:\n550 - no such user here\n\n  MAIL FROM: me@example.org\n  RCPT TO: lost@example.net\n",
    ),
    "a transcript": (
        ["From: MAILER-DAEMON@example.org", "Subject: Returned mail: Host unknown"],
        "-- Transcript --\n554 <lost@example.net>... 550 no host\n\n-- Unsent message follows --\nTo: b@example.net\n",
    ),
    "words behind the address": (
        ["From: mailer-daemon@example.org", "Subject: Undelivered Mail Returned to Sender"],
        "It could not be delivered to one or more recipients.\n\nlost@example.net Invalid Address, CODE :550\n",
    ),
    "no announcement": (
        ["From: postmaster@example.org", "Return-Path: <>", "Subject: Undeliverable message"],
        "---- Failure Reasons ----\n\nnot in the list\nlost@example.net\n\n---- Returned Message ----\nb@example.net\n",
    ),
}


@pytest.mark.parametrize("name", LESS_CLEAR)
def test_systems_that_say_little(name: str) -> None:
    headers, text = LESS_CLEAR[name]
    parsed = parse_message(mail(*headers, "To: me@example.org", body=text))
    assert parsed.is_bounce
    assert [one.address for one in parsed.failed_recipients] == ["lost@example.net"]


def test_the_header_of_exim_names_them_and_the_text_says_why() -> None:
    parsed = parse_message(
        mail(
            "From: Mail Delivery System <Mailer-Daemon@mail.example.org>",
            "X-Failed-Recipients: ana.lost@example.net, second@example.net",
            "To: me@example.org",
            body=EXIM,
        )
    )
    assert [(one.address, one.status) for one in parsed.failed_recipients] == [
        ("ana.lost@example.net", "5.1.1"),
        ("second@example.net", ""),
    ]
    assert "Recipient address rejected" in parsed.failed_recipients[0].diagnostic
    assert parsed.machine_signal == "x-failed-recipients"


def test_strong_words_tell_where_the_author_has_no_name_of_a_daemon() -> None:
    parsed = parse_message(mail("From: mail@example.org", "Return-Path: <>", body=QMAIL))
    assert (parsed.is_bounce, parsed.machine_signal) == (True, "text: delivery failure")


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        (["From: ana@example.org", "Subject: Fwd: failure notice", "Return-Path: <ana@example.org>"], QMAIL),
        (["From: ana@example.org", "Subject: what is this?"], POSTFIX),
        (["From: ana@example.org", "Subject: Undeliverable parcels"], "Where are they?\n"),
    ],
)
def test_people_who_write_of_bounces_send_none(headers: list[str], text: str) -> None:
    parsed = parse_message(mail(*headers, body=text))
    assert (parsed.is_bounce, parsed.report, parsed.delivery_reports) == (False, None, ())


def test_a_warning_is_no_failure() -> None:
    text = (
        "This message was created automatically by mail delivery software.\n"
        "A message that you sent has not yet been delivered to one or more of its recipients\n"
        "after more than 24 hours on the queue. No action is required on your part.\n\n  slow@example.net\n"
    )
    parsed = parse_message(
        mail(
            "From: Mailer-Daemon@mail.example.org",
            "Return-Path: <>",
            "Subject: Warning: message 1abc delayed 24 hours",
            body=text,
        )
    )
    assert (parsed.is_bounce, parsed.is_auto_reply, parsed.report) == (False, True, Report.DELAYED)
    assert parsed.failed_recipients == ()


def test_who_gets_the_bounce_never_counts_as_failed() -> None:
    text = "Your message could not be delivered to:\n\n<me@example.org>\n<gone@example.net>\n"
    parsed = parse_message(mail("From: postmaster@example.org", "Return-Path: <>", "To: Me@example.org", body=text))
    assert [one.address for one in parsed.failed_recipients] == ["gone@example.net"]


def test_many_lines_and_long_ones_cost_little_and_give_a_bounded_list() -> None:
    flood = "Undeliverable:\n" + "".join(f"<a{i}@example.net>:\n" for i in range(50_000)) + "a" * 500_000 + "@"
    parsed = parse_message(mail("From: mailer-daemon@example.org", "Return-Path: <>", body=flood))
    assert len(parsed.failed_recipients) == 100
