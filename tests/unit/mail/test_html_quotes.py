"""The new text of HTML replies, by the elements of the programs that wrote them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.html_quotes import new_text_of
from inboxsync.mail.html_text import to_text

GMAIL = (
    '<div dir="ltr">New</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">V pondělí někdo:<br></div>'
    '<blockquote class="gmail_quote" style="margin:0 0 0 .8ex"><div>Old</div></blockquote></div>'
)
GMAIL_BETWEEN = (
    '<div class="gmail_quote"><div class="gmail_attr">On Monday:</div><blockquote>Old 1</blockquote>'
    "<div>New 1</div><blockquote>Old 2</blockquote><div>New 2</div></div>"
)
GMAIL_SIGNED = (
    '<div>New</div><span class="gmail_signature_prefix">-- </span><div class="gmail_signature">Ana</div>'
    + GMAIL.replace("New", "")
)
OUTLOOK_WEB = (
    '<div>New</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg" dir="ltr"><b>Von:</b> Bob<br></div>'
    "<div>Old</div>"
)
OUTLOOK_WEB_BARE = '<div>New</div><hr><div id="divRplyFwdMsg"><b>X:</b> Bob</div><div>Old</div>'
OUTLOOK_WINDOWS = (
    "<p class=MsoNormal>New<o:p></o:p></p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm'>"
    "<p class=MsoNormal><b>Lähettäjä:</b> Bob</p></div><p>Old</p>"
)
APPLE = (
    '<div>New</div><br><div><blockquote type="cite"><div>On 5 Jan 2026, at 10:00, Bob wrote:</div><div>Old</div>'
    "</blockquote></div>"
)
THUNDERBIRD = (
    '<p>New</p><div class="moz-cite-prefix">Joku kirjoitti jotain</div><blockquote type="cite" cite="mid:x"><p>Old</p>'
    '</blockquote><div class="moz-signature">-- <br>Ana</div>'
)
YAHOO = (
    '<div>New</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>On Monday Bob wrote:</div><div>Old</div></div>'
)


@pytest.mark.parametrize(
    ("html", "new"),
    [
        (GMAIL, "New"),
        (GMAIL_BETWEEN, "New 1\n\nNew 2"),
        (GMAIL_SIGNED, "New"),
        (OUTLOOK_WEB, "New"),
        (OUTLOOK_WEB_BARE, "New"),
        (OUTLOOK_WINDOWS, "New"),
        (APPLE, "New"),
        (THUNDERBIRD, "New"),
        (YAHOO, "New"),
        ("<p>New</p><p>On 5 Jan 2026 Bob wrote:</p><p>Old</p>", "New"),
        ("<p>Only new</p>", "Only new"),
    ],
    ids=[
        "gmail",
        "between",
        "signed",
        "outlook web",
        "bare",
        "outlook",
        "apple",
        "thunderbird",
        "yahoo",
        "words",
        "new",
    ],
)
def test_programs(html: str, new: str) -> None:
    text = to_text(html)
    assert new_text_of(html, text) == new
    assert "New" in text or "new" in text


@pytest.mark.parametrize(
    "html",
    [
        '<div class="yahoo_quoted">Old</div>',
        '<blockquote type="cite">Old</blockquote>',
        '<div class="gmail_quote"><div class="gmail_attr">-------- Forwarded --------<br></div>All of it</div>',
    ],
)
def test_where_nothing_is_new_all_of_it_stays(html: str) -> None:
    text = to_text(html)
    assert new_text_of(html, text) is text


@pytest.mark.parametrize(
    "piece",
    [
        '<div class="gmail_attr">',
        "<blockquote>",
        "gmail_quote -------- ",
        '<div style="border:none;',
        '<p class="gmail_attr gmail_attr">',
        "<div id=divRply>",
        "gmail_quote",
    ],
)
def test_hostile_html_costs_little(piece: str) -> None:
    html = "<blockquote>" + piece * (1_000_000 // len(piece))
    text = to_text(html)
    started = time.process_time()
    new_text_of(html, text)
    assert time.process_time() - started < 4


PIECES = [
    GMAIL,
    APPLE,
    "<div>",
    "</div>",
    "<blockquote>",
    "</blockquote>",
    '<i class="yahoo_quoted">',
    "text",
    '"',
    "<p hidden>",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(deadline=None, max_examples=200)
def test_any_markup(html: str) -> None:
    text = to_text(html)
    assert bool(new_text_of(html, text)) == bool(text)
