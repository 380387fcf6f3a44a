"""VANISHED lines, whatever they hold."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inboxsync.imap import vanished
from inboxsync.imap.parsing import MAX_UID
from inboxsync.imap.vanished import parse_vanished


def test_the_examples() -> None:
    assert doctest.testmod(vanished).failed == 0


@pytest.mark.parametrize(
    ("told", "uids"),
    [
        (b"(EARLIER) 300:310,405", (range(300, 311), range(405, 406))),
        (b"(earlier) 7", (range(7, 8),)),
        (b"405,407", (range(405, 406), range(407, 408))),
        (b" (EARLIER)  1:4294967295 ", (range(1, MAX_UID + 1),)),
        (b"0,5:0", (range(1, 6),)),
        (b"9999999999", ()),
        (b"5:9999999999", (range(5, MAX_UID + 1),)),
        *((text, ()) for text in (b"", b"(EARLIER)", b"*", b"1,", b"1:2:3", b"-1", b"(LATER) 4", b"12345678901")),
    ],
)
def test_lines(told: bytes, uids: tuple[range, ...]) -> None:
    assert parse_vanished(told) == uids


@given(st.binary(max_size=40))
def test_no_octets_raise(told: bytes) -> None:
    assert all(1 <= uids.start < uids.stop <= MAX_UID + 1 for uids in parse_vanished(told))
