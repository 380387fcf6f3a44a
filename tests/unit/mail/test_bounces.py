"""What is a report of delivery, where headers do not say so, and what is none."""

from __future__ import annotations

import pytest

from inboxsync.model.message import Report
from tests.unit.mail.bounce_samples import DAEMON, GATEWAY, RETURNED, both, failed, mixed
from tests.unit.mail.samples import mail, multipart


def test_a_file_that_could_not_be_written_has_the_address_of_the_header() -> None:
    status = mail(
        "Content-Type: message/delivery-status",
        body="Reporting-MTA: dns; mx.example.org\n\nAction: failed\nFinal-Recipient: rfc822;/box/l\nStatus: 5.0.0\n",
    )
    head = ("Content-Type: multipart/report; report-type=delivery-status; boundary=b", "Subject: Mail delivery failed")
    parsed = both(mail(*DAEMON, "X-Failed-Recipients: lost@example.net", *head, body=mixed("Sorry.\n", status)))
    assert failed(parsed) == [("lost@example.net", "5.0.0")]


def test_words_that_are_labelled_as_a_file() -> None:
    text = "The following addresses had delivery problems\n\n<lost@example.net>   (no such user)\n"
    file = mail("Content-Type: text/plain", "Content-Disposition: attachment; filename=problems.txt", body=text)
    head = (*DAEMON, "Subject: Delivery status", "Content-Type: multipart/mixed; boundary=b")
    assert failed(both(mail(*head, body=multipart("b", file, RETURNED)))) == [("lost@example.net", "")]


@pytest.mark.parametrize("content_type", ["message/rfc822", "text/plain; name=a.txt"])
@pytest.mark.parametrize(("others", "found"), [(2, [("lost@example.net", "5.1.1")]), (3, []), (90, [])])
def test_of_many_parts_that_promise_recipients_a_few_are_tried(
    content_type: str, others: int, found: list[tuple[str, str]]
) -> None:
    fields = "Final-Recipient:{}\nAction: failed\nStatus: 5.1.1\n"
    parts = [mail(f"Content-Type: {content_type}", body=fields.format(""))] * others
    parts.append(mail(f"Content-Type: {content_type}", body=fields.format("rfc822;lost@example.net")))
    head = "Content-Type: multipart/report; report-type=delivery-status; boundary=b"
    assert failed(both(mail(*DAEMON, head, body=mixed("Sorry.\n", *parts)))) == found


def test_of_many_parts_for_machines_the_first_are_read() -> None:
    fields = "Final-Recipient: rfc822;a{}@example.net\nAction: failed\n"
    parts = [mail("Content-Type: message/delivery-status", body=fields.format(number)) for number in range(30)]
    head = "Content-Type: multipart/report; report-type=delivery-status; boundary=b"
    assert len(failed(both(mail(*DAEMON, head, body=mixed("Sorry.\n", *parts))))) == 20


