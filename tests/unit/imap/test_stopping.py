"""A stop is heard in every wait for a server within two seconds, and a goodbye is still said."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from devtools.scripted_imap import HOST, ScriptedServer, Silence
from inboxsync.errors import ConnectionLost
from inboxsync.imap.adapter import connect
from inboxsync.imap.session import SessionLimits
from inboxsync.model.integration import Endpoint, TlsMode
from inboxsync.model.secret import Secret

LONGEST_S = 2.5


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    """An event that is set soon after the test began."""
    event = threading.Event()
    timer = threading.Timer(0.3, event.set)
    timer.start()
    yield event
    timer.cancel()


def stopped_in_time(work: Callable[[], object]) -> None:
    started = time.monotonic()
    with pytest.raises(ConnectionLost, match="stopped"):
        work()
    assert time.monotonic() - started < LONGEST_S


def log_in(port: int, stop: threading.Event, tls: TlsMode = TlsMode.NONE) -> object:
    limits = SessionLimits(stopped=stop.is_set)
    return connect(Endpoint(HOST, port, tls, "ana@example.com"), Secret("secret"), limits)


def test_a_silent_command(stop: threading.Event) -> None:
    with ScriptedServer([("EXAMINE", Silence())]) as server:
        session = log_in(server.port, stop)
        stopped_in_time(lambda: session.examine("INBOX"))  # type: ignore[attr-defined]  # a session
        session.close()  # type: ignore[attr-defined]  # a session


def test_a_silent_greeting(stop: threading.Event) -> None:
    with ScriptedServer(greeting=Silence()) as server:
        stopped_in_time(lambda: log_in(server.port, stop))


def test_a_silent_handshake(stop: threading.Event) -> None:
    with socket.create_server((HOST, 0)) as silent:
        stopped_in_time(lambda: log_in(silent.getsockname()[1], stop, TlsMode.IMPLICIT))


def test_a_connection_that_is_not_accepted(stop: threading.Event) -> None:
    with socket.create_server((HOST, 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex((HOST, port))
        stopped_in_time(lambda: log_in(port, stop))
        for one in waiting:
            one.close()


def test_a_stopped_run_still_says_goodbye() -> None:
    stop = threading.Event()
    with ScriptedServer() as server:
        session = log_in(server.port, stop)
        stop.set()
        session.close()  # type: ignore[attr-defined]  # a session
        assert server.commands[-1] == b"LOGOUT"
