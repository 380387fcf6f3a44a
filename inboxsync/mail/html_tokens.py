"""HTML as tokens (WHATWG HTML §13.2.5, simplified): tags, text, raw text; linear in the input by construction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from html import unescape as _unescape

# Possessive throughout, and an unfinished construct reaches to the end of the input instead of failing there.
# A quoted value begins only after `=`, as in browsers; quotes elsewhere in a tag are ordinary characters.
_MARKUP = re.compile(
    r"<!--(?:>|->|(?P<comment>))"
    r"|<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]{0,60}+)(?P<attributes>(?:[^=>]++|=\s*+(?:\"[^\"]*+\"|'[^']*+'|))*+)(?:>|\Z)"
    r"|<[!?/][^>]*+(?:>|\Z)",
)
_ATTRIBUTE = re.compile(r"([^\s=/>\"']++)\s*+(?:=\s*+(\"[^\"]*+\"|'[^']*+'|[^\s>\"']*+))?+")
_LONG_NUMBER = re.compile(r"&#(?:[0-9]{8,}+|[xX][0-9a-fA-F]{7,}+);?")
_ATTRIBUTES_MAX = 50
_DEPTH_MAX = 200
_RAW_TEXT = frozenset({"script", "style", "xmp", "iframe", "noembed", "noframes", "textarea", "title"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
_ENDS_ITSELF = frozenset({"a", "p", "li", "dt", "dd", "option", "td", "th", "tr"})


@dataclass(frozen=True, slots=True)
class Text:
    """Character data as it stands in the source, references not yet resolved."""

    source: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A start or end tag; attributes are read only when asked for. `name` in lower case."""

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


Token = Text | Tag


def tokens(html: str) -> Iterator[Token]:
    """Split HTML into tags and text; comments are left out, what is inside script and the like is left out too."""
    position = 0
    while (match := _MARKUP.search(html, position)) is not None:
        if match.start() > position:
            yield Text(html[position : match.start()])
        position = match.end()
        if match["comment"] is not None:
            position = _after(html, "-->", position)
        elif match["name"]:
            tag = Tag(match["name"].lower(), bool(match["end"]), match["attributes"])
            yield tag
            if tag.name in _RAW_TEXT and not tag.is_end:
                position = _raw_text_end(html, tag.name, position)
    if position < len(html):
        yield Text(html[position:])


def _after(html: str, mark: str, position: int) -> int:
    found = html.find(mark, position)
    return len(html) if found < 0 else found + len(mark)


_RAW_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW_TEXT}


def _raw_text_end(html: str, name: str, position: int) -> int:
    match = _RAW_ENDS[name].search(html, position)
    return match.start() if match else len(html)


def unescape(text: str) -> str:
    """Resolve character references. Numbers too long for one are replaced first: Python refuses them."""
    if "&" not in text:
        return text
    return _unescape(_LONG_NUMBER.sub("\ufffd", text))


def balanced(source: Iterable[Token], allowed: frozenset[str], kept: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Write tokens again as HTML of allowed tags with some of their attributes, every tag closed where it must be and
    nothing nested deeper than 200: tree builders need time or memory without bound on anything else."""
    open_tags: list[str] = []
    for token in source:
        if isinstance(token, Text):
            yield token.source.replace("<", "&lt;").replace(">", "&gt;")
        elif token.name not in allowed:
            continue
        elif token.is_end:
            yield _close(token.name, open_tags)
        else:
            yield _open(token, open_tags, kept[token.name])
    yield "".join(f"</{name}>" for name in reversed(open_tags))


def _open(tag: Tag, open_tags: list[str], kept: frozenset[str]) -> str:
    prefix = _close(tag.name, open_tags) if tag.name in _ENDS_ITSELF and open_tags[-1:] == [tag.name] else ""
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
