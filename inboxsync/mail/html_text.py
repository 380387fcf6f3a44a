"""HTML of mail to text that people and filters read: lists, tables, headings, quotes and links stay recognisable."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from inboxsync.mail.html_shown import KEPT_LINES, is_dropped, is_hidden, is_indent, shown_tokens
from inboxsync.mail.html_tokens import Tag, Token, names, unescape

_BLOCKS = names(
    "address article aside body center dd details dialog dir div dt fieldset figcaption figure footer form header"
    " li main menu nav section summary tbody tfoot thead tr caption option"
)
_PARAGRAPHS = names("p blockquote h1 h2 h3 h4 h5 h6 hr ul ol table pre dl")
# What stands empty but for a blank that cannot break is an empty line: so Outlook writes them.
_HOLD_PLACES = frozenset({"p", "div", "o:p"})
_LISTS = frozenset({"ul", "ol"})
_CELLS = frozenset({"td", "th"})
_LINK_SCHEMES = ("http:", "https:", "mailto:", "tel:", "ftp:")
_LINK_MAX_CHARS = 2000
_SPACES = re.compile(r"[ \t\n\r\f\u00a0]++")
_TIGHT = re.compile(
    r"\bMso(?:Normal|PlainText|ListParagraph)|margin\s*+:\s*+0(?:px|pt|cm|in)?\s*+(?:[;\"'!]|\Z)", re.IGNORECASE
)
_NOT_DIALLED = re.compile(r"[\s()./-]")
_NEXT_CELL = "\x1f"
_NO_LAYOUT = {0xA0: " ", ord(_NEXT_CELL): None}
_INDENT_MAX = 8


def to_text(html: str) -> str:
    """Turn HTML into readable text: blocks become lines, items get a dash or their number, cells a tab, quotes `> `,
    links keep their target; what is hidden is left out.

    One pass over tokens instead of a tree, so that its time is linear whatever the input: tree builders are
    quadratic on deep nesting and on many attributes.
    """
    if "<" not in html:  # plain text that is called HTML: its lines are all that its layout has
        return "\n".join([line.rstrip() for line in unescape(html).translate(_NO_LAYOUT).split("\n")]).strip("\n")
    text = write_text(shown_tokens(html, is_hidden))
    # Mail that hides all it says, by mistake or for a style sheet to show, is better read than empty.
    return text or write_text(shown_tokens(html, is_dropped))


def write_text(source: Iterable[Token]) -> str:
    """Write tokens as text, whichever there are."""
    return _Writer().write(source)


@dataclass(slots=True)
class _List:
    """An open list; `number` is that of the next item, None where items have a dash."""

    number: int | None = None

    def marker(self) -> str:
        if self.number is None:
            return "- "
        self.number += 1
        return f"{self.number - 1}. "


@dataclass(slots=True)
class _Writer:
    """Collects lines. White space between words is one blank and blocks end lines lazily, as browsers have it.

    `gap` is what the next text needs before it: 1 a new line, 2 an empty line too. `rows` tells for each open table
    whether its present row has text (1) and has grown beyond one line (2), so that cells share a line where they can.
    """

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    prefix: str = ""
    gap: int = 0
    marker: str = ""
    quotes: int = 0
    ended_quotes: int = 0
    blockquotes: list[bool] = field(default_factory=list)
    paragraph_gap: int = 2
    lists: list[_List] = field(default_factory=list)
    is_cell_empty: bool = False
    rows: list[int] = field(default_factory=lambda: [0])
    preformatted: int = 0
    link: str | None = None
    link_start: int = 0
    kept_start: int = 0
    last: str = ""

    def write(self, source: Iterable[Token]) -> str:
        for token in source:
            if isinstance(token, str):
                self._text(token)
            else:
                self._tag(token)
        self._end_line()
        return "\n".join(self.lines).strip("\n")

    # --- text ---------------------------------------------------------------------------------------------------

    def _text(self, source: str) -> None:
        text = unescape(source) if "&" in source else source
        if self.preformatted:
            self._preformatted_text(text)
        elif text and not text.isspace():
            self._start()
            self.line.append(text)
        elif self.line and not self.gap:
            self.line.append(" ")
        elif "\u00a0" in text and self.last in _HOLD_PLACES:
            self.gap = 2

    def _preformatted_text(self, text: str) -> None:
        first, *rest = (text.removeprefix("\n") if self.last == "pre" else text).split("\n")
        self._start()
        self.line.append(first)
        for line in rest:
            self._next_line()
            self.line.append(line)
        self.last = ""

    def _start(self) -> None:
        """Make room for text: the gap that blocks have asked for, and what stands before the first text of a line."""
        if self.gap and not self.is_cell_empty:
            self._end_line()
            if self.gap == 2 and self.lines and self.lines[-1].strip("> "):
                self.lines.append((">" * min(self.quotes, self.ended_quotes)).rstrip())
        self.gap, self.is_cell_empty = 0, False
        if not self.line:
            indent = "  " * min(len(self.lists) - (1 if self.marker else 0), _INDENT_MAX)
            self.prefix = "> " * self.quotes + indent + self.marker
            self.marker = ""
            self.ended_quotes = self.quotes
        self.rows[-1] = self.rows[-1] or 1

    def _end_line(self, *, keep_empty: bool = False) -> None:
        if self.preformatted:
            text = "".join(self.line).replace(_NEXT_CELL, "\t").rstrip()
        else:
            text = "\t".join([_SPACES.sub(" ", cell).strip() for cell in "".join(self.line).split(_NEXT_CELL)]).rstrip()
        if text:
            self.lines.append(self.prefix + text)
            self.rows[-1] = 2 if self.rows[-1] else 0
        elif keep_empty and (not self.lines or self.lines[-1]):
            self.lines.append((">" * self.quotes).rstrip())
        self.line.clear()
        self.link_start = self.kept_start = 0

    # --- tags ---------------------------------------------------------------------------------------------------

    def _tag(self, tag: Tag) -> None:
        name = tag.name
        if name == "br":
            self._line_break()
        elif name == "a":
            self._anchor(tag)
        elif name in _CELLS:
            self._cell(tag)
        elif name == "img":
            self._image(tag)
        elif name in _PARAGRAPHS or name in _BLOCKS:
            self._block(tag)
        elif name == KEPT_LINES:
            self._keep_lines(tag)
        self.last = name

    def _line_break(self) -> None:
        if self.gap:
            self._start()
        self._next_line()

    def _next_line(self) -> None:
        """End a line where the next one belongs to the same block, so that an item's marker stands once."""
        self._end_line(keep_empty=True)
        self.prefix = "> " * self.quotes + "  " * min(len(self.lists), _INDENT_MAX)

    def _block(self, tag: Tag) -> None:
        name = tag.name
        self.gap = max(self.gap, self._gap_around(tag))
        if name == "pre":
            self._change_preformatted(tag)
        elif name == "blockquote":
            self._quote(tag)
        elif name in _LISTS:
            self._list(tag)
        elif name == "li":
            self.marker = "" if tag.is_end else self.lists[-1].marker() if self.lists else "- "
        elif name == "dd":
            self.marker = "" if tag.is_end else "  "
        elif name == "table":
            self._table(tag)
        elif name == "tr":
            self.rows[-1] = 0

    def _gap_around(self, tag: Tag) -> int:
        name, is_end = tag.name, tag.is_end
        if name == "p":
            if not is_end:
                self.paragraph_gap = 1 if tag.attributes_source and _TIGHT.search(tag.attributes_source) else 2
            return self.paragraph_gap
        if name not in _PARAGRAPHS:
            return 1
        opened = len(self.lists) if name in _LISTS else len(self.rows) - 1 if name == "table" else 0
        return 1 if opened > is_end else 2

    def _change_preformatted(self, tag: Tag) -> None:
        self._end_line()
        self._keep_lines(tag)

    def _keep_lines(self, tag: Tag) -> None:
        begun = self.line[self.kept_start :]  # the line so far does not keep its own blanks, what follows does
        self.line[self.kept_start :] = begun if tag.is_end else [_SPACES.sub(" ", piece) for piece in begun]
        self.kept_start = len(self.line)
        self.preformatted = max(0, self.preformatted + (-1 if tag.is_end else 1))

    def _quote(self, tag: Tag) -> None:
        if tag.is_end:
            self.quotes -= bool(self.blockquotes and self.blockquotes.pop())
            self.ended_quotes = min(self.ended_quotes, self.quotes)
        else:
            is_quote = not is_indent(tag) and self.quotes < _INDENT_MAX
            self.blockquotes.append(is_quote)
            self.quotes += is_quote

    def _list(self, tag: Tag) -> None:
        if tag.is_end:
            del self.lists[-1:]
            return
        start = tag.attribute("start") or "" if tag.name == "ol" else ""
        first = int(start) if start.isdecimal() and len(start) < 7 else 1
        self.lists.append(_List(first if tag.name == "ol" else None))

    def _table(self, tag: Tag) -> None:
        if not tag.is_end:
            self.rows[-1] = 2 if self.rows[-1] else 0
            self.rows.append(0)
        elif len(self.rows) > 1:
            self.rows.pop()
            self.rows[-1] = 2

    def _cell(self, tag: Tag) -> None:
        """Put a tab before a cell that still fits into the line of its row, else begin a line."""
        if tag.is_end:
            return
        if self.rows[-1] == 1:
            self.line.append(_NEXT_CELL)
            self.gap, self.is_cell_empty = 0, True
        else:
            self.gap = max(self.gap, 1)

    def _image(self, tag: Tag) -> None:
        alt = " ".join(unescape(tag.attribute("alt") or "").split())
        if alt:
            self._start()
            self.line.append(f"[{alt}]")

    def _anchor(self, tag: Tag) -> None:
        """Put the target behind the text of a link, unless the text already shows it."""
        if self.link is not None:
            shown = "".join(self.line[self.link_start :]).strip()
            if shown and not _shows(shown, self.link):
                self.line.append(f" <{self.link}>")
            self.link = None
        if tag.is_end:
            return
        href = unescape(tag.attribute("href") or "").strip()
        if href.lower().startswith(_LINK_SCHEMES) and len(href) <= _LINK_MAX_CHARS:
            self.link, self.link_start = _SPACES.sub("", href), len(self.line)


def _shows(text: str, target: str) -> bool:
    bare = target.removeprefix("https://").removeprefix("http://").rstrip("/")
    if bare.startswith("tel:"):
        text = _NOT_DIALLED.sub("", text)
    if bare.startswith(("mailto:", "tel:")):
        bare = bare.partition(":")[2].partition("?")[0]
    return bool(bare) and bare in text
