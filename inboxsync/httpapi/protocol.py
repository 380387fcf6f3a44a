"""HTTP/1.1 connections that do not wait for ever: for a request, for its end, for somebody who does not read.

uvicorn bounds the pause between two requests only. A connection that sends nothing, or one octet a minute, would be
held for ever, and so would an answer that nobody takes.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from inboxsync.httpapi.headers import SECURITY_HEADERS
from inboxsync.render.document import encode_line

# Open now in this process.
OPEN: set[PatientProtocol] = set()
_HEADERS = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_SLOW = encode_line({"error": "the request did not arrive in time"})


class PatientProtocol(H11Protocol):
    """A connection with deadlines; among too many the idle ones go first, so that health is always answered.

    A request has to be there whole within `request_s` of its connection or first octet, an answer has to be taken on
    within `taken_s`. Beyond `most_connections` the one that has waited longest without a request makes room.
    """

    request_s: ClassVar[float] = 10.0
    taken_s: ClassVar[float] = 30.0
    most_connections: ClassVar[int] = 512

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Begin to wait for a request."""
        super().connection_made(transport)
        OPEN.add(self)
        self.idle_since_s = time.monotonic()
        self._request_timer: asyncio.TimerHandle | None = None
        self._taken_timer: asyncio.TimerHandle | None = None
        self._wait_for_request()
        if len(self.connections) > self.most_connections:
            self._close_the_idlest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        OPEN.discard(self)
        self._cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take octets; from the first of a request on its time runs."""
        began_cycle = self.cycle
        super().data_received(data)
        if self.cycle is not began_cycle:
            self._stop_waiting()
        if not self._is_busy():
            self._wait_for_request()

    def on_response_complete(self) -> None:
        """Note since when the connection is idle."""
        self.idle_since_s = time.monotonic()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Give whoever reads the answer so long to go on."""
        super().pause_writing()
        self._taken_timer = self.loop.call_later(self.taken_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        if self._taken_timer is not None:
            self._taken_timer.cancel()
            self._taken_timer = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or has too large a head, in the one shape of errors."""
        self._refuse(400, encode_line({"error": "this is no HTTP request, or its head is too large"}))

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: whoever asks for a WebSocket is answered as if not, and a log is not theirs to fill."""

    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        return not self._is_busy()

    def _is_busy(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _wait_for_request(self) -> None:
        if self._request_timer is None and not self.transport.is_closing():
            self._request_timer = self.loop.call_later(self.request_s, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _too_slow(self) -> None:
        self._request_timer = None
        if self.transport.is_closing() or self._is_busy():
            return
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            self._refuse(408, _SLOW)
        else:
            self.transport.close()

    def _refuse(self, status: int, body: bytes) -> None:
        length = str(len(body)).encode()
        headers: list[tuple[bytes, bytes]] = [
            (b"content-type", b"application/json"),
            (b"content-length", length),
            *_HEADERS,
            (b"connection", b"close"),
        ]
        events: tuple[Any, ...] = (
            h11.Response(status_code=status, headers=headers),
            h11.Data(data=body),
            h11.EndOfMessage(),
        )
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            for event in events:
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _close_the_idlest(self) -> None:
        idle = [one for one in self.connections if isinstance(one, PatientProtocol) and one.is_idle()]
        others = [one for one in idle if one is not self]
        if others:
            min(others, key=lambda one: one.idle_since_s).transport.abort()

    def _cancel(self) -> None:
        self._stop_waiting()
        if self._taken_timer is not None:
            self._taken_timer.cancel()
            self._taken_timer = None
