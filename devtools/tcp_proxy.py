"""A proxy that spoils connections on purpose: cuts, flipped octets, delays, drips, blackholes, resets."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from dataclasses import dataclass, field
from types import TracebackType

HOST = "127.0.0.1"
_CHUNK_BYTES = 64 * 1024
_POLL_S = 0.05


@dataclass(slots=True)
class _Way:
    """One direction: what is to happen to its octets. `again` is the cut that awaits each new connection."""

    again: int | None = None
    cut_left: int | None = None
    swallows: bool = False
    hole: bool = False
    flip_left: int | None = None
    flip_mask: int = 0
    passed_bytes: int = 0
    struck: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cut(self, after: int | None = None, *, each: bool = False, swallows: bool = False) -> None:
        with self._lock:
            self.cut_left, self.again, self.swallows = after, after if each else None, swallows
            self.flip_left, self.hole, self.struck = None, False, False

    def flip(self, after: int, mask: int) -> None:
        self.cut()
        with self._lock:
            self.flip_left, self.flip_mask = after, mask

    def connected(self) -> None:
        """Begin to count anew where each connection is to be cut."""
        with self._lock:
            self.cut_left = self.cut_left if self.again is None else self.again

    def take(self, data: bytes) -> tuple[bytes, bool]:
        """Answer what may pass of these octets, and whether the connection ends with that."""
        with self._lock:
            passing, ends = (b"", False) if self.hole else self._shortened(self._flipped(data))
            self.passed_bytes += len(passing)
            return passing, ends

    def _flipped(self, data: bytes) -> bytes:
        if self.flip_left is None:
            return data
        at, self.flip_left = self.flip_left, self.flip_left - len(data)
        if at >= len(data):
            return data
        self.flip_left, self.struck = None, True
        return data[:at] + bytes([data[at] ^ self.flip_mask]) + data[at + 1 :]

    def _shortened(self, data: bytes) -> tuple[bytes, bool]:
        if self.cut_left is None:
            return data, False
        if len(data) < self.cut_left:
            self.cut_left -= len(data)
            return data, False
        allowed, self.cut_left = self.cut_left, None
        self.struck, self.hole = True, self.swallows
        return data[:allowed], not self.swallows


class TcpProxy:
    """Forwards `port` to an upstream server, as a context manager; faults can be set before and while it runs.

    They apply to what the server sends, but where `upward` or a name says otherwise. Counted octets run over all
    connections from the moment a fault is set; a fault strikes once unless told otherwise, and `struck` says whether.
    """

    host = HOST

    def __init__(self, upstream_port: int, upstream_host: str = HOST) -> None:
        self._upstream = (upstream_host, upstream_port)
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._down, self._up = _Way(), _Way()
        self._drip: tuple[int, float] | None = None
        self._resets = False
        self.upstream_delay_s = 0.0
        self.downstream_delay_s = 0.0

    # --- faults -----------------------------------------------------------------------------------------------------

    def cut_after(self, octets: int, *, upward: bool = False, each: bool = False) -> None:
        """Close the connection once this many more octets were passed on; once, or `each` new connection anew."""
        self._resets = False
        (self._up if upward else self._down).cut(octets, each=each)

    def reset_after(self, octets: int) -> None:
        """Like `cut_after`, with a TCP reset."""
        self._resets = True
        self._down.cut(octets)

    def flip_after(self, octets: int, mask: int, *, upward: bool = False) -> None:
        """Let this many more octets pass and spoil the next one: the bits of `mask` are turned over in it; once."""
        (self._up if upward else self._down).flip(octets, mask)

    def drip(self, octets: int, pause_s: float) -> None:
        """Pass only so many octets at a time, with a pause after each."""
        self._drip = (octets, pause_s)

    def blackhole_after(self, octets: int) -> None:
        """Swallow what the server sends after this many more octets, and keep the connections open."""
        self._down.cut(octets, swallows=True)

    def heal(self) -> None:
        """Pass everything again."""
        self._drip = None
        self._down.cut()
        self._up.cut()
        self.upstream_delay_s = self.downstream_delay_s = 0.0

    @property
    def struck(self) -> bool:
        """Whether the cut, reset or flip that was set last has happened."""
        return self._down.struck or self._up.struck

    @property
    def forwarded_bytes(self) -> int:
        """How many octets of the server reached the client."""
        return self._down.passed_bytes

    @property
    def sent_bytes(self) -> int:
        """How many octets of the client reached the server."""
        return self._up.passed_bytes

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
            self._up.connected()
            self._down.connected()
            self._run(self._pass_up, client, server)
            self._run(self._pass_down, server, client)

    def _pass_up(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):  # ValueError: the other thread has closed what we wait for
            while data := self._receive(client):
                self._stopping.wait(self.upstream_delay_s)
                passing, ends = self._up.take(data)
                server.sendall(passing)
                if ends:
                    _close(client)
                    break
        _close(server)

    def _receive(self, client: socket.socket) -> bytes:
        """Wait in short turns: a thread that sleeps in recv() would keep a closed socket alive, and no reset go out."""
        while not self._stopping.is_set():
            if select.select([client], [], [], _POLL_S)[0]:
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
        passing, ends = self._down.take(data)
        self._send(client, passing)
        if ends and self._resets:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        return not ends

    def _send(self, client: socket.socket, data: bytes) -> None:
        size, pause_s = self._drip or (len(data) or 1, 0.0)
        for at in range(0, len(data), size):
            piece = data[at : at + size]
            client.sendall(piece)
            if pause_s and self._stopping.wait(pause_s):
                return


def _close(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
