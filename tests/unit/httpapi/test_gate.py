"""What stands before every route."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from inboxsync.httpapi.counters import Counters
from inboxsync.httpapi.gate import AT_ONCE, HEALTH_PATH, Gate, host_name, is_allowed, is_loopback
from inboxsync.httpapi.headers import SECURITY_HEADERS
from inboxsync.httpapi.rates import Buckets, Rate
from tests.unit.httpapi.world import World

V1 = "/api/v1"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost", "localhost"),
        ("LocalHost:8025", "localhost"),
        ("127.0.0.1:1", "127.0.0.1"),
        ("[::1]:8025", "::1"),
        ("[::1]", "::1"),
        ("evil.example.com:8025", "evil.example.com"),
        ("", ""),
    ],
)
def test_names_of_host_headers(header: str, name: str) -> None:
    assert host_name(header) == name


def test_which_hosts_are_ours() -> None:
    ours = frozenset({"localhost", "mail.example.com"})
    assert is_allowed("mail.example.com:443", ours)
    assert not is_allowed("localhost.example.com", ours)
    assert not is_allowed("127.0.0.1.example.com", ours)
    assert is_allowed("anything", frozenset({"*"}))
    assert [is_loopback(one) for one in ("localhost", "127.9.9.9", "::1", "0.0.0.0", "::", "10.0.0.1", "mail")] == [
        *[True] * 3,
        *[False] * 4,
    ]


@pytest.mark.parametrize("host", ["evil.example.com", "localhost.evil.example.com", "169.254.169.254", ""])
def test_a_foreign_host_is_misdirected_even_for_health(world: World, host: str) -> None:
    for path in (f"{V1}/health", f"{V1}/messages"):
        assert world.get(path, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
@pytest.mark.parametrize("path", [f"{V1}/messages/1", f"{V1}/health", "/nothing"])
def test_nothing_can_be_changed(world: World, method: str, path: str) -> None:
    answer = world.get(path, method=method)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert set(answer.json()) == {"error"}


def test_every_answer_has_the_headers_that_tie_a_browsers_hands(world: World) -> None:
    for path, token in ((f"{V1}/health", None), (f"{V1}/messages", "all"), (f"{V1}/messages", None), ("/x", "all")):
        answer = world.get(path, token, headers={"Origin": "https://evil.example.com"})
        assert SECURITY_HEADERS.items() <= dict(answer.headers).items()
        assert not {name for name in answer.headers if name.startswith("access-control")}


def test_bodies_and_addresses_are_bounded(world: World) -> None:
    assert world.get(f"{V1}/messages", headers={"Content-Length": "65537"}).status_code == 413
    assert world.get(f"{V1}/messages", headers={"Content-Length": "9" * 30}).status_code == 413
    assert world.get(f"{V1}/messages?q=" + "x" * 9_000).status_code == 400
    assert world.get(f"{V1}/messages", headers={"X-Large": "x" * 17_000}).status_code == 400


def test_too_many_requests_and_too_many_failures(world: World) -> None:
    access = world.app.state.service.access
    generous = access.failures
    access.failures = Buckets(Rate(per_s=0.001, burst=2))
    try:
        wrong = [world.get(f"{V1}/messages", "wrong").status_code for _ in range(3)]
        assert wrong == [401, 401, 429]
        assert world.get(f"{V1}/messages").status_code == 200, "who has a token is not kept out by who has none"
        assert world.get(f"{V1}/health", None).status_code == 200
        access.requests = Buckets(Rate(per_s=0.001, burst=1))
        taken = [world.get(f"{V1}/messages") for _ in range(2)]
        assert [one.status_code for one in taken] == [200, 429]
        assert int(taken[1].headers["retry-after"]) >= 1
        assert world.get(f"{V1}/messages", "support").status_code == 200
    finally:
        access.failures = access.requests = generous


async def _through(gate: Gate, path: str) -> int:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", b"localhost")], "query_string": b""}
    await gate(scope, receive, send)
    return int(sent[0]["status"])


def test_health_is_answered_while_too_much_is_asked() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    gate = Gate(app, Counters(0.0, in_flight=AT_ONCE), frozenset({"localhost"}), lambda: 5.0)
    assert asyncio.run(_through(gate, f"{V1}/messages")) == 503
    assert asyncio.run(_through(gate, HEALTH_PATH)) == 200
    assert (gate.counters.in_flight, gate.counters.successful, gate.counters.failed) == (AT_ONCE, 1, 1)
    assert gate.counters.last_request_time == 5.0


def test_it_can_be_mounted_in_another_application(world: World) -> None:
    import httpx
    from starlette.applications import Starlette
    from starlette.routing import Mount

    outer = Starlette(routes=[Mount("/mail", app=world.app)])

    async def ask(path: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(outer), base_url="http://localhost") as client:
            return await client.get(path, headers={"Authorization": f"Token {world.tokens['all']}"})

    assert asyncio.run(ask("/mail/api/v1/messages")).json()["total"] > 0
    assert asyncio.run(ask("/mail/api/v1/health")).json()["status"] == "degraded"


def test_a_bug_is_told_without_its_words(world: World) -> None:
    service = world.app.state.service
    kept = service.remembered.answer

    def broken(_key: object, _ask: object) -> None:
        raise ZeroDivisionError("secret words")

    service.remembered.answer = broken
    try:
        answer = world.get(f"{V1}/messages")
    finally:
        service.remembered.answer = kept
    assert answer.status_code == 500
    assert "secret words" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
