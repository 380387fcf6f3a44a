"""HTML and formats of text as other programs write them, as far as they were once read wrong; texts are our own."""

from __future__ import annotations

import pytest

from inboxsync.mail.html import sanitise
from inboxsync.mail.parse import parse_message
from tests.unit.mail.samples import crlf, mail, multipart, parsed_both

OLD = "Which colour shall it be?\nNoor\n"


def test_an_address_that_html_forgot_to_escape_is_shown() -> None:
    html = "<div>Write to Noor <noor@example.com> or <https://example.com/a>, <b>please</b></div>"
    assert parsed_both(html, "html").body_text == "Write to Noor <noor@example.com> or <https://example.com/a>, please"
    reply = (
        f"<div>The blue one.</div><div>On Mar 2, 2026, at 9:17, Noor <noor@example.com> wrote:</div><div>{OLD}</div>"
    )
    assert parsed_both(reply, "html").reply_text == "The blue one."


def test_the_quote_of_yahoo_is_known_with_its_number() -> None:
    html = f"<p>Blue.</p><div class='ydp9b1f0a55yahoo_quoted' id='ydp9b1f0a55yahoo_quoted_58'><p>{OLD}</p></div>"
    assert parsed_both(html, "html").reply_text == "Blue."


def test_quotes_side_by_side_stay_two() -> None:
    html = "<blockquote>One</blockquote> <blockquote>Two<blockquote>Three</blockquote></blockquote>Four"
    assert parsed_both(html, "html").body_text == "> One\n\n> Two\n>\n> > Three\n\nFour"


def test_html_without_a_tag_keeps_its_lines() -> None:
    assert parsed_both("One &amp; two\n\nThree\n", "html").body_text == "One & two\n\nThree"


def test_lines_that_a_style_keeps_are_kept() -> None:
    html = "<p>Message:</p><p style='White-Space: pre-wrap'>One\n\n  Two<b>\nThree</b></p><p>a\nb</p>"
    assert parsed_both(html, "html").body_text == "Message:\n\nOne\n\n  Two\nThree\n\na b"
    assert sanitise(html) == "<p>Message:</p><p>One<br><br>  Two<b><br>Three</b></p><p>a\nb</p>"
    items = (
        "<ul><li style='white-space:pre'>a\nb<li>c\nd</ul><div style='white-space:pre-line'><div>e\nf</div></div>g\nh"
    )
    assert parsed_both(items, "html").body_text == "- a\n  b\n- c d\n\ne\nf\ng h"
    cells = "<table><tr><td>a<td style='white-space:pre'>b\nc<td>d</table>"
    assert parsed_both(cells, "html").body_text == "a\tb\nc\nd"
    quote = f"<p style='white-space:pre'>Blue\none.</p><blockquote>{OLD}</blockquote>"
    assert parsed_both(quote, "html").reply_text == "Blue\none."


def test_what_stands_empty_is_an_empty_line() -> None:
    html = "<p class=MsoNormal>One</p><p class=MsoNormal><span><o:p>&nbsp;</o:p></span></p><p class=MsoNormal>Two"
    assert parsed_both(html, "html").body_text == "One\n\nTwo"
    assert parsed_both("<div>One</div><div>&nbsp;</div><div>Two</div>", "html").body_text == "One\n\nTwo"
    assert parsed_both("<table><tr><td>&nbsp;</td><td>1<td>2</table>", "html").body_text == "1\t2"


def test_a_number_that_is_shown_is_not_shown_twice() -> None:
    assert parsed_both('<a href="tel:+49123456">+49 (123) 4-56</a>', "html").body_text == "+49 (123) 4-56"
    assert parsed_both('<a href="tel:+49123456">Call</a>', "html").body_text == "Call <tel:+49123456>"


def test_a_drawing_that_is_not_ended_hides_no_more_than_itself() -> None:
    assert parsed_both("<svg><title>x</title><g>y<p>One</p><math>z<div>Two</div>", "html").body_text == "One\n\nTwo"
    assert parsed_both("<svg><text>x</text></svg>One<svg/><p>Two", "html").body_text == "One\n\nTwo"


@pytest.mark.parametrize("blank", ["\u200b\n", "\u00a0\ufeff", " \n\n", "\u200c \u00ad"])
def test_a_plain_part_that_shows_nothing_is_none(blank: str) -> None:
    octets = mail(
        "Content-Type: multipart/alternative; boundary=b",
        body=multipart(
            "b",
            mail("Content-Type: text/plain; charset=utf-8", body=blank),
            mail("Content-Type: text/html; charset=utf-8", body="<p>Words</p>"),
        ),
    )
    assert {parse_message(copy).body_text for copy in (octets, crlf(octets))} == {"Words"}


@pytest.mark.parametrize("name", ['name=" "', 'name=""', "name="])
def test_a_part_with_a_blank_name_belongs_to_the_body(name: str) -> None:
    octets = mail(
        "Content-Type: multipart/mixed; boundary=b",
        body=multipart(
            "b",
            mail("Content-Type: text/plain", body="One"),
            mail(f"Content-Type: text/plain; {name}", "Content-Disposition: inline", body="Two"),
        ),
    )
    for read in (parse_message(octets), parse_message(crlf(octets))):
        assert (read.body_text, read.attachments) == ("One\nTwo", ())


def test_flowed_quotes_of_a_reply_are_joined_and_left_out() -> None:
    body = "Noor <noor@example.com> a =C3=A9crit=C2=A0:\n\n> Which one =20\n> is it?\n>\n>> Hm.\n\nThe blue =20\none.\n"
    octets = mail(
        "Content-Type: text/plain; charset=UTF-8; format=flowed; DelSp=Yes",
        "Content-Transfer-Encoding: quoted-printable",
        body=body,
    )
    for read in (parse_message(octets), parse_message(crlf(octets))):
        assert read.body_text == (
            "Noor <noor@example.com> a écrit\u00a0:\n\n> Which one is it?\n>\n>> Hm.\n\nThe blue one.\n"
        )
        assert read.reply_text == "The blue one."
