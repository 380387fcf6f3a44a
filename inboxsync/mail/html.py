"""HTML of mail: to readable text, and to what may be shown (allow-list, nothing is fetched from anywhere)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inboxsync.mail.html_tokens import Tag, Text, Token, balanced, tokens, unescape


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLOCKS = _names(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer"
    " form h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre section summary table tbody tfoot thead tr ul"
    " caption"
)
_PARAGRAPHS = _names("p blockquote h1 h2 h3 h4 h5 h6 ul ol table pre dl")
_CELLS = frozenset({"td", "th"})
_LINK_SCHEMES = ("http:", "https:", "mailto:", "tel:", "ftp:")
_SPACES = re.compile(r"[ \t\n\r\f\u00a0]++")
_LINK_MAX_CHARS = 2000

_ALLOWED_TAGS = _names(
    "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn"
    " div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q s "
    "samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr"
)
_CONTENT_DROPPED = _names(
    "script style title template noscript iframe object svg math textarea select xmp noembed noframes"
)
_ATTRIBUTES = {
    "*": {"dir", "lang", "title", "align", "valign"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "face", "size"},
    "table": {"width", "border", "cellpadding", "cellspacing", "bgcolor"},
    "td": {"width", "height", "colspan", "rowspan", "bgcolor"},
    "th": {"width", "height", "colspan", "rowspan", "bgcolor"},
    "tr": {"bgcolor", "height"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
}
_KEPT = {tag: frozenset(_ATTRIBUTES.get(tag, set()) | _ATTRIBUTES["*"]) for tag in _ALLOWED_TAGS}
_IMAGE_DATA = re.compile(r"data:image/(?:png|gif|jpeg|jpg|webp|bmp);base64,[A-Za-z0-9+/=\s]*+\Z", re.IGNORECASE)
_ANCHOR_SCHEMES = {"http", "https", "mailto", "tel", "cid", "data"}


def sanitise(html: str) -> str:
    """Reduce HTML to an allow-list that neither runs nor fetches anything: no script, style, form, frame or remote
    image; `src` of an image only `cid:` and `data:image/*` without SVG; links only http, https, mailto and tel.

    The source is first rebuilt as a balanced, bounded tree of allowed tags: on 1 MB of nested `<div>` the tree builder
    behind nh3 works for more than 15 s, on unclosed `<font>` it takes more than 1 GB.
    """
    import nh3  # here, for a sync sanitises nothing

    tame = "".join(balanced(tokens(html), _ALLOWED_TAGS, _KEPT))
    return nh3.clean(
        tame,
        tags=set(_ALLOWED_TAGS),
        clean_content_tags=set(_CONTENT_DROPPED),
        attributes=_ATTRIBUTES,
        attribute_filter=_filter_attribute,
        url_schemes=_ANCHOR_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


def _filter_attribute(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("img", "src"):
        is_local = value.strip().lower().startswith("cid:") or _IMAGE_DATA.match(value.strip())
        return value.strip() if is_local else None
    if attribute == "href":
        lowered = value.strip().lower()
        return value if lowered.startswith(("http:", "https:", "mailto:", "tel:", "#")) else None
    return value


def to_text(html: str) -> str:
    """Turn HTML into readable text: blocks become lines, items get a dash, cells a gap, links keep their target.

    One pass over tokens instead of a tree, so that its time is linear whatever the input: tree builders are
    quadratic on deep nesting and on many attributes.
    """
    return _Writer().write(tokens(html))


class _Writer:
    """Collects lines of text; white space between words is one blank, as a browser shows it."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._has_text = False
        self._hidden: str | None = None
        self._preformatted = 0
        self._link: str | None = None
        self._link_start = 0

    def write(self, source: Iterator[Token]) -> str:
        for token in source:
            if isinstance(token, Text):
                self._text(token.source)
            elif self._hidden is not None:
                self._hidden = None if token.is_end and token.name == self._hidden else self._hidden
            else:
                self._tag(token)
        self._break()
        return _tidy(self._lines)

    def _text(self, source: str) -> None:
        if self._hidden is not None:
            return
        text = unescape(source)
        if not self._preformatted:
            self._line.append(text)
            self._has_text = self._has_text or not text.isspace()
            return
        first, *rest = text.split("\n")
        self._line.append(first)
        for line in rest:
            self._break()
            self._line.append(line)

    def _tag(self, tag: Tag) -> None:
        name = tag.name
        if name in _CONTENT_DROPPED:
            self._hidden = None if tag.is_end or tag.is_empty else name
        elif name == "br":
            self._break(keep_empty=True)
        elif name == "a":
            self._anchor(tag)
        elif name in _CELLS and not tag.is_end:
            self._line.append("\t" if self._has_text else "")
        elif name == "img" and tag.attribute("alt"):
            self._line.append(f"[{unescape(tag.attribute('alt') or '')}]")
        elif name in _BLOCKS:
            self._block(tag)

    def _block(self, tag: Tag) -> None:
        self._break()
        if tag.name in _PARAGRAPHS:
            self._lines.append("")
        if tag.name == "pre":
            self._preformatted = max(0, self._preformatted + (-1 if tag.is_end else 1))
        if tag.name == "li" and not tag.is_end:
            self._line.append("- ")

    def _anchor(self, tag: Tag) -> None:
        """Put the target behind the text of a link, unless the text already shows it."""
        if self._link is not None:
            shown = "".join(self._line[self._link_start :]).strip()
            if shown and not _shows(shown, self._link):
                self._line.append(f" <{self._link}>")
            self._link = None
        href = unescape(tag.attribute("href") or "").strip()
        if not tag.is_end and href.lower().startswith(_LINK_SCHEMES) and len(href) <= _LINK_MAX_CHARS:
            self._link, self._link_start = _SPACES.sub("", href), len(self._line)

    def _break(self, *, keep_empty: bool = False) -> None:
        line = "".join(self._line)
        line = line.rstrip() if self._preformatted else "\t".join(_one_blank(cell) for cell in line.split("\t"))
        if line.strip() or keep_empty:
            self._lines.append(line)
        self._line.clear()
        self._has_text = False
        self._link_start = 0


def _one_blank(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _shows(text: str, target: str) -> bool:
    bare = (
        target.removeprefix("mailto:").removeprefix("tel:").removeprefix("https://").removeprefix("http://").rstrip("/")
    )
    return bool(bare) and bare in text


def _tidy(lines: list[str]) -> str:
    """Join lines with at most one empty line between two others."""
    kept: list[str] = []
    for line in lines:
        if line.strip() or (kept and kept[-1]):
            kept.append(line.rstrip() if line.strip() else "")
    return "\n".join(kept).strip("\n")
