"""Which parts are the body and which are attachments, by the rule of RFC 8621 §4.1.4, and the text of the body."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import unquote

from inboxsync.mail import charsets
from inboxsync.mail.html import to_text
from inboxsync.mail.transfer import decode_transfer

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing
    from inboxsync.mail.structure import Part

_MEDIA = ("image/", "audio/", "video/")
_BODY_TYPES = ("text/plain", "text/html")
# Spaces that senders put into previews to push other text out, and marks that show nothing.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    "\x00-\x08\x0e-\x1f\x7f-\x9f]"
)
_CID = re.compile(r"cid:([^\s\"'<>)]{1,998})", re.IGNORECASE)


@dataclass(slots=True)
class Selection:
    """The leaves of a message by their use; `inline` holds the ids of those that belong to the body they stand in."""

    text: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    attachments: list[Part] = field(default_factory=list)
    related: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Bodies:
    """The body as plain text, always there where anything readable is, and as HTML source where the sender gave one."""

    text: str | None = None
    html: str | None = None
    cids: frozenset[str] = frozenset()


def select(root: Part) -> Selection:
    """Sort the leaves of a tree; its depth is bounded where it is built."""
    selection = Selection()
    _select([root], "mixed", selection, want_text=True, want_html=True)
    return selection


def _select(parts: Sequence[Part], kind: str, chosen: Selection, *, want_text: bool, want_html: bool) -> None:
    """Walk the children of one multipart (RFC 8621 §4.1.4, the function parseStructure)."""
    texts, htmls = len(chosen.text), len(chosen.html)
    for index, part in enumerate(parts):
        if part.children:
            _select(part.children, part.subtype, chosen, want_text=want_text, want_html=want_html)
        elif not _is_body(part, index, kind):
            _attach(part, kind, chosen)
        elif kind == "alternative":
            (chosen.text if part.type == "text/plain" else chosen.html).append(part)
        else:
            chosen.text.extend([part] if want_text else [])
            chosen.html.extend([part] if want_html else [])
    if kind == "alternative":
        _fill_missing_alternative(chosen, texts, htmls)


def _fill_missing_alternative(chosen: Selection, texts: int, htmls: int) -> None:
    """Let the one form that an alternative has stand for the other too."""
    if len(chosen.text) == texts:
        chosen.text.extend(chosen.html[htmls:])
    elif len(chosen.html) == htmls:
        chosen.html.extend(chosen.text[texts:])


def _is_body(part: Part, index: int, kind: str) -> bool:
    if part.type not in _BODY_TYPES or part.is_attachment:
        return False
    return index == 0 or kind == "alternative" or (kind != "related" and not has_name(part))


def has_name(part: Part) -> bool:
    """Whether a part has a file name in any of the forms it can have."""
    named = (*part.disposition.parameters, *part.content_type.parameters)
    return any(key.partition("*")[0] in ("filename", "name") for key, _ in named)


def _attach(part: Part, kind: str, chosen: Selection) -> None:
    chosen.attachments.append(part)
    if kind in ("related", "alternative") and not part.is_attachment and (kind == "related" or not has_name(part)):
        chosen.related.add(id(part))


def read_bodies(selection: Selection, parsing: Parsing) -> Bodies:
    """Decode the chosen parts: each once, to at most what the limits keep."""
    decoded = {id(part): _decode_part(part, parsing) for part in (*selection.text, *selection.html)}
    html = _html_source(selection.html, decoded)
    has_plain = any(part.type == "text/plain" and decoded[id(part)].strip() for part in selection.text)
    source = selection.text if has_plain or not html else selection.html
    text = _plain_text(source, decoded, parsing)
    return Bodies(text=text if source else None, html=html, cids=_content_ids(html or ""))


def _content_ids(html: str) -> frozenset[str]:
    """Give the Content-IDs that HTML refers to; in a URL they are percent-encoded (RFC 2392)."""
    return frozenset(unquote(identifier) for identifier in _CID.findall(html))


def _html_source(parts: Sequence[Part], decoded: dict[int, str]) -> str | None:
    """Join the HTML parts; plain text between them, such as a list's footer, is shown as it is."""
    if not any(part.type == "text/html" for part in parts):
        return None
    shown = [decoded[id(p)] if p.type == "text/html" else f"<pre>{escape(decoded[id(p)])}</pre>" for p in parts]
    return "\n".join(shown)


def _plain_text(parts: Sequence[Part], decoded: dict[int, str], parsing: Parsing) -> str:
    limit = parsing.limits.text_chars
    pieces = [to_text(decoded[id(p)][:limit]) if p.type == "text/html" else decoded[id(p)] for p in parts]
    text = "\n".join(piece for piece in pieces if piece)
    if len(text) > limit or any(len(decoded[id(p)]) > limit for p in parts):
        parsing.defects.add("text_truncated")
    return text[:limit]


def _decode_part(part: Part, parsing: Parsing) -> str:
    is_html = part.type == "text/html"
    limit = parsing.limits.html_chars if is_html else parsing.limits.text_chars
    octets = decode_transfer(part.octets, part.start, part.end, part.encoding, parsing)
    if len(octets) > 4 * limit:  # no charset takes more octets for a character
        cut = octets.rfind(b"\n", 0, 4 * limit) + 1
        octets = octets[: cut or 4 * limit]
    text = charsets.decode(octets, part.content_type.label("charset"), parsing, is_html=is_html)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > limit:
        parsing.defects.add("html_truncated" if is_html else "text_truncated")
        text = text[:limit] if is_html else text[: limit + 1]
    flowed = not is_html and (part.content_type.label("format") or "").lower() == "flowed"
    return unflow(text, delsp=(part.content_type.label("delsp") or "").lower() == "yes") if flowed else text


def unflow(text: str, *, delsp: bool = False) -> str:
    """Join the lines of format=flowed text into its paragraphs (RFC 3676 §4), quotes kept apart by their depth."""
    lines: list[list[str]] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if open_depth == depth and content != "-- ":
            lines[-1].append(content)
        else:
            lines.append([">" * depth + (" " if depth else "") + content])
        is_open = content.endswith(" ") and content != "-- "
        open_depth = depth if is_open else None
        if is_open and delsp:
            lines[-1][-1] = lines[-1][-1][:-1]
    return "\n".join("".join(pieces) for pieces in lines)


def snippet(text: str | None, limit_chars: int) -> str:
    """Give the beginning of a body on one line, cut at a word where one ends nearby."""
    if not text:
        return ""
    shown = " ".join(_INVISIBLE.sub("", text[: limit_chars * 20]).split())
    if len(shown) <= limit_chars:
        return shown
    cut = shown[: limit_chars - 1]
    at_word = cut.rfind(" ", limit_chars - 30)
    return (cut[:at_word] if at_word > 0 else cut) + "…"
