"""Connections with deadlines, on a real socket in this process; the deadlines are short here."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from inboxsync.httpapi.protocol import OPEN, PatientProtocol

LARGE = b"x" * 8_000_000


class Hasty(PatientProtocol):
    """Deadlines that a test can wait for."""

    request_s = 0.3
    taken_s = 0.3
    most_connections = 8


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer everything; `/large` with more than a socket takes."""
    if scope["type"] != "http":
        return
    body = LARGE if scope["path"] == "/large" else b"ok"
    length = str(len(body)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": body})


def served(work: Callable[[int], Awaitable[None]]) -> None:
    """Run a server for the time of `work`, which is given its port."""

    async def run() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, http=Hasty, ws="none", lifespan="off", log_config=None, access_log=False, timeout_keep_alive=5,
            h11_max_incomplete_event_size=4_096,
        )  # fmt: skip
        server = uvicorn.Server(config)
        with server.capture_signals():
            serving = asyncio.create_task(server._serve([listener]))
            try:
                await asyncio.wait_for(work(listener.getsockname()[1]), 20)
            finally:
                server.should_exit = True
                await serving

    asyncio.run(run())


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    while not is_so():  # noqa: ASYNC110  the server tells nobody
        await asyncio.sleep(0.02)


async def answer_to(port: int, *pieces: bytes, pause_s: float = 0.0) -> bytes:
    """Send pieces and read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(pause_s)
    found = await reader.read(100_000)
    writer.close()
    return found


@pytest.mark.parametrize("head", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "])
def test_who_does_not_finish_a_request_is_cut(head: bytes) -> None:
    async def work(port: int) -> None:
        found = await answer_to(port, *([head] if head else []))
        assert found.startswith(b"HTTP/1.1 408 ") if head else found == b""

    served(work)


def test_dripping_does_not_lengthen_the_time() -> None:
    async def work(port: int) -> None:
        began = asyncio.get_running_loop().time()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\n")

        async def drip() -> None:
            while True:
                writer.write(b"X")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        found = await reader.read(1_000)
        dripping.cancel()
        writer.close()
        assert b" 408 " in found
        assert asyncio.get_running_loop().time() - began < 5

    served(work)


def test_a_second_request_has_its_own_time_and_an_idle_connection_stays() -> None:
    async def work(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"200 OK" in await reader.readuntil(b"ok")
        writer.write(b"GET / HT")
        assert b" 408 " in await reader.read(1_000)
        writer.close()

    served(work)


def test_a_head_that_is_too_large_or_no_http_is_refused_as_json() -> None:
    async def work(port: int) -> None:
        for request in (
            b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 5_000,
            b"\x16\x03\x01nonsense\r\n\r\n",
        ):
            found = await answer_to(port, request)
            assert found.startswith(b"HTTP/1.1 400 ")
            assert b'{"error":' in found

    served(work)


def test_who_does_not_read_the_answer_is_cut() -> None:
    async def work(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as mute:
            mute.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            mute.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            await until(lambda: len(OPEN) == 1)
            await until(lambda: not OPEN)

    served(work)


def test_beyond_the_most_the_longest_idle_makes_room() -> None:
    async def work(port: int) -> None:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"200 OK" in await reader.readuntil(b"ok")
        assert len(OPEN) <= Hasty.most_connections
        for _, other in (*held, (reader, writer)):
            other.close()

    served(work)