def test_all_parts_for_machines_count_and_nobody_twice() -> None:
    fields = (
        "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822;{}@example.net\nAction: failed\nStatus: {}\n"
    )
    parts = [
        mail("Content-Type: message/delivery-status", body=fields.format(name, status))
        for name, status in (("one", "5.1.1"), ("two", "5.2.2"), ("ONE", "5.0.0"))
    ]
    head = "Content-Type: multipart/report; report-type=delivery-status; boundary=b"
    parsed = both(mail(*DAEMON, head, body=mixed("Sorry.\n", *parts)))
    assert failed(parsed) == [("one@example.net", "5.1.1"), ("two@example.net", "5.2.2")]


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        (
            ("From: ana@example.net", "Return-Path: <>", "Subject: Mail"),
            mixed("Your mail\n   Could not be delivered to: <lost@example.net>\n   The box is full.\n", RETURNED),
            ("return-path: <>", ["lost@example.net"]),
        ),
        (
            ("From: no-reply@example.net", "Subject: メールエラー通知".encode()),
            mixed("Your mail\n   Could not be delivered to: <lost@example.net>\n   The box is full.\n", RETURNED),
            ("subject: delivery failure", ["lost@example.net"]),
        ),
        (
            (
                "From: service@example.net",
                "Return-Path: <MAILER-DAEMON@example.net>",
                "Subject: Mail could not be sent",
            ),
            mixed("Received >>> 550 5.1.1 no.\n\nUnable to deliver message to <lost@example.net>.\n", RETURNED),
            ("return-path: daemon", ["lost@example.net"]),
        ),
        (
            (*GATEWAY[:2], "Subject: Delivery Failure"),
            mixed("Could not deliver message to the following recipient(s):\n\nFailed Recipient: lost@example.net\n"),
            ("text: delivery failure", ["lost@example.net"]),
        ),
        (
            (*GATEWAY[:2], "Subject: Your lunch (delivery failed)"),
            mixed("*****\n\nYour message could not be delivered to\nlost@example.net\n"),
            ("text: delivery failure", ["lost@example.net"]),
        ),
        (
            (*GATEWAY[:2], "Subject: Mail could not be delivered"),
            mixed("The following mail could not be delivered.\nReason: too many attempts.\n", RETURNED),
            ("subject: delivery failure", []),
        ),
        (
            ("From: MAILER-DAEMON@example.net", "Return-Path: <list@example.org>", "X-Autogenerated: Mirror"),
            mixed("| Failed addresses follow: |\n lost@example.net ... no such host\n"),
            ("from: mailer-daemon", ["lost@example.net"]),
        ),
        (
            ("From: MAILER-DAEMON@example.net", "Subject: =?utf-8?B?6YKu5Lu2?="),
            mixed("邮件无法发送。\n\n<lost@example.net>:\n\n<two@example.net>:\n"),
            ("from: mailer-daemon", ["lost@example.net", "two@example.net"]),
        ),
    ],
    ids=["null path", "subject", "path of a daemon", "sentence", "opening", "nobody", "list's path", "chinese"],
)
def test_bounces_of_systems_that_do_not_say_so(
    headers: tuple[str | bytes, ...], body: bytes, expected: tuple[str, list[str]]
) -> None:
    parsed = both(mail(*headers, "To: me@example.org", "Content-Type: multipart/mixed; boundary=b", body=body))
    assert parsed.is_bounce
    assert (parsed.machine_signal, [one.address for one in parsed.failed_recipients]) == expected


BOUNCE_GOT = mail(
    "Content-Type: message/rfc822",
    body=mail(*DAEMON, "Subject: failure notice", body="<lost@example.net>: could not be delivered to\n"),
)

