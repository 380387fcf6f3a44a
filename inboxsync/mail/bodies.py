"""Which parts are the body and which are attachments, by the rule of RFC 8621 §4.1.4, and the text of the body."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import unquote

from inboxsync.mail import charsets
from inboxsync.mail.calendar_text import calendar_text
from inboxsync.mail.html_quotes import new_text_of
from inboxsync.mail.html_text import to_text
from inboxsync.mail.reply import new_text
from inboxsync.mail.text_formats import from_enriched, unflow
from inboxsync.mail.transfer import decode_transfer

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing
    from inboxsync.mail.structure import Part

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_SHOWN_TYPES = frozenset({"text/plain", *_HTML_TYPES})
# Text that is data: kept as a file. All other unknown text is read as plain text where a body stands (RFC 2046 §4.1.4).
_DATA_TYPES = frozenset(
    {"text/calendar", "text/css", "text/csv", "text/directory", "text/ecmascript", "text/javascript", "text/rfc822"}
    | {"text/rfc822-headers", "text/rtf", "text/tab-separated-values", "text/vcard", "text/vnd.wap.wml", "text/xml"}
    | {"text/watch-html", "text/x-amp-html", "text/x-calendar", "text/x-vcalendar", "text/x-vcard"}
)
_ENRICHED_TYPES = frozenset({"text/enriched", "text/richtext"})
_CALENDAR_TYPES = frozenset({"text/calendar", "text/x-vcalendar"})
# Spaces that senders put into previews to push other text out, and marks that show nothing.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    "\x00-\x08\x0e-\x1f\x7f-\x9f]"
)
_SHORT_CHARS = 200
_CID = re.compile(r"cid:([^\s\"'<>)]{1,998})", re.IGNORECASE)


@dataclass(slots=True)
class Selection:
    """The leaves of a message by their use; `inline` holds the ids of those that belong to the body they stand in."""

    text: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    attachments: list[Part] = field(default_factory=list)
    related: set[int] = field(default_factory=set)

    def bodies(self) -> tuple[Part, ...]:
        """Give the parts of both forms, some of them twice."""
        return (*self.text, *self.html)


@dataclass(frozen=True, slots=True)
class Bodies:
    """The body as plain text, always there where anything readable is, and as HTML source where the sender gave one.

    `new_text` is the text without quotes and signature, `text` itself where it has none.
    """

    text: str | None = None
    html: str | None = None
    cids: frozenset[str] = frozenset()
    new_text: str | None = None


def select(root: Part) -> Selection:
    """Sort the leaves of a tree; its depth is bounded where it is built."""
    children = root.children
    if len(children) == 2 and root.type == "multipart/alternative" and _are_both_forms(*children):
        return Selection([children[0]], [children[1]])  # what the walk would find, in a quarter of its time
    selection = Selection()
    _select([root], "mixed", 0, selection, _Wanted())
    return selection


def _are_both_forms(first: Part, second: Part) -> bool:
    are_shown = first.type == "text/plain" and second.type == "text/html"
    return are_shown and not first.is_attachment and not second.is_attachment


@dataclass(slots=True)
class _Wanted:
    """Which forms the parts at one place of the tree stand for: inside an alternative, their own only."""

    text: bool = True
    html: bool = True
    in_alternative: bool = False

    def narrow_to(self, part: Part) -> None:
        if self.in_alternative and is_html(part):
            self.text = False
        elif self.in_alternative:
            self.html = False


def _select(parts: Sequence[Part], kind: str, root: int, chosen: Selection, wanted: _Wanted) -> None:
    """Walk the children of one multipart (RFC 8621 §4.1.4, the function parseStructure)."""
    texts, htmls = len(chosen.text), len(chosen.html)
    for index, part in enumerate(parts):
        if part.children:
            subtype = part.subtype
            inner = _Wanted(wanted.text, wanted.html, wanted.in_alternative or subtype == "alternative")
            _select(part.children, subtype, _root_index(part) if subtype == "related" else 0, chosen, inner)
        elif not _is_body(part, kind, is_root=index == root):
            _attach(part, kind, chosen)
        elif kind == "alternative":
            (chosen.html if is_html(part) else chosen.text).append(part)
        else:
            wanted.narrow_to(part)
            if wanted.text:
                chosen.text.append(part)
            if wanted.html:
                chosen.html.append(part)
    if kind == "alternative":
        _fill_missing_alternative(chosen, texts, htmls)


def _root_index(part: Part) -> int:
    """Find the root of a multipart/related: the part that `start` names, else the first (RFC 2387 §3.2)."""
    start = part.content_type.label("start")
    if not start:
        return 0
    named = (index for index, child in enumerate(part.children) if _content_id(child) == start.strip("<> "))
    return next(named, 0)


def _content_id(part: Part) -> str:
    return (part.header.first("content-id") or b"").decode("ascii", "replace").strip("<> \t\r\n")


def _fill_missing_alternative(chosen: Selection, texts: int, htmls: int) -> None:
    """Let the one form that an alternative has stand for the other too."""
    if len(chosen.text) == texts:
        chosen.text.extend(chosen.html[htmls:])
    elif len(chosen.html) == htmls:
        chosen.html.extend(chosen.text[texts:])


def is_html(part: Part) -> bool:
    """Whether a part is HTML."""
    return part.type in _HTML_TYPES


def _is_body(part: Part, kind: str, *, is_root: bool) -> bool:
    if part.is_attachment:
        return False
    if part.type not in _SHOWN_TYPES:
        is_text = part.type.startswith("text/") and part.type not in _DATA_TYPES
        return is_text and is_root and kind != "alternative" and not has_name(part)
    return is_root or kind == "alternative" or (kind != "related" and not has_name(part))


def has_name(part: Part) -> bool:
    """Whether a part has a file name in any of the forms it can have; a blank one is none."""
    named = (*part.disposition.parameters, *part.content_type.parameters)
    return any(key.partition("*")[0] in ("filename", "name") and value.strip() for key, value in named)


def _attach(part: Part, kind: str, chosen: Selection) -> None:
    chosen.attachments.append(part)
    if kind in ("related", "alternative") and not part.is_attachment and (kind == "related" or not has_name(part)):
        chosen.related.add(id(part))


def read_bodies(selection: Selection, parsing: Parsing) -> Bodies:
    """Decode the chosen parts: each once, to at most what the limits keep."""
    decoded: dict[int, str] = {}
    for part in selection.bodies():
        if id(part) not in decoded:
            decoded[id(part)] = _decode_part(part, parsing)
    html = _html_source(selection.html, decoded)
    has_plain = _has_plain(selection.text, decoded)
    source = selection.text if has_plain or not html else selection.html
    text = _plain_text(source, decoded, parsing) if source else None
    if not text or text.isspace():
        text = _calendar_text(selection.attachments, parsing) or text
    if text is None or has_plain or not html:
        return Bodies(text, html, _content_ids(html or ""), text and new_text(text))
    return Bodies(text, html, _content_ids(html), new_text_of(html[: parsing.limits.text_chars], text))


def _has_plain(parts: Sequence[Part], decoded: dict[int, str]) -> bool:
    for part in parts:
        text = decoded[id(part)]
        if text and part.type not in _HTML_TYPES and not _is_blank(text):
            return True
    return False


def _is_blank(text: str) -> bool:
    """Whether nothing can be seen of a text: blanks, or the marks that programs fill an empty part with."""
    return text.isspace() or (len(text) < _SHORT_CHARS and not text.isascii() and not _INVISIBLE.sub("", text).strip())


def _calendar_text(attachments: Sequence[Part], parsing: Parsing) -> str:
    """Say what an invitation says that comes without a word beside it."""
    parts = (part for part in attachments if part.type in _CALENDAR_TYPES)
    return next((text for part in parts if (text := calendar_text(_decode_part(part, parsing)))), "")


def _content_ids(html: str) -> frozenset[str]:
    """Give the Content-IDs that HTML refers to; in a URL they are percent-encoded (RFC 2392)."""
    if ":" not in html or "cid:" not in html.lower():  # ten times as fast as the expression, which has no letter
        return frozenset()
    return frozenset(unquote(identifier) for identifier in _CID.findall(html))


def _html_source(parts: Sequence[Part], decoded: dict[int, str]) -> str | None:
    """Join the HTML parts; plain text between them, such as a list's footer, is shown as it is."""
    if len(parts) == 1:
        return decoded[id(parts[0])] if is_html(parts[0]) else None
    if not any(is_html(part) for part in parts):
        return None
    shown = [decoded[id(p)] if is_html(p) else f"<pre>{escape(decoded[id(p)])}</pre>" for p in parts]
    return "\n".join(shown)


