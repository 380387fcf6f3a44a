"""What handlers answer, and how it becomes a response: the body, its ETag, its headers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from inboxsync.httpapi.headers import content_disposition
from inboxsync.httpapi.refusals import Refusal
from inboxsync.render.document import encode_line

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON document."""

    shape: Mapping[str, Any]
    status: int = 200


@dataclass(frozen=True, slots=True)
class Text:
    """Text of another kind, with headers of its own."""

    content: bytes = field(repr=False)
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Download:
    """Octets or a file to be saved, never shown; `sha256` of what it holds."""

    content: bytes | Path = field(repr=False)
    content_type: str
    filename: str
    sha256: str


Answer = Document | Text | Download


def response_of(answer: Answer, request: Request) -> Response:
    """Make the response; 304 without a body where the asker has it already (RFC 9110 §13.1.2)."""
    content, content_type, headers, status = _parts(answer)
    etag = headers["etag"]
    if status == 200 and _matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers={"etag": etag})
    if isinstance(content, Path):
        return _WholeFile(content, headers={**headers, "accept-ranges": "none"}, media_type=content_type)
    return Response(content, status_code=status, headers={**headers, "content-type": content_type})


class _WholeFile(FileResponse):
    """A file as a whole: who asks for a part of it is given all (RFC 9110 §14.2).

    Parts bring errors with them whose shape is not ours, and answers put together of a hundred pieces.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [pair for pair in scope["headers"] if pair[0] != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


def refusal_response(refusal: Refusal) -> Response:
    """Make the response of a refusal."""
    body = encode_line({"error": refusal.text})
    return Response(body, status_code=refusal.status, headers={**refusal.headers, "content-type": JSON_TYPE})


def _parts(answer: Answer) -> tuple[bytes | Path, str, dict[str, str], int]:
    if isinstance(answer, Document):
        body = encode_line(answer.shape)
        return body, JSON_TYPE, {"etag": _etag(body)}, answer.status
    if isinstance(answer, Text):
        return answer.content, answer.content_type, {**answer.headers, "etag": _etag(answer.content)}, 200
    headers = {"etag": f'"{answer.sha256}"', "content-disposition": content_disposition(answer.filename)}
    return answer.content, answer.content_type, headers, 200


def _etag(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def _matches(if_none_match: str | None, etag: str) -> bool:
    if if_none_match is None:
        return False
    given = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return "*" in given or etag in given
