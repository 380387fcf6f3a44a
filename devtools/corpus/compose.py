"""Write mail octet by octet: headers, encoded words, transfer encodings, multiparts (RFC 5322, 2045, 2047, 2231).

Not by the standard library's composer: the corpus must be able to write what that refuses to.
"""

from __future__ import annotations

import base64
import quopri
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from devtools.corpus.specimen import Enclosed

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WORD_OCTETS = 36  # of plain text in one encoded word, so that the word stays below 75 characters


def date_header(at: datetime) -> str:
    """Write a date without the locale's names (RFC 5322 §3.3)."""
    return f"{DAYS[at.weekday()]}, {at.day} {MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S} +0000"


def encoded(text: str, charset: str = "utf-8") -> str:
    """Write text as it is where ASCII suffices, else as base64 encoded words that split between characters."""
    if text.isascii():
        return text
    words, piece = [], ""
    for character in text:
        if len((piece + character).encode(charset)) > WORD_OCTETS:
            words.append(piece)
            piece = ""
        piece += character
    return "\r\n ".join(_word(word, charset) for word in [*words, piece])


def _word(text: str, charset: str) -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


def encoded_inside_characters(text: str) -> str:
    """Split encoded words inside UTF-8 characters, as several mailers do against RFC 2047 §5."""
    octets = text.encode()
    pieces = [octets[i : i + 11] for i in range(0, len(octets), 11)]
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(piece).decode()}?=" for piece in pieces)


def base64_lines(content: bytes) -> bytes:
    """Write base64 in lines of 76 characters."""
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def quoted_printable(content: bytes) -> bytes:
    """Write quoted-printable text lines."""
    return quopri.encodestring(content.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")


def text_part(
    text: str, *, subtype: str = "plain", charset: str = "utf-8", transfer: str = "quoted-printable"
) -> bytes:
    """Write a text part with its header block."""
    octets = text.replace("\n", "\r\n").encode(charset)
    body = {"quoted-printable": quoted_printable, "base64": base64_lines}.get(transfer, bytes)(octets)
    head = f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n"
    return head.encode() + body


def attachment_part(file: Enclosed, *, inline_id: str | None = None) -> bytes:
    """Write an attached file; names beyond ASCII by RFC 2231."""
    name = f'filename="{file.filename}"' if file.filename.isascii() else f"filename*=utf-8''{quote(file.filename)}"
    disposition = "inline" if inline_id else "attachment"
    head = (
        f"Content-Type: {file.content_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: {disposition}; {name}\r\n"
    )
    if inline_id:
        head += f"Content-ID: <{inline_id}>\r\n"
    return head.encode() + b"\r\n" + base64_lines(file.content)


def multipart(subtype: str, parts: Sequence[bytes], boundary: str, *, closed: bool = True) -> bytes:
    """Join parts under a boundary; unclosed as truncated mail is."""
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return head + body + (b"--" + boundary.encode() + b"--\r\n" if closed else b"")


def message(headers: Sequence[tuple[str, str]], content: bytes) -> bytes:
    """Put headers before a part, which brings its own Content- headers."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return head.encode("utf-8", "surrogateescape") + b"MIME-Version: 1.0\r\n" + content