STATUS_GOT = mail(
    "Content-Type: message/delivery-status; name=details.txt",
    body="Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822;lost@example.net\nAction: failed\n",
)
RETURNED_FILE = mail("Content-Type: message/rfc822; name=offer.eml", body=mail("From: me@example.org"))
POSTMASTERS_ANSWER = ("From: Ben <postmaster@example.com>", "Return-Path: <postmaster@example.com>")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (
            ("From: ana@example.com", "Subject: failure notice"),
            mixed("I got this, it could not be delivered to Ben. Why?\n", BOUNCE_GOT),
        ),
        (
            ("From: ana@example.com", "Subject: Re: Undeliverable: lunch", "Auto-Submitted: auto-replied"),
            mixed("I am away.\n\n> Your message could not be delivered to\n> <lost@example.net>: 550 5.1.1 no\n"),
        ),
        (
            ("From: ana@example.com", "Subject: Fwd: Mail delivery failed"),
            mixed("Look:\n\nThis message was created automatically by mail delivery software.\n"),
        ),
        (
            ("From: postmaster@example.com", "Return-Path: <postmaster@example.com>", "Subject: Sunday"),
            mixed("Mail will not be there from 8 to 10. Questions to help@example.com.\n"),
        ),
        (
            ("From: Ben <postmaster@example.com>", "Subject: Your problem with our server"),
            mixed("Your mail to ana@example.com could not be delivered, please mend your SPF record. Ben\n"),
        ),
        (
            ("From: ana@example.com", "Subject: Undelivered mail"),
            mixed("Hello,\n\nI get this, can you help?\n\nThis is the mail system at host mx.example.net.\n"),
        ),
        (
            ("From: news@example.com", "List-Unsubscribe: <mailto:u@example.com>", "Subject: Delivery failure? No!"),
            mixed("A message that you sent could not be delivered to one or more of its readers.\n"),
        ),
        (
            ("From: shop@example.com", "Return-Path: <>", "Subject: Undelivered parcel"),
            mixed("Your parcel could not be delivered. Write to help@example.com\n"),
        ),
        (
            ("From: ana@example.com", "Subject: Fwd: Undelivered Mail Returned to Sender"),
            mixed("What is wrong with this address?\n", STATUS_GOT, RETURNED),
        ),
        (
            ("From: ana@example.com", "Subject: Strange"),
            mixed("Please see the files.\n", STATUS_GOT),
        ),
        (
            ("From: postmaster@example.com", "Return-Path: <postmaster@example.com>", "Subject: WG: Returned mail"),
            mixed("Look.\n", STATUS_GOT),
        ),
        (
            (*POSTMASTERS_ANSWER, "Subject: AW: Mail delivery failed"),
            mixed("550 5.7.1 <me@example.org> blocked\nIt is mended, and so for ben@example.com.\n"),
        ),
        (
            (*POSTMASTERS_ANSWER, "In-Reply-To: <q@example.org>", "Subject: Re: a question"),
            mixed("This is what was said:\n550 5.7.1 <me@example.org> blocked\n"),
        ),
        (
            ("From: ana@example.com", "Subject: Mail could not be delivered"),
            mixed("Hi,\n\nthe attached mail could not be delivered to Ben.\n", RETURNED),
        ),
        (
            ("From: ana@example.com", "Subject: Returned mail"),
            mixed("The mail in the file was returned, lost@example.net is unknown user they say.\n", RETURNED_FILE),
        ),
        (
            ("From: ana@example.com", "Subject: Re: Mail could not be delivered"),
            mixed("Your mail could not be delivered to\nlost@example.net\nwho has left.\n"),
        ),
        (
            ("From: ana@example.com", "Subject: Delivery failure of your letter"),
            mixed("Your message could not be delivered to my colleague lost@example.net; please send it again.\n"),
        ),
        (
            ("From: ana@example.com", "List-Id: <talk.example.net>", "Subject: [talk] Undelivered Mail"),
            mixed(
                "Since Monday I get:\n\nThis is the mail system at host mx.example.net.\n\n<lost@example.net>: 550\n"
            ),
        ),
    ],
    ids=[
        *("attached", "answered", "forwarded", "notice", "a postmaster's letter", "pasted", "newsletter", "parcel"),
        *("parts sent on", "parts as files", "sent on by a postmaster", "a postmaster's answer", "with a prefix alone"),
        *("mail attached", "mail as a file", "opening of an answer", "opening of a letter", "on a list"),
    ],
)
def test_mail_about_bounces_is_none(headers: tuple[str, ...], body: bytes) -> None:
    parsed = both(mail(*headers, "To: me@example.org", "Content-Type: multipart/mixed; boundary=b", body=body))
    assert (parsed.is_bounce, parsed.report, parsed.delivery_reports) == (False, None, ())


@pytest.mark.parametrize(
    "headers",
    [
        ("From: post_master@example.net", "In-Reply-To: <q@example.org>", "Subject: Re: lunch"),
        ("From: postmaster@example.net", "Return-Path: <>", "In-Reply-To: <q@example.org>", "Subject: Re: lunch"),
        ("From: service@example.net", "Return-Path: <>", "Subject: Re: lunch"),
        ("From: service@example.net", "Subject: Delivery failure"),
    ],
    ids=["no postmaster", "null path", "author of any name", "subject"],
)
def test_parts_for_machines_that_a_machine_sent(headers: tuple[str, ...]) -> None:
    head = (*headers, "To: me@example.org", "Content-Type: multipart/mixed; boundary=b")
    assert failed(both(mail(*head, body=mixed("Sorry.\n", STATUS_GOT)))) == [("lost@example.net", "")]


