"""The short way says what the general way says, or declines."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devtools.corpus import mixed, varied
from inboxsync.mail.fingerprint import fingerprint
from inboxsync.mail.limits import ParseLimits, Parsing
from inboxsync.mail.parse import parse_message
from inboxsync.mail.plain_tree import read_plain
from inboxsync.mail.structure import Part, read_tree
from tests.unit.mail.hazard_mails import HAZARDS
from tests.unit.mail.samples import RICH, crlf, mail, multipart
from tests.unit.mail.test_fuzz import CHANGES, MIXED

CORPUS = [
    *(one.octets for one in mixed(100, seed=3) if one.kind != "large"),
    *(one.octets for one in varied(26, with_broken=True)),
]


def assert_same_both_ways(octets: bytes) -> None:
    """Limits of one's own, whatever they are, take the general way."""
    assert parse_message(octets) == parse_message(octets, ParseLimits())
    parsing = Parsing()
    found = read_plain(octets, parsing)
    assert parsing.defects.as_tuple() == ()
    if found is not None:
        general = Parsing(ParseLimits())
        assert found[0].octets in (octets, octets.replace(b"\r\n", b"\n"))
        assert shape(found[0]) == shape(read_tree(found[0].octets, general))
        assert general.defects.as_tuple() == ()
        assert found[1] == fingerprint(octets)


def shape(part: Part) -> tuple[object, ...]:
    head = (part.type, part.content_type, part.disposition, part.encoding, part.start, part.end, part.depth)
    return (*head, dict(part.header.fields), part.header.body_start, [shape(child) for child in part.children])


@pytest.mark.parametrize("octets", [*CORPUS, RICH, MIXED, *HAZARDS.values()])
def test_both_ways_agree_on_whole_messages(octets: bytes) -> None:
    assert_same_both_ways(octets)
    assert_same_both_ways(octets.replace(b"\r\n", b"\n"))


def test_nearly_all_well_formed_mail_takes_the_short_way() -> None:
    taken = [read_plain(octets, Parsing()) is not None for octets in CORPUS]
    assert sum(taken) == len(taken) - 1  # of the one that the corpus broke on purpose


