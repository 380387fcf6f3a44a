"""Where the pages are. This module alone is imported at the start; all else with the first page that is asked for."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    from inboxsync.httpapi.pages.answering import Pages
    from inboxsync.httpapi.service import Service

PAGES: tuple[tuple[str, str], ...] = (
    ("/", "overview"),
    ("/integrations/{integration}", "integration"),
    ("/tickets", "tickets"),
    ("/tickets/{ticket_id}", "ticket"),
    ("/quarantine", "quarantine"),
    ("/search", "search"),
    ("/messages/{message_id}", "message"),
    ("/messages/{message_id}/html", "message_html"),
    ("/messages/{message_id}/raw", "message_raw"),
    ("/attachments/{attachment_id}", "attachment"),
)
SIGN_IN, SIGN_OUT, ASSETS = "/sign-in", "/sign-out", "/assets/{name}"


class Door:
    """Makes the pages when the first of them is asked for."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._made: Pages | None = None

    def pages(self) -> Pages:
        """Answer what answers pages."""
        with self._lock:
            if self._made is None:
                from inboxsync.httpapi.pages.answering import Pages

                self._made = Pages(self._service)
            return self._made


def add_pages(app: FastAPI, service: Service) -> None:
    """Add the routes of all pages; `app.state.pages` is their door."""
    door = app.state.pages = Door(service)
    for path, name in PAGES:
        app.add_route(path, _page(door, name), methods=["GET"])
    app.add_route(SIGN_IN, _sign_in(door), methods=["GET", "POST"])
    app.add_route(SIGN_OUT, _sign_out(door), methods=["POST"])
    app.add_route(ASSETS, _asset(door), methods=["GET"])


def _page(door: Door, name: str) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        return await door.pages().page(request, name)

    return respond


def _sign_in(door: Door) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        return await door.pages().signing.answer(request)

    return respond


def _sign_out(door: Door) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        return door.pages().signing.out(request)

    return respond


def _asset(door: Door) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        return door.pages().asset(request)

    return respond
