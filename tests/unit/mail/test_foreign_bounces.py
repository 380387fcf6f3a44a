"""Reports of the shapes that mail systems really send; texts and names are ours, places and sentences theirs."""

from __future__ import annotations

import pytest

from inboxsync.model.message import Report
from tests.unit.mail.bounce_samples import DAEMON, POSTMASTER, both, failed
from tests.unit.mail.samples import mail

TEXTS = {
    "the reason stands before": (
        (*POSTMASTER, "Subject: Undeliverable mail"),
        (
            "Your note:\n  From: me@example.org\nCould not be delivered because of\n\n550 5.1.1 Nobody of that name\n\n"
            "The following recipients were affected:\n    lost@example.net\n\nRemote server: <192.0.2.1>\n"
        ),
        [("lost@example.net", "5.1.1")],
    ),
    "the reason stands two paragraphs below": (
        (*DAEMON, "X-Failed-Recipients: lost@example.net"),
        (
            "Delivery to the following recipient failed:\n\n  lost@example.net\n\nDetails:\nIt was refused.\n\n"
            "The other server said:\n550 5.2.2 <lost@example.net>... too full\n\n----- Original message -----\n"
        ),
        [("lost@example.net", "5.2.2")],
    ),
    "the text knows the local part alone": (
        (*DAEMON, "X-Failed-Recipients: lost@example.net"),
        (
            "The following address(es) failed:\n\n  lost\n    after MAIL FROM:<me@example.org> SIZE=1543:\n"
            "    host mx.example.net [192.0.2.2]: 550 5.7.0 <me@example.org>... go elsewhere\n"
        ),
        [("lost@example.net", "5.7.0")],
    ),
    "several, and one reason": (
        (*DAEMON, "Subject: failure notice"),
        "I was unable to deliver your message to these:\n\n<one@example.net>\n\n<two@example.net>\n\n552 too large\n",
        [("one@example.net", "5.0.0"), ("two@example.net", "5.0.0")],
    ),
    "several, and a reason of one": (
        (*DAEMON, "Subject: failure notice"),
        (
            "I was unable to deliver your message to these:\n\n<one@example.net>\n\n<two@example.net>\n"
            "  552 too large\n\n<three@example.net>\n"
        ),
        [("one@example.net", ""), ("two@example.net", "5.0.0"), ("three@example.net", "")],
    ),
    "the class of an SMTP code": (
        (*DAEMON, "Subject: Returned mail"),
        "It could not be delivered to one or more recipients.\n\nlost@example.net Invalid, ERROR_CODE :550, no box\n",
        [("lost@example.net", "5.0.0")],
    ),
    "a program, and for whom it ran": (
        (*DAEMON, "Subject: Returned mail: Service unavailable"),
        (
            '   ----- The following addresses had permanent fatal errors -----\n"|/usr/bin/sorter #ana"\n'
            '    (expanded from: <lost@example.net>)\n\n   ----- Transcript -----\n554 "|/usr/bin/sorter #ana"... no\n'
        ),
        [("lost@example.net", "5.0.0")],
    ),
    "an address that is not told": (
        (*DAEMON, "Subject: Mail delivery failed"),
        (
            "A message that you sent could not be delivered to some of its\nrecipients. The following failed:\n\n"
            "  a secret address\n    (generated from\n     lost@example.net)\n"
        ),
        [("lost@example.net", "")],
    ),
    "written to oneself": (
        (*DAEMON, "Subject: failure notice"),
        "I wasn't able to deliver your message to the following addresses.\n\n<me@example.org>:\nHost said: 552 full\n",
        [("me@example.org", "5.0.0")],
    ),
    "letters beyond ASCII": (
        (*DAEMON, "Subject: Delivery Status Notification (Failure)", "Content-Type: text/plain; charset=utf-8"),
        "Delivery to the following recipient failed permanently:\n\n     žofie@example.net\n",
        [("žofie@example.net", "")],
    ),
    "any words and a colon": (
        (*POSTMASTER, "Subject: Undeliverable mail"),
        "Wrong mailbox at last: lost@example.net\n\nOriginal message follows.\n\nTo: other@example.net\n",
        [("lost@example.net", "")],
    ),
    "two, behind words and a colon": (
        (*POSTMASTER, "Subject: Undeliverable mail"),
        (
            "Wrong mailbox at last: one@example.net\nQuestions go to our contact: it@example.org\n"
            "Wrong mailbox at last: two@example.net\nSender: ana@example.org\n"
        ),
        [("one@example.net", ""), ("two@example.net", "")],
    ),
    "a wrapped reason that names whom it went on to": (
        (*DAEMON, "Subject: Undelivered Mail Returned to Sender"),
        (
            "Your message could not be delivered to one or more recipients.\n\n"
            "<one@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1\n    <inner@example.com>: no such user\n"
            "    (in reply to RCPT TO command)\n\n<two@example.net>: refused by\n    other@example.com\n"
        ),
        [("one@example.net", "5.1.1"), ("two@example.net", "")],
    ),
    "a colon within the sentence": (
        (*DAEMON, "Subject: There was a problem with your mail"),
        "1 problem:\n\nThe following recipients returned errors: lost@example.net. Reason: [554 5.4.6 too many hops]\n",
        [("lost@example.net", "5.4.6")],
    ),
    "in the middle of a sentence": (
        (*DAEMON, "Subject: Mail failure."),
        "The mail was refused. This error was given:\n\n Local mailbox lost@example.net is closed.\n",
        [("lost@example.net", "")],
    ),
    "in the middle of an unknown sentence": (
        (*DAEMON, "Subject: Mail failure."),
        "We know no lost@example.net at all; ask postmaster@example.net about it.\n",
        [("lost@example.net", "")],
    ),
    "whom it was addressed to first": (
        (*POSTMASTER, "Subject: Delivery failure"),
        "Your message has met trouble with local user lost.\n(Originally addressed to lost@example.net)\n",
        [("lost@example.net", "")],
    ),
    "to which it was addressed, among others": (
        (*POSTMASTER, "Subject: FAILED MAIL to lost"),
        (
            "The address to which your message was\naddressed, lost@example.net, is none of ours.\n\nPerhaps\n\n"
            "  L. Lost   +1 555 0100   lost4@example.net\n"
        ),
        [("lost@example.net", "")],
    ),
    "with the kind of address": (
        (*POSTMASTER, "Subject: Message Delivery Failure"),
        "Message could not be delivered to some recipients.\n\n\tRecipient: [SMTP:lost@example.net]\n\t550 no\n",
        [("lost@example.net", "5.0.0")],
    ),
    "an address at a number": (
        (*DAEMON, "Subject: failure notice"),
        "I was unable to deliver your message to:\n\n<root@[192.0.2.9]>:\n553 no\n",
        [("root@[192.0.2.9]", "5.0.0")],
    ),
    "behind a name": (
        (*POSTMASTER, "Subject: Undeliverable: lunch"),
        (
            "Delivery has failed to these recipients or groups:\n\nLost, Ana (ana@example.net)\nNo such box.\n\n"
            "Help desk (help@example.org)\n"
        ),
        [("ana@example.net", "")],
    ),
    "quotes and apostrophes": (
        (*DAEMON, "Subject: Mail failure"),
        "The following message, addressed to 'o'lost@example.net',\nfailed because nobody fetched it.\n",
        [("o'lost@example.net", "")],
    ),
    "a version in the subject of the mail is no status": (
        (*POSTMASTER, "Subject: Undeliverable: Tool"),
        (
            "Your message\n\n  To:      all@example.org\n  Subject: Tool 5.2.12 and 2.0.1\n  Sent:    today\n\n"
            "did not reach the following recipient(s):\n\nlost@example.net on Monday\n    The name is not known\n"
        ),
        [("lost@example.net", "")],
    ),
    "a version is no status": (
        (*DAEMON, "Subject: failure notice"),
        "Mailserver v5.3.1 was unable to deliver your message to:\n\n<lost@example.net>:\nno route\n",
        [("lost@example.net", "")],
    ),
    "Japanese": (
        (*DAEMON[::2], "Subject: お知らせ", "Content-Type: text/plain; charset=utf-8"),
        "次の宛先には送信できませんでした。\n\n<lost@example.net>\n",
        [("lost@example.net", "")],
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_whom_a_text_names_and_why(name: str) -> None:
    headers, text, expected = TEXTS[name]
    parsed = both(mail(*headers, body=text))
    assert (parsed.is_bounce, parsed.report, failed(parsed)) == (True, Report.FAILED, expected)


def test_aliases_are_told_beside_the_address_that_failed() -> None:
    text = (
        "   ----- The following addresses had permanent fatal errors -----\n"
        "<ana@inner.example.net>\n    (reason: 550 5.1.1 nobody)\n    (expanded from: <all@Example.NET>)\n"
        "ben@inner.example.net\n    (reason: 552 5.2.2 full)\n"
    )
    parsed = both(mail(*DAEMON, "Subject: Returned mail", body=text))
    told = [(one.address, one.status, one.original_address) for one in parsed.failed_recipients]
    assert told == [
        ("ana@inner.example.net", "5.1.1", "all@example.net"),
        ("ben@inner.example.net", "5.2.2", None),
    ]
    assert "(expanded from: all@Example.NET)" in parsed.failed_recipients[0].diagnostic
