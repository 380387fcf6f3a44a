"""How old something must be to be given up, as it is read from the command line."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from inboxsync import schedule
from inboxsync.errors import UsageError

# No m: it would be months here and minutes everywhere else.
_AGE = re.compile(r"([0-9]{1,5})\s*(d|w|y)")
_UNIT_DAYS = {"d": 1, "w": 7, "y": 365}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def instant_before(text: str, now: datetime) -> datetime:
    """Read an age (`180d`, `26w`, `1y` of 365 days) or a date as the instant before which things go. UsageError."""
    word = text.strip().lower()
    match = _AGE.fullmatch(word)
    if match:
        try:
            return now - timedelta(days=int(match[1]) * _UNIT_DAYS[match[2]])
        except OverflowError:
            pass
    elif _DATE.fullmatch(word):
        found = schedule.parse_since(word, now)
        if found is not None:
            return found
    raise UsageError(f"{text!r} is neither an age nor a date", hint="write an age like 180d, 26w or 1y, or 2026-01-31")
