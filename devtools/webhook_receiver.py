"""An endpoint on this machine that takes webhooks, well or badly: slow, silent, redirecting, lying, huge, wrong TLS."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"

    @property
    def document(self) -> Any:
        """The JSON of the body."""
        return json.loads(self.body)

    @property
    def webhook_id(self) -> str:
        """What names the delivery."""
        return self.headers["webhook-id"]

    def is_signed_with(self, secret: str) -> bool:
        """Check the signature as a receiver does by the text of Standard Webhooks, apart from our own code."""
        signed = f"{self.webhook_id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        key = base64.b64decode(secret.split("_", 1)[1])
        expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        given = [one.split(",", 1) for one in self.headers["webhook-signature"].split(" ")]
        return any(version == "v1" and hmac.compare_digest(expected, value) for version, value in given)


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer. Before it the receiver may wait, or send `raw` octets instead of HTTP, one by one if `drip_s`."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    wait_s: float = 0.0
    raw: bytes | None = None
    drip_s: float = 0.0


OK = Reply()
HUGE_BODY = Reply(headers={"Content-Length": str(10**12)}, body=b"x" * 100_000)
HUGE_HEAD = Reply(raw=b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"a" * 60_000 + b"\r\n\r\n")
ENDLESS_CONTINUES = Reply(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000)
NOT_HTTP = Reply(raw=b"* OK IMAP4rev1 ready\r\n")
LYING_LENGTH = Reply(headers={"Content-Length": "1000"}, body=b"short")
NO_ANSWER = Reply(raw=b"")


class Receiver:
    """Listens on a free port of loopback; `answer` decides about each request. Use as a context manager."""

    def __init__(
        self, answer: Callable[[Received], Reply] | Reply = OK, *, certificate: ssl.SSLContext | None = None
    ) -> None:
        self.received: list[Received] = []
        self.answer = answer
        self.closing = threading.Event()
        self._server = _Server(self)
        if certificate is not None:
            self._server.socket = certificate.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address in clear text."""
        return f"http://{HOST}:{self.port}/hooks/mail"

    def reply_to(self, received: Received) -> Reply:
        """Keep a request and decide about it."""
        self.received.append(received)
        return self.answer if isinstance(self.answer, Reply) else self.answer(received)

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, receiver: Receiver) -> None:
        super().__init__((HOST, 0), _Handler)
        self.receiver = receiver


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.receiver.reply_to(Received(self.path, headers, self.rfile.read(length), self.command))
        self.close_connection = True
        with contextlib.suppress(OSError):  # who asked may have gone
            self.server.receiver.closing.wait(reply.wait_s)
            self._send(reply)

    do_GET = do_POST  # noqa: N815  the name that http.server looks for

    def _send(self, reply: Reply) -> None:
        if reply.raw is not None:
            self._send_raw(reply.raw, reply.drip_s)
            return
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def _send_raw(self, octets: bytes, drip_s: float) -> None:
        if not drip_s:
            self.wfile.write(octets)
            return
        for octet in octets:
            if self.server.receiver.closing.wait(drip_s):
                return
            self.wfile.write(bytes([octet]))

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # a client that refuses our certificate ends in the handshake
            super().handle()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


class DeadEndpoint:
    """A port that takes connections and never says a word. Use as a context manager."""

    def __init__(self) -> None:
        self._socket = socket.create_server((HOST, 0))

    @property
    def url(self) -> str:
        """Its address in clear text."""
        return f"http://{HOST}:{self._socket.getsockname()[1]}/"

    def __enter__(self) -> DeadEndpoint:
        return self

    def __exit__(self, *exc: object) -> None:
        self._socket.close()


def closed_port() -> int:
    """Answer a port on which nobody listens now."""
    with socket.create_server((HOST, 0)) as taken:
        return int(taken.getsockname()[1])


def main() -> None:
    """Show what arrives, until interrupted: `python -m devtools.webhook_receiver`."""

    def tell(received: Received) -> Reply:
        print(received.webhook_id, received.body.decode(), flush=True)
        return OK

    with Receiver(tell) as receiver, contextlib.suppress(KeyboardInterrupt):
        print(receiver.url, flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
