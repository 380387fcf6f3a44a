"""`/api/v1/health`: without a token one word, and never delayed by the store; with one what is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from inboxsync.httpapi.answers import JSON_TYPE
from inboxsync.httpapi.health import HealthWord, Verdict
from inboxsync.httpapi.parameters import read_parameters
from inboxsync.httpapi.service import Service
from inboxsync.render.document import encode_line
from inboxsync.render.http_shapes import failing_json


def endpoint(service: Service) -> Callable[[Request], Awaitable[Response]]:
    """Make what answers health."""

    async def respond(request: Request) -> Response:
        if request.url.query:
            read_parameters((), request.query_params.multi_items())
        verdict = await service.health.verdict()
        shape: dict[str, Any] = {
            "status": verdict.word.value,
            "uptime_seconds": round(service.monotonic_s() - service.counters.began_s, 3),
            "active_connections": service.counters.active_connections,
        }
        authorization = request.headers.get("authorization")
        if authorization is not None and verdict.word is not HealthWord.UNHEALTHY:
            client = request.client.host if request.client else "unix"
            shape["failing"] = await run_in_threadpool(_failing, service, verdict, authorization, client)
        status = 503 if verdict.word is HealthWord.UNHEALTHY else 200
        return Response(encode_line(shape), status_code=status, headers={"content-type": JSON_TYPE})

    return respond


def _failing(service: Service, verdict: Verdict, authorization: str, client: str) -> list[dict[str, Any]]:
    sight = service.access.bearer(authorization, client).sight
    return [failing_json(line) for line in verdict.failing if sight.shows(line.integration.id)]
