"""What the description says of answers: bodies with an example each, headers, links to what an id in them names."""

from __future__ import annotations

from typing import Any

from inboxsync.httpapi.examples import EXAMPLES, TEXT_EXAMPLES
from inboxsync.httpapi.operations import Operation
from inboxsync.httpapi.schemas import SCHEMAS, named

Shape = dict[str, Any]
_ERRORS = {
    "400": ("An unknown parameter, a value out of range, an empty query.", "limit is '101'; it is a whole number …"),
    "401": ("No token, or one that is not valid or has expired.", "the token is not valid"),
    "403": ("The token shows some integrations only; this is about all.", "this is for tokens that show every …"),
    "404": ("It is not there, or not this token's to see.", "there is no such message"),
    "405": ("Everything is read only: GET and HEAD.", "everything here is read only: GET or HEAD"),
    "410": ("It was kept once and has been given up since.", "the texts of this message were pruned on 2026-03-01"),
    "413": ("The request has a body of more than 64 KiB.", "a body is of no use here"),
    "421": ("The Host header is none that is served.", "this host name is not served here; --allowed-host adds one"),
    "429": ("Too many requests, or too many without a good token.", "too many requests; wait a little"),
    "503": ("The store cannot be read now, or too much is asked at once.", "the store cannot answer now (store_busy)"),
}
_WAIT: Shape = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}
_ERROR_HEADERS: dict[str, Shape] = {
    "401": {"WWW-Authenticate": {"description": "`Bearer`.", "schema": {"type": "string"}}},
    "405": {"Allow": {"description": "`GET, HEAD`.", "schema": {"type": "string"}}},
    "429": _WAIT,
    "503": _WAIT,
}
_ETAG: Shape = {"ETag": {"description": "For `If-None-Match`.", "schema": {"type": "string"}}}
_DOWNLOAD: Shape = {
    **_ETAG,
    "Content-Disposition": {"description": "`attachment`, with a safe name.", "schema": {"type": "string"}},
}
_DOWNLOADS = ("read_raw", "read_attachment")
_OF_SOME_OPERATIONS = {"410": (*_DOWNLOADS, "read_html", "list_events")}
# Operation: the operations that a value of its answer leads to, with the path parameter and where the value stands.
_LINKS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "list_messages": (
        *(("read_message", "message_id", "/messages/0/id"), ("read_html", "message_id", "/messages/0/id")),
        *(("read_raw", "message_id", "/messages/0/id"), ("read_thread", "thread_id", "/messages/0/thread_id")),
        ("list_messages", "after", "/next_cursor"),
    ),
    "read_message": (("read_attachment", "attachment_id", "/attachments/0/id"),),
    "search": (("read_message", "message_id", "/results/0/id"),),
    "list_tickets": (("read_ticket", "ticket_id", "/tickets/0/id"), ("list_tickets", "after", "/next_cursor")),
    "list_integrations": (
        *(("read_integration", "integration", "/integrations/0/name"),),
        ("list_runs", "integration", "/integrations/0/id"),
    ),
    "list_events": (("list_events", "after", "/next_after"),),
}


def success(operation: Operation) -> Shape:
    """Describe the answer of an operation that is carried out."""
    headers = _DOWNLOAD if operation.name in _DOWNLOADS else _ETAG
    shape: Shape = {"description": operation.summary + ".", "headers": headers, "content": _content(operation)}
    links = {
        f"{target}_by_{parameter}": {"operationId": target, "parameters": {parameter: f"$response.body#{where}"}}
        for target, parameter, where in _LINKS.get(operation.name, ())
    }
    return {**shape, "links": links} if links else shape


def health_answers() -> Shape:
    """Describe the answers of health, which are never withheld."""
    answer = {"description": "How all stands; with a token also what fails.", "content": _json("Health")}
    unhealthy = {"status": "unhealthy", "uptime_seconds": 3600.0, "active_connections": 1}
    content = {"application/json": {"schema": named("Health"), "example": unhealthy}}
    refused = {code: _error(code) for code in _ERRORS if code not in ("403", "404", "410", "503")}
    return {"200": answer, "503": {"description": "The store cannot be read.", "content": content}, **refused}


def errors(operation: Operation) -> Shape:
    """Describe what may be answered instead; each is an object with the one key `error`."""
    codes = [code for code in _ERRORS if operation.name in _OF_SOME_OPERATIONS.get(code, (operation.name,))]
    return {code: _error(code) for code in codes if code != "403" or operation.whole_store}


def _error(code: str) -> Shape:
    description, example = _ERRORS[code]
    content = {"application/json": {"schema": named("Error"), "example": {"error": example}}}
    shape: Shape = {"description": description, "content": content}
    return {**shape, "headers": _ERROR_HEADERS[code]} if code in _ERROR_HEADERS else shape


def _content(operation: Operation) -> Shape:
    if operation.answer in SCHEMAS:
        return _json(operation.answer)
    media: Shape = {"schema": {"type": "string"}}
    if operation.name in TEXT_EXAMPLES:
        media["example"] = TEXT_EXAMPLES[operation.name]
    return {operation.answer: media}


def _json(name: str) -> Shape:
    return {"application/json": {"schema": named(name), "example": EXAMPLES[name]}}
