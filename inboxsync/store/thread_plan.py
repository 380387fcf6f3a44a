"""Which conversation each message of a batch belongs to, and which conversations turn out to be one: pure.

A conversation is a connected part of the graph of messages and ties. Its id is the `external_id` of its earliest
message (see `Begin`), so neither the parts nor their ids depend on the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

# What the messages of a conversation are ordered by: `received_at`; how many ids it answers to, for of mail that was
# copied from server to server all may have come in one second; `external_id`.
Begin = tuple[datetime, int, str]

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Member:
    """A message and its ties. `thread_id` is the conversation it is known in already, None for a new message."""

    row_id: int
    begin: Begin
    ties: tuple[str, ...]
    thread_id: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store knows: conversations by tie, and the begin of those whose first message is still there."""

    by_tie: Mapping[str, Iterable[str]] = field(default_factory=dict)
    begins: Mapping[str, Begin] = field(default_factory=dict)

    def begin(self, thread_id: str) -> Begin:
        """What a stored conversation is ordered by; one whose first message was purged keeps its id."""
        return self.begins.get(thread_id, (_BEFORE_ALL, 0, thread_id))


@dataclass(frozen=True, slots=True)
class ThreadPlan:
    """The conversation of each message by row id, and the new id of each stored conversation that changes its id."""

    thread_ids: Mapping[int, str]
    renamed: Mapping[str, str]


class _Groups:
    """Union-find over any names."""

    def __init__(self) -> None:
        self._above: dict[object, object] = {}

    def find(self, name: object) -> object:
        above = self._above
        above.setdefault(name, name)
        while (up := above[name]) != name:
            above[name] = name = above[up]
        return name

    def join(self, one: object, other: object) -> None:
        self._above[self.find(one)] = self.find(other)


def plan_threads(members: Sequence[Member], stored: Stored) -> ThreadPlan:
    """Put messages into conversations, joining what they tie together."""
    groups, threads = _Groups(), set[str]()
    for member in members:
        for name in _tied_to(member, stored):
            groups.join(member.row_id, name)
            if isinstance(name, _Thread):
                threads.add(name.id)
    first: dict[object, Begin] = {}
    for node, begin in _begins(members, threads, stored):
        group = groups.find(node)
        first[group] = min(first.get(group, begin), begin)
    return ThreadPlan(
        thread_ids={member.row_id: first[groups.find(member.row_id)][-1] for member in members},
        renamed={one: new for one in threads if (new := first[groups.find(_Thread(one))][-1]) != one},
    )


@dataclass(frozen=True, slots=True)
class _Thread:
    """A stored conversation as a name among ties, which are texts, and row ids, which are numbers."""

    id: str


def _tied_to(member: Member, stored: Stored) -> Iterator[object]:
    if member.thread_id is not None:
        yield _Thread(member.thread_id)
    for tie in member.ties:
        yield tie
        yield from map(_Thread, stored.by_tie.get(tie, ()))


def _begins(members: Sequence[Member], threads: Iterable[str], stored: Stored) -> Iterator[tuple[object, Begin]]:
    for member in members:
        yield member.row_id, member.begin
    for thread_id in threads:
        yield _Thread(thread_id), stored.begin(thread_id)
