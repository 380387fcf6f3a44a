"""Puts the endpoint together: store, clock and settings in, an ASGI application out."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from inboxsync import __version__, system
from inboxsync.config.process import read_environ
from inboxsync.config.settings import load_settings
from inboxsync.config.zones import zone_of
from inboxsync.errors import CursorTooOld, InboxsyncError, OctetsPruned
from inboxsync.httpapi import account_routes, health_route, message_routes, service_routes, ticket_routes
from inboxsync.httpapi.access import Access
from inboxsync.httpapi.answers import Answer, refusal_response, response_of
from inboxsync.httpapi.counters import Counters
from inboxsync.httpapi.gate import HEALTH_PATH, LOOPBACK_HOSTS, Gate
from inboxsync.httpapi.headers import SECURITY_HEADERS
from inboxsync.httpapi.health import Health
from inboxsync.httpapi.operations import Operation
from inboxsync.httpapi.pages.routes import add_pages
from inboxsync.httpapi.parameters import read_parameters
from inboxsync.httpapi.refusals import Refusal
from inboxsync.httpapi.remembered import Remembered
from inboxsync.httpapi.service import Asked, Service
from inboxsync.httpapi.standings import status_lines
from inboxsync.store.read_only import open_read_only
from inboxsync.system.processes import owner_is_dead

if TYPE_CHECKING:
    from datetime import tzinfo

    from inboxsync.config.settings import Settings
    from inboxsync.model.state import Owner
    from inboxsync.render.status import StatusLine
    from inboxsync.store.read_only import ReadOnlyStore

OPERATIONS: tuple[Operation, ...] = (
    *service_routes.OPERATIONS,
    *account_routes.OPERATIONS,
    *message_routes.OPERATIONS,
    *ticket_routes.OPERATIONS,
)
log = logging.getLogger(__name__)


def build(settings: Settings | None = None, *, allowed_hosts: Sequence[str] | None = None) -> FastAPI:
    """Answer the application; see `inboxsync.httpapi.create_app`. Raises ConfigError."""
    environ = read_environ()
    settings = load_settings(environ) if settings is None else settings
    store = open_read_only(settings.connection_url(), settings.data_dir)
    service = service_of(store, settings, zone_of(settings.timezone, environ))
    return application(service, LOOPBACK_HOSTS if allowed_hosts is None else allowed_hosts)


def service_of(store: ReadOnlyStore, settings: Settings, zone: tzinfo) -> Service:
    """Put the parts together over this machine's clock and processes."""
    return Service(
        store=store,
        settings=settings,
        access=Access(store, system.utc_now, system.monotonic_s),
        health=Health(lambda: _lines_for_health(store, zone), system.monotonic_s),
        counters=Counters(system.monotonic_s()),
        remembered=Remembered(system.monotonic_s),
        now=system.utc_now,
        monotonic_s=system.monotonic_s,
        zone=zone,
        is_dead=_is_dead,
    )


def _lines_for_health(store: ReadOnlyStore, zone: tzinfo) -> list[StatusLine]:
    store.check_schema()
    control = store.health
    return status_lines(control, control.integrations(), {}, now=system.utc_now(), zone=zone, is_dead=_is_dead)


def _is_dead(owner: Owner) -> bool:
    return owner_is_dead(owner.host, owner.pid, owner.process_start)


def application(service: Service, allowed_hosts: Sequence[str]) -> FastAPI:
    """Answer the application over these parts; `app.state.service` has them for routes that are added."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        service.store.close()

    app = FastAPI(
        title="inboxsync",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        exception_handlers={Refusal: _refused, InboxsyncError: _failed, HTTPException: _unknown, Exception: _broken},
    )
    app.state.service = service
    app.add_route(HEALTH_PATH, health_route.endpoint(service), methods=["GET"])
    for operation in OPERATIONS:
        app.add_route(operation.path, endpoint(service, operation), methods=["GET"])
    add_pages(app, service)
    hosts = frozenset(host.lower().strip("[]") for host in allowed_hosts)

    def gate(inner: ASGIApp) -> Gate:
        return Gate(inner, service.counters, hosts, time.time)

    app.add_middleware(gate)
    return app


def endpoint(service: Service, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    """Make what answers an operation: in a thread, for the store blocks."""

    async def respond(request: Request) -> Response:
        return response_of(await run_in_threadpool(_answered, service, operation, request), request)

    return respond


def _answered(service: Service, operation: Operation, request: Request) -> Answer:
    client = request.client.host if request.client else "unix"
    bearer = service.access.bearer(request.headers.get("authorization"), client)
    if operation.whole_store and bearer.is_bound:
        raise Refusal(403, "this is for tokens that show every integration")
    query = read_parameters(operation.parameters, request.query_params.multi_items())
    return operation.work(Asked(service, bearer, request.path_params, query, request.scope.get("root_path", "")))


# --- what goes wrong -----------------------------------------------------------------------------------------------


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return refusal_response(error)


async def _failed(_request: Request, error: Exception) -> Response:
    """Tell that the store failed, not where it is nor what it said: that stands in the log."""
    assert isinstance(error, InboxsyncError)
    if isinstance(error, OctetsPruned | CursorTooOld):
        return refusal_response(Refusal(410, error.message))
    log.warning("store failed", extra={"code": error.code, "error": error.message})
    return refusal_response(Refusal(503, f"the store cannot answer now ({error.code})", {"retry-after": "5"}))


async def _unknown(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = "there is nothing here" if error.status_code == 404 else error.detail
    return refusal_response(Refusal(error.status_code, text, error.headers))


async def _broken(_request: Request, _error: Exception) -> Response:
    # Answered outside the gate, so the headers that it adds are added here.
    return refusal_response(Refusal(500, "the program itself failed; its log says where", SECURITY_HEADERS))