def test_a_postmaster_gives_mail_back_as_a_file() -> None:
    head = ("From: postmaster@example.net", "Return-Path: <>", "To: me@example.org", "Subject: Mail")
    parsed = both(mail(*head, "Content-Type: multipart/mixed; boundary=b", body=mixed("Sorry.\n", RETURNED_FILE)))
    assert (parsed.is_bounce, parsed.machine_signal) == (True, "from: postmaster")


def test_an_automatic_answer_that_nobody_may_answer_is_none() -> None:
    text = "I am away.\n\n> Your message could not be delivered to\n>\n> <lost@example.net>: 550 5.1.1 no\n"
    head = ("From: ana@example.com", "Return-Path: <>", "To: me@example.org", "Subject: Re: Undeliverable: lunch")
    parsed = both(mail(*head, body=text))
    assert (parsed.is_bounce, parsed.is_auto_reply, parsed.delivery_reports) == (False, True, ())


@pytest.mark.parametrize(
    ("disposition", "said", "expected"),
    [
        ("automatic-action/MDN-sent-automatically; deleted", "was automatically rejected:\nToo full", Report.FAILED),
        ("automatic-action/MDN-sent-automatically; deleted", "was deleted", Report.READ),
        ("manual-action/MDN-sent-manually; deleted", "was rejected", Report.READ),
        ("automatic-action/MDN-sent-automatically; displayed", "was not rejected", Report.READ),
    ],
)
def test_a_refusal_of_a_sieve_script_comes_as_a_receipt(disposition: str, said: str, expected: Report) -> None:
    fields = f"Final-Recipient: rfc822; lost@example.net\nDisposition: {disposition}\n"
    notice = mail("Content-Type: message/disposition-notification", body=fields)
    head = "Content-Type: multipart/report; report-type=disposition-notification; boundary=b"
    body = mixed(f"Your message to <lost@example.net> {said}\n", notice)
    parsed = both(mail("From: lost@example.net", "To: me@example.org", head, body=body))
    assert (parsed.report, parsed.is_bounce) == (expected, expected is Report.FAILED)
    if parsed.is_bounce:
        assert failed(parsed) == [("lost@example.net", "")]
        assert parsed.failed_recipients[0].diagnostic.endswith("was automatically rejected: Too full")


def test_a_digest_of_a_mail_system_is_no_bounce() -> None:
    text = "Held for you:\n\n1. ana@example.com  Offer\nben@example.com\n"
    parsed = both(mail(*DAEMON, "Subject: Quarantine summary: 2 messages", body=text))
    assert (parsed.is_bounce, parsed.is_auto_reply, parsed.failed_recipients) == (False, True, ())


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (
            "Delivery status notification: warning",
            (
                "A message is delayed for more than 10 minutes for the following\nlist of recipients:\n\n"
                "slow@example.net: no answer\n\n    You do not need to re-send it.\n"
            ),
        ),
        (
            "Delivery failure notification",
            (
                "Your message with Subject: lunch\ncould not be delivered to\n\nslow@example.net\n\n"
                "Delivery attempts will continue to be made.\n"
            ),
        ),
        (
            "Mail Delivery Warning",
            'Delivery of mail to this address\n\n"slow@example.net"\n\nhas been postponed: the box is full.\n',
        ),
        (
            "Warning: could not send message for past 4 hours",
            (
                "** THIS IS A WARNING MESSAGE ONLY: if undeliverable at last, it is returned to sender **\n"
                "You do not need to resend it. It was not yet sent to\n\n<slow@example.net>\n"
            ),
        ),
    ],
)
def test_whom_a_delay_names(subject: str, text: str) -> None:
    parsed = both(mail(*DAEMON, f"Subject: {subject}", body=text))
    assert (parsed.is_bounce, parsed.is_auto_reply, parsed.report) == (False, True, Report.DELAYED)
    assert [(one.address, one.action) for one in parsed.delivery_reports] == [("slow@example.net", "delayed")]


def test_a_warning_in_a_subject_is_no_delay() -> None:
    parsed = both(mail(*DAEMON, "Subject: Warning: lost@example.net - User unknown!", body="lost@example.net - no.\n"))
    assert (parsed.report, failed(parsed)) == (Report.FAILED, [("lost@example.net", "")])
