"""What following flags and expunges knows and finds out: data only, one record one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxsync.model.placement import Fate, FlagsSeen

SWEEP_EVERY = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class FollowLimits:
    """How much is looked at (docs/adr/0010). Most count messages of the ledger.

    On a server that counts no changes: the newest in every run that has something to do, and with each sweep (every
    `SWEEP_EVERY`) as many older ones as make `sweeps_a_round` of them a round, but no fewer than `sweep_messages`.
    `window_messages` bounds one command; expunges are looked for from the newest down, first `walk_messages` and each
    time twice as many; messages that may be back by at most `gone_windows` commands. Of what a server says is gone
    `told_ranges` ranges are kept, and looked at where they name no more than `told_messages` live messages.
    """

    newest_messages: int = 500
    sweep_messages: int = 2_000
    window_messages: int = 20_000
    walk_messages: int = 2_000
    gone_messages: int = 2_000
    gone_windows: int = 20
    told_messages: int = 20_000
    told_ranges: int = 2_000
    sweeps_a_round: int = 48  # a day of half hours


@dataclass(frozen=True, slots=True)
class Followed:
    """How far the flags and expunges of a folder have been followed.

    `modseq` is the HIGHESTMODSEQ up to which flags are known, None where the server keeps none; `exists` what EXAMINE
    said when all expunges were known; `swept_at` when the older mail was last looked at, and `below_uid` the UID below
    which that goes on (None: from the newest again). All belong to `uidvalidity` alone.
    """

    uidvalidity: int
    modseq: int | None
    exists: int | None
    swept_at: datetime
    below_uid: int | None = None


@dataclass(frozen=True, slots=True)
class KnownPlacement:
    """A line of the ledger, as far as it can be compared with a server's listing."""

    uid: int
    flags: tuple[str, ...]
    fate: Fate
    is_expunged: bool

    @property
    def is_live(self) -> bool:
        """Whether the ledger takes the message for present on the server."""
        return not self.is_expunged and self.fate is not Fate.VANISHED


@dataclass(frozen=True, slots=True)
class LiveCounts:
    """How many messages the ledger takes for present in a folder, and how many of them for unread."""

    live: int
    unread: int


@dataclass(frozen=True, slots=True)
class FollowRecord:
    """What one transaction writes of what was found. Fates stay; the last three are written where they are set."""

    folder_id: int
    uidvalidity: int
    at: datetime
    flags: tuple[FlagsSeen, ...] = ()
    expunged: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()
    followed: Followed | None = None
    exists: int | None = None
    unread: int | None = None


@dataclass(frozen=True, slots=True)
class StoredPlacement:
    """A placement whose mail was stored from it, and the SHA-256 (hex) of the octets that were received then."""

    uid: int
    message_id: int
    raw_sha256: str
    size_bytes: int
