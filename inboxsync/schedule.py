"""What is due, and when next: intervals, cron expressions, back-off and pause. `now` and the zone are arguments.

Cron expressions mean what Debian's cron(8) and crontab(5) make of them. croniter searches the calendar in plain wall
clock time only; the reading of the fields and the change to and from daylight saving time are done here, because
croniter 7 takes `5-5` for `*`, accepts six fields and random `R`, and fires `30 2 * * *` twice on the autumn night.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

from inboxsync.errors import UsageError
from inboxsync.model.integration import DEFAULT_INTERVAL_S, Integration

if TYPE_CHECKING:
    from inboxsync.model.state import SyncState

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""The due instant of what is never due; far enough from the last year to be shown in any time zone."""

PAUSE_PROBE_S, MAX_TOLERANCE_S = 6 * 3600, 30
# A start or an attempt recorded further ahead than this was written by a wrong clock; waiting for it could take years.
MAX_CLOCK_SKEW_S = 300
MAX_HOLD_S = 48 * 3600

_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_MAX_INTERVAL_S = 366 * 86400
_DURATION = re.compile(r"([0-9]{1,9})\s*([smhd]?)")


# --- durations and dates -------------------------------------------------------------------------------------------


def parse_interval(text: str) -> int:
    """Read `90s`, `5m`, `2h`, `1d` or plain minutes as seconds, 1 s to 366 days. Raises UsageError."""
    match = _DURATION.fullmatch(text.strip().lower())
    seconds = int(match[1]) * _UNIT_S[match[2] or "m"] if match else 0
    if not 0 < seconds <= _MAX_INTERVAL_S:
        raise UsageError(
            f"{text!r} is not an interval from 1s to 366d",
            hint="write a number and s, m, h or d, like 5m; a plain number is minutes",
        )
    return seconds


def parse_since(text: str, now: datetime) -> datetime | None:
    """Read `all` (None), `now`, an age like `14d`, or an ISO date or time as an instant in UTC.

    A date begins at midnight, and a time without offset is read, in the zone of `now`. The instant is cut to seconds,
    for INTERNALDATE, with which it is compared, has no smaller parts. Raises UsageError.
    """
    word = text.strip().lower()
    if word == "all":
        return None
    if word == "now":
        return now.astimezone(UTC).replace(microsecond=0)
    try:
        return _age_or_date(word, now).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{text!r} is neither an age nor a date", hint="write all, now, an age like 14d, or a date like 2026-01-31"
        ) from error


def _age_or_date(word: str, now: datetime) -> datetime:
    match = _DURATION.fullmatch(word)
    if match and match[2]:
        return now - timedelta(seconds=int(match[1]) * _UNIT_S[match[2]])
    if "t" in word or " " in word:
        instant = datetime.fromisoformat(word.upper())
        return instant if instant.tzinfo else instant.replace(tzinfo=now.tzinfo)
    return datetime.combine(date.fromisoformat(word.upper()), time(), now.tzinfo)


