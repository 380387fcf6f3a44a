"""Transfer encodings as other systems write them, where they were once read wrong."""

from __future__ import annotations

import base64
import binascii

import pytest

from inboxsync.mail.parse import parse_message
from tests.unit.mail.both_line_ends import files, read
from tests.unit.mail.samples import mail

PDF = b"%PDF-1.4\n%\xe2\xe3\n"
FILE = base64.encodebytes(PDF)
BASE64 = "Content-Transfer-Encoding: base64"
WORDS = "The kitchen is closed today,\nsoup is served in the hall.\n"


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (WORDS.encode(), WORDS.encode()),
        (b"<html><body>" + WORDS.encode() + b"</body></html>", b"<html><body>" + WORDS.encode() + b"</body></html>"),
        (PDF + b"\x00\xff\xfe" * 20, PDF + b"\x00\xff\xfe" * 20),
        (FILE + b"\n--\n" + WORDS.encode(), PDF),
        (b"> " + FILE, PDF),
        (b"JVBE Ri0x LjQK JeLj Cg==\n", PDF),
        (b"JVB!ERi0-xLj?QKJeLjCg==\n", PDF),
    ],
)
def test_base64_that_is_none_stays_as_it_is_and_broken_base64_is_decoded(body: bytes, content: bytes) -> None:
    octets = mail("Content-Type: application/x-own; name=x", BASE64, body=body)
    parsed = parse_message(octets)
    assert files(parsed) == [("x", content)]
    if b"\0" not in body:  # octets with a NUL are no lines
        read(octets)


def test_uuencode_without_its_first_line() -> None:
    headers = ("Content-Type: application/pdf; name=menu.pdf", "Content-Transfer-Encoding: x-uuencode")
    lines = binascii.b2a_uu(PDF)
    assert files(read(mail(*headers, body=lines + b"`\nend\n"))) == [("menu.pdf", PDF)]
    assert files(read(mail(*headers, body="Just words\n"))) == [("menu.pdf", b"Just words\n")]


def test_uuencode_ends_where_too_much_of_it_is_broken() -> None:
    octets = mail("Content-Type: a/b; name=x", "Content-Transfer-Encoding: uuencode", body="begin 644 x\n" * 2000)
    parsed = read(octets)
    assert files(parsed) == [("x", b"")]
    assert parsed.defects == ("uuencode_broken", "uuencode_limit")


@pytest.mark.parametrize("blanks", [b" ", b"\t", b"  ", b" \t \t", b"   \t"])
def test_blanks_at_the_ends_of_quoted_printable_lines_are_none_of_it(blanks: bytes) -> None:
    body = b"a=20" + blanks + b"\nb=" + blanks + b"\nc" + blanks + b"\n" + blanks + b"\nd\n"
    octets = mail("Content-Type: a/b; name=x", "Content-Transfer-Encoding: quoted-printable", body=body)
    assert files(read(octets)) == [("x", b"a \nbc\n\nd\n")]


@pytest.mark.parametrize("type_", ["text/plain", "message/rfc822"])
def test_text_that_says_binary_is_made_of_lines(type_: str) -> None:
    headers = (f"Content-Type: {type_}; name=x", "Content-Disposition: attachment", "Content-Transfer-Encoding: binary")
    assert files(read(mail(*headers, body="Subject: a\n\nb\n"))) == [("x", b"Subject: a\n\nb\n")]


def test_a_file_that_says_binary_stays_as_it_is() -> None:
    octets = mail("Content-Type: application/pdf; name=x", "Content-Transfer-Encoding: binary", body=b"a\r\nb\n")
    assert files(parse_message(octets)) == [("x", b"a\r\nb\n")]
