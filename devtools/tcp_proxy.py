"""A proxy that spoils connections on purpose: cuts, delays, drips, blackholes, resets."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType

HOST = "127.0.0.1"
_CHUNK_BYTES = 64 * 1024
_POLL_S = 0.05


class TcpProxy:
    """Forwards `port` to an upstream server, as a context manager; faults can be set before and while it runs.

    They apply to what the server sends, but for `upstream_delay_s`. Counted octets run over all connections.
    """

    host = HOST

    def __init__(self, upstream_port: int, upstream_host: str = HOST) -> None:
        self._upstream = (upstream_host, upstream_port)
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._cut_left: int | None = None
        self._drip: tuple[int, float] | None = None
        self._resets = False
        self._blackhole = False
        self.upstream_delay_s = 0.0
        self.downstream_delay_s = 0.0
        self.forwarded_bytes = 0

    # --- faults -----------------------------------------------------------------------------------------------------

    def cut_after(self, octets: int) -> None:
        """Close the connection once this many more octets were passed to the client; once, later ones are whole."""
        self._cut_left, self._resets = octets, False

    def reset_after(self, octets: int) -> None:
        """Like `cut_after`, with a TCP reset."""
        self._cut_left, self._resets = octets, True

    def drip(self, octets: int, pause_s: float) -> None:
        """Pass only so many octets at a time, with a pause after each."""
        self._drip = (octets, pause_s)

    def blackhole(self, on: bool = True) -> None:
        """Swallow what the server sends, and keep the connection open."""
        self._blackhole = on

    def heal(self) -> None:
        """Pass everything again."""
        self._cut_left, self._drip, self._blackhole = None, None, False
        self.upstream_delay_s = self.downstream_delay_s = 0.0

    # --- running ----------------------------------------------------------------------------------------------------

    def __enter__(self) -> TcpProxy:
        self._run(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(5)

    def _run(self, target: object, *args: object) -> None:
        assert callable(target)
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._upstream)
            except OSError:
                return
            self._sockets += [client, server]
            self._run(self._pass_up, client, server)
            self._run(self._pass_down, server, client)

    def _pass_up(self, client: socket.socket, server: socket.socket) -> None:
        client.settimeout(
            _POLL_S
        )  # a thread that sleeps in recv() would keep a closed socket alive, and no reset go out
        with contextlib.suppress(OSError):
            while data := self._receive(client):
                self._stopping.wait(self.upstream_delay_s)
                server.sendall(data)
        _close(server)

    def _receive(self, client: socket.socket) -> bytes:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                return client.recv(_CHUNK_BYTES)
        return b""

    def _pass_down(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(_CHUNK_BYTES):
                self._stopping.wait(self.downstream_delay_s)
                if not self._deliver(data, client):
                    break
        _close(client)
        _close(server)

    def _deliver(self, data: bytes, client: socket.socket) -> bool:
        """Pass data on with the faults that are set; answer False once the connection was cut."""
        if self._blackhole:
            return True
        allowed, ends = self._allow(len(data))
        self._send(client, data[:allowed])
        if ends and self._resets:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        return not ends

    def _allow(self, octets: int) -> tuple[int, bool]:
        with self._lock:
            if self._cut_left is None or octets < self._cut_left:
                self._cut_left = None if self._cut_left is None else self._cut_left - octets
                return octets, False
            allowed, self._cut_left = self._cut_left, None
            return allowed, True

    def _send(self, client: socket.socket, data: bytes) -> None:
        size, pause_s = self._drip or (len(data) or 1, 0.0)
        for at in range(0, len(data), size):
            piece = data[at : at + size]
            client.sendall(piece)
            self.forwarded_bytes += len(piece)
            if pause_s and self._stopping.wait(pause_s):
                return


def _close(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