# --- cron expressions: what they say -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _WEEKDAYS),
)
_ITEM = re.compile(r"(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class CronExpression:
    """A cron expression as the values it allows, ascending. Weekdays run from 0, Sunday, to 6.

    `both_days` tells how the two day fields combine: True, both must agree; False, either is enough.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    both_days: bool

    @property
    def runs_every_hour(self) -> bool:
        """Whether clock changes leave it alone: cron(8) adjusts only jobs of a granularity above one hour."""
        return len(self.hours) == 24


@lru_cache(maxsize=256)
def parse_cron(expression: str) -> CronExpression:
    """Read five fields as Debian's cron does. Raises UsageError that names the field and the remedy.

    0 and 7 are Sunday. The two day fields are or-ed, and-ed where either begins with `*` (Debian's entry.c and cron.c).
    """
    fields = expression.lower().split()
    if len(fields) != len(_FIELDS):
        fault = f"it has {len(fields)} fields instead of 5"
        _refuse(expression, fault, "write minute hour day month weekday, like */5 * * * *")
    minutes, hours, days, months, weekdays = (
        _values(expression, text, field) for text, field in zip(fields, _FIELDS, strict=True)
    )
    both_days = fields[2].startswith("*") or fields[4].startswith("*")
    return CronExpression(minutes, hours, days, months, tuple(sorted({day % 7 for day in weekdays})), both_days)


def check_cron(expression: str) -> None:
    """Accept a cron expression that runs some day. Raises UsageError for a malformed one and a day that never comes."""
    next(_walls(expression, datetime(2024, 1, 1)))  # noqa: DTZ001  wall clock time has no zone


def _values(expression: str, text: str, field: _Field) -> tuple[int, ...]:
    return tuple(sorted({value for item in text.split(",") for value in _item_values(expression, item, field)}))


def _item_values(expression: str, item: str, field: _Field) -> range:
    match = _ITEM.fullmatch(item)
    if not match:
        _refuse(expression, f"{item!r} is no value for {field.name}", "use numbers, names, * , - and /step only")
    low, high, step = match.groups()
    if low and step and not high:
        _refuse(expression, f"{item!r} has a step without a range", f"write {low}-{field.last}/{step}")
    first = _number(expression, low, field) if low else field.first
    last = _number(expression, high, field) if high else first if low else field.last
    if first > last:
        hint = "Sunday at the end is 7" if field.last == 7 else f"write {first}-{field.last},{field.first}-{last}"
        _refuse(expression, f"{item!r} runs backwards", hint)
    if not 0 < int(step or 1) <= field.last - field.first + 1:
        _refuse(expression, f"the step in {item!r} is outside {field.name}", "a step repeats within its own field only")
    return range(first, last + 1, int(step or 1))


def _number(expression: str, text: str, field: _Field) -> int:
    if text in field.names:
        return field.names.index(text) + field.first
    if not text.isdigit() or not field.first <= int(text) <= field.last:
        _refuse(expression, f"{text!r} is no {field.name}", f"it goes from {field.first} to {field.last}")
    return int(text)


def _refuse(expression: str, fault: str, hint: str) -> NoReturn:
    raise UsageError(f"cron expression {expression!r}: {fault}", hint=hint)


# --- cron expressions: when they fire ------------------------------------------------------------------------------


def next_fire(expression: str, after: datetime, zone: tzinfo) -> datetime:
    """Find the first instant after `after`, in UTC, at which the expression fires on a clock in `zone`.

    On the night when an hour repeats, a time in it fires once, the first time; on the night when an hour is skipped, a
    time in it fires once, at the end of the gap. Expressions that run in every hour follow elapsed time instead, as
    cron(8) says. Raises UsageError for an expression that `check_cron` refuses.
    """
    every_hour = parse_cron(expression).runs_every_hour
    found: list[datetime] = []
    for wall in _walls(expression, _search_from(after, zone)):
        instants = _instants(wall, zone, every_hour=every_hour)
        found += [instant for instant in instants if instant > after]
        # Later walls have later first instants, but an earlier wall may have its second one in between: hence min().
        if instants and instants[0] > after:
            break
    return min(found)


def _search_from(after: datetime, zone: tzinfo) -> datetime:
    """Give the wall clock time to search from; of an hour that repeats, the second is to come."""
    local = after.astimezone(zone)
    lookback = local.replace(fold=1).astimezone(UTC) - after
    return local.replace(tzinfo=None, fold=0, second=0, microsecond=0) - lookback - timedelta(minutes=1)


def _instants(wall: datetime, zone: tzinfo, *, every_hour: bool) -> tuple[datetime, ...]:
    """Give the instants, in UTC, at which a job for this wall clock time runs (PEP 495: gaps and repeats)."""
    local = wall.replace(tzinfo=zone)
    first, second = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    if first == second:
        return (first,)
    if second > first:  # this wall clock time comes twice
        return (first, second) if every_hour else (first,)
    return () if every_hour else (_end_of_gap(second, first, zone),)


def _end_of_gap(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Halve the span between two instants until the one at which the offset changes is left, to the second."""
    old = before.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        same = datetime.fromtimestamp(middle, zone).utcoffset() == old
        low, high = (middle, high) if same else (low, middle)
    return datetime.fromtimestamp(high, UTC)


def _walls(expression: str, after: datetime) -> Iterator[datetime]:
    """Yield the wall clock times after `after` that match, without a zone; UsageError when 50 years have none."""
    from croniter import CroniterBadDateError, croniter  # 14 ms: only integrations with a cron expression pay it

    cron = parse_cron(expression)
    fields = (cron.minutes, cron.hours, cron.days, cron.months, cron.weekdays)
    plain = " ".join(",".join(map(str, values)) for values in fields)
    search = croniter(plain, after, ret_type=datetime, day_or=not cron.both_days)
    try:
        while True:
            yield search.get_next()
    except CroniterBadDateError:
        _refuse(expression, "no such day ever comes", "choose a day that its month has")


# --- what is due ---------------------------------------------------------------------------------------------------


def next_due(integration: Integration, state: SyncState | None, now: datetime, zone: tzinfo) -> datetime:
    """Tell the instant, in UTC, from which an integration is due; tolerance is already taken off.

    Never started: now. Inactive: `NEVER`. Paused: six hours after the last probe. A back-off that is running decides
    alone, earlier or later than the schedule would. Raises UsageError for a stored cron expression that is invalid.
    """
    if not integration.active:
        return NEVER
    started, attempt_at = _started(state, now), _attempt_at(state, now)
    if state is not None and state.paused and started is not None:
        probe = started + timedelta(seconds=PAUSE_PROBE_S - tolerance_s(PAUSE_PROBE_S))
        return max(probe, attempt_at or probe)
    return attempt_at or _scheduled(integration, started, now, zone)


def is_due(integration: Integration, state: SyncState | None, now: datetime, zone: tzinfo) -> bool:
    """Tell whether a run at `now` takes this integration. Raises like `next_due`."""
    return next_due(integration, state, now, zone) <= now


def order(due: Iterable[tuple[Integration, SyncState | None]]) -> list[tuple[Integration, SyncState | None]]:
    """Put what is due in the order of work: lowest priority number, oldest success (never first), name."""
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(
        due, key=lambda pair: (pair[0].priority, (pair[1] and pair[1].last_success_at) or never, pair[0].name)
    )


def tolerance_s(interval_s: int) -> float:
    """Tell by how much a run may come early, so that timer jitter skips no turn: 30 s, at most a tenth."""
    return min(MAX_TOLERANCE_S, interval_s / 10)


def _scheduled(integration: Integration, started: datetime | None, now: datetime, zone: tzinfo) -> datetime:
    if started is None:
        return now.astimezone(UTC).replace(microsecond=0)
    if integration.cron is not None:
        return next_fire(integration.cron, started, zone)
    interval_s = integration.interval_s or DEFAULT_INTERVAL_S
    return started + timedelta(seconds=interval_s - tolerance_s(interval_s))


def _started(state: SyncState | None, now: datetime) -> datetime | None:
    """The last start, or None where there is none that the clock allows."""
    started = state.last_started_at if state else None
    if started is None or started > now + timedelta(seconds=MAX_CLOCK_SKEW_S):
        return None
    return started.astimezone(UTC)


def _attempt_at(state: SyncState | None, now: datetime) -> datetime | None:
    """The end of a back-off, or None where none is set, a later start has used it up, or it is no believable wait."""
    attempt_at = state.next_attempt_at if state else None
    if state is None or attempt_at is None or attempt_at > now + timedelta(seconds=MAX_HOLD_S):
        return None
    started = _started(state, now)
    return None if started is not None and attempt_at <= started else attempt_at.astimezone(UTC)
