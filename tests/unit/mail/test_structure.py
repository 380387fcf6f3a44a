from __future__ import annotations

import base64
import quopri

import pytest

from inboxsync.mail.limits import Parsing
from inboxsync.mail.parse import parse_message
from inboxsync.mail.structure import Part, read_tree
from tests.unit.mail.samples import crlf, mail, multipart


def shape(part: Part) -> object:
    """A leaf by its octets, a multipart as the list of its children."""
    return [shape(child) for child in part.children] or part.octets[part.start : part.end].decode()


def tree(octets: bytes) -> tuple[object, tuple[str, ...]]:
    parsing = Parsing()
    return shape(read_tree(octets, parsing)), parsing.defects.as_tuple()


HEAD = "Content-Type: multipart/mixed; boundary=b"
ONE, TWO = mail(body="one"), mail(body="two")


@pytest.mark.parametrize(
    ("body", "expected", "defects"),
    [
        (multipart("b", ONE, TWO), ["one", "two"], ()),
        (b"preamble\n" + multipart("b", ONE) + b"epilogue", ["one"], ()),
        (multipart("b", ONE, TWO, close=False), ["one", "two\n"], ("boundary_unclosed",)),
        (b"--b \t\n\none\n--b--  \n", ["one"], ()),
        (b"--b\n\none\n--bb\nstill\n--b-x\n--b--\n", ["one\n--bb\nstill\n--b-x"], ()),
        (b"--b\n\n--b\n--b--", ["", ""], ()),
        (b"no boundary at all", "no boundary at all", ("boundary_missing",)),
        (
            multipart("real", mail("Content-Type: text/plain", body="one"), mail("Content-Type: a/b", body="two")),
            ["one", "two"],
            ("boundary_guessed",),
        ),
    ],
)
def test_splitting(body: bytes, expected: object, defects: tuple[str, ...]) -> None:
    assert tree(mail(HEAD, body=body)) == (expected, defects)


def test_a_multipart_without_boundary_is_split_where_it_can_be() -> None:
    part = mail("Content-Type: text/plain", body="one")
    assert tree(mail("Content-Type: multipart/mixed", body=multipart("----=_x", part)))[0] == ["one"]


def test_an_inner_multipart_without_end_stops_where_its_parent_goes_on() -> None:
    inner = mail("Content-Type: multipart/mixed; boundary=bb", body=multipart("bb", ONE, close=False))
    assert tree(mail(HEAD, body=multipart("b", inner, TWO)))[0] == [["one\n"], "two"]


@pytest.mark.parametrize(
    "headers",
    [
        (HEAD, "Content-Type: text/plain"),
        (HEAD + "; boundary=c",),
        (HEAD, "Content-Transfer-Encoding: 7bit", "Content-Transfer-Encoding: base64"),
    ],
)
def test_what_parsers_read_differently_is_flagged_and_the_first_taken(headers: tuple[str, ...]) -> None:
    found, defects = tree(mail(*headers, body=multipart("b", ONE)))
    assert found == ["one"]
    assert "ambiguous_mime" in defects


def test_an_embedded_message_is_a_leaf() -> None:
    inner = mail(HEAD, body=multipart("b", ONE))
    assert tree(mail("Content-Type: message/rfc822", body=inner))[0] == inner.decode()


def test_parts_of_a_digest_are_messages() -> None:
    root = read_tree(mail(HEAD.replace("mixed", "digest"), body=multipart("b", ONE)), Parsing())
    assert [child.type for child in root.children] == ["message/rfc822"]


def test_nesting_ends_at_its_limit() -> None:
    octets = ONE
    for level in range(60):
        octets = mail(f"Content-Type: multipart/mixed; boundary=n{level}x", body=multipart(f"n{level}x", octets))
    parsing = Parsing()
    part, depth = read_tree(octets, parsing), 0
    while part.children:
        part, depth = part.children[0], depth + 1
    assert (depth, parsing.defects.as_tuple()) == (50, ("nesting_limit",))


def encoded_tree(encoding: str, body: bytes, boundary: str = "b=1") -> tuple[object, tuple[str, ...]]:
    head = (f'Content-Type: multipart/mixed; boundary="{boundary}"', f"Content-Transfer-Encoding: {encoding}")
    plain, travelled = tree(mail(*head, body=body)), parse_message(crlf(mail(*head, body=body)))
    assert set(plain[1]) <= set(travelled.defects)
    return plain


QUOTED_PARTS = multipart("b=1", mail("Content-Type: text/plain; charset=utf-8", body="one"), TWO)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("base64", base64.encodebytes(QUOTED_PARTS)),
        ("quoted-printable", quopri.encodestring(QUOTED_PARTS)),
        ("base64", QUOTED_PARTS),
        ("quoted-printable", QUOTED_PARTS),
        ("base64", base64.encodebytes(QUOTED_PARTS.replace(b"--b=1", b"--other"))),
    ],
)
def test_a_multipart_that_was_encoded_as_a_whole_or_says_so_is_split(encoding: str, body: bytes) -> None:
    shown, defects = encoded_tree(encoding, body)
    assert shown == ["one", "two"]
    assert defects[0] == "multipart_encoded"


def test_quoted_headers_below_a_boundary_tell_that_all_was_encoded() -> None:
    body = quopri.encodestring(multipart("b", mail("Content-Type: text/plain; charset=utf-8", body="é".encode())))
    assert encoded_tree("quoted-printable", body, "b")[0] == ["é"]


def test_an_encoded_multipart_in_an_encoded_one_stays_as_it_is() -> None:
    inner = mail(HEAD, "Content-Transfer-Encoding: base64", body=base64.encodebytes(multipart("b", ONE)))
    shown, defects = encoded_tree("base64", base64.encodebytes(multipart("b=1", inner)))
    assert isinstance(shown, list)
    assert isinstance(shown[0], str)
    assert "boundary_missing" in defects


def test_what_says_encoded_multipart_and_is_none_is_text() -> None:
    shown, defects = encoded_tree("base64", b"%%%")
    assert shown == "%%%"
    assert defects == ("multipart_encoded", "boundary_missing")
