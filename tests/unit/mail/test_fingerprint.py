from __future__ import annotations

import base64
import re
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.fingerprint import fingerprint
from tests.unit.mail.samples import RICH, crlf, mail, multipart

# Stored rows hold these. A change here means that every known message becomes a new one: write a v3 instead.
GOLDEN = {
    "rich": (RICH, "021f2c9bfcaa5648fff21e129bf6e551e65fd23d15aa10d07dfa6849c6eeb42e"),
    "plain": (
        mail("From: a@example.com", "Subject: x", "Date: today", "Message-ID: <1@x>", body="Hello\n"),
        "8a708357a4d25cd9a729090146cae98dd5cdc0449bd922e117605a8fecf974ef",
    ),
    "empty": (b"", "8c3d12b5f7de27dba1a397abca069b6ebf4040e600d6e7cad30ad47b6bcf362b"),
    "no header": (b"just text", "5d3f59946e977a1c073a79d32fc9a0885e09d89d4cd25955f75ffe93c30cb891"),
    "quoted-printable": (
        mail("Content-Transfer-Encoding: quoted-printable", body="caf=C3=A9=\n!\n"),
        "830d9c4e10346f201105be16e89a768db0f05f22b7dddc898e0f5808c0a9f6d1",
    ),
    "broken base64": (
        mail("Content-Transfer-Encoding: base64", body="QU!JD\nRA==\nfooter"),
        "9a258afba96f4520b4407f89ad5d51a44e03115ee6cc05dc17616ba5aaa9f98e",
    ),
    "no boundary": (
        mail("Content-Type: multipart/mixed; boundary=zz", body="--other\n\nx\n"),
        "f2dc4ea1df9f1fade69bbad53deec4342db05854f281db9c9ca235249289181c",
    ),
    "unclosed": (
        mail("Content-Type: multipart/mixed; boundary=b", body=multipart("b", mail(), close=False)),
        "2f5801b7054766c9c6767b63e1eddc3d61176dd897ed49c5a89eaf0f73fc2e26",
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_v2_is_frozen(name: str) -> None:
    octets, expected = GOLDEN[name]
    assert fingerprint(octets) == expected


@pytest.mark.parametrize("name", GOLDEN)
def test_line_ends_do_not_count(name: str) -> None:
    octets, expected = GOLDEN[name]
    assert fingerprint(crlf(octets)) == expected


LARGE = bytes(range(256)) * 17  # more than 4,096 octets


@pytest.mark.parametrize(
    ("encoding", "encoded", "content"),
    [
        ("base64", base64.encodebytes(LARGE), LARGE),
        ("base64", base64.encodebytes(LARGE[:4096]), LARGE[:4096]),
        ("base64", base64.encodebytes(LARGE[:4097]), LARGE[:4097]),
        ("base64", b"!" + base64.encodebytes(LARGE), LARGE),
        ("quoted-printable", b"=C3=A4=\n" * 3000 + b"\n\n", b"\xc3\xa4" * 3000),
        ("8bit", b"a line\r\n" * 1000, b"a line\n" * 999 + b"a line"),
    ],
)
def test_a_large_leaf_counts_by_its_length_and_its_hash(encoding: str, encoded: bytes, content: bytes) -> None:
    def item(tag: bytes, octets: bytes, size_bytes: int) -> bytes:
        return tag + size_bytes.to_bytes(8, "big") + octets

    is_large = len(content) > 4096
    leaf = item(b"H", sha256(content).digest(), len(content)) if is_large else item(b"B", content, len(content))
    expected = sha256(b"inboxsync-fingerprint-2\0" + item(b"S", b"x", 1) + leaf).hexdigest()
    assert fingerprint(mail("Subject: x", f"Content-Transfer-Encoding: {encoding}", body=encoded)) == expected


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=60).map(str.encode)
BODIES = st.lists(TEXT, max_size=6).map(b"\n".join)


@given(body=BODIES, subject=TEXT)
@settings(deadline=None, max_examples=60)
def test_transport_headers_and_line_ends_never_change_it(body: bytes, subject: bytes) -> None:
    octets = mail(b"Subject: " + subject, "From: a@example.com", body=body)
    added = b"Received: from a.example.com\n by b.example.com\nDelivered-To: x@example.com\n" + octets
    assert fingerprint(octets) == fingerprint(added) == fingerprint(crlf(added))


@given(body=BODIES, index=st.integers(min_value=0), change=st.integers(min_value=1, max_value=94))
@settings(deadline=None, max_examples=100)
def test_any_changed_octet_of_a_body_changes_it(body: bytes, index: int, change: int) -> None:
    octets = bytearray(body + b"end")
    position = index % len(octets)
    if octets[position] < 0x21 or octets[position] > 0x7E:
        return
    original = bytes(octets)
    octets[position] = 0x21 + (octets[position] - 0x21 + change) % 94
    changed = bytes(octets)
    assert (fingerprint(mail("Subject: x", body=original)) == fingerprint(mail("Subject: x", body=changed))) == (
        original == changed
    )


@given(octets=st.binary(min_size=1, max_size=300), width=st.integers(min_value=4, max_value=80))
@settings(deadline=None, max_examples=60)
def test_base64_counts_by_what_it_encodes(octets: bytes, width: int) -> None:
    encoded = base64.b64encode(octets)
    lines = b"\n".join(encoded[i : i + width] for i in range(0, len(encoded), width))
    head = "Content-Transfer-Encoding: base64"
    whole = fingerprint(mail(head, body=encoded))
    assert whole == fingerprint(mail(head, body=lines)) == fingerprint(crlf(mail(head, body=lines + b"\n")))
    assert whole != fingerprint(mail(head, body=base64.b64encode(octets + b"\n")))


@pytest.mark.parametrize("header", ["Message-ID: <2@x>", "Date: now", "From: b@example.com", "Subject: other"])
def test_each_identifying_header_counts(header: str) -> None:
    assert fingerprint(mail("X: y", header)) != fingerprint(mail("X: y"))


def test_folding_does_not_count_and_the_first_of_two_does() -> None:
    assert fingerprint(mail("Subject: a\n b")) == fingerprint(mail("Subject:  a b ", "Subject: c"))


def test_moving_text_between_parts_changes_it() -> None:
    head = "Content-Type: multipart/mixed; boundary=b"
    one = mail(head, body=multipart("b", mail(body="ab"), mail(body="c")))
    other = mail(head, body=multipart("b", mail(body="a"), mail(body="bc")))
    assert fingerprint(one) != fingerprint(other)


@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=150)
def test_it_is_total(octets: bytes) -> None:
    assert len(fingerprint(octets)) == 64


