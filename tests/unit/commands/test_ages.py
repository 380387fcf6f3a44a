"""Ages and dates before which things are given up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inboxsync.commands.ages import instant_before
from inboxsync.errors import UsageError

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("0d", NOW),
        ("1d", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2w", datetime(2026, 2, 16, 12, tzinfo=UTC)),
        (" 1Y ", datetime(2025, 3, 2, 12, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
    ],
)
def test_it_is_read(text: str, instant: datetime) -> None:
    assert instant_before(text, NOW) == instant


@pytest.mark.parametrize("text", ["", "d", "5m", "3h", "-1d", "1.5y", "99999y", "all", "now", "2026-13-01", "180"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="neither an age nor a date"):
        instant_before(text, NOW)
