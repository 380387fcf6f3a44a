"""The times that operands may name: RFC 3339 date-times, nothing looser."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def parse_rfc3339(text: str) -> datetime | None:
    """Answer the aware instant that an RFC 3339 §5.6 date-time names, None where the text is no such thing.

    Fractions beyond microseconds are cut; a leap second counts as the second before it, which is how far clocks agree.
    """
    found = _RFC3339.fullmatch(text)
    if found is None:
        return None
    day, minute, second, fraction, zone = found.groups()
    second = "59" if second == "60" else second
    try:
        return datetime.fromisoformat(f"{day}T{minute}:{second}{(fraction or '.0')[:7]}{zone.upper()}")
    except ValueError:
        return None


def aware(moment: datetime | None) -> datetime | None:
    """Read a time without zone as UTC, so that comparing never raises."""
    if moment is None or moment.utcoffset() is not None:
        return moment
    return moment.replace(tzinfo=UTC)