def test_text_without_any_header_counts() -> None:
    assert fingerprint(b"one") != fingerprint(b"two")


LINES = [b"Subject: s\n", b"X: y\n", b" folded\n", b"no field\n", b"date : d\n"]
HEADER_LINES = st.lists(st.sampled_from(LINES), min_size=1)


@given(HEADER_LINES, st.sampled_from([0, 30_000]))
@settings(deadline=None, max_examples=100)
def test_without_a_blank_line_the_body_begins_after_the_last_field(lines: list[bytes], more: int) -> None:
    octets = b"".join(lines) + b"no field\n" * more
    fields = list(re.finditer(rb"^([A-Za-z]+) ?:[^\n]*(?:\n [^\n]*)*", octets, re.MULTILINE))
    first = {field[1].lower(): field[0] for field in reversed(fields)}
    body = octets[fields[-1].end() if fields else 0 :]
    assert fingerprint(octets) == fingerprint(mail("X: y", *first.values(), body=body))


def test_a_value_of_any_length_counts_by_its_text() -> None:
    long = b"a" * 70_000
    whole = fingerprint(mail(b"Subject: " + long + b"\n " + long))
    assert whole == fingerprint(mail(b"Subject: \t\n " + long + b"\n " + long + b" \n \t"))
    assert whole == fingerprint(crlf(mail(b"Subject:" + long + b"\n " + long)))
    assert whole != fingerprint(mail(b"Subject: " + long + b"\n " + long[:-1]))
