"""The OpenAPI 3.1 description, made of the operations themselves, so that it cannot say what they do not do."""

from __future__ import annotations

from functools import cache
from typing import Any

from inboxsync import __version__
from inboxsync.httpapi.application import OPERATIONS
from inboxsync.httpapi.gate import HEALTH_PATH
from inboxsync.httpapi.openapi_answers import errors, health_answers, success
from inboxsync.httpapi.operations import PREFIX, Operation
from inboxsync.httpapi.parameters import ROW_ID_PATTERN, Parameter
from inboxsync.httpapi.schemas import SCHEMAS

Shape = dict[str, Any]
_NOTE = (
    "Read only. Times are RFC 3339 in UTC, ids are strings, lists go from newest to oldest but for feeds. Every answer"
    " but health has an ETag. Errors are always an object with one key, error: a sentence."
)
_TAGS = {
    "Messages": ("messages", "attachments", "search", "threads"),
    "Tickets and events": ("tickets", "events"),
    "Accounts": ("integrations", "folders", "quarantine"),
}
_THE_REST = "The endpoint itself"
_ROW: Shape = {"type": "string", "pattern": ROW_ID_PATTERN}
_PATH_PARAMETERS: dict[str, Shape] = {
    "integration": {"description": "Its name, or its id.", "schema": {"type": "string"}, "example": "support"},
    "message_id": {"description": "The `id` of a message.", "schema": _ROW, "example": "123"},
    "attachment_id": {"description": "The `id` of an attachment.", "schema": _ROW, "example": "9"},
    "ticket_id": {"description": "The `id` of a ticket.", "schema": _ROW, "example": "7"},
    "thread_id": {
        "description": "The `thread_id` of a message, percent-encoded.",
        "schema": {"type": "string"},
        "example": "m1@example.com",
    },
}


@cache
def document() -> Shape:
    """Give the description; the same object each time."""
    paths = {_path(operation.path): {"get": _operation(operation)} for operation in OPERATIONS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "inboxsync",
            "version": __version__,
            "description": _NOTE,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "Where this description was read."}],
        "tags": [{"name": name} for name in (*_TAGS, _THE_REST)],
        "paths": {HEALTH_PATH: {"get": _health()}, **paths},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`inboxsync token create NAME` makes one.",
                }
            },
        },
        "security": [{"token": []}],
    }


def _path(path: str) -> str:
    return path.replace(":path}", "}")


def _operation(operation: Operation) -> Shape:
    declared = [_parameter(parameter) for parameter in operation.parameters]
    return {
        "operationId": operation.name,
        "tags": [_tag(operation.path)],
        "summary": operation.summary,
        "parameters": [*_path_parameters(operation.path), *declared],
        "responses": {"200": success(operation), "304": {"description": "Not changed."}, **errors(operation)},
    }


def _health() -> Shape:
    return {
        "operationId": "read_health",
        "tags": [_THE_REST],
        "summary": "Health; no token is needed",
        "parameters": [],
        "responses": health_answers(),
        "security": [{}, {"token": []}],
    }


def _tag(path: str) -> str:
    noun = path.removeprefix(f"{PREFIX}/").partition("/")[0]
    return next((tag for tag, nouns in _TAGS.items() if noun in nouns), _THE_REST)


def _path_parameters(path: str) -> list[Shape]:
    names = [part[1:-1].partition(":")[0] for part in path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, **_PATH_PARAMETERS[name]} for name in names]


def _parameter(parameter: Parameter) -> Shape:
    shape: Shape = {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }
    return shape if parameter.example is None else {**shape, "example": parameter.example}