ODDITIES = (
    *(b"\r", b"\n", b"\r\n", b" ", b"\t", b"\0", b"\x0b", b"\x0c", b"=", b"--", b";", b'"', b":", b"\xc3\xa4", b"\x1b"),
    *(b"\r\n\r\n", b"\n\n", b"\r\n ", b"From ", b"(a)", b"=?utf-8?Q?=C3=A4?=", b"=?utf-8?B?w6Q=?= =?utf-8?B?w6Q?="),
    *(b"boundary=b", b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Transfer-Encoding: base64\n"),
)


def test_both_ways_agree_on_what_is_nearly_well_formed() -> None:
    chance = random.Random(42)
    sources = [octets for octets in [*CORPUS, RICH, MIXED, crlf(RICH)] if len(octets) < 6_000]
    for number in range(2_500):
        octets = sources[number % len(sources)]
        if number % 3:
            within = len(octets) if chance.random() < 0.5 else octets.find(b"\n\n") + 200
            at = chance.randrange(max(1, min(within, len(octets))))
            octets = octets[:at] + chance.choice(ODDITIES) + octets[at + chance.randrange(3) :]
        else:
            octets = chance.choice(CHANGES)(octets, chance) or b"\n"
        assert_same_both_ways(octets)


NAMES = st.sampled_from(
    ["From", "To", "Subject", "Date", "Message-ID", "content-type", "Content-Transfer-Encoding", "X ", "From x", "é"]
)
VALUES = st.sampled_from(
    [
        "", " ", " a", ' "A, B" <a@Example.com>', " =?utf-8?b?w6Q=?= <a@b>, =?UTF-8?Q?=C3?= <c@d>", "\n b\n\tc", "\x0b",
        " multipart/mixed; boundary=b", ' Multipart/Digest; x=y; boundary="b"', ' multipart/mixed; boundary="b "',
        " multipart/x; boundary=b; boundary=c", " boundary=b; boundary=c",
        " message/rfc822", " text/plain; charset=utf-8", " base64", " 8bit (c)",
        " Quoted-Printable", " binary", " <a@b>", " Mon, 2 Mar 2026 08:00:00 +0000",
    ]
)  # fmt: skip
FIELDS = st.lists(st.tuples(NAMES, VALUES).map(lambda field: f"{field[0]}:{field[1]}\n"), max_size=4).map("".join)
LINES = st.lists(
    st.sampled_from(["--b\n", "--b--\n", "--b \n", "--bc\n", "\n", "text \n", "=C3=A4=\n", "QUJD\n", "QQ==\n", "\r\n"]),
    max_size=8,
).map("".join)


@given(header=FIELDS, pieces=st.lists(st.tuples(FIELDS, LINES), max_size=3), closing=LINES, is_crlf=st.booleans())
@settings(deadline=None, max_examples=500)
def test_both_ways_agree_on_made_up_parts(
    header: str, pieces: list[tuple[str, str]], closing: str, *, is_crlf: bool
) -> None:
    octets = (header + "\n" + "".join(f"--b\n{fields}\n{lines}" for fields, lines in pieces) + closing).encode()
    assert_same_both_ways(crlf(octets) if is_crlf else octets)


TYPE = 'Content-Type: multipart/mixed; boundary="b"'
PART = mail("Content-Type: text/plain", body="one")


def test_a_plain_multipart_is_taken() -> None:
    octets = mail(TYPE, body=multipart("b", PART, PART))
    for one in (octets, crlf(octets), octets.removesuffix(b"\n")):
        found = read_plain(one, Parsing())
        assert found is not None
        assert len(found[0].children) == 2


@pytest.mark.parametrize(
    "octets",
    [
        b"Subject: a\r\nTo: b\n\r\ntext\r\n\nmore\n",
        mail("Content-Transfer-Encoding: quoted-printable", body="a\r\n=\n=0D=0A \n\r\n"),
        mail(TYPE, body=crlf(multipart("b", PART, PART))),
    ],
)
def test_lines_that_end_in_either_way_are_read_alike(octets: bytes) -> None:
    assert_same_both_ways(octets)
    assert_same_both_ways(octets.replace(b"\n", b"\r\n", 1))


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\n\ntext",
        b"Subject: no blank line\n",
        mail("no field", body="x"),
        mail("Subject : blank before the colon"),
        mail("Subject: a\x0b"),
        b"From a@b Mon\n" + mail("Subject: a"),
        b"From : a@b\n" + mail("Subject: a"),
        b"Subject: a\r\nTo: b\rc\r\n\r\ntext",
        mail("Content-Transfer-Encoding: binary"),
        mail("Content-Transfer-Encoding: base64 (c)"),
        mail("Content-Type: text/plain", "Content-Type: text/html"),
        mail("Content-Type: text/plain; name=" + "a" * 400),
        mail("Content-Type: multipart/mixed", body=multipart("b", PART)),
        mail(TYPE + "; boundary=c", body=multipart("b", PART)),
        mail("Content-Type: text/plain; boundary=b; boundary=c"),
        mail(TYPE, "Content-Transfer-Encoding: base64", body=multipart("b", PART)),
        mail(TYPE, body=multipart("b", PART, close=False)),
        mail(TYPE, body=multipart("b", PART).replace(b"--b\n", b"--b \n")),
        mail(TYPE, body=multipart("b", PART).replace(b"--b--", b"--b--x")),
        mail(TYPE, body="--b--\n"),
        mail(TYPE, body="--b\nContent-Type: text/plain\n\nx\r\r\n--b--\n"),
        mail('Content-Type: multipart/mixed; x="; boundary=c"; boundary=b', body=multipart("c", PART)),
        mail('Content-Type: multipart/(c); x="; boundary=b"', body=multipart("b", PART)),
        mail(TYPE, body="--b\n--b\n--b--\n"),
        mail(TYPE, body=multipart("b", b"\nno header")),
        mail(TYPE, body=multipart("b", *[PART] * 101)),
        mail(TYPE, body=multipart("b", *[mail(TYPE.replace('"b"', "c"), body=multipart("c", *[PART] * 60))] * 2)),
    ],
)  # fmt: skip
def test_what_might_be_read_in_two_ways_is_declined(octets: bytes) -> None:
    assert read_plain(octets, Parsing()) is None
    assert_same_both_ways(octets)


def test_limits_of_ones_own_are_not_its_business() -> None:
    assert read_plain(RICH, Parsing(ParseLimits())) is None
