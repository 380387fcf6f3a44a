"""Days and weeks of a zone, and counting that no page waits for."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from inboxsync.errors import StoreUnreachable
from inboxsync.httpapi.pages.rhythm import DAYS, WEEKS, Rhythms, day_span, week_spans

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = datetime(2026, 11, 20, 15, 27, 40, tzinfo=BERLIN)
LONG_S = 20.0


def hours(span: tuple[datetime, datetime]) -> float:
    return (span[1].astimezone(UTC) - span[0].astimezone(UTC)).total_seconds() / 3_600


def test_days_go_from_midnight_to_midnight_when_the_clock_changes() -> None:
    assert hours(day_span(date(2026, 3, 29), BERLIN)) == 23
    assert hours(day_span(date(2026, 10, 25), BERLIN)) == 25
    assert hours(day_span(date(2026, 11, 20), BERLIN)) == 24


def test_weeks_are_the_same_weekday_until_the_same_time() -> None:
    spans = week_spans(FRIDAY)
    assert [begin.date() for begin, _ in spans] == [
        date(2026, 11, 20) - timedelta(weeks=n) for n in range(WEEKS, 0, -1)
    ]
    assert {(end.hour, end.minute, end.second) for _, end in spans} == {(15, 20, 0)}
    assert {begin.weekday() for begin, _ in spans} == {4}
    assert spans == week_spans(FRIDAY + timedelta(minutes=2)), "asked again soon it is the same question"


class Counter:
    """Counts one mail for each hour of a span, for integration 1."""

    def __init__(self) -> None:
        self.asked: list[tuple[datetime, datetime]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.time_s = 0.0
        self.takes_s = 0.0

    def __call__(self, since: datetime, before: datetime) -> Mapping[int, int]:
        assert self.gate.wait(LONG_S)
        self.asked.append((since, before))
        self.time_s += self.takes_s
        return {1: round(hours((since, before)))}

    def clock(self) -> float:
        return self.time_s


def test_counts_of_each_day_and_of_the_weekday_until_now() -> None:
    counter = Counter()
    rhythm = Rhythms(counter, counter.clock, LONG_S).look(FRIDAY)
    assert (len(rhythm.days), rhythm.days[-1]) == (DAYS, date(2026, 11, 20))
    assert rhythm.of_days(1)[1:3] == (25, 24), "the clock was set back on the second of these days"
    assert rhythm.of_weeks(1) == (15,) * WEEKS
    assert rhythm.of_days(2) == (0,) * DAYS, "who has no mail is counted too"


def test_a_page_does_not_wait_for_a_slow_count_and_gets_it_later() -> None:
    counter = Counter()
    counter.gate.clear()
    rhythms = Rhythms(counter, counter.clock, patience_s=0.0)
    first = rhythms.look(FRIDAY)
    assert (first.of_days(1)[-1], first.of_weeks(1)) == (None, None)
    counter.gate.set()
    rhythms.patience_s = LONG_S
    assert rhythms.look(FRIDAY).of_days(1)[-1] == 24


def test_today_is_soon_counted_anew_and_what_is_over_or_dear_is_kept() -> None:
    counter = Counter()
    rhythms = Rhythms(counter, counter.clock, LONG_S)
    asked = []
    for wait_s in (0, 0, 21, 300):
        counter.time_s += wait_s
        rhythms.look(FRIDAY)
        asked.append(len(counter.asked))
        counter.asked.clear()
    assert asked == [DAYS + WEEKS, 0, 1, DAYS + WEEKS]
    counter.time_s, counter.takes_s = counter.time_s + 301, 2.0
    rhythms.look(FRIDAY)
    counter.asked.clear()
    counter.time_s += 250
    rhythms.look(FRIDAY)
    assert counter.asked == [], "two seconds of work are kept for four hundred"


def test_days_that_are_over_are_forgotten() -> None:
    counter = Counter()
    rhythms = Rhythms(counter, counter.clock, LONG_S)
    rhythms.look(FRIDAY)
    rhythms.look(FRIDAY + timedelta(days=100))
    assert len(rhythms._kept) == DAYS + WEEKS


def test_a_store_that_fails_leaves_gaps_and_is_asked_again() -> None:
    counter = Counter()

    def failing(_since: datetime, _before: datetime) -> Mapping[int, int]:
        raise StoreUnreachable("gone")

    rhythms = Rhythms(failing, counter.clock, LONG_S)
    assert rhythms.look(FRIDAY).of_days(1) == (None,) * DAYS
    rhythms._count = counter
    assert rhythms.look(FRIDAY).of_days(1)[-1] == 24
