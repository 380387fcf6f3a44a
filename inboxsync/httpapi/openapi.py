"""The OpenAPI 3.1 description, made of the operations themselves, so that it cannot say what they do not do."""

from __future__ import annotations

from functools import cache
from typing import Any

from inboxsync import __version__
from inboxsync.httpapi.application import OPERATIONS
from inboxsync.httpapi.examples import EXAMPLES
from inboxsync.httpapi.gate import HEALTH_PATH
from inboxsync.httpapi.operations import Operation
from inboxsync.httpapi.parameters import Parameter
from inboxsync.httpapi.schemas import SCHEMAS, named

Shape = dict[str, Any]
_ERRORS = {
    "400": "An unknown parameter, a value out of range, an empty query.",
    "401": "No token, or one that is not valid or has expired.",
    "403": "The token shows some integrations only, and this is about the whole store.",
    "404": "It is not there, or not this token's to see.",
    "405": "Everything is read only: GET and HEAD.",
    "413": "The request has a body of more than 64 KiB.",
    "421": "The Host header is none that is served.",
    "429": "Too many requests, or too many without a good token.",
    "503": "The store cannot be read now, or too much is asked at once.",
}
_NOTE = "Read only. Times are RFC 3339 in UTC, ids are strings, lists go from newest to oldest but for feeds."


@cache
def document() -> Shape:
    """Give the description; the same object each time."""
    paths = {_path(operation.path): {"get": _operation(operation)} for operation in OPERATIONS}
    return {
        "openapi": "3.1.0",
        "info": {"title": "inboxsync", "version": __version__, "description": _NOTE},
        "paths": {HEALTH_PATH: {"get": _health()}, **paths},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _path(path: str) -> str:
    return path.replace(":path}", "}")


def _operation(operation: Operation) -> Shape:
    declared = [_parameter(parameter) for parameter in operation.parameters]
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*_path_parameters(operation.path), *declared],
        "responses": {"200": _success(operation), "304": {"description": "Not changed."}, **_errors()},
    }


def _health() -> Shape:
    answer = {"description": "How all stands; with a token also what fails.", "content": _json("Health")}
    errors = {code: shape for code, shape in _errors().items() if code not in ("403", "404", "503")}
    return {
        "operationId": "read_health",
        "summary": "Health; no token is needed",
        "parameters": [],
        "responses": {"200": answer, "503": {**answer, "description": "The store cannot be read."}, **errors},
        "security": [{}, {"token": []}],
    }


def _path_parameters(path: str) -> list[Shape]:
    names = [part[1:-1].partition(":")[0] for part in path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _parameter(parameter: Parameter) -> Shape:
    shape: Shape = {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }
    return shape if parameter.example is None else {**shape, "example": parameter.example}


def _success(operation: Operation) -> Shape:
    if operation.answer in SCHEMAS:
        return {"description": operation.summary + ".", "content": _json(operation.answer)}
    binary = {"schema": {"type": "string"}}
    return {"description": operation.summary + ".", "content": {operation.answer: binary}}


def _json(name: str) -> Shape:
    media: Shape = {"schema": named(name)}
    if name in EXAMPLES:
        media["example"] = EXAMPLES[name]
    return {"application/json": media}


def _errors() -> Shape:
    content = {"application/json": {"schema": named("Error")}}
    return {code: {"description": text, "content": content} for code, text in _ERRORS.items()}
