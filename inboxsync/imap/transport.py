"""A socket that always ends: own connect, keepalive, and a reader that keeps every deadline.

A socket's own timeout is no deadline: one octet every half second holds a command open for ever. Here each wait is cut
to what the session, the command and the silence limit leave.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import selectors
import socket
import ssl
from collections.abc import Callable
from typing import Any, TypeVar

from inboxsync.errors import ConnectionLost, DeadlineExceeded, Unreachable
from inboxsync.imap.resolving import MIN_WAIT_S, STOP_CHECK_S, resolve
from inboxsync.imap.session import SessionLimits, never
from inboxsync.imap.translate import legible
from inboxsync.system import monotonic_s

T = TypeVar("T")

# No read takes more in one go, so that deadlines are looked at however fast a server sends.
_AT_ONCE_BYTES = 1024 * 1024
# A non-blocking socket has nothing to give or take; TLS may wait for either direction (a new key under way).
_NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
# What connect answers at once; Windows says WSAEWOULDBLOCK.
_UNDER_WAY = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK)})
KEEPALIVE_IDLE_S = 60
KEEPALIVE_INTERVAL_S = 20
KEEPALIVE_PROBES = 3


def in_slices(connection: socket.socket, wait_s: float, stopped: Callable[[], bool], work: Callable[[], T]) -> T:
    """Carry out a socket call that may be repeated, waking each second to ask whether to stop.

    Raises TimeoutError after `wait_s`, ConnectionLost when stopped.
    """
    end_s = monotonic_s() + wait_s
    while True:
        if stopped():
            raise ConnectionLost("the run was stopped")
        connection.settimeout(max(MIN_WAIT_S, min(STOP_CHECK_S, end_s - monotonic_s())))
        try:
            return work()
        except TimeoutError:
            if monotonic_s() >= end_s:
                raise


def open_socket(host: str, port: int, timeout_s: float, stopped: Callable[[], bool] = never) -> socket.socket:
    """Connect to the first address of a host that answers, within `timeout_s` over all of them. Raises Unreachable."""
    deadline = monotonic_s() + timeout_s
    addresses = resolve(host, port, timeout_s, stopped)
    fault: OSError = TimeoutError()
    for left, (family, kind, protocol, _, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
        share_s = (deadline - monotonic_s()) / left
        if share_s <= 0:
            break
        try:
            return _connect(socket.socket(family, kind, protocol), address, share_s, stopped)
        except OSError as error:
            fault = error
    raise _unreachable(host, port, fault, timeout_s) from fault


def _connect(
    plain: socket.socket, address: tuple[object, ...], timeout_s: float, stopped: Callable[[], bool]
) -> socket.socket:
    try:
        plain.setblocking(False)
        _finish(plain, plain.connect_ex(address), timeout_s, stopped)
        _keep_alive(plain)
    except BaseException:
        plain.close()
        raise
    return plain


def _finish(plain: socket.socket, code: int, timeout_s: float, stopped: Callable[[], bool]) -> None:
    """Wait until a connection under way is there or refused; a blocking connect cannot be woken to be stopped."""
    if code in _UNDER_WAY:
        with selectors.DefaultSelector() as selector:
            selector.register(plain, selectors.EVENT_WRITE)
            _select(selector, monotonic_s() + timeout_s, stopped)
        code = plain.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


def _select(selector: selectors.BaseSelector, end_s: float, stopped: Callable[[], bool]) -> None:
    while not selector.select(max(MIN_WAIT_S, min(STOP_CHECK_S, end_s - monotonic_s()))):
        if stopped():
            raise ConnectionLost("the run was stopped")
        if monotonic_s() >= end_s:
            raise TimeoutError


def _keep_alive(plain: socket.socket) -> None:
    """Let the system notice a peer that is gone; what a platform does not know is left out."""
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_KEEPIDLE": KEEPALIVE_IDLE_S,
        "TCP_KEEPINTVL": KEEPALIVE_INTERVAL_S,
        "TCP_KEEPCNT": KEEPALIVE_PROBES,
    }
    for name, value in options.items():
        option = getattr(socket, name, None)
        if option is not None:
            with contextlib.suppress(OSError):
                plain.setsockopt(socket.IPPROTO_TCP, option, value)


def _unreachable(host: str, port: int, fault: OSError, timeout_s: float) -> Unreachable:
    where = f"{legible(host)} port {port}"
    if isinstance(fault, ConnectionRefusedError):
        return Unreachable(f"{where} refuses the connection: no mail server listens there")
    if isinstance(fault, TimeoutError):
        return Unreachable(f"{where} does not answer within {timeout_s:g} s")
    return Unreachable(f"{where} cannot be reached: {fault.strerror or fault}")


class Deadlines:
    """How long the next wait may last: what is left of the session, of the command and of the patience with silence.

    A command has `command_timeout_s`. Each octet received buys the time it needs at the least rate that is taken, up to
    that sum: a long message may take long, a dripping one may not. Only waiting counts, not our own work in between.
    """

    def __init__(self, limits: SessionLimits, clock: Callable[[], float] = monotonic_s) -> None:
        self._limits = limits
        self._clock = clock
        self._may_be_stopped = True
        self._session_end = clock() + limits.session_timeout_s
        self._budget_s = limits.command_timeout_s
        self._left_s = limits.command_timeout_s
        self._per_octet_s = 1 / limits.min_rate_bytes_per_s

    def begin(self, budget_s: float | None = None) -> None:
        """Give the next command its time; a given `budget_s` is a hard one, which no octet prolongs."""
        self._budget_s = self._left_s = self._limits.command_timeout_s if budget_s is None else budget_s
        self._per_octet_s = 1 / self._limits.min_rate_bytes_per_s if budget_s is None else 0.0
        self._may_be_stopped = budget_s is None  # a goodbye with a hard budget is said also by a run that is stopped

    def stopped(self) -> bool:
        """Answer whether this wait is to end because the run is stopped."""
        return self._may_be_stopped and self._limits.stopped()

    def now_s(self) -> float:
        """Read the clock that all of this runs on."""
        return self._clock()

    def wait_s(self) -> float:
        """Answer how long to wait at most for the next octet. Raises DeadlineExceeded when nothing is left."""
        session_s = self._session_end - self._clock()
        if session_s <= 0:
            raise DeadlineExceeded(f"the session took longer than {self._limits.session_timeout_s:g} s")
        if self._left_s <= 0:
            raise DeadlineExceeded(
                f"the server took longer than {self._budget_s:g} s for one command, or sent too slowly"
            )
        return min(session_s, self._left_s, self._limits.silence_timeout_s)

    def spend(self, waited_s: float, received_bytes: int = 0) -> None:
        """Account for one wait and what it brought."""
        self._left_s = min(self._budget_s, self._left_s - waited_s + received_bytes * self._per_octet_s)

    def silence(self) -> DeadlineExceeded:
        """Make the error for a wait that ended without an octet, naming the limit that it reached."""
        try:
            self.wait_s()
        except DeadlineExceeded as error:
            return error
        return DeadlineExceeded(f"the server was silent for {self._limits.silence_timeout_s:g} s")


class GuardedStream(io.RawIOBase):
    """The reading side of a socket under deadlines; put an `io.BufferedReader` over it. The socket stays its owner's.

    Raises ConnectionLost and DeadlineExceeded out of every read. The socket is made non-blocking: what is there already
    is taken without a clock being read, a timeout set or a lock given up, which over TLS records of 4 KB takes as long
    as decrypting them.
    """

    def __init__(self, connection: socket.socket, deadlines: Deadlines) -> None:
        super().__init__()
        self._connection = connection
        self._deadlines = deadlines
        self.received_bytes = 0
        connection.setblocking(False)

    def readable(self) -> bool:
        """Say yes, as buffered readers ask."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Wait for octets, no longer than allowed, and put them into the buffer; 0 at the end of the stream."""
        wait_s = self._deadlines.wait_s()
        view = memoryview(buffer)[:_AT_ONCE_BYTES]
        try:
            count = self._at_hand(view)
            waited_s = 0.0
            while count is None:
                waited_s += self._await(wait_s - waited_s)
                count = self._at_hand(view)
        except OSError as error:
            raise ConnectionLost(f"the connection broke: {error.strerror or error}") from error
        self._deadlines.spend(0.0, count)
        self.received_bytes += count
        return count

    def _at_hand(self, view: memoryview) -> int | None:
        """Take what has arrived; None where nothing has, 0 at the end of the stream."""
        receive, filled, size = self._connection.recv_into, 0, len(view)
        try:
            while filled < size:
                count = receive(view[filled:])
                if not count:
                    return filled  # the end is met once more by the next read
                filled += count
        except _NOT_YET:
            return filled or None
        return filled

    def _await(self, wait_s: float) -> float:
        """Wait for the next octets and answer how long that took, which the command has to pay for."""
        started = self._deadlines.now_s()
        try:
            await_socket(self._connection, selectors.EVENT_READ, wait_s, self._deadlines.stopped)
        except TimeoutError:
            self._deadlines.spend(self._deadlines.now_s() - started)
            raise self._deadlines.silence() from None
        waited_s = self._deadlines.now_s() - started
        self._deadlines.spend(waited_s)
        return waited_s


def await_socket(connection: socket.socket, event: int, wait_s: float, stopped: Callable[[], bool]) -> None:
    """Wait until the socket is ready. Raises TimeoutError after `wait_s`, ConnectionLost when stopped."""
    if stopped():
        raise ConnectionLost("the run was stopped")
    if wait_s <= 0:
        raise TimeoutError
    with selectors.DefaultSelector() as selector:
        selector.register(connection, event)
        _select(selector, monotonic_s() + wait_s, stopped)


def send_all(connection: socket.socket, data: bytes, deadlines: Deadlines) -> None:
    """Send within what the deadlines leave. Raises ConnectionLost, DeadlineExceeded; neither quotes the data."""
    wait_s = deadlines.wait_s()
    started = deadlines.now_s()
    try:
        end_s, left = monotonic_s() + wait_s, memoryview(data)
        while left:
            try:
                left = left[connection.send(left) :]
            except _NOT_YET:
                await_socket(connection, selectors.EVENT_WRITE, end_s - monotonic_s(), deadlines.stopped)
    except TimeoutError:
        raise deadlines.silence() from None
    except OSError as error:
        raise ConnectionLost(f"the connection broke: {error.strerror or error}") from error
    finally:
        deadlines.spend(deadlines.now_s() - started)
