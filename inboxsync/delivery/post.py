"""One HTTP POST to an address that was checked, and to no other.

The standard library's client over a socket of our own: libraries resolve the name inside, after any check of ours, and
follow redirects and proxies of the environment unless told not to. Here the name is resolved once, every address it
has is judged, and the connection goes to one of those very addresses, with the name for TLS and the Host header.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import io
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from inboxsync.delivery.addresses import refusal
from inboxsync.delivery.retry import Answer, Fault, FaultKind
from inboxsync.delivery.target import Target
from inboxsync.system import monotonic_s

RESOLVE_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 5.0
TOTAL_TIMEOUT_S = 10.0
# Of an answer nothing is read but its status line and headers, and of those no more than this.
MAX_HEAD_BYTES = 32 * 1024
_SEND_BYTES = 16 * 1024

SocketAddress = tuple[int, tuple[Any, ...]]
Resolve = Callable[[str, int], Sequence[SocketAddress]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What to send where. `allow_private` opens addresses of private networks, `ca_file` replaces the system's CAs.

    A body is JSON; an empty one is none.
    """

    target: Target
    headers: Mapping[str, str]
    body: bytes
    allow_private: bool = False
    ca_file: str | None = None
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class PostLimits:
    """How long one POST may take: to resolve, to connect, and all of it from the connection on."""

    resolve_s: float = RESOLVE_TIMEOUT_S
    connect_s: float = CONNECT_TIMEOUT_S
    total_s: float = TOTAL_TIMEOUT_S


