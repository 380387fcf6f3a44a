"""Messages that several tests of this folder build on."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

from inboxsync.mail.parse import parse_message
from inboxsync.model.message import ParsedMessage

PNG = bytes(range(256)) * 3


def mail(*headers: str | bytes, body: str | bytes = b"Hello\n") -> bytes:
    """Build a message with LF line ends from header lines and a body."""
    lines = [line.encode() if isinstance(line, str) else line for line in headers]
    return b"".join(line + b"\n" for line in lines) + b"\n" + (body.encode() if isinstance(body, str) else body)


def multipart(boundary: str, *parts: bytes, close: bool = True) -> bytes:
    """Join parts between boundary lines."""
    line = b"--" + boundary.encode()
    return b"".join(line + b"\n" + part + b"\n" for part in parts) + (line + b"--\n" if close else b"")


def crlf(octets: bytes) -> bytes:
    """Give the same message as it travels."""
    return octets.replace(b"\n", b"\r\n")


def parsed_both(text: str, kind: str = "plain") -> ParsedMessage:
    """Parse a mail of one text with both line ends, which must give the same texts."""
    octets = mail("From: mia@example.com", f"Content-Type: text/{kind}; charset=utf-8", body=text)
    read, as_it_travels = parse_message(octets), parse_message(crlf(octets))
    assert (read.body_text, read.reply_text) == (as_it_travels.body_text, as_it_travels.reply_text)
    return read


def values(parsed: ParsedMessage) -> dict[str, Any]:
    """Give all that is parsed, without what differs by nature between copies of other line ends."""
    names = (f.name for f in dataclasses.fields(parsed))
    return {name: getattr(parsed, name) for name in names if name not in ("size_bytes", "raw_sha256")}


RICH = mail(
    "From: =?utf-8?Q?Ren=C3=A9e?= <renee@Example.COM>",
    "To: support@example.com",
    "Subject: Photo",
    "Date: Fri, 20 Nov 2026 05:49:00 +0100",
    "Message-ID: <rich@example.com>",
    'Content-Type: multipart/mixed; boundary="outer"',
    body=multipart(
        "outer",
        mail(
            'Content-Type: multipart/related; boundary="rel"',
            body=multipart(
                "rel",
                mail(
                    "Content-Type: multipart/alternative; boundary=alt",
                    body=multipart(
                        "alt",
                        mail("Content-Type: text/plain; charset=utf-8", body="Voilà la photo"),
                        mail("Content-Type: text/html; charset=utf-8", body='<p>Voilà <img src="cid:logo@x"></p>'),
                    ),
                ),
                mail(
                    "Content-Type: image/png; name=logo.png",
                    "Content-ID: <logo@x>",
                    "Content-Transfer-Encoding: base64",
                    body=base64.encodebytes(PNG),
                ),
            ),
        ),
        mail(
            "Content-Type: application/pdf",
            "Content-Disposition: attachment; filename*=utf-8''%C3%A9tat.pdf; filename=wrong.pdf",
            "Content-Transfer-Encoding: base64",
            body=base64.encodebytes(b"%PDF-" + PNG),
        ),
        mail("Content-Type: message/rfc822", body=mail("Subject: The forwarded one", body="Inner text\n")),
    ),
)
