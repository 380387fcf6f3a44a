"""Deadlines on a clock of the test's own, and connecting to nowhere."""

from __future__ import annotations

import io
import socket

import pytest

from inboxsync.errors import ConnectionLost, DeadlineExceeded, Unreachable
from inboxsync.imap.session import SessionLimits
from inboxsync.imap.transport import Deadlines, GuardedStream, open_socket, send_all


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


LIMITS = SessionLimits(command_timeout_s=10, silence_timeout_s=4, session_timeout_s=60, min_rate_bytes_per_s=1_000)


def test_a_wait_is_the_least_of_what_is_left() -> None:
    clock = Clock()
    deadlines = Deadlines(LIMITS, clock)
    assert deadlines.wait_s() == 4
    deadlines.spend(7)
    assert deadlines.wait_s() == 3
    clock.now_s += 59
    assert deadlines.wait_s() == 1


def test_the_session_ends_however_busy_it_is() -> None:
    clock = Clock()
    deadlines = Deadlines(LIMITS, clock)
    clock.now_s += 61
    deadlines.begin()
    with pytest.raises(DeadlineExceeded, match="session"):
        deadlines.wait_s()


def test_dripping_octets_buy_no_time() -> None:
    deadlines = Deadlines(LIMITS, Clock())
    for _ in range(21):
        deadlines.spend(0.5, received_bytes=1)
    with pytest.raises(DeadlineExceeded, match="too slowly"):
        deadlines.wait_s()


def test_a_steady_stream_may_take_longer_than_a_command() -> None:
    deadlines = Deadlines(LIMITS, Clock())
    for _ in range(100):
        deadlines.spend(1, received_bytes=1_500)
    assert deadlines.wait_s() == 4


def test_a_fast_start_saves_up_no_more_than_one_command() -> None:
    deadlines = Deadlines(LIMITS, Clock())
    deadlines.spend(0, received_bytes=10**9)
    deadlines.spend(11)
    with pytest.raises(DeadlineExceeded):
        deadlines.wait_s()


def test_a_hard_budget_is_not_prolonged() -> None:
    deadlines = Deadlines(LIMITS, Clock())
    deadlines.begin(2.0)
    deadlines.spend(2.1, received_bytes=10**6)
    with pytest.raises(DeadlineExceeded):
        deadlines.wait_s()
    deadlines.begin()
    assert deadlines.wait_s() == 4


def test_silence_names_the_limit_that_was_reached() -> None:
    deadlines = Deadlines(LIMITS, Clock())
    assert "silent for 4 s" in deadlines.silence().message
    deadlines.spend(10)
    assert "10 s for one command" in deadlines.silence().message


def test_reading_ends_on_silence_and_on_a_reset() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        quick = SessionLimits(silence_timeout_s=0.05)
        reader = io.BufferedReader(GuardedStream(ours, Deadlines(quick)))
        theirs.sendall(b"line\r\nrest")
        assert reader.readline() == b"line\r\n"
        with pytest.raises(DeadlineExceeded):
            reader.readline()
        reader.close()
        ours.close()
        with pytest.raises(ConnectionLost):
            send_all(ours, b"x", Deadlines(quick))


def test_a_refused_port_is_said_so() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable, match="refuses"):
            open_socket("127.0.0.1", unused.getsockname()[1], 2)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 300, "nul\0.example.com"])
def test_a_name_that_does_not_resolve_is_said_so(host: str) -> None:
    with pytest.raises(Unreachable, match="does not resolve"):
        open_socket(host, 993, 2)


def test_keepalive_is_on() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    with server, open_socket("127.0.0.1", server.getsockname()[1], 2) as connection:
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
