"""Operands that are times are RFC 3339 and nothing looser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from inboxsync.rules.times import aware, parse_rfc3339


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01T00:00:00Z", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-01t00:00:00z", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-01 02:00:00+02:00", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-01T00:00:00.5-00:00", datetime(2024, 5, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("2024-05-01T00:00:00.123456789Z", datetime(2024, 5, 1, 0, 0, 0, 123_456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_date_times_are_read(text: str, moment: datetime) -> None:
    assert parse_rfc3339(text) == moment


@pytest.mark.parametrize(
    "text",
    ["", "2024-05-01", "2024-05-01T00:00:00", "20240501T000000Z", "2024-13-01T00:00:00Z", "2024-05-01T25:00:00Z",
     "2024-05-01T00:00Z", "2024-05-01T00:00:00+2", "2024-05-01T00:00:00+25:00", "0000-01-01T00:00:00Z",
     "٢٠٢٤-05-01T00:00:00Z", " 2024-05-01T00:00:00Z", "2024-W18-3T00:00:00Z"],
)  # fmt: skip
def test_everything_else_is_not_a_time(text: str) -> None:
    assert parse_rfc3339(text) is None


def test_a_time_without_zone_is_utc() -> None:
    assert aware(datetime(2024, 5, 1)) == datetime(2024, 5, 1, tzinfo=UTC)
    east = datetime(2024, 5, 1, tzinfo=timezone(timedelta(hours=2)))
    assert aware(east) is east
    assert aware(None) is None
