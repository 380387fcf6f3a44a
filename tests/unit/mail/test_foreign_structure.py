"""Structure as other systems write it, where it was once read wrong: trees, part headers, parameters."""

from __future__ import annotations

import base64

import pytest

from inboxsync.mail.part_structure import structure_of
from tests.unit.mail.both_line_ends import files, read, shape
from tests.unit.mail.samples import mail, multipart

PDF = b"%PDF-1.4\n%\xe2\xe3\n"
FILE = base64.encodebytes(PDF)
MIXED = "Content-Type: multipart/mixed; boundary=b"
ALTERNATIVE = "Content-Type: multipart/alternative; boundary=b"
PLAIN = mail("Content-Type: text/plain", body="Lunch at noon")
HTML = mail("Content-Type: text/html", body="<p>Lunch at noon</p>")
BASE64 = "Content-Transfer-Encoding: base64"
ATTACHED = mail("Content-Type: application/pdf; name=menu.pdf", BASE64, body=FILE)


def test_a_part_with_the_boundary_of_its_parent_reaches_to_the_first_close() -> None:
    parsed = read(mail(MIXED, body=multipart("b", mail(ALTERNATIVE, body=multipart("b", PLAIN, HTML)), ATTACHED)))
    assert (parsed.body_text, parsed.body_html) == ("Lunch at noon", "<p>Lunch at noon</p>")
    assert files(parsed) == [("menu.pdf", PDF)]
    assert "ambiguous_mime" in parsed.defects


def test_parts_with_the_boundary_of_their_parent_follow_each_other() -> None:
    inner = mail(ALTERNATIVE, body=multipart("b", PLAIN, ATTACHED))
    octets = mail(MIXED, body=multipart("b", inner, inner, PLAIN))
    read(octets)
    of_inner = ("multipart/alternative", ["text/plain", "application/pdf"])
    assert shape(structure_of(octets)) == ("multipart/mixed", [of_inner, of_inner, "text/plain"])


@pytest.mark.parametrize("close", ["--b--\n", ""])
def test_parts_with_the_boundary_of_their_parent_nest_and_need_no_close(close: str) -> None:
    octets = mail(MIXED, body=f"--b\n{MIXED}\n\n--b\n{ALTERNATIVE}\n\n--b\n\nhi\n{close}")
    read(octets)
    assert shape(structure_of(octets)) == (
        "multipart/mixed",
        [("multipart/mixed", [("multipart/alternative", ["text/plain"])])],
    )


def test_a_part_that_only_speaks_of_the_boundary_is_no_multipart() -> None:
    part = mail("Content-Type: text/plain; charset=utf-8", "X-Note: boundary=b", body="boundary=b")
    octets = mail(MIXED, body=multipart("b", part, PLAIN))
    assert read(octets).defects == ()
    assert shape(structure_of(octets)) == ("multipart/mixed", ["text/plain", "text/plain"])


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Nothing but a preamble\n--b--\n", "Nothing but a preamble"),
        ("ends --b--\nNothing but a preamble\n--b--\n \n", "ends --b--\nNothing but a preamble"),
        ("--b--\nbehind the close\n", "--b--\nbehind the close\n"),
        ("--b--\n", ""),
        ("--b\n\nclosed on its last line--b--\n", "closed on its last line"),
        ("--b\n\nnot --b-- closed\n", "not --b-- closed\n"),
    ],
)
def test_what_closes_a_multipart_is_no_text(body: str, text: str) -> None:
    assert read(mail(MIXED, body=body)).body_text == text


def test_the_first_boundary_line_is_lost() -> None:
    octets = mail(MIXED, body=b"\n" + HTML + b"\n--b--\n")
    assert read(octets).body_html == "<p>Lunch at noon</p>"
    assert shape(structure_of(octets)) == ("multipart/mixed", ["text/html"])
    assert read(mail(MIXED, body=HTML)).body_html == "<p>Lunch at noon</p>"
    assert read(mail(MIXED, body="Content: nothing to see\n")).body_text == "Content: nothing to see\n"


