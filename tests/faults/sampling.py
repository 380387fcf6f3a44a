"""How much of a sweep is run: a part, INBOXSYNC_SWEEP=1, 2 … another one, INBOXSYNC_SWEEP=full all of it."""

from __future__ import annotations

import os


def chosen(count: int, most: int) -> range:
    """Pick about `most` of `count` points, evenly spread: the same ones each time, others by another number.

    A failure names its point, so that it can be met again alone.
    """
    share = os.environ.get("INBOXSYNC_SWEEP") or "0"
    if share == "full":
        return range(count)
    step = max(1, -(-count // most))
    return range(int(share) % step, count, step)


def several(few: int, many_name: str) -> int:
    """How often to repeat something random: `few` times, or as often as this environment variable says."""
    return int(os.environ.get(many_name, few))
