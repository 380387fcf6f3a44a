from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.limits import Parsing
from inboxsync.mail.parameters import media_type, parse_parameterised


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"attachment; filename=a.pdf", "a.pdf"),
        (b'attachment; FileName="a b;c.pdf"', "a b;c.pdf"),
        (b'attachment; filename="a\\"b.pdf"', 'a"b.pdf'),
        (b'attachment; filename="C:\\temp\\x.txt"', "C:\\temp\\x.txt"),
        (b"attachment; filename=my file.pdf; size=3", "my file.pdf"),
        (b'attachment; filename=5" disk.txt; size=3', '5" disk.txt'),
        (b'attachment; filename="=?utf-8?Q?=C3=A9tat.pdf?="', "état.pdf"),
        ('attachment; filename="état.pdf"'.encode(), "état.pdf"),
        (b"attachment; filename=x; filename*=iso-8859-1'fr'%E9tat.pdf", "état.pdf"),
        (b"attachment; filename*=%C3%A9", "é"),
        (b"attachment; filename*1*=%A9.pdf; filename*0*=utf-8''a%C3", "aé.pdf"),
        (b"attachment; filename*0*=utf-8''%C3%A9; filename*1=%41.pdf", "é%41.pdf"),
        (b"attachment; filename*0=a; filename*0=b; filename*1=c; filename*3=d", "ac"),
        (b"attachment; filename*1=b; filename=plain", "plain"),
        (b"attachment; filename*999999999999=a; filename*0=b", "b"),
        (b'attachment; filename="open', "open"),
        (b"filename=x.pdf", "x.pdf"),
        (b"attachment; filename=a; filename=b", "a"),
        (b'attachment; filename="a\x00\r\nb"', "a  b"),
        (b"attachment;;;; filename=a;;", "a"),
        (b"attachment", None),
    ],
)
def test_file_names(value: bytes, name: str | None) -> None:
    assert parse_parameterised(value, Parsing()).text("filename", Parsing()) == name


def test_a_gap_is_told() -> None:
    parsing = Parsing()
    parse_parameterised(b"x; name*0=a; name*2=c", parsing).text("name", parsing)
    assert parsing.defects.as_tuple() == ("parameter_segments_gap",)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"TEXT/HTML; charset=x", "text/html"),
        (b"text/plain (comment); charset=x", "text/plain"),
        (b"text", "text/plain"),
        (b"text/plain charset=x", "text/plain"),
        (b"multipart; boundary=b", "multipart/mixed"),
        (b"\xff/\xfe", "text/plain"),
        (b"", "message/rfc822"),
        (None, "message/rfc822"),
    ],
)
def test_media_types(value: bytes | None, expected: str) -> None:
    assert media_type(parse_parameterised(value, Parsing()), "message/rfc822") == expected


def test_two_values_of_one_parameter_are_ambiguous() -> None:
    parsed = parse_parameterised(b"multipart/mixed; boundary=a; boundary=b", Parsing())
    assert parsed.is_ambiguous("boundary")
    assert parsed.raw("boundary") == b"a"


@pytest.mark.parametrize(
    ("value", "defect"),
    [(b"x" + b"; a=b" * 101, "parameters_limit"), (b"x;" + b" " * 9000, "structured_header_truncated")],
)
def test_limits(value: bytes, defect: str) -> None:
    parsing = Parsing()
    parse_parameterised(value, parsing)
    assert parsing.defects.as_tuple() == (defect,)


PIECES = st.sampled_from(
    ["text/plain", "a/b", "A/b.c+d", ";", "; ", " ", "\t", "charset", "x-Y", "*", "=", '"', "\\", "b", "'", "("]
)


@given(st.lists(PIECES, max_size=7).map("".join), st.sampled_from(["", "text/plain; charset=", "a/B;x="]))
@settings(deadline=None, max_examples=500)
def test_one_parameter_reads_as_any_number_does(text: str, begin: str) -> None:
    value = (begin + text).strip().encode()
    opens_last = value.rpartition(b'"')[0].rstrip().endswith(b"=")  # then the string reaches to the end of the value
    if value and value.count(b'"') % 2 == 0 and not opens_last and b"\\" not in value:
        assert parse_parameterised(value, Parsing()) == parse_parameterised(value + b" ;", Parsing())


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"attachment; filename=two words.pdf", "two words.pdf"),
        (b"attachment; filename=a;b.pdf", "a;b.pdf"),
        (b"attachment; filename=a;b;c d.docx ; size=12", "a;b;c d.docx"),
        (b"attachment; filename=R&amp;D.pdf", "R&amp;D.pdf"),
        ("attachment; filename=\u00fc;b.pdf".encode(), "\u00fc;b.pdf"),
    ],
)
def test_a_file_name_that_lacks_its_quotes_is_taken_whole_and_told(value: bytes, name: str) -> None:
    parsing = Parsing()
    parameterised = parse_parameterised(value, parsing)
    assert parameterised.texts("filename", parsing) == [name]
    assert parsing.defects.as_tuple() == ("parameter_unquoted",)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"attachment; filename=a.pdf; inline", "a.pdf"),
        (b"attachment; filename=a.pdf;", "a.pdf"),
        (b"attachment; filename=a; x=b.pdf", "a"),
        (b'attachment; filename="a";b.pdf', "a"),
        (b"attachment; filename=a; .pdf", "a"),
        (b"attachment; filename=a; b.notanextension", "a"),
    ],
)
def test_what_follows_a_file_name_and_is_none_of_it_is_left_out(value: bytes, name: str) -> None:
    parsing = Parsing()
    assert parse_parameterised(value, parsing).texts("filename", parsing) == [name]
    assert parsing.defects.as_tuple() == ()
