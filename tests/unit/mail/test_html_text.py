"""HTML of mail as text: what a person reads of it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings

from inboxsync.mail.html_text import to_text
from tests.unit.mail.test_html import MARKUP


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One  two\nthree</p><p>Four</p>", "One two three\n\nFour"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a\tb\nc"),
        ('<a href="https://example.com/x?a=1&amp;b=2">here</a>', "here <https://example.com/x?a=1&b=2>"),
        ('<a href="https://example.com/">example.com</a>', "example.com"),
        ('<a href="mailto:a@example.com">a@example.com</a>', "a@example.com"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ("<head><title>t</title><style>p{}</style></head>b<script>x<p>y</script>c", "bc"),
        ("a<!-- <p>hidden</p> -->b<!-->c", "abc"),
        ("<pre>x  y\n  z</pre>", "x  y\n  z"),
        ('<img alt="Logo" src=x><img src=y>', "[Logo]"),
        ("&eacute;&#233;&#xE9;&nbsp;&lt;b&gt;&#99999999999;", "ééé <b>�"),
        ("1 < 2 > 0 & more", "1 < 2 > 0 & more"),
        ('<p title="a>b">c</p>', "c"),
        ("<p>unclosed <b", "unclosed"),
        ("", ""),
    ],
)
def test_to_text(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ul><li>a<ul><li>b<li>c<br>d</ul><li>e</ul>", "- a\n  - b\n  - c\n    d\n- e"),
        ("<ol start=3><li>x</li><li>y</li></ol><ol><li>z</ol>", "3. x\n4. y\n\n1. z"),
        ("<ol start=99999999><li>x</ol>", "1. x"),
        ("<li>alone", "- alone"),
        ("<dl><dt>term<dd>what it is</dl>", "term\n  what it is"),
        ("<h1>Head</h1><p>Text", "Head\n\nText"),
        ("a<hr>b", "a\n\nb"),
    ],
)
def test_lists_and_headings(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<table><tr><th>A<th>B<tr><td>1<td>2</table>", "A\tB\n1\t2"),
        ("<table><tr><td><p class=MsoNormal>1</p></td><td><p>2</p></td></tr></table>", "1\t2"),
        ("<table><tr><td>a<br>b</td><td>c</td></tr><tr><td>d</td></tr></table>", "a\nb\nc\nd"),
        ("<table><tr><td></td><td>b</td><td></td><td>d</td></tr></table>", "b\t\td"),
        (
            "<table><tr><td><table><tr><td>1</td></tr><tr><td>2</td></tr></table></td><td>r</td></tr></table>x",
            "1\n2\nr\n\nx",
        ),
        ("<table>\n\t<tr>\n\t\t<td>\n\t\t\ta\tb\n</td></tr></table>", "a b"),
    ],
)
def test_tables(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<blockquote>b<br>c<blockquote><p>d</p></blockquote>e</blockquote>f", "a\n\n> b\n> c\n>\n> > d\n>\n> e\n\nf"),
        ('<blockquote type="cite"><p>b</p><p>c</p></blockquote>', "> b\n>\n> c"),
        ('<blockquote style="margin:0 0 0 40px;border:none;padding:0px">moved</blockquote>', "moved"),
        ('<blockquote class="gmail_quote" style="border:none">quoted</blockquote>', "> quoted"),
        ("</blockquote>a<blockquote>b", "a\n\n> b"),
        ("<blockquote>" * 30 + "deep", "> " * 8 + "deep"),
    ],
)
def test_quotes(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<div style="display:none;max-height:0">preview</div>text', "text"),
        ('<div style="DISPLAY: none !important">preview<div>in</div></div>text', "text"),
        ('<div style="display:none;display:block">shown</div>', "shown"),
        ("<span hidden>a</span>b<i style='visibility:hidden'>c</i>", "b"),
        ('<div style="max-height:0;overflow:hidden">a</div>b', "b"),
        ('<div style="max-height:0px">a</div><p style="max-height:0.5em;overflow:hidden">b', "a\n\nb"),
        ('<td style="font-size:0"><p style="font-size:16px">shown</p></td>', "shown"),
        ('<a style="mso-hide:all" href="https://e.example/x">Go</a>', "Go <https://e.example/x>"),
        ('<p style="display:none">a<p>b', "b"),
        ('<p style="display:none">a<div>b</div>', "b"),
        ('<table><tr><td><div style="display:none">a</td><td>b</td></tr></table>', "b"),
        ('<ul><li style="display:none">a<li>b</ul>', "- b"),
        ("<select><option>a</select>b<object>c</object>d<svg><text>e</text></svg>f<svg/>g", "bdfg"),
        ("<xml><o:PixelsPerInch>96</o:PixelsPerInch></xml>text", "text"),
        ("a<!-- b --!>c<!--[if mso]>d<![endif]-->e<![if !mso]>f<![endif]>", "acef"),
        ("<img hidden alt=a><img alt=b>", "[b]"),
        ('<div style="display:none">all there is</div>', "all there is"),
    ],
)
def test_what_nobody_sees_is_left_out(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p><p>c</p>", "a\n\nb\n\nc"),
        ('<p style="margin:0">a</p><p style="margin: 0cm;">b</p><p style="margin:0 0 1em">c</p>', "a\nb\n\nc"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("a<br></p><p>b", "a\n\nb"),
        ("<div><div><div>a</div></div></div><div>b</div>", "a\nb"),
        ("<pre>\na\n  b\n\nc</pre>d", "a\n  b\n\nc\n\nd"),
        ("<b>a</b><i>b</i> <u>c</u>\n d", "ab c d"),
        ('<a href="mailto:a@example.com?subject=x">a@example.com</a>', "a@example.com"),
        ('<a href="https://e.example/x"><div>Go</div></a>on', "Go <https://e.example/x>\non"),
        ('<a href="https://e.example/a">a<a href="https://e.example/b">b', "a <https://e.example/a>b"),
        (f'<a href="https://e.example/{"x" * 3000}">long</a>', "long"),
        ('<img alt="  two\n words ">', "[two words]"),
    ],
)
def test_blocks_and_links(html: str, text: str) -> None:
    assert to_text(html) == text


HOSTILE = {
    "quotes": "<blockquote>x" * 200_000,
    "lists": "<ul><li>x" * 100_000,
    "tables": "<table><tr><td>x" * 60_000,
    "hidden": "<p hidden>" * 100_000,
    "names": "".join(f"<t{i}>" for i in range(150_000)),
    "ends": "<b>" * 100_000 + "</i></b>" * 100_000,
    "links": '<a href="https://e.example/">' * 30_000,
    "a link over all": '<a href="https://e.example/">' + "x<b>" * 250_000,
    "attributes": "<p " + "hidden=1 " * 110_000 + ">" + "x",
    "styles": '<p style="' + "display:none;" * 75_000 + '">x',
    "kept lines in one": "x <span style='white-space:pre'>a</span>" * 25_000,
    "kept lines in each other": "<p style='white-space:pre'>" * 40_000,
    "drawings": "<svg><g><b>" * 90_000,
    "references": "&amp;" * 200_000,
    "references of references": "&" + "amp;" * 250_000,
    "comments": "<!--" * 250_000,
    "blanks": " \n" * 500_000,
    "blanks in cells": "<td> " * 200_000,
    "pre": "<pre>\n" * 150_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_html_costs_little(name: str) -> None:
    """Each a megabyte, which is what is read of HTML; it takes under a second on an idle core."""
    started = time.process_time()
    to_text(HOSTILE[name]).encode()
    assert time.process_time() - started < 4


@given(MARKUP)
@settings(deadline=None, max_examples=200)
def test_any_markup(html: str) -> None:
    text = to_text(html)
    text.encode()
    assert "\x1f" not in text
    assert text == text.strip("\n")
