"""How a span of time is read from the command line."""

from __future__ import annotations

from inboxsync import schedule


def duration_s(text: str) -> int:
    """Read `30s`, `10m`, `1h` or plain seconds, 0 included. Raises UsageError.

    Unlike an interval, a plain number is seconds here: nobody waits 30 minutes for a lease.
    """
    word = text.strip()
    if word.isascii() and word.isdigit():
        word += "s"
    return 0 if word in ("0s", "0m", "0h", "0d") else schedule.parse_interval(word)
