from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.charsets import decode
from inboxsync.mail.japanese import decode_windows_japanese
from inboxsync.mail.limits import Parsing
from inboxsync.mail.parse import parse_message
from tests.unit.mail.samples import crlf, mail


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"\x1b$B-!\x1b(B \x1b(I1\x1b(B end\n", "① ｱ end\n"),
        (b"a \x1b$B-j$3$s\x1b(J b", "a ㈱こん b"),
        (b"\x1b$@$3$s\nplain", "こん\nplain"),
        (b"\x1b$B$3$s\r\nplain", "こん\r\nplain"),
        (b"\x1b$B|b\x1b(B", "髙"),  # of the characters that IBM added
        (b"\x1b$B$3$\x1b(B", "こ\ufffd"),
        (b"\x1b$B*@$3\x1b(B", "\ufffdこ"),  # a place that nobody filled
        (b"\x1b$B$3 \x01\x1b(B", "こ\ufffd"),
        (b"\xe9\x1b$B$3\x1b(B\xe9", "\ufffdこ\ufffd"),
    ],
)
def test_what_windows_writes_is_read(octets: bytes, text: str) -> None:
    assert decode_windows_japanese(octets) == text


def test_other_sets_of_characters_are_left_to_others() -> None:
    assert decode_windows_japanese(b"\x1b$(D0!\x1b(B") is None


@given(st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x3093) | st.sampled_from("漢字 aB\n"), max_size=40))
@settings(deadline=None, max_examples=100)
def test_plain_iso_2022_jp_is_read_as_python_reads_it(text: str) -> None:
    assert decode_windows_japanese(text.encode("iso2022_jp")) == text


@given(st.binary(max_size=60).map(lambda octets: octets.replace(b"E", b"\x1b$B").replace(b"A", b"\x1b(B")))
@settings(deadline=None, max_examples=200)
def test_it_is_total(octets: bytes) -> None:
    assert isinstance(decode(octets, "iso-2022-jp", Parsing()), str)


def test_a_message_shows_them_in_text_and_subject() -> None:
    octets = mail(
        "Subject: =?iso-2022-jp?B?GyRCLSEbKEI=?= one",
        "Content-Type: text/plain; charset=iso-2022-jp",
        body=b"\x1b$B-!\x1b(B \x1b(I1\x1b(B end\n",
    )
    for one in (octets, crlf(octets), octets.replace(b"; charset=iso-2022-jp", b"")):
        parsed = parse_message(one)
        assert (parsed.subject, parsed.body_text) == ("① one", "① ｱ end\n")
    assert parse_message(octets).defects == ()
