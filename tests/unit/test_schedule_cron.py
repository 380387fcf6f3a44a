"""Cron expressions: what is taken and refused, an oracle for Debian's reading of them, and clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.errors import UsageError
from inboxsync.schedule import check_cron, next_fire

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def paris(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold).astimezone(UTC)


def fires(expression: str, after: datetime, count: int, zone: ZoneInfo = PARIS) -> list[datetime]:
    found = []
    for _ in range(count):
        after = next_fire(expression, after, zone)
        found.append(after)
    return found


TAKEN = """
* * * * *
*/5 * * * *
0,30 8-18 * * mon-fri
5-59/10 0-23/2 1-31 JAN,mar-Jun 0-7
0 0 29 2 *
0 0 * * 7
0  0 1 1   *
59 23 31 12 6
*/60 * * * *
0 0 31 2 mon
05 04 * * *
0 0 29 2 */7
""".strip().splitlines()

REFUSED = """
* * * *
* * * * * *
0 0 * * * 2026
@daily
@reboot x x x x
R * * * *
R(0-9) * * * *
H * * * *
0 0 L * *
0 0 * * 5L
0 0 * * L5
0 0 * * 1#2
0 0 15W * *
0 0 ? * *
60 * * * *
* 24 * * *
* * 0 * *
* * 32 * *
* * * 0 *
* * * 13 *
* * * * 8
*/0 * * * *
*/61 * * * *
5/15 * * * *
10-5 * * * *
* * * * fri-mon
* * * * fri-sun
-1 * * * *
1,,2 * * * *
, * * * *
*-5 * * * *
1-2-3 * * * *
jan * * * *
* * * mon *
* * * * monday
1.5 * * * *
٥ * * * *
0 0 31 2 *
0 0 30 2 *
0 0 31 4,6,9,11 *
; rm * * *
""".strip().splitlines()


class TestCheckCron:
    @pytest.mark.parametrize("expression", [*TAKEN, "0\t0 1 1 *"])
    def test_takes_what_debian_takes(self, expression: str) -> None:
        check_cron(expression)

    @pytest.mark.parametrize("expression", [*REFUSED, "", "* * * * *\n* * * * *"])
    def test_refuses_everything_else_and_says_what_to_write(self, expression: str) -> None:
        with pytest.raises(UsageError, match="cron expression") as caught:
            check_cron(expression)
        assert caught.value.hint

    @pytest.mark.parametrize(
        ("expression", "remedy"),
        [
            ("5/15 * * * *", "5-59/15"),
            ("* 22-2 * * *", "22-23,0-2"),
            ("* * * * fri-sun", "Sunday at the end is 7"),
            ("@daily", "minute hour"),
        ],
    )
    def test_the_hint_is_the_remedy(self, expression: str, remedy: str) -> None:
        with pytest.raises(UsageError) as caught:
            check_cron(expression)
        assert remedy in caught.value.hint

    @given(st.text(alphabet="0123456789*/,-#LRWH@?mon jan\t", max_size=30))
    @settings(deadline=None, max_examples=200)
    def test_never_fails_otherwise(self, expression: str) -> None:
        try:
            check_cron(expression)
        except UsageError:
            return
        assert len(expression.split()) == 5


def field_allows(field: str, value: int) -> bool:
    """Read one numeric cron field the slow way: the oracle for the tests below, sharing nothing with the code."""
    for item in field.split(","):
        base, _, step = item.partition("/")
        low, _, high = base.partition("-")
        first, last = (0, 99) if base == "*" else (int(low), int(high or low))
        # `*` counts from the field's first value, which only for days of the month and months is 1.
        offset = value - first
        if first <= value <= last and offset % int(step or 1) == 0:
            return True
    return False


def debian_matches(expression: str, wall: datetime) -> bool:
    """Say as Debian's cron.c does whether a job runs in this minute."""
    minute, hour, day, month, weekday = expression.split()
    of_month = field_allows(day.replace("*", "1-31"), wall.day)
    sunday_first = wall.isoweekday() % 7
    of_week = field_allows(weekday.replace("*", "0-7"), sunday_first) or (
        sunday_first == 0 and field_allows(weekday.replace("*", "0-7"), 7)
    )
    starred = day.startswith("*") or weekday.startswith("*")
    on_day = (of_month and of_week) if starred else (of_month or of_week)
    in_month = field_allows(month.replace("*", "1-12"), wall.month)
    return field_allows(minute, wall.minute) and field_allows(hour, wall.hour) and in_month and on_day


def fields(first: int, last: int) -> st.SearchStrategy[str]:
    number = st.integers(first, last)
    stretch = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    stepped = st.tuples(stretch | st.just("*"), st.integers(1, last - first + 1)).map(
        lambda pair: f"{pair[0]}/{pair[1]}"
    )
    return st.lists(number.map(str) | stretch | stepped | st.just("*"), min_size=1, max_size=2).map(",".join)


