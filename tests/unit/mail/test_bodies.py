"""Which parts are the body, and what text they give."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.bodies import snippet
from inboxsync.mail.parse import parse_message
from tests.unit.mail.samples import crlf, mail, multipart

PLAIN = mail("Content-Type: text/plain; charset=utf-8", body="Plain\n")
HTML = mail("Content-Type: text/html; charset=utf-8", body="<p>Html</p>")
IMAGE = mail("Content-Type: image/png", "Content-ID: <i@x>", body="x")
CALENDAR = (
    "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Planning\nDTSTART;TZID=Europe/Zagreb:20260105T100000\nEND:VEVENT\n"
    "END:VCALENDAR\n"
)


def wrap(kind: str, *parts: bytes, boundary: str = "b", extra: str = "") -> bytes:
    return mail(f"Content-Type: multipart/{kind}; boundary={boundary}{extra}", body=multipart(boundary, *parts))


def views(octets: bytes) -> tuple[str | None, str | None, list[str]]:
    parsed = parse_message(octets)
    return parsed.body_text, parsed.body_html, [one.content_type for one in parsed.attachments]


def test_html_in_related_in_alternative_says_nothing_twice() -> None:
    related = wrap("related", HTML, IMAGE, boundary="r")
    assert views(wrap("alternative", PLAIN, related)) == ("Plain\n", "<p>Html</p>", ["image/png"])


def test_an_alternative_of_one_form_stands_for_both() -> None:
    assert views(wrap("alternative", HTML)) == ("Html", "<p>Html</p>", [])
    assert views(wrap("alternative", PLAIN)) == ("Plain\n", None, [])


def test_the_calendar_of_an_alternative_is_a_file_and_no_text() -> None:
    calendar = mail("Content-Type: text/calendar; method=REQUEST", body=CALENDAR)
    assert views(wrap("alternative", PLAIN, HTML, calendar)) == ("Plain\n", "<p>Html</p>", ["text/calendar"])


@pytest.mark.parametrize("convert", [bytes, crlf], ids=["lf", "crlf"])
def test_a_calendar_alone_says_what_it_is_about(convert: object) -> None:
    assert callable(convert)
    octets = convert(mail("Content-Type: text/calendar", body=CALENDAR))
    assert views(octets) == ("Planning\nStart: 2026-01-05 10:00 Europe/Zagreb", None, ["text/calendar"])


def test_the_root_of_a_related_is_the_part_it_names() -> None:
    root = mail("Content-Type: text/html", "Content-ID: <root@x>", body="<b>Root</b>")
    octets = wrap("related", IMAGE, root, extra='; start="<root@x>"')
    assert views(octets) == ("Root", "<b>Root</b>", ["image/png"])
    assert views(wrap("related", HTML, IMAGE, extra="; start=none"))[0] == "Html"


def test_texts_around_pictures_are_one_body() -> None:
    after = mail("Content-Type: text/plain", body="After\n")
    assert views(wrap("mixed", PLAIN, IMAGE, after))[0] == "Plain\n\nAfter\n"


@pytest.mark.parametrize(
    ("type_", "text", "attached"),
    [
        ("text/markdown", "# Head\n", []),
        ("text/x-unheard-of", "# Head\n", []),
        ("text/enriched", "# Head ", []),
        ("text/csv", None, ["text/csv"]),
        ("text/x-amp-html", None, ["text/x-amp-html"]),
        ("text/markdown; name=a.md", None, ["text/markdown"]),
    ],
)
def test_other_kinds_of_text(type_: str, text: str | None, attached: list[str]) -> None:
    assert views(mail(f"Content-Type: {type_}", body="# Head\n")) == (text, None, attached)


def test_a_text_that_says_it_is_attached_is_no_body() -> None:
    attached = mail("Content-Type: text/plain", "Content-Disposition: attachment", body="log\n")
    assert views(wrap("mixed", PLAIN, attached)) == ("Plain\n", None, ["text/plain"])


def test_xhtml_is_html() -> None:
    assert views(mail("Content-Type: application/xhtml+xml", body="<p>X</p>"))[:2] == ("X", "<p>X</p>")


def test_the_new_text_comes_with_the_whole_one() -> None:
    parsed = parse_message(mail(body="New\n\nOn 5 Jan 2026 Bob <b@example.com> wrote:\n> Old\n"))
    assert parsed.reply_text == "New"
    assert "> Old" in (parsed.body_text or "")
    untouched = parse_message(mail(body="Only new\n"))
    assert untouched.reply_text is untouched.body_text


def test_the_new_text_of_html_is_read_by_its_marks() -> None:
    html = '<div>New</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Von:</b> B</div><div>Old</div>'
    parsed = parse_message(mail("Content-Type: text/html", body=html))
    assert parsed.reply_text == "New"
    assert "Old" in (parsed.body_text or "")


def test_flowed_quotes_are_found_when_joined() -> None:
    body = "New \ntext\n\nOn 5 Jan 2026 Bob wrote:\n> Old \n> text\n"
    parsed = parse_message(mail("Content-Type: text/plain; format=flowed; delsp=yes", body=body))
    assert (parsed.body_text, parsed.reply_text) == ("Newtext\n\nOn 5 Jan 2026 Bob wrote:\n> Oldtext\n", "Newtext")


@given(st.lists(st.sampled_from(["word", "a", " ", "\n", "  ", "x" * 60, " " * 120, "\t", "é", "\u200b"]), max_size=60))
@settings(deadline=None, max_examples=300)
def test_a_snippet_is_the_beginning_with_single_blanks(pieces: list[str]) -> None:
    text = "".join(pieces)
    shown = " ".join(text[:4000].replace("\u200b", "").split())
    made = snippet(text, 200)
    assert len(made) <= 200
    assert made == shown if len(shown) <= 200 else shown.startswith(made.removesuffix("…"))
    assert made.endswith("…") == (len(shown) > 200)
