"""HTML as tokens (WHATWG HTML §13.2.5, simplified): tags, text, raw text; linear in the input by construction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from html import unescape as _unescape
from typing import NamedTuple, TypeAlias

# Possessive throughout, and an unfinished construct reaches to the end of the input instead of failing there.
# A quoted value begins only after `=`, as in browsers; quotes elsewhere in a tag are ordinary characters.
# `<bob@example.com>` and `<https://example.com>` are text that the sender forgot to escape: shown, unlike in browsers.
_MARKUP = re.compile(
    r"<!--(?:>|->|(?P<comment>))"
    r"|<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>@]{0,60}+)(?!@|(?<=:)/)"
    r"(?P<attributes>(?:[^=>]++|=\s*+(?:\"[^\"]*+\"|'[^']*+'|))*+)(?:>|\Z)"
    r"|<[!?/][^>]*+(?:>|\Z)",
)
_ATTRIBUTE = re.compile(r"([^\s=/>\"']++)\s*+(?:=\s*+(\"[^\"]*+\"|'[^']*+'|[^\s>\"']*+))?+")
_COMMENT_END = re.compile(r"--!?>")
_LONG_NUMBER = re.compile(r"&#(?:[0-9]{8,}+|[xX][0-9a-fA-F]{7,}+);?")
_ATTRIBUTES_MAX = 50
_DEPTH_MAX = 200
_OPEN_MAX = 5000
_RAW_TEXT = frozenset({"script", "style", "xmp", "iframe", "noembed", "noframes", "textarea", "title"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
ENDS_ITSELF = frozenset({"a", "p", "li", "dt", "dd", "option", "td", "th", "tr"})
_ENDS_PARAGRAPH = frozenset({"blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "pre", "table", "ul"})

# Tags that no drawing contains, so that one that was not ended ends there.
_NOT_IN_DRAWINGS = (
    "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li menu meta nobr ol p"
    " pre ruby s small span strike strong sub sup table tt u ul var"
)


def names(text: str) -> frozenset[str]:
    """Give the set of the words of a text: names of tags, as tables of them are written."""
    return frozenset(text.split())


_DRAWINGS = ("svg", "math")
_ENDS_DRAWING = names(_NOT_IN_DRAWINGS)


class Tag(NamedTuple):
    """A start or end tag; attributes are read only when asked for. `name` in lower case.

    A named tuple, since large mail has a hundred thousand of them and a frozen dataclass takes three times as long.
    """

    name: str
    is_end: bool = False
    attributes_source: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it closes itself (`<br/>`)."""
        return self.attributes_source.endswith("/")

    def attributes(self) -> dict[str, str]:
        """Read at most fifty attributes, references not yet resolved; the first of each name counts."""
        found: dict[str, str] = {}
        for match, _ in zip(_ATTRIBUTE.finditer(self.attributes_source), range(_ATTRIBUTES_MAX), strict=False):
            value = match[2] or ""
            found.setdefault(match[1].lower(), value[1:-1] if value[:1] in ('"', "'") else value)
        return found

    def attribute(self, name: str) -> str | None:
        """Give one attribute, None where it is missing."""
        return self.attributes().get(name) if self.attributes_source else None


Token: TypeAlias = str | Tag
"""A tag, or character data as it stands in the source, references not yet resolved."""


def tokens(html: str) -> Iterator[Token]:
    """Split HTML into tags and text; comments are left out, what is inside script and the like is left out too."""
    position = 0
    search = _MARKUP.search
    while (match := search(html, position)) is not None:
        start = match.start()
        if start > position:
            yield html[position:start]
        position = match.end()
        comment, end, name, attributes = match.groups()
        if name:
            tag = Tag(name.lower(), bool(end), attributes)
            yield tag
            if tag.name in _RAW_TEXT and not end:
                position = _end_of(_RAW_ENDS[tag.name], html, position)
        elif comment is not None:
            position = _comment_end(html, position)
    if position < len(html):
        yield html[position:]


def _comment_end(html: str, position: int) -> int:
    match = _COMMENT_END.search(html, position)
    return match.end() if match else len(html)


_RAW_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW_TEXT}


def _end_of(pattern: re.Pattern[str], html: str, position: int) -> int:
    match = pattern.search(html, position)
    return match.start() if match else len(html)