class TestAgainstDebian:
    @given(
        day=fields(1, 31),
        month=fields(1, 12),
        weekday=fields(0, 7),
        start=st.dates(datetime(2024, 1, 1).date(), datetime(2028, 1, 1).date()),
    )
    @settings(deadline=None, max_examples=150)
    def test_days_are_those_of_cron_c(self, day: str, month: str, weekday: str, start: object) -> None:
        expression = f"0 12 {day} {month} {weekday}"
        after = datetime.fromisoformat(f"{start}T12:00").replace(tzinfo=UTC)
        walls = (after + timedelta(days=days) for days in range(1, 800))
        expected = next((wall for wall in walls if debian_matches(expression, wall)), None)
        if expected is not None:
            assert next_fire(expression, after, ZoneInfo("UTC")) == expected

    @given(minute=fields(0, 59), hour=fields(0, 23), offset=st.integers(0, 3 * 1440))
    @settings(deadline=None, max_examples=100)
    def test_times_are_those_of_cron_c(self, minute: str, hour: str, offset: int) -> None:
        expression = f"{minute} {hour} * * *"
        after = NOW + offset * MINUTE
        walls = (after + minutes * MINUTE for minutes in range(1, 1442))
        assert next_fire(expression, after, ZoneInfo("UTC")) == next(w for w in walls if debian_matches(expression, w))

    @pytest.mark.parametrize(
        ("expression", "days"),
        [
            ("0 0 13 * 5", [1, 8, 13, 15, 22, 29]),  # both restricted: or
            ("0 0 */13 * 5", [1]),  # one begins with a star: and; 1, 14 and 27 May, of which the 1st is a Friday
            ("0 0 1-7 * */7", [3]),  # the first Sunday
            ("0 0 * * 0", [3, 10, 17, 24, 31]),
            ("0 0 * * 7", [3, 10, 17, 24, 31]),
            ("0 0 * * 7-7", [3, 10, 17, 24, 31]),  # croniter by itself reads an equal range as every day
            ("0 0 * * sat-7", [2, 3, 9, 10, 16, 17, 23, 24, 30, 31]),
            ("0 0 * * 6-7", [2, 3, 9, 10, 16, 17, 23, 24, 30, 31]),
            ("0 0 10-10 * *", [10]),
        ],
    )
    def test_days_of_may_2026(self, expression: str, days: list[int]) -> None:
        instants = fires(expression, datetime(2026, 4, 30, 12, tzinfo=UTC), 12, ZoneInfo("UTC"))
        found = [instant.day for instant in instants if (instant.year, instant.month) == (2026, 5)]
        assert found == days


class TestClockChanges:
    """Europe/Paris: 02:00 becomes 03:00 on 29 March 2026, 03:00 becomes 02:00 on 25 October 2026."""

    def test_a_repeated_time_fires_once_the_first_time(self) -> None:
        assert fires("30 2 * * *", paris("2026-10-24T12:00"), 2) == [
            paris("2026-10-25T02:30"),
            paris("2026-10-26T02:30"),
        ]

    def test_a_start_in_the_second_round_does_not_fire_it_again(self) -> None:
        for minute in (0, 29, 30, 59):
            assert next_fire("30 2 * * *", paris(f"2026-10-25T02:{minute:02}", fold=1), PARIS) == paris(
                "2026-10-26T02:30"
            )

    def test_a_skipped_time_fires_once_when_the_gap_ends(self) -> None:
        assert fires("30 2 * * *", paris("2026-03-28T12:00"), 2) == [
            paris("2026-03-29T03:00"),
            paris("2026-03-30T02:30"),
        ]

    def test_several_skipped_times_fire_once_together(self) -> None:
        assert fires("*/20 2 * * *", paris("2026-03-28T12:00"), 2) == [
            paris("2026-03-29T03:00"),
            paris("2026-03-30T02:00"),
        ]

    @pytest.mark.parametrize("expression", ["*/30 * * * *", "0,30 0-23 * * *"])
    def test_every_hour_follows_elapsed_time_through_both_changes(self, expression: str) -> None:
        for day in ("2026-03-29", "2026-10-25"):
            midnight = paris(f"{day}T00:00")
            assert fires(expression, midnight, 12) == [midnight + timedelta(minutes=30 * n) for n in range(1, 13)]

    def test_a_change_of_half_an_hour_is_handled_as_well(self) -> None:
        lord_howe = ZoneInfo("Australia/Lord_Howe")  # 02:00 becomes 02:30 on 4 October 2026
        expected = datetime(2026, 10, 4, 2, 30, tzinfo=lord_howe)
        assert next_fire("15 2 * * *", datetime(2026, 10, 3, 12, tzinfo=UTC), lord_howe) == expected

    @given(
        expression=st.sampled_from(
            ["30 2 * * *", "0 3 * * *", "*/7 2-3 * * *", "15 */2 * * *", "*/5 * * * *", "59 1,2,3 * * 0"]
        ),
        change=st.sampled_from([datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]),
        offset_s=st.integers(-5 * 3600, 5 * 3600),
    )
    @settings(deadline=None, max_examples=150)
    def test_is_after_and_leaves_nothing_out(self, expression: str, change: datetime, offset_s: int) -> None:
        after = change + timedelta(seconds=offset_s)
        fire = next_fire(expression, after, PARIS)
        assert fire > after
        assert fire.tzinfo is UTC
        for fraction in (0.0, 0.4, 0.99):  # no other instant lies between
            between = after + (fire - after) * fraction
            assert next_fire(expression, between, PARIS) == fire

    @given(
        hour=st.integers(0, 23),
        minute=st.integers(0, 59),
        change=st.sampled_from([datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]),
    )
    @settings(deadline=None, max_examples=100)
    def test_a_daily_job_runs_once_on_each_local_day(self, hour: int, minute: int, change: datetime) -> None:
        after = change.replace(tzinfo=PARIS)
        days = [
            fire.astimezone(PARIS).day - change.day
            for fire in fires(f"{minute} {hour} * * *", after - timedelta(seconds=1), 3)
        ]
        assert days == [0, 1, 2]
