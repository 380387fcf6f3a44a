"""One message for each known way to hurt a mail program, by the number the case has in our list of hazards (H1-H36).

What a case needs of structure is generated; the texts are ours.
"""

from __future__ import annotations

import base64

from tests.unit.mail.samples import mail, multipart

MIXED = "Content-Type: multipart/mixed; boundary=b"
HEAD = ("From: Ana <ana@example.com>", "To: support@example.com")
NAMES = ["../../x", "C:\\x", "\\\\host\\x", "con.txt", "nul", "x. ", "x:stream", "y" * 300, "", "a\0b", "gpj.\u202eexe"]


def _mail(*headers: str | bytes, body: str | bytes = b"Hello\n") -> bytes:
    return mail(*HEAD, *headers, body=body)


def _nested(levels: int) -> bytes:
    opened = [b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(levels)]
    return b"From: ana@example.com\n" + b"".join(opened) + b"\ndeep\n"


def _report(kind: str, part: str, content: str) -> bytes:
    body = multipart("b", mail(body="See below.\n"), mail(f"Content-Type: {part}", body=content), mail())
    return mail(
        "From: Mail System <mailer-daemon@example.org>",
        "To: ana@example.com",
        f"Content-Type: multipart/report; report-type={kind}; boundary=b",
        body=body,
    )


def _status(action: str, status: str) -> bytes:
    recipient = f"Final-Recipient: rfc822; gone@example.net\nAction: {action}\nStatus: {status}\n"
    return _report("delivery-status", "message/delivery-status", f"Reporting-MTA: dns; mx.example.org\n\n{recipient}")


def _html(html: str) -> bytes:
    return _mail("Content-Type: text/html; charset=utf-8", body=html)


def _named(name: str) -> bytes:
    return mail(f'Content-Disposition: attachment; filename="{name}"', body="x")