def test_the_boundary_is_empty() -> None:
    octets = mail('Content-Type: multipart/alternative; boundary=""', body=multipart("", PLAIN, HTML))
    parsed = read(octets)
    assert (parsed.body_text, parsed.body_html) == ("Lunch at noon", "<p>Lunch at noon</p>")
    assert shape(structure_of(octets)) == ("multipart/alternative", ["text/plain", "text/html"])
    letter = mail('Content-Type: multipart/mixed; boundary=""', body="Lunch\n-- \nAnn\n")
    assert read(letter).body_text == "Lunch\n-- \nAnn\n"


def test_the_boundary_is_very_long() -> None:
    boundary = "=_" * 2000
    octets = mail(f'Content-Type: multipart/mixed; boundary="{boundary}"', body=multipart(boundary, PLAIN, ATTACHED))
    assert files(read(octets)) == [("menu.pdf", PDF)]


@pytest.mark.parametrize("named", ['boundary*0=a; boundary*1="b c"', "boundary*=us-ascii''ab%20c"])
def test_the_boundary_comes_as_any_parameter_may(named: str) -> None:
    octets = mail(
        f"Content-Type: multipart/mixed; {named}", body=multipart("ab c", mail(body="hi"), mail(body="there"))
    )
    parsed = read(octets)
    assert (parsed.body_text, parsed.defects) == ("hi\nthere", ())


def test_a_file_that_is_closed_on_its_last_line_is_whole() -> None:
    last = FILE.rstrip() + b"--b--\n"
    assert files(read(mail(MIXED, body=b"--b\nContent-Type: a/b; name=x\n" + BASE64.encode() + b"\n\n" + last))) == [
        ("x", PDF)
    ]


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("Content-Type: application/pdf;", 'name="menu.pdf"'), "menu.pdf"),
        (("Content-Type: application/pdf; x-mode=0600; ", "name*0=me;", "name*1=nu.pdf"), "menu.pdf"),
        (
            ("Content-Type: application/pdf", "Content-Disposition: attachment;", "filename=menu.pdf; size=3"),
            "menu.pdf",
        ),
        (("Content-Type: application/pdf", "Content-Disposition: attachment", "filename=menu.pdf"), None),
    ],
)
def test_a_parameter_on_a_line_that_is_not_indented(lines: tuple[str, ...], name: str | None) -> None:
    parsed = read(mail(MIXED, body=multipart("b", PLAIN, mail(BASE64, *lines, body=FILE))))
    assert files(parsed) == [(name, PDF)]


def test_encoded_words_and_addresses_on_lines_that_are_not_indented() -> None:
    parsed = read(
        b"Subject: =?utf-8?Q?Caf=C3=A9?=\n=?utf-8?Q?_menu?=\n"
        b"To: ann@example.com,\nBob <bob@example.com>, \ncy@example.com\nFrom: dee@example.com\n\nhi\n"
    )
    assert (parsed.subject, parsed.body_text) == ("Caf\u00e9 menu", "hi\n")
    assert [each.address for each in parsed.to] == ["ann@example.com", "bob@example.com", "cy@example.com"]
    assert [each.address for each in parsed.from_] == ["dee@example.com"]


def test_a_boundary_on_a_line_that_is_not_indented() -> None:
    octets = mail(
        "Content-Type: multipart/mixed;", 'boundary="b"', "Subject: Menu", body=multipart("b", PLAIN, ATTACHED)
    )
    parsed = read(octets)
    assert (parsed.subject, parsed.body_text, files(parsed)) == ("Menu", "Lunch at noon", [("menu.pdf", PDF)])


def test_base64_behind_its_header_without_a_blank_line() -> None:
    part = b"Content-Type: application/pdf; name=menu.pdf\n" + BASE64.encode() + b"\n" + FILE + b"\n"
    assert files(read(mail(MIXED, body=multipart("b", PLAIN, part)))) == [("menu.pdf", PDF)]


