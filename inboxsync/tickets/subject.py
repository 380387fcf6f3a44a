"""Ticket numbers in subjects. Pure."""

from __future__ import annotations

import functools
import re

from inboxsync.model.ticketing import NUMBER_MARK

_NUMBERS_MAX = 5


@functools.lru_cache(maxsize=64)
def _pattern(tag: str) -> re.Pattern[str]:
    before, _, after = tag.partition(NUMBER_MARK)
    # A number never goes on: `#12` is not in `#123`, and a date like 2024-11 is none. No quantifier meets another.
    return re.compile(rf"{re.escape(before)}([1-9]\d{{0,17}})(?!\d){re.escape(after)}", re.IGNORECASE)


def tagged_numbers(subject: str, tag: str) -> tuple[str, ...]:
    """Answer the ticket numbers that a subject quotes in the form of `tag`, in order, each once and at most five."""
    if not tag:
        return ()
    found = dict.fromkeys(match[1] for match in _pattern(tag).finditer(subject))
    return tuple(found)[:_NUMBERS_MAX]
