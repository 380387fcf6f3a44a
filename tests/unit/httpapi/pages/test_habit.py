"""What is usual, judged from counts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.httpapi.pages.habit import Habit, Pace, habit

COUNTS = st.lists(st.integers(0, 500), max_size=8)


@pytest.mark.parametrize(
    ("today", "weeks", "expected"),
    [
        (2, [38, 41, 40, 39], Habit(2, 40, Pace.QUIET)),
        (0, [8, 8, 8], Habit(0, 8, Pace.QUIET)),
        (10, [38, 41, 40, 39], Habit(10, 40, Pace.USUAL)),
        (2, [40, 40, 1, 40], Habit(2, 40, Pace.USUAL)),  # one such week was no fault either
        (0, [7, 7, 7], Habit(0, 7, Pace.USUAL)),  # too little mail for its absence to tell
        (200, [38, 41, 40, 39], Habit(200, 40, Pace.BUSY)),
        (200, [38, 250, 40, 39], Habit(200, 40, Pace.USUAL)),
        (0, [], Habit(0, None, Pace.UNKNOWN)),
        (0, [0, 0, 0, 0, 0], Habit(0, None, Pace.UNKNOWN)),
        (0, [0, 0, 50, 50], Habit(0, None, Pace.UNKNOWN)),  # it began two weeks ago
        (0, [0, 50, 50, 50], Habit(0, 50, Pace.QUIET)),
        (5, [50, 0, 0, 50], Habit(5, 25, Pace.USUAL)),  # a holiday in between counts
    ],
)
def test_how_today_compares(today: int, weeks: list[int], expected: Habit) -> None:
    assert habit(today, weeks) == expected


@settings(deadline=None)
@given(st.integers(0, 500), COUNTS)
def test_more_mail_never_is_quieter(today: int, weeks: list[int]) -> None:
    order = [Pace.QUIET, Pace.USUAL, Pace.BUSY]
    now, later = habit(today, weeks), habit(today + 1, weeks)
    assert (now.pace is Pace.UNKNOWN) == (later.pace is Pace.UNKNOWN)
    if now.pace is not Pace.UNKNOWN:
        assert order.index(now.pace) <= order.index(later.pace)


@settings(deadline=None)
@given(COUNTS)
def test_a_day_like_every_other_is_usual(weeks: list[int]) -> None:
    today = max(weeks, default=0)
    assert habit(today, [today] * 4).pace in (Pace.USUAL, Pace.UNKNOWN)
