"""How much of a sweep is run: all of it where INBOXSYNC_SWEEP=full, else a part that is another one each day."""

from __future__ import annotations

import os
from datetime import date


def chosen(count: int, most: int) -> range:
    """Pick about `most` of `count` points, evenly spread; over the days every point has its turn.

    A failure names its point, so that it can be met again on any day.
    """
    if os.environ.get("INBOXSYNC_SWEEP") == "full":
        return range(count)
    step = max(1, -(-count // most))
    return range(date.today().toordinal() % step, count, step)


def several(few: int, many_name: str) -> int:
    """How often to repeat something random: `few` times, or as often as this environment variable says."""
    return int(os.environ.get(many_name, few))
