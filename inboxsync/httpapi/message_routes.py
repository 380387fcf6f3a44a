"""Messages: lists, one, its octets, its HTML; attachments; conversations; search."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from inboxsync.httpapi.answers import Answer, Document, Download, Text
from inboxsync.httpapi.headers import MAIL_CSP, download_name, download_type
from inboxsync.httpapi.operations import PREFIX, Operation
from inboxsync.httpapi.paging import cut, page_of, place_cursor, read_place_cursor, stretch_of
from inboxsync.httpapi.parameters import (
    AFTER,
    BOOLEAN,
    FOLDER,
    INTEGRATION,
    PAGE,
    STRING,
    TIME,
    Parameter,
    boolean,
    choice,
    end_moment,
    limit,
    moment,
    text,
)
from inboxsync.httpapi.refusals import Refusal, bad_request, gone, not_found
from inboxsync.httpapi.service import Asked
from inboxsync.model.api_query import MessageFilter, Place, Stretch
from inboxsync.model.placement import Fate
from inboxsync.model.search import SearchQuery, read_query
from inboxsync.model.views import AttachmentView, MessageView
from inboxsync.render.http_shapes import listed_json
from inboxsync.render.json_shapes import attachment_url, message_json
from inboxsync.render.search import search_json

_ONE_PAGE = replace(PAGE, default=1)
_HTML_HEAD = b'<!doctype html><html><head><meta charset="utf-8"><title>Message</title></head><body>'


def messages(asked: Asked) -> Answer:
    """List messages, newest first."""
    query = asked.query
    stretch = stretch_of(query, read_place_cursor)
    wanted = MessageFilter(
        sight=asked.sight,
        integration_id=asked.chosen_id(),
        folder=query["folder"],
        fate=query["fate"],
        unread=query["unread"],
        has_attachments=query["has_attachments"],
        since=query["date_from"],
        until=query["date_to"],
        text=query["q"],
    )
    places, cursor = cut(asked.content.places(wanted, stretch), stretch, place_cursor)
    total = asked.service.remembered.answer(wanted, lambda: asked.content.count(wanted))
    shapes = _shapes(asked, places, bodies=bool(query["body"]))
    return Document(page_of("messages", shapes, total, stretch, cursor))


def _shapes(asked: Asked, places: list[Place] | Any, *, bodies: bool) -> list[dict[str, Any]]:
    views = asked.content.listed([place.placement_id for place in places], asked.sight, bodies=bodies)
    return [_shape(asked, view, whole=bodies) for view in views]


def _shape(asked: Asked, view: MessageView, *, whole: bool = False) -> dict[str, Any]:
    return message_json(view, whole=True, base=asked.base) if whole else listed_json(view, asked.base)


def message(asked: Asked) -> Answer:
    """One message with all there is of it."""
    return Document(_shape(asked, _message(asked), whole=True))


def _message(asked: Asked) -> MessageView:
    found = asked.content.message(asked.row_id("message_id", "message"), asked.sight)
    if found is None:
        raise not_found("message")
    return found


def raw(asked: Asked) -> Answer:
    """The octets of a message as the server sent them."""
    message_id = asked.row_id("message_id", "message")
    found = asked.content.raw(message_id, asked.sight)
    if found is None:
        raise not_found("message")
    sha256, octets = found
    return Download(octets, "message/rfc822", f"message-{message_id}.eml", sha256)


def html(asked: Asked) -> Answer:
    """The HTML of a message, sanitised; 404 where it has none, 410 where its texts were pruned."""
    from inboxsync.mail.html import sanitise

    found = _message(asked)
    if found.body_pruned_at is not None:
        raise gone(f"the texts of this message were pruned on {found.body_pruned_at:%Y-%m-%d}")
    if found.body_html is None:
        raise Refusal(404, "this message has no HTML")
    images = {one.content_id: attachment_url(one, asked.base) for one in found.attachments if one.content_id}
    page = _HTML_HEAD + sanitise(found.body_html, images).encode("utf-8", "replace") + b"</body></html>"
    headers = {"content-security-policy": MAIL_CSP, "x-frame-options": "SAMEORIGIN"}
    return Text(page, "text/html; charset=utf-8", headers)


def attachment(asked: Asked) -> Answer:
    """An attachment, always as a download."""
    found = asked.content.attachment(asked.row_id("attachment_id", "attachment"), asked.sight)
    if found is None:
        raise not_found("attachment")
    view, message_id, position = found
    content = asked.content.file(view) or _from_raw(asked, view, message_id, position)
    name = download_name(view.filename or view.safe_name, position)
    return Download(content, download_type(view.content_type), name, view.sha256)


def _from_raw(asked: Asked, view: AttachmentView, message_id: int, position: int) -> bytes:
    """Files are derived: what is missing is taken out of the message again."""
    from inboxsync.mail.parse import parse_message

    octets = asked.content.raw(message_id, asked.sight)
    parts = () if octets is None else parse_message(octets[1]).attachments
    found = next((part.content for part in parts if part.position == position), b"")
    if hashlib.sha256(found).hexdigest() != view.sha256:
        raise Refusal(404, "the file of this attachment is missing")
    return found


def thread(asked: Asked) -> Answer:
    """A conversation in its order."""
    thread_id = asked.path["thread_id"]
    stretch = Stretch(asked.query["limit"], asked.query["page"])
    total, views = asked.content.thread(thread_id, asked.sight, stretch)
    if not total:
        raise not_found("conversation")
    bodies = bool(asked.query["body"])
    shapes = [_with_body(asked, view) if bodies else _shape(asked, view) for view in views]
    has_next = stretch.page * stretch.limit < total
    place = {"page": stretch.page, "has_next": has_next, "has_prev": stretch.page > 1}
    return Document({"thread_id": thread_id, "messages": shapes, "total": total, **place})


def _with_body(asked: Asked, view: MessageView) -> dict[str, Any]:
    found = asked.content.message(view.id, asked.sight)
    return _shape(asked, view) if found is None else _shape(asked, found, whole=True)


def search(asked: Asked) -> Answer:
    """Full text, newest first."""
    given, folder = asked.query["query"], asked.query["folder"]
    service = asked.service
    query = read_query(given, service.now().astimezone(service.zone))
    if query.is_empty:
        raise bad_request("query has no word to look for")
    found, waiting = asked.content.search(
        _narrowed(asked, query, folder), limit=asked.query["limit"], page=asked.query["page"]
    )
    shape = search_json(found, query=given, folder=folder, not_indexed=waiting if not asked.bearer.is_bound else 0)
    return Document({**shape, "results": [_shape(asked, view) for view in found.items]})


def _narrowed(asked: Asked, query: SearchQuery, folder: str | None) -> SearchQuery:
    chosen = asked.chosen_id()
    ids = asked.sight.integration_ids if chosen is None else frozenset({chosen})
    folders = query.folders if folder is None else frozenset({folder.casefold()})
    return replace(query, integration_ids=ids, folders=folders)


_BODY = Parameter("body", boolean, "With bodies.", {**BOOLEAN, "default": False}, False)
_FATES = tuple(Fate)
OPERATIONS = (
    Operation(
        "list_messages",
        f"{PREFIX}/messages",
        messages,
        "Messages, newest first",
        "MessagePage",
        (
            *(FOLDER, INTEGRATION, limit(), PAGE, AFTER),
            Parameter("unread", boolean, "Unread only, or read only.", BOOLEAN),
            Parameter("date_from", moment, "Received from this day or time on.", TIME, example="2026-03-01T00:00:00Z"),
            Parameter("date_to", end_moment, "Received until this day or time.", TIME, example="2026-03-31T23:59:59Z"),
            Parameter("has_attachments", boolean, "With, or without, attachments.", BOOLEAN),
            Parameter("q", text, "Subject, people or first words have this text.", STRING, example="invoice"),
            Parameter(
                "fate", choice(*_FATES), "Seen through placements of this fate.", {"type": "string", "enum": _FATES}
            ),
            _BODY,
        ),
    ),
    Operation("read_message", f"{PREFIX}/messages/{{message_id}}", message, "One message", "Message"),
    Operation("read_raw", f"{PREFIX}/messages/{{message_id}}/raw", raw, "Its octets", "message/rfc822"),
    Operation("read_html", f"{PREFIX}/messages/{{message_id}}/html", html, "Its HTML, sanitised", "text/html"),
    Operation("read_attachment", f"{PREFIX}/attachments/{{attachment_id}}", attachment, "A file", "*/*"),
    Operation(
        "search",
        f"{PREFIX}/search",
        search,
        "Full text, newest first",
        "SearchPage",
        (
            Parameter("query", text, "Words, phrases, prefixes.", STRING, required=True, example="from:ann invoice"),
            *(FOLDER, INTEGRATION, limit(20), _ONE_PAGE),
        ),
    ),
    Operation(
        "read_thread",
        f"{PREFIX}/threads/{{thread_id:path}}",
        thread,
        "A conversation in its order",
        "Thread",
        (limit(100), _ONE_PAGE, _BODY),
    ),
)
