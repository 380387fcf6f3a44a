from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.encoded_words import clean, decode_one_word, decode_text
from inboxsync.mail.limits import ParseLimits, Parsing


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?B?w6k=?=", "é"),
        (b"=?UTF-8?q?caf=C3=A9_noir?=", "café noir"),
        (b"=?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?=", "café"),  # split inside a character
        (b"=?utf-8?B?w6nD?=\t=?utf-8?B?qWE=?=", "ééa"),
        (b"=?utf-8?B?w6k?= =?utf-8?Q?x?=", "éx"),  # padding left out
        (b"=?utf-8?B?w6n?= =?utf-8?B?DqQ==?=", "éé"),  # split inside a group of four
        (b"=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"),
        (b"=?iso-8859-1?Q?=E9?= =?utf-8?Q?=C3=A9?=", "éé"),
        (b"=?utf-8*fr?Q?=C3=A9?=", "é"),  # RFC 2231 section 5
        (b"Re:=?utf-8?Q?=C3=A9?=x", "Re:éx"),
        (b"=?no-such?Q?=C3=A9?=", "é"),
        (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        (b"=?utf-8?B?!!!?=", ""),
        (b"=?utf-8?B?w6k=w6k=?=", "éé"),  # two lots of base64 in one word
        (b"=?utf-8?B?w6k_w68=?=", "é?ï"),  # the alphabet for URLs
        (b"=?utf-8?B?w.6.k.=?=", "é"),  # junk
        (b"=?utf-8?Q?caf=C3= A9_noir?=", "café noir"),  # a line folded in the middle of a word, of an escape
        (b"=?utf-8?Q?x_=3D_y?=", "x = y"),
        (b"=?utf-8?Q?x=_1?=", "x= 1"),
        ("déjà".encode(), "déjà"),
        ("déjà".encode("latin-1"), "déjà"),
        (b"a\x00b\x1b[31mc", "a b [31mc"),
        (b"=?utf-8?Q?a=0D=0AX:_y?=", "a X: y"),
    ],
)
def test_header_text(value: bytes, text: str) -> None:
    assert decode_text(value, Parsing()) == text


PLAIN = st.text(" -~", max_size=20).filter(lambda text: "=" not in text)
WORDS = st.one_of(
    st.binary(max_size=30).map(lambda octets: ("B", base64.b64encode(octets))),
    st.text(max_size=12).map(lambda text: ("b", base64.b64encode(text.encode("utf-8", "replace")).rstrip(b"="))),
    st.text(max_size=12).map(lambda text: ("Q", quopri.encodestring(text.encode("utf-8", "replace"), header=True))),
    st.sampled_from([("q", b"=C3=A4_=3D"), ("Q", b"=C3"), ("B", b"w6Q"), ("B", b"w6"), ("B", b"w6Q=="), ("q", b"=G1")]),
)


@given(before=PLAIN, word=WORDS, after=PLAIN)
@settings(deadline=None, max_examples=1000)
def test_one_word_alone_reads_as_any_words_do(before: str, word: tuple[str, bytes], after: str) -> None:
    begin, end = before.encode() + b"=?", b"?" + word[0].encode() + b"?" + word[1] + b"?=" + after.encode()
    parsing = Parsing()
    assert decode_one_word(begin + b"utf8" + end) is None  # a name of the same charset that takes the general way
    general = decode_text(begin + b"utf8" + end, parsing)
    alone = decode_one_word(begin + b"utf-8" + end)
    if alone is not None:
        assert alone == general
        assert parsing.defects.as_tuple() == ()


def test_words_beyond_the_limit_stay_as_they_are() -> None:
    parsing = Parsing(ParseLimits(encoded_words=1))
    assert decode_text(b"=?utf-8?Q?a?= =?utf-8?Q?b?=", parsing) == "a =?utf-8?Q?b?="
    assert parsing.defects.as_tuple() == ("encoded_words_limit",)


def test_clean_leaves_text_of_other_scripts_alone() -> None:
    assert clean("שלום\u200f 日本 é") == "שלום\u200f 日本 é"
    assert clean("a\u2028b\x85c\ud800d") == "a b c d"