def resolve(host: str, port: int) -> Sequence[SocketAddress]:
    """Ask the system for all addresses of a host. OSError or UnicodeError where it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(int(family), address) for family, _, _, _, address in found]


def post(outgoing: Outgoing, *, limits: PostLimits = PostLimits(), resolve: Resolve = resolve) -> Answer | Fault:
    """Send it and answer the status; what the outside world did wrong is a Fault, never an exception."""
    target = outgoing.target
    addresses = _checked(outgoing, limits, resolve)
    if isinstance(addresses, Fault):
        return addresses
    deadline_s = monotonic_s() + limits.total_s
    try:
        context = _context(outgoing.ca_file) if target.is_tls else None
        with contextlib.closing(_connected(addresses, limits)) as plain:
            connection = plain if context is None else _encrypted(plain, context, target.host, deadline_s)
            with contextlib.closing(connection):
                return _exchange(connection, outgoing, deadline_s)
    except ssl.SSLCertVerificationError as error:
        return Fault(FaultKind.TLS, f"{target.place}: the certificate is not trusted: {error.verify_message}")
    except TimeoutError:
        return Fault(FaultKind.TIMEOUT, f"{target.place} did not answer within {limits.total_s:g} s")
    except ssl.SSLError as error:
        return Fault(FaultKind.TLS, f"{target.place}: TLS failed: {error.reason or 'the connection broke'}")
    except _CaFileUnreadable:
        return Fault(FaultKind.TLS, "the CA file of this webhook cannot be read")
    except http.client.RemoteDisconnected:
        return Fault(FaultKind.UNREACHABLE, f"{target.place} closed the connection without an answer")
    except (http.client.HTTPException, _AnswerTooLong):
        return Fault(FaultKind.PROTOCOL, f"{target.place} does not answer in HTTP, or too much of it")
    except OSError as error:
        return Fault(FaultKind.UNREACHABLE, f"{target.place} cannot be reached: {error.strerror or 'no route to it'}")


# --- the way there -------------------------------------------------------------------------------------------------


def _checked(outgoing: Outgoing, limits: PostLimits, resolve: Resolve) -> Sequence[SocketAddress] | Fault:
    """Resolve once and judge every address: a name that has one forbidden address is forbidden whole."""
    target = outgoing.target
    try:
        addresses = _resolved_within(target, limits.resolve_s, resolve)
    except TimeoutError:
        return Fault(FaultKind.UNREACHABLE, f"the name {target.host} was not resolved within {limits.resolve_s:g} s")
    except (OSError, ValueError):
        return Fault(FaultKind.UNREACHABLE, f"the name {target.host} does not resolve")
    for _, address in addresses:
        why = refusal(str(address[0]), allow_private=outgoing.allow_private)
        if why is not None:
            return Fault(FaultKind.FORBIDDEN, f"{target.host} is at {address[0]}, which {why}")
    return addresses or Fault(FaultKind.UNREACHABLE, f"the name {target.host} has no address")


def _resolved_within(target: Target, timeout_s: float, resolve: Resolve) -> Sequence[SocketAddress]:
    """Resolve in a thread that is left behind where it takes too long: the system's resolver takes no deadline."""
    answers: queue.SimpleQueue[Sequence[SocketAddress] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(target.host, target.port))
        except (OSError, ValueError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True, name="resolve").start()
    try:
        answer = answers.get(timeout=timeout_s)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _connected(addresses: Sequence[SocketAddress], limits: PostLimits) -> socket.socket:
    """Connect to the first address that answers, within one time for all of them. Raises OSError."""
    deadline_s = monotonic_s() + limits.connect_s
    fault: OSError = TimeoutError()
    for left, (family, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
        share_s = (deadline_s - monotonic_s()) / left
        if share_s <= 0:
            break
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(share_s)
            plain.connect(address)
        except OSError as error:
            plain.close()
            fault = error
        else:
            return plain
    raise fault


class _CaFileUnreadable(Exception):
    """The file is gone or not ours to read."""


@functools.lru_cache(maxsize=32)
def _context(ca_file: str | None) -> ssl.SSLContext:
    """Make what checks certificates; once, for reading the system's CAs takes 20 ms."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise _CaFileUnreadable from error


def _encrypted(plain: socket.socket, context: ssl.SSLContext, host: str, deadline_s: float) -> socket.socket:
    plain.settimeout(_left_s(deadline_s))
    return context.wrap_socket(plain, server_hostname=host)


# --- the exchange --------------------------------------------------------------------------------------------------


def _exchange(connection: socket.socket, outgoing: Outgoing, deadline_s: float) -> Answer:
    target = outgoing.target
    client = http.client.HTTPConnection(target.host, target.port)
    client.auto_open = 0
    # All that the client asks of a socket; it would otherwise open one of its own.
    client.sock = cast(socket.socket, _BoundedSocket(connection, deadline_s))
    headers = {"Host": target.host_header, "Connection": "close", **outgoing.headers}
    if outgoing.body:
        headers["Content-Type"] = "application/json"
    client.request(outgoing.method, target.path, body=outgoing.body or None, headers=headers)
    response = client.getresponse()
    return Answer(response.status, response.getheader("Retry-After"))


class _AnswerTooLong(Exception):
    """The head of the answer is longer than any endpoint's."""


class _BoundedSocket:
    """A socket whose every wait is cut to what is left until the deadline, and of which only so much is read."""

    def __init__(self, connection: socket.socket, deadline_s: float) -> None:
        self._connection = connection
        self._deadline_s = deadline_s

    def sendall(self, octets: bytes) -> None:
        """Send all of it; TimeoutError at the deadline."""
        left = memoryview(octets)
        while left:
            self._connection.settimeout(_left_s(self._deadline_s))
            left = left[self._connection.send(left[:_SEND_BYTES]) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Open the reading side."""
        return io.BufferedReader(_BoundedReader(self._connection, self._deadline_s))

    def close(self) -> None:
        """Leave the socket to its owner."""


class _BoundedReader(io.RawIOBase):
    def __init__(self, connection: socket.socket, deadline_s: float) -> None:
        super().__init__()
        self._connection = connection
        self._deadline_s = deadline_s
        self._left_bytes = MAX_HEAD_BYTES

    def readable(self) -> bool:
        """Say yes, as buffered readers ask."""
        return True

    def readinto(self, buffer: object) -> int:
        """Wait for octets no longer than allowed; 0 at the end of the stream."""
        if self._left_bytes <= 0:
            raise _AnswerTooLong
        self._connection.settimeout(_left_s(self._deadline_s))
        count = self._connection.recv_into(buffer)  # type: ignore[arg-type]  # io passes a writable buffer
        self._left_bytes -= count
        return count


def _left_s(deadline_s: float) -> float:
    left_s = deadline_s - monotonic_s()
    if left_s <= 0:
        raise TimeoutError
    return left_s
