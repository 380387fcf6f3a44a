"""Asking for messages together, and one by one where the server refuses that: one of them costs no other (P6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from inboxsync.errors import MessageRefused, ServerUnavailable

if TYPE_CHECKING:
    from inboxsync.model.placement import FetchedMessage

# Some servers answer NO [SERVERBUG] for one broken message and for ever (Yahoo), others for all while they are down.
DOWN_AFTER = 3


def given(
    together: Callable[[], Iterable[FetchedMessage]],
    alone: Callable[[int], Iterable[FetchedMessage]],
    left: Callable[[], Sequence[int]],
    *,
    check: Callable[[], None],
) -> Iterator[FetchedMessage]:
    """Yield what the server gives of many messages, then of those `left` when it refused.

    A message that is refused alone is not yielded; `check` is called after it and may end the walk. Raises
    ServerUnavailable where the server says so of several in a row: then it is not they that it takes offence at.
    """
    try:
        yield from together()
    except (MessageRefused, ServerUnavailable):
        yield from _singly(alone, left(), check)


def _singly(
    alone: Callable[[int], Iterable[FetchedMessage]], uids: Sequence[int], check: Callable[[], None]
) -> Iterator[FetchedMessage]:
    in_a_row = 0
    for uid in uids:
        try:
            yield from alone(uid)
            in_a_row = 0
        except MessageRefused:
            check()
        except ServerUnavailable:
            in_a_row += 1
            if in_a_row == DOWN_AFTER:
                raise
            check()
