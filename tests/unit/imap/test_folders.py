"""Folder names: one broken name hides no other, and a configured name finds its folder."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.errors import FolderMissing
from inboxsync.imap.folders import choose, decode_name, encode_name, missing, parse_list, parse_personal_namespaces
from inboxsync.imap.parsing import Piece
from inboxsync.model.placement import FolderInfo


def folders(*names: str) -> list[FolderInfo]:
    return [FolderInfo(name, encode_name(name), "/") for name in names]


@pytest.mark.parametrize(
    ("pieces", "name", "wire_name", "delimiter"),
    [
        ([b'(\\HasNoChildren) "/" "Sent Items"'], "Sent Items", b"Sent Items", "/"),
        ([b"() NIL inbox"], "INBOX", b"inbox", None),
        ([b'(\\Noselect) "\\\\" "a\\"b\\\\c"'], 'a"b\\c', b'a"b\\c', "\\"),
        ([(b'() "." {5}', b"a(b)c"), b""], "a(b)c", b"a(b)c", "."),
        ([b'() "/" &AOk-t&AOk-'], "été", b"&AOk-t&AOk-", "/"),
        ([b'() "/" 123'], "123", b"123", "/"),
        ([b'() "/" "caf\xc3\xa9"'], "café", b"caf\xc3\xa9", "/"),
        ([b'() "/" "caf\xe9"'], "caf\\xe9", b"caf\xe9", "/"),
        ([b'() "/" "&bad"'], "&bad", b"&bad", "/"),
        ([b'() "/" "&AA0ACg-"'], "&AA0ACg-", b"&AA0ACg-", "/"),
        ([b'() "/" "&2AA-"'], "&2AA-", b"&2AA-", "/"),
    ],
)
def test_list_lines(pieces: list[Piece], name: str, wire_name: bytes, delimiter: str | None) -> None:
    (folder,) = parse_list(pieces)
    assert (folder.name, folder.wire_name, folder.delimiter) == (name, wire_name, delimiter)


def test_a_senseless_line_hides_no_other() -> None:
    lines: list[Piece] = [b'() "/" one', b"rubbish", b"((((", b"", b'() "/" ""', b'(\\Noselect) "/" two']
    assert [(folder.name, folder.selectable) for folder in parse_list(lines)] == [("one", True), ("two", False)]


@given(st.binary(min_size=1, max_size=40))
@settings(deadline=None)
def test_any_octets_have_a_printable_name(wire_name: bytes) -> None:
    assert decode_name(wire_name).isprintable()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp", "Co", "Cn", "Zs"]), min_size=1))
@settings(deadline=None)
def test_names_survive_the_way_there_and_back(name: str) -> None:
    if name.upper() != "INBOX":
        assert decode_name(encode_name(name)) == name


@pytest.mark.parametrize("name", ["", "a\r\nb", "a\nb", "a\0b", "\ud800"])
def test_impossible_names_are_refused(name: str) -> None:
    with pytest.raises(FolderMissing):
        encode_name(name)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Sales", "Sales"),
        ("inbox", "INBOX"),
        ("Archive", "INBOX.Archive"),
        ("Archive/2026", "INBOX.Archive.2026"),
        ("INBOX/Archive", "INBOX.Archive"),
        ("e\u0301te\u0301", "été"),
        ("sales", None),
        ("Nowhere", None),
    ],
)
def test_a_configured_name_finds_its_folder(name: str, found: str | None) -> None:
    listed = folders("INBOX", "Sales", "INBOX.Archive", "INBOX.Archive.2026", "été")
    chosen = choose(name, listed, [("INBOX.", ".")])
    assert (chosen.name if chosen else None) == found


def test_the_exact_name_goes_before_the_prefixed_one() -> None:
    chosen = choose("Sales", folders("INBOX.Sales", "Sales"), [("INBOX.", ".")])
    assert chosen is not None
    assert chosen.name == "Sales"


@pytest.mark.parametrize(
    ("answer", "namespaces"),
    [
        (b'(("" "/")) NIL NIL', [("", "/")]),
        (b'(("INBOX." ".")("#mh/" "/")) (("~" "/")) NIL', [("INBOX.", "."), ("#mh/", "/")]),
        (b"NIL NIL NIL", []),
        (b"((((", []),
        (b'(("x" NIL)) NIL NIL', []),
    ],
)
def test_namespaces(answer: bytes, namespaces: list[tuple[str, str]]) -> None:
    assert parse_personal_namespaces([answer]) == namespaces


def test_the_error_lists_ten_names_at_most() -> None:
    error = missing("x\x1b", folders(*(f"F{n}" for n in range(13))))
    assert "F9 and 3 more" in error.message
    assert "\x1b" not in error.message