HAZARDS: dict[str, bytes] = {
    "H1 nesting": _nested(500),
    "H1 messages in messages": _mail("Content-Type: message/rfc822", body=b"Content-Type: message/rfc822\n\n" * 500),
    "H2 parts": _mail(MIXED, body=b"--b\n\nx\n" * 20_000),
    "H2 empty parts": _mail(MIXED, body=b"--b\n" * 20_000),
    "H3 one huge header": _mail("Subject: " + "a" * 2_000_000),
    "H3 many headers": b"X-A: b\n" * 50_000 + _mail("Subject: late"),
    "H3 one huge line": _mail(body=b"a" * 2_000_000),
    "H4 controls everywhere": _mail(
        "Subject: a\0b\x1b]52;c;x\x07\x85\ufffe", b"X-Lone: \xed\xa0\x80", body="a\0b\x1b[2J\x9b\ufdd0"
    ),
    "H4 surrogates by reference": _mail("Content-Type: text/html", body="<p>&#xD800;&#0;&#x10FFFF;</p>"),
    "H5 a codec that is none": _mail("Content-Type: text/plain; charset=zip", body=b"x\xe9"),
    "H5 unicode_escape": _mail("Content-Type: text/plain; charset=unicode_escape", body=rb"\ud800"),
    "H5 utf-7": _mail("Content-Type: text/plain; charset=utf-7", body=b"+ADw-script+AD4-"),
    "H5 idna": _mail("Content-Type: text/plain; charset=idna", body=b"xn--a\xff"),
    "H5 a charset with NUL": _mail(b"Content-Type: text/plain; charset=\0utf-8", body="é"),
    "H6 line break in a word": _mail(b"Subject: =?utf-8?B?" + base64.b64encode(b"a\r\nBcc: e@example.org") + b"?="),
    "H6 words split inside a character": _mail("Subject: =?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?="),
    "H6 word that never ends": _mail("Subject: " + "=?utf-8?Q?" * 5_000),
    "H7 segments": _mail(
        MIXED,
        body=multipart(
            "b",
            mail("Content-Disposition: attachment; filename*0*=utf-8''a; filename*2=c; filename=p; filename*0=twice"),
            mail("Content-Disposition: attachment; filename*999999999999=a; filename*0=b"),
        ),
    ),
    "H8 two types": _mail(MIXED, "Content-Type: multipart/mixed; boundary=c", body=multipart("b", mail(body="one"))),
    "H8 two boundaries": _mail(MIXED + "; boundary=c", body=multipart("b", mail(body="one"), _named("a.exe"))),
    "H8 blanks behind, prefixes, no end": _mail(MIXED, body="--b \t\n\none\n--bb\ntext\n--b\n\ntwo"),
    "H9 names": _mail(MIXED, body=multipart("b", *(_named(name) for name in NAMES))),
    "H10 an archive": _mail(
        "Content-Type: application/zip",
        "Content-Transfer-Encoding: base64",
        body=base64.encodebytes(b"PK\x03\x04" * 99),
    ),
    "H11 what acts and fetches": _html(
        "<script>steal()</script><img src=http://e.example/p.gif onerror=steal()><style>@import url(http://e.example)"
        "</style><base href=//e.example><form action=http://e.example><svg onload=steal()><a href=javascript:x>Text</a>"
    ),
    "H12 deep tags": _html("<table><tr><td>" * 50_000 + "deep"),
    "H12 entities": _html("&amp;&#x41;&nosuch;" * 50_000),
    "H13 several authors": mail(
        "From: a@example.com", "From: b@example.com", 'Sender: "c@example.com" <d@example.com>'
    ),
    "H13 nobody": mail("Subject: from nobody"),
    "H14 an automatic answer": _mail("Auto-Submitted: auto-replied", "Subject: Re: yours", body="I am away.\n"),
    "H14 a loop": _mail(
        "Subject: round", *["Received: from a.example by b.example; Fri, 20 Nov 2026 05:49:00 +0000"] * 60
    ),
    "H15 failed": _status("failed", "5.1.1"),
    "H15 delayed": _status("delayed", "4.4.1"),
    "H15 a receipt": _report(
        "disposition-notification",
        "message/disposition-notification",
        "Final-Recipient: rfc822; ana@example.com\nDisposition: manual-action/MDN-sent-manually; displayed\n",
    ),
    "H15 a complaint": _report(
        "feedback-report", "message/feedback-report", "Feedback-Type: abuse\nOriginal-Rcpt-To: ana@example.com\n"
    ),
    "H16 year 0": _mail("Date: Fri, 0 Jan 0000 00:00:00 +9999"),
    "H16 year 99999": _mail("Date: Fri, 1 Jan 99999 00:00:00 +99999999999999"),
    "H16 no date": _mail("Date: yesterday"),
    "H17 a piece": _mail("Content-Type: message/partial; id=x@example.com; number=1; total=2"),
    "H17 elsewhere": _mail(
        "Subject: elsewhere", "Content-Type: message/external-body; access-type=URL; URL=http://example.com/"
    ),
    "H18 winmail.dat": _mail(
        MIXED,
        body=multipart(
            "b", mail(), mail("Content-Type: application/ms-tnef; name=winmail.dat", body=b"\x78\x9f\x3e\x22\x01")
        ),
    ),
    "H19 sealed": _mail(
        "Content-Type: application/pkcs7-mime; name=smime.p7m; smime-type=enveloped-data", body=b"0\x80"
    ),
    "H20 an invitation": _mail(
        MIXED, body=multipart("b", mail(), mail("Content-Type: text/calendar; method=REQUEST", body="BEGIN:VCALENDAR"))
    ),
    "H21 uuencode cut": _mail("Content-Transfer-Encoding: x-uuencode", body=b"begin 644 a\n#86)C\n#8"),
    "H21 uuencode in text": _mail(body=b"begin 644 a\n#86)C\n`\nend\n"),
    "H22 broken base64": _mail("Content-Transfer-Encoding: base64", body=b"SGV\xffsbG8!gd29ybGQ\nA"),
    "H23 no id": _mail("Subject: without"),
    "H23 odd ids": _mail(
        "Message-ID: <a@[", "Message-ID: <>@<", "In-Reply-To: <<x>>", "References: " + "<a@b>" * 2_000
    ),
    "H24 an id taken before": _mail("Message-ID: <m1@example.com>", body="Other words\n"),
    "H25 a ticket guessed": _mail("Subject: Re: [#1] mine now", "References: <t-1@example.com>", "In-Reply-To: <t-1>"),
    "H29 orders to a terminal": _mail(b"Subject: =?utf-8?B?" + base64.b64encode(b"\x1b]52;c;cm0=\x07\x9b2J") + b"?="),
    "H31 a formula": _mail("Subject: =HYPERLINK(1)", "From: @SUM(1) <ana@example.com>", body="+1\n"),
    "H33 words of a query": _mail("Subject: ' OR 1=1; NEAR(\"* AND", body="'; DROP TABLE inboxsync_messages; --\n"),
    "H35 people": mail(
        'From: "ü"@bücher.example', 'To: A+tag@EXAMPLE.com, "a b"@example.com, <@r:x@y>, g: (c);, e\u0301@x.example'
    ),
    "H36 mixed line ends": b"From: ana@example.com\r\nSubject: mixed\nX-A: b\r\n\nHello\r\rthere\r\nall\n",
    "H36 bare CR": _mail("Subject: bare").replace(b"\n", b"\r"),
    "H36 doubled CR": _mail("Subject: doubled").replace(b"\n", b"\r\r\n"),
    "H36 envelope line": b"From ana@example.com Fri Nov 20 05:49:00 2026\n" + _mail("Subject: mbox"),
    "H36 byte order mark": b"\xef\xbb\xbf" + _mail("Subject: marked"),
    "H36 blank line first": b"\r\n\n" + _mail("Subject: after a blank line"),
    "H36 nothing but a line end": b"\n",
    "H36 no line end": b"x",
}