def _plain_text(parts: Sequence[Part], decoded: dict[int, str], parsing: Parsing) -> str:
    limit = parsing.limits.text_chars
    if len(parts) == 1 and not is_html(parts[0]) and len(text := decoded[id(parts[0])]) <= limit:
        return text
    pieces = [to_text(decoded[id(p)][:limit]) if is_html(p) else decoded[id(p)] for p in parts]
    text = "\n".join(piece for piece in pieces if piece)
    if len(text) > limit or any(len(decoded[id(p)]) > limit for p in parts):
        parsing.defects.add("text_truncated")
    return text[:limit]


def _decode_part(part: Part, parsing: Parsing) -> str:
    html = is_html(part)
    limit = parsing.limits.html_chars if html else parsing.limits.text_chars
    end = part.end if part.encoding != "identity" else min(part.end, part.start + 9 * limit)  # CRLF are two for one
    octets = decode_transfer(part.octets, part.start, end, part.encoding, parsing)
    if len(octets) > 4 * limit:  # no charset takes more octets for a character
        cut = octets.rfind(b"\n", 0, 4 * limit) + 1
        octets = octets[: cut or 4 * limit]
    text = charsets.decode(octets, part.content_type.label("charset"), parsing, is_html=html)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > limit:
        parsing.defects.add("html_truncated" if html else "text_truncated")
        text = text[:limit] if html else text[: limit + 1]
    return text if html else _as_plain(part, text)


