"""The server's listing beside the ledger, UID by UID: two sorted streams in, differences out. Pure, memory bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from inboxsync.model.placement import Fate, FlagsSeen

if TYPE_CHECKING:
    from inboxsync.model.following import KnownPlacement


@dataclass(frozen=True, slots=True)
class Pair:
    """What both sides say of one UID; None where a side does not have it. One of the two is always there."""

    uid: int
    listed: FlagsSeen | None
    known: KnownPlacement | None


def in_order(listed: Iterable[FlagsSeen]) -> list[FlagsSeen]:
    """Sort a window of a listing by UID, once each: servers owe no order; of what is told twice the last counts.

    >>> [seen.uid for seen in in_order([FlagsSeen(3, ()), FlagsSeen(1, ()), FlagsSeen(3, ())])]
    [1, 3]
    """
    by_uid = {seen.uid: seen for seen in listed}
    return [by_uid[uid] for uid in sorted(by_uid)]


def paired(listed: Iterable[FlagsSeen], known: Iterable[KnownPlacement]) -> Iterator[Pair]:
    """Merge two streams that ascend by UID; each UID of either comes once."""
    on_server, in_ledger = iter(listed), iter(known)
    seen, line = next(on_server, None), next(in_ledger, None)
    while seen is not None or line is not None:
        uid = min(side.uid for side in (seen, line) if side is not None)
        here = seen if seen is not None and seen.uid == uid else None
        there = line if line is not None and line.uid == uid else None
        yield Pair(uid, here, there)
        seen = seen if here is None else next(on_server, None)
        line = line if there is None else next(in_ledger, None)


# --- following -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Found:
    """What a window of the listing shows that the ledger does not say yet."""

    flags: list[FlagsSeen] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)


def changes(listed: Iterable[FlagsSeen], known: Iterable[KnownPlacement]) -> Found:
    """Find new flags, messages gone from the server, and gone ones that are back. What is not in the ledger is left."""
    found = Found()
    for pair in paired(listed, known):
        if pair.known is None:
            continue
        if pair.listed is None:
            if pair.known.is_live:
                found.missing.append(pair.uid)
            continue
        if not pair.known.is_live:
            found.returned.append(pair.uid)
        if set(pair.listed.flags) != set(pair.known.flags):
            found.flags.append(pair.listed)
    return found


# --- verifying -----------------------------------------------------------------------------------------------------


class Finding(StrEnum):
    """How server and ledger differ about a UID."""

    MISSING = "missing"  # on the server, not in the ledger
    EXTRA = "extra"  # in the ledger as present, not on the server
    RETURNED = "returned"  # in the ledger as gone, on the server
    PENDING = "pending"  # on both, and still without a fate


def finding(pair: Pair) -> Finding | None:
    """Say how the two sides differ, None where they agree."""
    if pair.known is None:
        return Finding.MISSING
    if pair.listed is None:
        return Finding.EXTRA if pair.known.is_live else None
    if not pair.known.is_live:
        return Finding.RETURNED
    return Finding.PENDING if pair.known.fate is Fate.PENDING else None


def spread(uidnext: int, count: int, turn: int) -> list[int]:
    """Choose `count` UIDs that lie evenly below UIDNEXT; each `turn` moves them, so that in time all are met.

    >>> spread(101, 4, 0), spread(101, 4, 3)
    ([1, 26, 51, 76], [4, 29, 54, 79])
    """
    last_uid = uidnext - 1
    if last_uid < 1 or count < 1:
        return []
    step = max(1, last_uid // count)
    return list(range(1 + turn % step, last_uid + 1, step))[:count]
