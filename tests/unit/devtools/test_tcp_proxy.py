"""The proxy itself: what it passes, and where each fault strikes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from devtools.scripted_imap import wait_for
from devtools.tcp_proxy import HOST, TcpProxy

SAID = b"0123456789"


@contextmanager
def echoing() -> Iterator[TcpProxy]:
    """A proxy before a server that sends everything back."""
    with socket.create_server((HOST, 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    while data := connection.recv(1_000):
                        connection.sendall(data)

        threading.Thread(target=serve, daemon=True).start()
        with TcpProxy(listener.getsockname()[1]) as proxy:
            yield proxy
        listener.shutdown(socket.SHUT_RDWR)


def heard(proxy: TcpProxy, said: bytes = SAID) -> bytes:
    """What comes back of what is said, until the other side is silent or gone."""
    with socket.create_connection((HOST, proxy.port), timeout=0.3) as client:
        client.sendall(said)
        found = b""
        try:
            while len(found) < len(said) and (data := client.recv(1_000)):
                found += data
        except (TimeoutError, ConnectionResetError):
            pass
        return found


def test_everything_passes_and_is_counted() -> None:
    with echoing() as proxy:
        assert heard(proxy) == SAID
        assert wait_for(lambda: (proxy.sent_bytes, proxy.forwarded_bytes) == (10, 10))
        assert not proxy.struck


def test_a_cut_strikes_once_or_each_connection() -> None:
    with echoing() as proxy:
        proxy.cut_after(4)
        assert [heard(proxy), heard(proxy)] == [SAID[:4], SAID]
        assert proxy.struck
        proxy.cut_after(4, each=True)
        assert [heard(proxy), heard(proxy)] == [SAID[:4]] * 2
        proxy.heal()
        assert heard(proxy) == SAID


def test_a_cut_on_the_way_up_passes_no_more_than_told() -> None:
    with echoing() as proxy:
        proxy.cut_after(4, upward=True)
        assert SAID[:4].startswith(heard(proxy))  # what is sent back may or may not arrive before the end
        assert (proxy.struck, proxy.sent_bytes) == (True, 4)
        assert heard(proxy) == SAID


@pytest.mark.parametrize(
    ("fault", "left"),
    [
        (lambda proxy: proxy.cut_after(0), b""),
        (lambda proxy: proxy.reset_after(3), SAID[:3]),
        (lambda proxy: proxy.blackhole_after(5), SAID[:5]),
        (lambda proxy: proxy.flip_after(2, 0x01), b"0133456789"),
        (lambda proxy: proxy.flip_after(2, 0x01, upward=True), b"0133456789"),
    ],
)
def test_other_faults_strike_where_they_are_told(fault: Callable[[TcpProxy], None], left: bytes) -> None:
    with echoing() as proxy:
        fault(proxy)
        assert heard(proxy) in (left, b"") if left == SAID[:3] else heard(proxy) == left
        assert proxy.struck


def test_a_flip_later_in_the_stream_strikes_the_second_connection() -> None:
    with echoing() as proxy:
        proxy.flip_after(12, 0x80)
        assert heard(proxy) == SAID
        assert heard(proxy) == SAID[:2] + bytes([SAID[2] ^ 0x80]) + SAID[3:]


def test_a_drip_comes_piece_by_piece() -> None:
    with echoing() as proxy:
        proxy.drip(1, 0.001)
        assert heard(proxy) == SAID
