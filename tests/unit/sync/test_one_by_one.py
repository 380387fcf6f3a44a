"""Asking one by one: a message that is refused costs itself, a server that is down costs no message a try."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from inboxsync.errors import ConnectionLost, ImapError, MessageRefused, ServerUnavailable
from inboxsync.model.placement import FetchedMessage, MessageMeta
from inboxsync.sync.one_by_one import DOWN_AFTER, given

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Server:
    """Gives messages in order until it meets one that it refuses; `asked` lists what was asked for alone."""

    def __init__(self, uids: Sequence[int], refused: dict[int, ImapError]) -> None:
        self.left = list(uids)
        self.refused = refused
        self.asked: list[int] = []
        self.checks = 0

    def fetch(self, uids: Sequence[int]) -> Iterator[FetchedMessage]:
        for uid in list(uids):
            if uid in self.refused:
                raise self.refused[uid]
            yield FetchedMessage(MessageMeta(uid, (), NOW, 1), b"x")

    def alone(self, uid: int) -> Iterator[FetchedMessage]:
        self.asked.append(uid)
        return self.fetch([uid])

    def check(self) -> None:
        self.checks += 1

    def take(self) -> Iterator[int]:
        """The UIDs as they come; each is struck off what is left."""
        whole = list(self.left)
        for one in given(lambda: self.fetch(whole), self.alone, lambda: list(self.left), check=self.check):
            self.left.remove(one.meta.uid)
            yield one.meta.uid


def test_what_is_given_at_once_is_not_asked_for_again() -> None:
    server = Server([1, 2, 3], {})
    assert (list(server.take()), server.asked) == ([1, 2, 3], [])


@pytest.mark.parametrize("fault", [MessageRefused("no"), ServerUnavailable("[SERVERBUG]")])
def test_one_that_is_refused_costs_itself(fault: ImapError) -> None:
    server = Server([1, 2, 3, 4], {2: fault})
    assert list(server.take()) == [1, 3, 4]
    assert (server.left, server.asked, server.checks) == ([2], [2, 3, 4], 1)


def test_a_server_that_is_down_is_believed_after_a_few() -> None:
    server = Server(range(1, 10), dict.fromkeys(range(1, 10), ServerUnavailable("later")))
    with pytest.raises(ServerUnavailable):
        list(server.take())
    assert len(server.asked) == DOWN_AFTER


def test_any_number_of_refused_messages_is_gone_through() -> None:
    server = Server(range(1, 10), dict.fromkeys(range(1, 9), MessageRefused("no")))
    assert list(server.take()) == [9]


def test_a_lost_connection_is_not_about_messages() -> None:
    server = Server([1, 2, 3], {2: ConnectionLost("reset")})
    with pytest.raises(ConnectionLost):
        list(server.take())
    assert server.asked == []


@settings(deadline=None)
@for_all(st.lists(st.booleans(), max_size=12))
def test_everything_that_can_be_had_is_had_once(broken: list[bool]) -> None:
    refused = {uid: MessageRefused("no") for uid, is_broken in enumerate(broken, 1) if is_broken}
    server = Server(range(1, len(broken) + 1), dict(refused))
    assert list(server.take()) == [uid for uid in range(1, len(broken) + 1) if uid not in refused]
