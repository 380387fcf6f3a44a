from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.fingerprint import fingerprint
from tests.unit.mail.samples import RICH, crlf, mail, multipart

# Stored rows hold these. A change here means that every known message becomes a new one: write a v2 instead.
GOLDEN = {
    "rich": (RICH, "7a01a1176f9048aa151f37c94514a5503576770f48fdd1295d025a5e3d31ef9e"),
    "plain": (
        mail("From: a@example.com", "Subject: x", "Date: today", "Message-ID: <1@x>", body="Hello\n"),
        "57421490f56d98d84982c68edb5e096ddca72e7e867f1377c3f938e43b3b6871",
    ),
    "empty": (b"", "a89e71bed5af23355941f1b3f229db7c9399379d75809b4485093540c54b0f4d"),
    "no header": (b"just text", "eedc2b6415f4b62c7d26a3eeace5758006e99b1692b9c07e374f87c058e4f10e"),
    "quoted-printable": (
        mail("Content-Transfer-Encoding: quoted-printable", body="caf=C3=A9=\n!\n"),
        "76452b40a089e24d33632cc217b9fd02f554039838376ec8ac6a3f0093d626f5",
    ),
    "broken base64": (
        mail("Content-Transfer-Encoding: base64", body="QU!JD\nRA==\nfooter"),
        "a6f648d2400d1be46f95ea32ea830883610cf7804493b83fe5b1a76a7e434504",
    ),
    "no boundary": (
        mail("Content-Type: multipart/mixed; boundary=zz", body="--other\n\nx\n"),
        "d487fedd22a7cacd140d8fa3e6285ef8c1e221fa542f2c51c95f829f60a904b6",
    ),
    "unclosed": (
        mail("Content-Type: multipart/mixed; boundary=b", body=multipart("b", mail(), close=False)),
        "d9c4e295f3846af226de427d6eca74d90b93e0b35c36b0f14c0edea5b9a8b996",
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_v1_is_frozen(name: str) -> None:
    octets, expected = GOLDEN[name]
    assert fingerprint(octets) == expected


@pytest.mark.parametrize("name", GOLDEN)
def test_line_ends_do_not_count(name: str) -> None:
    octets, expected = GOLDEN[name]
    assert fingerprint(crlf(octets)) == expected


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
