"""How much mail came on each day, counted in a thread of its own and kept: in a large store counting takes seconds.

A page never waits for it longer than `patience_s`; what is not counted yet is told as not known.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from inboxsync.errors import InboxsyncError

DAYS = 28
WEEKS = 8
PATIENCE_S = 0.05
# What is usual by now is counted for each ten minutes of a day anew.
STEP_MIN = 10
# Days that are over hardly change: only old mail that is fetched now.
TODAY_S, OVER_S, MOST_S, FACTOR = 20.0, 300.0, 3_600.0, 200.0
log = logging.getLogger(__name__)

Counts = Mapping[int, int]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Counts by integration id, of the last days (oldest first, the last is today) and of the same weekday until now.

    None stands for what is not counted yet.
    """

    days: tuple[date, ...]
    by_day: tuple[Counts | None, ...]
    until_now: tuple[Counts | None, ...]

    def of_days(self, integration_id: int | None) -> tuple[int | None, ...]:
        """The mail of one integration, day by day."""
        return tuple(_of(counts, integration_id) for counts in self.by_day)

    def of_weeks(self, integration_id: int | None) -> tuple[int, ...] | None:
        """Its mail on this weekday of the weeks before until this time, oldest first; None until all is counted."""
        found = [_of(counts, integration_id) for counts in self.until_now]
        known = [count for count in found if count is not None]
        return tuple(known) if len(known) == len(found) else None


def _of(counts: Counts | None, integration_id: int | None) -> int | None:
    return None if counts is None else counts.get(integration_id or 0, 0)


def days_until(today: date) -> tuple[date, ...]:
    """The days that are shown."""
    return tuple(today - timedelta(days=back) for back in range(DAYS - 1, -1, -1))


def day_span(day: date, zone: tzinfo) -> Span:
    """A day of a zone from midnight to midnight, summer time counted in."""
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def week_spans(local: datetime) -> tuple[Span, ...]:
    """The same weekday in the weeks before, oldest first, from midnight to this time of the day."""
    zone = local.tzinfo
    assert zone is not None
    until = time(local.hour, local.minute // STEP_MIN * STEP_MIN)
    days = [local.date() - timedelta(weeks=back) for back in range(WEEKS, 0, -1)]
    return tuple((_midnight(day, zone), datetime.combine(day, until, zone)) for day in days)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


class Rhythms:
    """Answers the rhythm of the store. `count` counts the mail of a span by integration id and raises StoreError."""

    def __init__(
        self,
        count: Callable[[datetime, datetime], Counts],
        monotonic_s: Callable[[], float],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._count = count
        self._monotonic_s = monotonic_s
        self.patience_s = patience_s
        self._lock = threading.Lock()
        self._kept: dict[Span, tuple[float, Counts]] = {}
        self._running: threading.Event | None = None

    def look(self, local: datetime) -> Rhythm:
        """Answer what is known at this time of the zone in which days count."""
        assert local.tzinfo is not None
        days = days_until(local.date())
        day_spans = [day_span(day, local.tzinfo) for day in days]
        weeks = week_spans(local)
        # The latest first: they are what a page shows soonest.
        done = self._started([*reversed(day_spans), *reversed(weeks)], day_spans[-1])
        if done is not None:
            done.wait(self.patience_s)
        kept = {span: counts for span, (_, counts) in self._kept.copy().items()}
        return Rhythm(days, tuple(map(kept.get, day_spans)), tuple(map(kept.get, weeks)))

    def _started(self, spans: Sequence[Span], today: Span) -> threading.Event | None:
        now = self._monotonic_s()
        with self._lock:
            if self._running is None:
                stale = [span for span in spans if self._kept.get(span, (now, {}))[0] <= now]
                if stale:
                    self._running = threading.Event()
                    # A daemon: a database that never answers must not keep the process from ending.
                    work = threading.Thread(
                        target=self._fill, args=(stale, set(spans), today, self._running), name="rhythm", daemon=True
                    )
                    work.start()
            return self._running

    def _fill(self, stale: Sequence[Span], wanted: set[Span], today: Span, done: threading.Event) -> None:
        try:
            for span in stale:
                began = self._monotonic_s()
                counts = self._count(*span)
                ended = self._monotonic_s()
                least_s = TODAY_S if span == today else OVER_S
                self._kept[span] = (ended + min(MOST_S, max(least_s, FACTOR * (ended - began))), counts)
        except InboxsyncError as error:
            log.warning("mail of days cannot be counted", extra={"code": error.code})
        finally:
            with self._lock:
                self._kept = {span: kept for span, kept in self._kept.items() if span in wanted}
                self._running = None
            done.set()