def _as_plain(part: Part, text: str) -> str:
    """Undo what a format of plain text does to its lines."""
    if part.type in _ENRICHED_TYPES:
        return from_enriched(text)
    if part.content_type.parameters and (part.content_type.label("format") or "").lower() == "flowed":
        return unflow(text, delsp=(part.content_type.label("delsp") or "").lower() == "yes")
    return text


def snippet(text: str | None, limit_chars: int) -> str:
    """Give the beginning of a body on one line, cut at a word where one ends nearby."""
    if not text:
        return ""
    shown = _plain_beginning(text, limit_chars)
    if shown is None:
        shown = " ".join(_INVISIBLE.sub("", text[: limit_chars * 20]).split())
    if len(shown) <= limit_chars:
        return shown
    cut = shown[: limit_chars - 1]
    at_word = cut.rfind(" ", limit_chars - 30)
    return (cut[:at_word] if at_word > 0 else cut) + "…"


def _plain_beginning(text: str, limit_chars: int) -> str | None:
    """Give more than the limit of printable ASCII on one line, or all there is; None where more must be looked at."""
    for begin_chars in (limit_chars + limit_chars // 4, limit_chars * 2):  # a tenth of what preview padding may take
        begin = text[:begin_chars]
        shown = begin.replace("\n", " ")
        if not (shown.isascii() and shown.isprintable()):
            return None
        shown = " ".join(shown.split()) if "  " in shown else shown.strip(" ")
        if len(shown) > limit_chars or len(begin) == len(text):
            return shown
    return None
