from __future__ import annotations

import base64
import binascii

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.limits import Parsing
from inboxsync.mail.transfer import decode_transfer, encoding_of


def decode(encoded: bytes, encoding: str, parsing: Parsing | None = None) -> bytes:
    return decode_transfer(b"##" + encoded + b"##", 2, 2 + len(encoded), encoding, parsing or Parsing())


@given(st.binary(max_size=500), st.sampled_from([b"\n", b"\r\n", b""]))
@settings(deadline=None, max_examples=80)
def test_base64_comes_back(octets: bytes, line_end: bytes) -> None:
    assert decode(base64.encodebytes(octets).replace(b"\n", line_end), "base64") == octets


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=80)
def test_quoted_printable_comes_back(octets: bytes) -> None:
    assert decode(binascii.b2a_qp(octets, quotetabs=True, istext=False), "quoted-printable") == octets


@pytest.mark.parametrize(
    ("encoded", "octets", "defects"),
    [
        (b"QUJD\n!RE?VG", b"ABCDEF", ("base64_junk",)),
        (b"QUJDRA", b"ABCD", ()),
        (b"QUJDR", b"ABC", ("base64_truncated",)),
        (b"A", b"", ("base64_truncated",)),
        (b"QQ==\nQg==\nQ0Q=\n", b"ABCD", ("base64_after_padding",)),
        (b"QUJDRA==\n\n--\nSent to the list\n", b"ABCD", ("base64_after_padding",)),
        (b"QUJD\r\r\nREVG", b"ABCDEF", ()),
        (b"", b"", ()),
        (b"====", b"", ()),
    ],
)
def test_broken_base64(encoded: bytes, octets: bytes, defects: tuple[str, ...]) -> None:
    parsing = Parsing()
    assert decode(encoded, "base64", parsing) == octets
    assert parsing.defects.as_tuple() == defects


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        (b"caf=E9", b"caf\xe9"),
        (b"soft=  \r\nbreak", b"softbreak"),
        (b"blanks  \r\nat ends\t\n", b"blanks\nat ends\n"),
        (b"bad =ZZ = end=", b"bad =ZZ = end"),
        (b"=0D=0Akept", b"\r\nkept"),
    ],
)
def test_quoted_printable_as_it_arrives(encoded: bytes, octets: bytes) -> None:
    assert decode(encoded, "quoted-printable") == octets


def test_uuencode_is_decoded_to_its_end() -> None:
    lines = b"".join(binascii.b2a_uu(bytes([n]) * 45) for n in range(5))
    assert decode(b"text\nbegin 644 a.bin\n" + lines + b"`\nend\nmore\n", "uuencode") == b"".join(
        bytes([n]) * 45 for n in range(5)
    )


def test_uuencode_that_is_none_stays_as_it_is() -> None:
    parsing = Parsing()
    assert decode(b"no begin", "uuencode", parsing) == b"no begin"
    assert parsing.defects.as_tuple() == ("uuencode_broken",)


def test_binary_keeps_its_line_ends_and_text_gets_line_feeds() -> None:
    assert decode(b"a\r\nb", "binary") == decode(b"a\r\nb\0", "identity")[:-1] == b"a\r\nb"
    assert decode(b"a\r\nb", "identity") == b"a\nb"


def test_an_unknown_encoding_is_none_and_told() -> None:
    parsing = Parsing()
    assert encoding_of("8bits", parsing) == "identity"
    assert parsing.defects.as_tuple() == ()
    assert encoding_of("x-own", parsing) == "identity"
    assert parsing.defects.as_tuple() == ("transfer_encoding_unknown",)


def test_base64_that_begins_again_too_often_is_cut() -> None:
    parsing = Parsing()
    octets = b"QQ==\r\n" * 20_000
    decoded = decode_transfer(octets, 0, len(octets), "base64", parsing)
    assert decoded == b"A" * len(decoded)
    assert 1_000 < len(decoded) < 20_000
    assert parsing.defects.as_tuple() == ("base64_after_padding", "base64_pieces_limit")


def test_large_quoted_printable_is_decoded_as_small_is() -> None:
    octets = b"a=C3=A4 \t\r\nsoft= \r\nbreak\r\n" * 50_000
    assert (
        decode_transfer(octets, 0, len(octets), "quoted-printable", Parsing())
        == "a\u00e4\nsoftbreak\n".encode() * 50_000
    )
