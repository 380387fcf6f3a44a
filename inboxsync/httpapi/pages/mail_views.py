"""The pages of mail: search, one message as text or formatted, its octets and attachments.

Formatted mail stands in a sandboxed frame without scripts, under the policy that the API has for it. A frame of that
kind brings no cookie with what it loads, so images of the mail itself stand in it as data.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync.errors import OctetsPruned
from inboxsync.httpapi.answers import Answer, Download, Text
from inboxsync.httpapi.headers import MAIL_CSP
from inboxsync.httpapi.message_routes import attachment as stored_attachment
from inboxsync.httpapi.message_routes import raw as stored_raw
from inboxsync.httpapi.pages.visit import Shown, Visit
from inboxsync.httpapi.parameters import PAGE, STRING, Parameter, choice
from inboxsync.httpapi.refusals import Refusal, not_found
from inboxsync.model.search import QUERY_CHARS, SearchQuery, read_query

if TYPE_CHECKING:
    from inboxsync.model.views import AttachmentView, MessageView

A_PAGE = 20
# Nobody reads further; the original has all of it.
SHOWN_CHARS = 100_000
# Shown in a page as data: the usual images of a signature, not an album.
IMAGE_BYTES, IMAGES_BYTES = 1_000_000, 4_000_000
_IMAGE_TYPES = frozenset({"image/png", "image/gif", "image/jpeg", "image/webp", "image/bmp"})
_MAIL_HEAD = (
    '<!doctype html><html><head><meta charset="utf-8"><title>Message</title><style>:root{color-scheme:light}'
    "body{margin:1rem;background:#fff;color:#111;font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
    "img{max-width:100%;height:auto}</style></head><body>"
)


def _query(given: str) -> str:
    return given.replace("\x00", " ")[:QUERY_CHARS].strip()


SEARCH_PARAMETERS = (
    Parameter("q", _query, "Words, phrases, prefixes.", STRING, default=""),
    Parameter("integration", str, "Of this integration only; empty for all.", STRING),
    PAGE,
)
MESSAGE_PARAMETERS = (Parameter("view", choice("text", "formatted"), "How to show it.", STRING, default="text"),)


def search(visit: Visit) -> Shown:
    """Show the form, and what was found where something is looked for."""
    asked = visit.asked
    words, page = asked.query["q"], asked.query["page"] or 1
    chosen = asked.query["integration"] or None
    service = asked.service
    query = read_query(words, service.now().astimezone(service.zone))
    context = {
        "q": words,
        "chosen": chosen,
        "page": page,
        "names": [one.name for one in asked.integrations()],
        "found": None,
        "waiting": 0,
    }
    if not query.is_empty:
        found, waiting = asked.content.search(_narrowed(visit, query, chosen), limit=A_PAGE, page=page)
        context |= {"found": found, "waiting": 0 if asked.bearer.is_bound else waiting}
    return Shown("search.html", context)


def _narrowed(visit: Visit, query: SearchQuery, chosen: str | None) -> SearchQuery:
    if chosen is None:
        return replace(query, integration_ids=visit.asked.sight.integration_ids)
    return replace(query, integration_ids=frozenset({visit.asked.integration(chosen).id or 0}))


def message(visit: Visit) -> Shown:
    """Show one message: its text, or its formatted form in a frame."""
    found = _message(visit)
    text = found.body_text or ""
    context = {
        "message": found,
        "formatted": visit.asked.query["view"] == "formatted" and found.body_html is not None,
        "text": text[:SHOWN_CHARS],
        "is_cut": len(text) > SHOWN_CHARS,
    }
    return Shown("message.html", context)


def message_html(visit: Visit) -> Answer:
    """The formatted form alone, for the frame."""
    from inboxsync.mail.html import sanitise

    found = _message(visit)
    if found.body_html is None:
        raise Refusal(404, "this message has no HTML")
    page = _MAIL_HEAD + sanitise(found.body_html, _images(visit, found)) + "</body></html>"
    headers = {"content-security-policy": MAIL_CSP, "x-frame-options": "SAMEORIGIN"}
    return Text(page.encode("utf-8", "replace"), "text/html; charset=utf-8", headers)


def message_raw(visit: Visit) -> Answer:
    """The octets of a message, to be saved."""
    return stored_raw(visit.asked)


def attachment(visit: Visit) -> Answer:
    """An attachment, to be saved."""
    return stored_attachment(visit.asked)


def _message(visit: Visit) -> MessageView:
    found = visit.asked.content.message(visit.asked.row_id("message_id", "message"), visit.asked.sight)
    if found is None:
        raise not_found("message")
    return found


def _images(visit: Visit, found: MessageView) -> dict[str, str]:
    """The images that the mail itself brings, by Content-ID, as `data:` addresses; large ones are left out."""
    images: dict[str, str] = {}
    left = IMAGES_BYTES
    for one in found.attachments:
        if not one.content_id or one.content_type not in _IMAGE_TYPES or one.size_bytes > min(IMAGE_BYTES, left):
            continue
        left -= one.size_bytes
        images[one.content_id] = f"data:{one.content_type};base64,{base64.b64encode(_octets(visit, one)).decode()}"
    return images


def _octets(visit: Visit, one: AttachmentView) -> bytes:
    asked = replace(visit.asked, path={"attachment_id": str(one.id)})
    try:
        found = stored_attachment(asked)
    except (Refusal, OctetsPruned):  # its file is gone and the message gives it no more: a gap, not a page that fails
        return b""
    assert isinstance(found, Download)
    return found.content.read_bytes() if isinstance(found.content, Path) else found.content
