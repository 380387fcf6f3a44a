"""Streaming FETCH: several commands on their way, one message in memory, answers matched by UID alone.

A FETCH line without UID may speak of any message (servers report flag changes that way, by sequence number), so it is
never taken for an answer. Split answers are put together; UIDs that nobody asked for are dropped.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from inboxsync.errors import ImapError, MessageRefused
from inboxsync.imap.parsing import Items, group_pieces, parse_fetch
from inboxsync.imap.translate import Phase, legible, response_code

if TYPE_CHECKING:
    from inboxsync.imap.wire import Untagged, Wire

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """One UID FETCH: the sequence set as sent, and the UIDs that may answer it."""

    uid_set: str
    wanted: Container[int]


@dataclass(slots=True)
class _Flight:
    """A command under way: what is given out already, and what is only half there."""

    tag: bytes
    wanted: Container[int]
    done: set[int] = field(default_factory=set)
    partial: dict[int, Items] = field(default_factory=dict)

    def wants(self, uid: int) -> bool:
        return uid in self.wanted and uid not in self.done


class FetchStream:
    """Runs requests with at most `depth` on their way and yields `Items`, complete ones at once, others when their
    command ends. `section` is the body part asked for, None where only metadata is; `is_complete` tells whether all
    else that was asked for is there.

    A NO does not stop what is under way: its messages are yielded, then the refusal is raised.
    """

    def __init__(
        self,
        wire: Wire,
        requests: Iterable[Request],
        items: str,
        section: bytes | None,
        depth: int,
        *,
        is_complete: Callable[[Items], bool] = attrgetter("described"),
    ) -> None:
        self._wire = wire
        self._requests = iter(requests)
        self._items = items
        self._section = section
        self._depth = max(1, depth)
        self._is_complete = is_complete
        self._flights: deque[_Flight] = deque()
        self._refusal: ImapError | None = None
        self._claim = 0

    def __iter__(self) -> Iterator[Items]:
        self._claim = self._wire.claim()
        self._fill()
        while self._flights:
            self._require_claim()
            yield from self._accept(self._wire.receive())
            yield from self._land()
        if self._refusal is not None:
            raise self._refusal

    def _fill(self) -> None:
        while self._refusal is None and len(self._flights) < self._depth:
            request = next(self._requests, None)
            if request is None:
                return
            tag = self._wire.start("UID", "FETCH", request.uid_set, self._items)
            self._flights.append(_Flight(tag, request.wanted))

    def _accept(self, pieces: list[Untagged]) -> Iterator[Items]:
        for answer in group_pieces(pieces):
            items = parse_fetch(answer)
            if items is None:
                _log.debug("fetch answer without uid or not understood", extra={"pieces": len(answer)})
                continue
            flight = next((flight for flight in self._flights if flight.wants(items.uid)), None)
            if flight is not None:
                yield from self._join(flight, items)

    def _join(self, flight: _Flight, items: Items) -> Iterator[Items]:
        known = flight.partial.pop(items.uid, None)
        joined = items if known is None else known.merged(items)
        if self._is_complete(joined) and joined.section == self._section:
            flight.done.add(joined.uid)
            yield joined
            return
        if joined.section is not None:
            yield from self._release_bodies(flight)
        flight.partial[joined.uid] = joined

    def _release_bodies(self, flight: _Flight) -> Iterator[Items]:
        """Give out a body that still waits for its flags: only one may be held, or a server could fill our memory."""
        held = [items for items in flight.partial.values() if items.section is not None]
        for items in held:
            del flight.partial[items.uid]
            if items.section == self._section:
                flight.done.add(items.uid)
                yield items

    def _require_claim(self) -> None:
        """Stop a stream that was left and is taken up again: its answers were read away by what came after."""
        if self._wire.claims != self._claim:
            raise RuntimeError("a stream of messages was left for another command; it cannot go on")

    def _land(self) -> Iterator[Items]:
        self._require_claim()
        ended = [flight for flight in self._flights if self._wire.tagged_commands[flight.tag] is not None]
        for flight in ended:
            self._flights.remove(flight)
            self._conclude(flight)
            yield from (items for items in flight.partial.values() if items.section == self._section)
            self._require_claim()
            self._wire.restart_limits()
            self._fill()

    def _conclude(self, flight: _Flight) -> None:
        try:
            said = self._wire.result(Phase.FETCH, flight.tag)
        except ImapError as error:
            self._note(error)
            return
        if response_code(said) == "MESSAGELIMIT":
            self._note(MessageRefused(f"the server answered a part of the request only: {legible(said)}"))

    def _note(self, refusal: ImapError) -> None:
        """Keep the refusal that says most: one about the account goes before one about messages."""
        if self._refusal is None or isinstance(self._refusal, MessageRefused):
            self._refusal = refusal
