"""Host names to addresses within a deadline. The system's resolver takes none: without network it may wait a minute."""

from __future__ import annotations

import queue
import socket
import threading
from typing import TYPE_CHECKING

from inboxsync.errors import ConnectionLost, Unreachable
from inboxsync.imap.translate import legible
from inboxsync.system import monotonic_s

STOP_CHECK_S = 1.0
MIN_WAIT_S = 0.001  # a timeout of 0 would make a socket non-blocking

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Address = tuple[int, int, int, str, tuple[Any, ...]]
    LookUp = Callable[..., list[Any]]
    Found = list[Address] | OSError | ValueError


def resolve(
    host: str, port: int, timeout_s: float, stopped: Callable[[], bool], look_up: LookUp = socket.getaddrinfo
) -> list[Address]:
    """Answer the addresses of a host, as `socket.getaddrinfo` does for streams; an address is its own answer at once.

    Raises Unreachable where the name does not resolve or takes longer, ConnectionLost when stopped.
    """
    try:
        return look_up(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, ValueError):  # a name, as nearly always
        pass
    found = _wait_for(_asked(host, port, look_up), host, timeout_s, stopped)
    if isinstance(found, list):
        return found
    raise Unreachable(f"the host name {legible(host)} does not resolve") from found


def _asked(host: str, port: int, look_up: LookUp) -> queue.SimpleQueue[Found]:
    """Ask in a thread of its own, which is left behind when nobody waits any more; it ends when the resolver does."""
    answers: queue.SimpleQueue[Found] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(look_up(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:  # ValueError: a name that IDNA or C refuses
            answers.put(error)

    threading.Thread(target=ask, name="inboxsync-resolve", daemon=True).start()
    return answers


def _wait_for(answers: queue.SimpleQueue[Found], host: str, timeout_s: float, stopped: Callable[[], bool]) -> Found:
    end_s = monotonic_s() + timeout_s
    while True:
        try:
            return answers.get(timeout=max(MIN_WAIT_S, min(STOP_CHECK_S, end_s - monotonic_s())))
        except queue.Empty:
            if stopped():
                raise ConnectionLost("the run was stopped") from None
            if monotonic_s() >= end_s:
                raise Unreachable(
                    f"the host name {legible(host)} does not resolve within {timeout_s:g} s",
                    hint="check the network and the name servers of this machine, and the name of the host",
                ) from None
