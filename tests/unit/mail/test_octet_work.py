from __future__ import annotations

import base64
import binascii

from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.octet_work import OctetWork, line_feeds

LINES = st.binary(max_size=40).map(lambda octets: octets.replace(b"\r", b"").replace(b"\n", b""))


@given(st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b"a", b"\xff\0", b" "]), max_size=30).map(b"".join))
@settings(deadline=None, max_examples=300)
def test_line_feeds_are_what_replacing_crlf_gives(octets: bytes) -> None:
    assert line_feeds(octets) == octets.replace(b"\r\n", b"\n")


def test_a_large_text_is_converted_too() -> None:
    octets = b"a\r\n\rb\n" * 100_000
    assert line_feeds(octets) == octets.replace(b"\r\n", b"\n")


@given(content=st.binary(max_size=40_000), width=st.integers(1, 20), ends=st.sampled_from([b"\n", b"\r\n"]))
@settings(deadline=None, max_examples=60)
def test_clean_base64_is_decoded(content: bytes, width: int, ends: bytes) -> None:
    digits = base64.b64encode(content)
    step = width * 4
    encoded = ends.join(digits[i : i + step] for i in range(0, len(digits), step))
    for end in (b"", ends):
        octets = b"--b" + encoded + end + b"--b"
        assert OctetWork(octets).clean_base64(3, len(octets) - 3) == content


@given(st.binary(max_size=60), st.integers(0, 60), st.sampled_from([b"!", b"-", b"\xff", b"=", b" "]))
@settings(deadline=None, max_examples=200)
def test_what_is_not_clean_is_left_to_others(content: bytes, at: int, junk: bytes) -> None:
    encoded = base64.b64encode(content + b"end")
    position = at % (len(encoded) - 3)
    broken = encoded[:position] + junk + encoded[position:]
    assert OctetWork(broken).clean_base64(0, len(broken)) is None


def test_each_answer_is_given_again() -> None:
    octets = b"x" * 20_000 + b"\n--b\r\n=41\r\n" + b"y" * 20_000
    work = OctetWork(octets)
    start = octets.index(b"=41")
    for _ in range(2):
        assert work.find(b"\n--b", 0, len(octets)) == 20_000
        assert work.find(b"\n--c", 0, len(octets)) == -1
        assert work.with_line_feeds(start, start + 5) == b"=41\n"
        assert work.quoted_printable(start, start + 5) == b"A"
        assert work.clean_base64(0, 20_000) == binascii.a2b_base64(b"x" * 20_000)
