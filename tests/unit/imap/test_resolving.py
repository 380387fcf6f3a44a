"""Names are looked up within a deadline, whatever the resolver does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from inboxsync.errors import ConnectionLost, Unreachable
from inboxsync.imap.resolving import resolve
from inboxsync.imap.session import never

ANSWER = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 993))]


class Resolver:
    """A resolver that answers names when it is let; an address it knows at once, as the system's does."""

    def __init__(self, answer: list[Any] | Exception = ANSWER) -> None:
        self.answer = answer
        self.may_answer = threading.Event()
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, *, type: int, flags: int = 0) -> list[Any]:  # noqa: A002  getaddrinfo's name
        if flags & socket.AI_NUMERICHOST:
            return socket.getaddrinfo(host, port, type=type, flags=flags)
        self.asked.append(host)
        self.may_answer.wait(10)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def slow() -> Iterator[Resolver]:
    """A resolver that answers only when the test is over."""
    resolver = Resolver()
    yield resolver
    resolver.may_answer.set()


def ready(answer: list[Any] | Exception = ANSWER) -> Resolver:
    resolver = Resolver(answer)
    resolver.may_answer.set()
    return resolver


def test_a_name_is_looked_up() -> None:
    assert resolve("imap.example.com", 993, 5, never, ready()) == ANSWER


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_an_address_is_not(address: str, slow: Resolver) -> None:
    found = resolve(address, 993, 5, never, slow)
    assert {place[4][0] for place in found} == {address}
    assert slow.asked == []


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
def test_a_name_that_is_none_is_unreachable(error: Exception) -> None:
    with pytest.raises(Unreachable, match=r"imap\.example\.com does not resolve$"):
        resolve("imap.example.com", 993, 5, never, ready(error))


def test_a_resolver_that_does_not_answer_is_left(slow: Resolver) -> None:
    with pytest.raises(Unreachable, match=r"imap\.example\.com does not resolve within 0\.05 s") as raised:
        resolve("imap.example.com", 993, 0.05, never, slow)
    assert "name servers" in raised.value.hint
    assert raised.value.exit_code == 75


def test_a_run_that_is_stopped_does_not_wait_for_it(slow: Resolver) -> None:
    with pytest.raises(ConnectionLost):
        resolve("imap.example.com", 993, 0.05, lambda: True, slow)


def test_the_systems_resolver_is_asked_by_default() -> None:
    assert resolve("localhost", 993, 5, never)
    with pytest.raises(Unreachable):
        resolve("a..b", 993, 5, never)
