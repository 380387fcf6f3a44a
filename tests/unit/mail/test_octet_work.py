from __future__ import annotations

import base64
import binascii

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.octet_work import (
    OctetWork,
    base64_digits,
    count_without,
    end_without,
    line_feeds,
    line_feeds_in_chunks,
    lines_in_chunks,
    without,
)

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


PIECE = 1024 * 1024  # at which large content is cut


@pytest.mark.parametrize(
    "octets", [b"", b"a\r\nb\r\rc\n", b"x" * (PIECE - 1) + b"\r\n" * 9 + b"\r", b"line\r\n" * 400_000]
)
def test_large_content_is_converted_in_pieces_to_the_same(octets: bytes) -> None:
    expected = octets.replace(b"\r\n", b"\n")
    assert b"".join(line_feeds_in_chunks(octets, 0, len(octets))) == expected
    pieces = list(lines_in_chunks(octets, 0, len(octets)))
    assert b"".join(pieces) == expected
    assert all(piece.endswith(b"\n") for piece in pieces[:-1])
    assert without(octets, 0, len(octets), b"\r\n") == octets.translate(None, b"\r\n")
    assert count_without(octets, 0, len(octets), b"\r\n") == len(octets.translate(None, b"\r\n"))


@given(st.binary(max_size=30), st.sampled_from([0, 1, 16 * 1024, 40_000]), st.sampled_from([b"\r\n", b" \t\r\n"]))
@settings(deadline=None, max_examples=100)
def test_the_end_without_some_octets_is_what_stripping_leaves(octets: bytes, count: int, unwanted: bytes) -> None:
    octets += b"\n" * count
    assert end_without(octets, 0, len(octets), unwanted) == len(octets.rstrip(unwanted))


@given(st.binary(max_size=40), st.sampled_from([b"", b"\r\n", b"!=-"]), st.sampled_from([1, 40_000]))
@settings(deadline=None, max_examples=100)
def test_digits_are_decoded_whatever_stands_between_them(content: bytes, junk: bytes, times: int) -> None:
    digits = base64.b64encode(content).rstrip(b"=")
    octets = junk.join(digits[i : i + 3] for i in range(0, len(digits), 3)) + junk * times
    kept = digits.replace(b"=", b"")
    assert base64_digits(octets, 0, len(octets)) == (content, len(kept))


def test_digits_over_many_pieces_are_decoded_as_in_one() -> None:
    content = bytes(range(256)) * 15_000  # of which no padding is left over
    encoded = base64.encodebytes(content)
    assert base64_digits(encoded + b"Q", 0, len(encoded) + 1) == (content, len(content) // 3 * 4 + 1)


def test_far_ahead_a_boundary_line_is_found_among_dashes() -> None:
    for filler in (b"A" * 20_000, b"-a\n--" * 5_000, b"\n-" * 200 + b"A" * 20_000):
        octets = filler + b"\n--b\n"
        for needle in (b"\n--b", b"\n--c", b"\n-", b"no"):
            assert OctetWork(octets).find(needle, 0, len(octets)) == octets.find(needle)
            assert OctetWork(octets).find(needle, 7, len(octets) - 3) == octets.find(needle, 7, len(octets) - 3)


LIKE_BOUNDARIES = st.lists(
    st.sampled_from([b"\n--b", b"\n--bc", b"\n", b"--", b" ", b"\t\r", b"x", b" " * 120, b"-" * 99]), max_size=8
)


@given(LIKE_BOUNDARIES.map(b"".join), st.integers(0, 5))
@settings(deadline=None, max_examples=300)
def test_a_line_is_found_where_nothing_else_may_stand_on_it(octets: bytes, start: int) -> None:
    """It may find more than a boundary line, never less."""
    found = OctetWork(octets).find_line(b"\n--b", start, len(octets))
    passed = octets[start : found if found >= 0 else len(octets)]
    for line in passed.split(b"\n--b")[1:]:
        assert line.split(b"\n")[0][:100].strip() not in (b"", b"--")
    assert found < 0 or octets.startswith(b"\n--b", found)
