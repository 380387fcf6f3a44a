"""What is usual for a mailbox: today's mail beside that of the same weekday in the weeks before. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import dropwhile
from statistics import median

# Fewer weeks are no habit; fewer mails say nothing by their absence.
WEEKS_KNOWN = 3
MAILS_THAT_TELL = 8
QUIET_BELOW = 1 / 4
BUSY_ABOVE = 3


class Pace(StrEnum):
    """How today compares."""

    UNKNOWN = "unknown"
    QUIET = "quiet"
    USUAL = "usual"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Habit:
    """Mail of today until now, and what is usual by this time of this weekday; None where too little is known."""

    today: int
    usual: int | None
    pace: Pace


def habit(today: int, weeks: Sequence[int]) -> Habit:
    """Judge today's count by those of the same weekday until the same time, oldest first.

    Weeks before the first mail do not count. Quiet is what is under a quarter of the median and under every week
    before; busy what is over three times the median and over every week before.
    """
    known = list(dropwhile(lambda count: count == 0, weeks))
    if len(known) < WEEKS_KNOWN:
        return Habit(today, None, Pace.UNKNOWN)
    usual = median(known)
    return Habit(today, round(usual), _pace(today, usual, known))


def _pace(today: int, usual: float, known: Sequence[int]) -> Pace:
    if usual >= MAILS_THAT_TELL and today < usual * QUIET_BELOW and today < min(known):
        return Pace.QUIET
    if today >= MAILS_THAT_TELL and today > usual * BUSY_ABOVE and today > max(known):
        return Pace.BUSY
    return Pace.USUAL