def unescape(text: str) -> str:
    """Resolve character references. Numbers too long for one are replaced first: Python refuses them."""
    if "&" not in text:
        return text
    return _unescape(_LONG_NUMBER.sub("\ufffd", text))


def pruned(source: Iterable[Token], is_left_out: Callable[[Tag], bool]) -> Iterator[Token]:
    """Leave out whole elements. An element ends where a browser would end it: at its own end tag, at that of one
    around it, or where a paragraph, item or cell begins after it; so a forgotten end tag hides little.
    """
    open_tags: list[str] = []
    counts: dict[str, int] = {}
    hidden_at = 0  # depth of the element that is left out; 0: none
    for token in source:
        if hidden_at and isinstance(token, Tag) and _is_left_open(open_tags[hidden_at - 1], token):
            hidden_at = _end_at(hidden_at, open_tags, counts)
        if isinstance(token, str) or token.name in _VOID:
            if not hidden_at and (isinstance(token, str) or not is_left_out(token)):
                yield token
            continue
        _end_what_ends(token, open_tags, counts)
        hidden_at = hidden_at if hidden_at <= len(open_tags) else 0
        if not token.is_end and len(open_tags) < _OPEN_MAX:
            open_tags.append(token.name)
            counts[token.name] = counts.get(token.name, 0) + 1
            hidden_at = hidden_at or (len(open_tags) if is_left_out(token) else 0)
        if not hidden_at:
            yield token


def _end_what_ends(tag: Tag, open_tags: list[str], counts: dict[str, int]) -> None:
    """Take from the open tags those that this one ends."""
    name = tag.name
    if tag.is_end:
        while name in counts and _pop(open_tags, counts) != name:
            pass
    elif open_tags and (
        (open_tags[-1] == name and name in ENDS_ITSELF) or (open_tags[-1] == "p" and name in _ENDS_PARAGRAPH)
    ):
        _pop(open_tags, counts)


def _is_left_open(name: str, tag: Tag) -> bool:
    """Whether the end of a drawing was forgotten, since no such tag can stand in it (WHATWG HTML §13.2.6.5)."""
    return name in _DRAWINGS and not tag.is_end and tag.name in _ENDS_DRAWING


def _end_at(depth: int, open_tags: list[str], counts: dict[str, int]) -> int:
    """End the element at a depth and all in it; nothing is hidden after that."""
    while len(open_tags) >= depth:
        _pop(open_tags, counts)
    return 0


def _pop(open_tags: list[str], counts: dict[str, int]) -> str:
    name = open_tags.pop()
    if counts[name] == 1:
        del counts[name]  # names are the sender's: kept, a million of them would stay
    else:
        counts[name] -= 1
    return name


def balanced(source: Iterable[Token], allowed: frozenset[str], kept: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Write tokens again as HTML of allowed tags with some of their attributes, every tag closed where it must be and
    nothing nested deeper than 200: tree builders need time or memory without bound on anything else."""
    open_tags: list[str] = []
    for token in source:
        if isinstance(token, str):
            yield token.replace("<", "&lt;").replace(">", "&gt;")
        elif token.name not in allowed:
            continue
        elif token.is_end:
            yield _close(token.name, open_tags)
        else:
            yield _open(token, open_tags, kept[token.name])
    yield "".join(f"</{name}>" for name in reversed(open_tags))


def _open(tag: Tag, open_tags: list[str], kept: frozenset[str]) -> str:
    prefix = _close(tag.name, open_tags) if tag.name in ENDS_ITSELF and open_tags[-1:] == [tag.name] else ""
    if tag.name not in _VOID:
        if len(open_tags) >= _DEPTH_MAX:
            return prefix
        open_tags.append(tag.name)
    attributes = ((name, value) for name, value in tag.attributes().items() if name in kept)
    return f"{prefix}<{tag.name}{''.join(f' {name}={_quoted(value)}' for name, value in attributes)}>"


def _quoted(value: str) -> str:
    return f'"{escape(unescape(value))}"'


def _close(name: str, open_tags: list[str]) -> str:
    """Close a tag and all that is open inside it; an end without a start is nothing."""
    if name not in open_tags:
        return ""
    closed: list[str] = []
    while not closed or closed[-1] != name:
        closed.append(open_tags.pop())
    return "".join(f"</{name}>" for name in closed)
