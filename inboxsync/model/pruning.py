"""Giving up what is no longer wanted: what, how old, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inboxsync.model.placement import Fate


class Part(StrEnum):
    """What of mail can be given up, each for itself. The ledger never is: by it nothing is imported again."""

    RAW = "raw"
    ATTACHMENTS = "attachments"
    BODIES = "bodies"


class Log(StrEnum):
    """What is kept of what happened."""

    RUNS = "runs"
    DELIVERIES = "deliveries"
    EVENTS = "events"


# Of quarantined mail the octets may be the only ones there are, so it has to be named.
DEFAULT_FATES = frozenset({Fate.STORED, Fate.FILTERED, Fate.UNKNOWN_SENDER, Fate.TOO_LARGE})
PRUNED_FATES = DEFAULT_FATES | {Fate.QUARANTINED}


@dataclass(frozen=True, slots=True)
class MailOrder:
    """One part of mail received before an instant, of these fates; `larger_than_bytes` bounds mail or attachment.

    With `integration_id` mail that another integration shows as well is left alone.
    """

    part: Part
    before: datetime
    fates: frozenset[Fate] = DEFAULT_FATES
    larger_than_bytes: int = -1
    integration_id: int | None = None


@dataclass(frozen=True, slots=True)
class LogOrder:
    """One log's entries from before an instant."""

    log: Log
    before: datetime


@dataclass(frozen=True, slots=True)
class PruneOrder:
    """All that is to be given up, and the time at which it is. Without `applies` it is only counted."""

    at: datetime
    mail: tuple[MailOrder, ...] = ()
    logs: tuple[LogOrder, ...] = ()
    applies: bool = False


@dataclass(frozen=True, slots=True)
class PruneLine:
    """What went, or would go, under one order: `items` of `what`, `size_bytes` of room as they are stored.

    `held` says in words what was old enough and stays all the same.
    """

    what: str
    items: int = 0
    size_bytes: int = 0
    held: str = ""

    def plus(self, items: int, size_bytes: int) -> PruneLine:
        """Answer the line with so much more in it."""
        return PruneLine(self.what, self.items + items, self.size_bytes + size_bytes, self.held)


@dataclass(frozen=True, slots=True)
class PruneReport:
    """One line for each kind of thing. `finished` is False where it was stopped; another call goes on."""

    lines: tuple[PruneLine, ...] = ()
    applied: bool = False
    finished: bool = True


@dataclass(frozen=True, slots=True)
class Watch:
    """How long work is watched: `stopped` asks before each batch, `advance` is told what a batch did."""

    stopped: Callable[[], bool] = lambda: False
    advance: Callable[[int], object] = lambda _items: None
