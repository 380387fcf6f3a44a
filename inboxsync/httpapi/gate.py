"""What stands before every route: method, Host, size, how much is going on at once; and headers on every answer.

Plain ASGI, since every request passes here, health included.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inboxsync.httpapi.counters import Counters
from inboxsync.httpapi.forms import FORM_PATHS, form_refusal
from inboxsync.httpapi.headers import SECURITY_HEADERS
from inboxsync.httpapi.refusals import Refusal
from inboxsync.render.document import encode_line

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
EVERY_HOST = "*"
BODY_BYTES = 64 * 1024
TARGET_BYTES = 8 * 1024
# uvicorn bounds what has not arrived whole; what comes in one piece is counted here.
HEAD_BYTES = 16 * 1024
# More at once would only wait for each other; health is never counted among them.
AT_ONCE = 64
METHODS = ("GET", "HEAD")
HEALTH_PATH = "/api/v1/health"
_HEADERS = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


def host_name(header: str) -> str:
    """Give the name in a Host header without its port, in lower case; brackets of an IPv6 address are taken off."""
    host = header.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def is_allowed(header: str, allowed: Collection[str]) -> bool:
    """Whether a Host header names us. A foreign name that leads here is how DNS rebinding reads from a browser."""
    return EVERY_HOST in allowed or host_name(header) in allowed


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address; `localhost` counts, other names do not."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Gate:
    """The application behind its gate. `time_s` is the Unix time."""

    app: ASGIApp
    counters: Counters
    allowed_hosts: frozenset[str]
    time_s: Callable[[], float]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass on what is none."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        self.counters.begin(self.time_s())
        outgoing = _Outgoing(send)
        try:
            refusal = self._refusal(scope)
            if refusal is None:
                await self.app(scope, receive, outgoing)
            else:
                await _refuse(refusal, outgoing)
        finally:
            self.counters.end(outgoing.status)

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = scope["headers"]
        if scope["method"] not in METHODS and (refusal := _method_refusal(scope)) is not None:
            return refusal
        hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
        if len(hosts) != 1 or not is_allowed(hosts[0], self.allowed_hosts):
            return Refusal(421, "this host name is not served here; --allowed-host adds one")
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > TARGET_BYTES:
            return Refusal(400, "the address is too long")
        if sum(len(name) + len(value) for name, value in headers) > HEAD_BYTES:
            return Refusal(400, "the headers are too large", {"connection": "close"})
        if _announced_bytes(headers) > BODY_BYTES:
            return Refusal(413, "a body is of no use here", {"connection": "close"})
        is_health = _path(scope) == HEALTH_PATH
        if self.counters.in_flight > AT_ONCE and not is_health:
            return Refusal(503, "too much is asked at once", {"retry-after": "1"})
        return None


def _path(scope: Scope) -> str:
    """The path below where we are mounted."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _method_refusal(scope: Scope) -> Refusal | None:
    """Refuse every method that is not for reading, but for the forms with which a person signs in and out."""
    is_form = _path(scope) in FORM_PATHS
    if is_form and scope["method"] == "POST":
        return form_refusal(scope["headers"])
    allowed = (*METHODS, "POST") if is_form else METHODS
    return Refusal(405, "everything here is read only: GET or HEAD", {"allow": ", ".join(allowed)})


def _announced_bytes(headers: list[tuple[bytes, bytes]]) -> int:
    announced = next((value for name, value in headers if name == b"content-length"), b"0")
    return int(announced) if announced.isdigit() and len(announced) < 19 else BODY_BYTES + 1


class _Outgoing:
    """Adds the headers that every answer has, unless the answer has them itself, and remembers its status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = {name.lower() for name, _ in message.get("headers", ())}
            added = [pair for pair in _HEADERS if pair[0] not in own]
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await self._send(message)


async def _refuse(refusal: Refusal, send: Any) -> None:
    body = encode_line({"error": refusal.text})
    headers = {"content-type": "application/json", "content-length": str(len(body)), **refusal.headers}
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