def test_broken_base64_behind_its_header_without_a_blank_line_is_not_lost() -> None:
    part = b"Content-Type: a/b; name=x\n" + BASE64.encode() + b"\n!QUJD\nREVG\n\n"
    assert files(read(mail(MIXED, body=multipart("b", PLAIN, part)))) == [("x", b"ABCDEF")]


def test_the_first_field_is_indented() -> None:
    parsed = read(b"  From: Ann <ann@example.com>\nSubject: Menu\n\nLunch at noon\n")
    assert ([each.address for each in parsed.from_], parsed.subject) == (["ann@example.com"], "Menu")
    assert read(b" Note: this is text\n\nLunch\n").body_text == " Note: this is text\n\nLunch\n"


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ('"text/html"', "text/html"),
        ("text/html<br>", "text/html"),
        ("text/html\\r\\n", "text/html"),
        ("text/html/", "text/html"),
        ("text/html: charset=utf-8", "text/html"),
        ("html; charset=utf-8", "text/html"),
        ("image/jpeg/menu.jpg", "image/jpeg"),
        ("x/y/z", "text/plain"),
        ("application", "text/plain"),
    ],
)
def test_a_type_with_something_around_it(value: str, type_: str) -> None:
    octets = mail(f"Content-Type: {value}", body="x")
    read(octets)
    assert structure_of(octets).content_type == type_


def test_a_boundary_without_a_type() -> None:
    assert files(read(mail("Content-Type: ; boundary=b", body=multipart("b", PLAIN, ATTACHED)))) == [("menu.pdf", PDF)]


def disposed(value: str) -> str | None:
    octets = mail("Content-Type: a/b", f"Content-Disposition: {value}", body="x")
    return read(octets).attachments[0].filename


@pytest.mark.parametrize(
    "value",
    [
        'attachment; filename*1="me"; filename*2="nu.pdf"',
        "attachment; filename*1*=utf-8''me; filename*2*=nu%2Epdf",
        "attachment; filename*=utf-8'menu.pdf",
        "attachment; filename=menu.pdf size=31",
        'attachment; filename="menu.pdf" size=31',
        "attachment; size=31 filename=menu.pdf",
        'attachment; creation-date="Fri, 20 Nov 2026" filename=menu.pdf',
        "attachment; size=31 Filename*0=menu filename*1=.pdf",
        "attachment, filename=menu.pdf",
        "attachment,filename=menu.pdf",
        'attachment; filename=menu.pdf"',
        'attachment; name="menu.pdf"',
    ],
)
def test_names_of_files_as_some_programs_write_them(value: str) -> None:
    assert disposed(value) == "menu.pdf"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('attachment; filename="menu.pdf size=31"', "menu.pdf size=31"),
        ("attachment; filename=my size.pdf", "my size.pdf"),
        ("attachment; filename=a;b size.pdf", "a;b size.pdf"),
        ("attachment; filename*=o'clock.pdf", "o'clock.pdf"),
        ("attachment; filename=plain.pdf; filename*1=x", "plain.pdf"),
        ("attachment; filename=a,b.pdf", "a,b.pdf"),
        ('attachment; filename=3.5" disk.img', '3.5" disk.img'),
        ("attachment; name=field; filename=menu.pdf", "menu.pdf"),
    ],
)
def test_what_only_looks_like_another_parameter_stays_in_the_name(value: str, name: str) -> None:
    assert disposed(value) == name


def test_a_name_in_the_place_of_another() -> None:
    octets = mail("Content-Type: application/pdf; filename=menu.pdf", body="x")
    assert files(read(octets)) == [("menu.pdf", b"x")]


def test_a_comma_for_the_first_semicolon() -> None:
    octets = mail("Content-Type: multipart/mixed, boundary=b", body=multipart("b", PLAIN, ATTACHED))
    assert files(read(octets)) == [("menu.pdf", PDF)]


def test_a_charset_and_a_format_without_a_semicolon_between() -> None:
    octets = mail("Content-Type: text/plain; charset=iso-8859-2 format=flowed", body=b"\xb1 \nb\n")
    assert read(octets).body_text == "\u0105 b\n"
