"""What is due and when: durations, intervals, back-off, pause, order."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.errors import UsageError
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.state import SyncState
from inboxsync.schedule import NEVER, is_due, next_due, order, parse_interval, parse_since

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ENDPOINT = Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "desk@example.com")
EVERY_FIVE = Integration(uuid="u-1", name="desk", email="desk@example.com", endpoint=ENDPOINT, interval_s=300)
CRON = replace(EVERY_FIVE, interval_s=None, cron="30 2 * * *")
FRESH = SyncState(integration_id=1)


def started(at: datetime, **more: object) -> SyncState:
    return replace(FRESH, last_started_at=at, **more)  # type: ignore[arg-type]  # the tests' own keywords


def paris(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold).astimezone(UTC)


class TestParseInterval:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [("5m", 300), ("90s", 90), ("2h", 7200), ("1d", 86400), ("15", 900), (" 5 M ", 300), ("366d", 366 * 86400)],
    )
    def test_reads_every_unit(self, text: str, seconds: int) -> None:
        assert parse_interval(text) == seconds

    @pytest.mark.parametrize(
        "text", ["", "0", "0s", "-5m", "5w", "m", "1.5h", "5m5s", "367d", "999999999d", "٥m", "5 minutes"]
    )
    def test_refuses_the_rest_with_a_remedy(self, text: str) -> None:
        with pytest.raises(UsageError, match="interval") as caught:
            parse_interval(text)
        assert "5m" in caught.value.hint


class TestParseSince:
    def test_all_has_no_bound(self) -> None:
        assert parse_since("all", NOW) is None

    def test_now_is_now(self) -> None:
        assert parse_since("NOW", NOW.astimezone(PARIS)) == NOW

    def test_an_age_counts_back(self) -> None:
        assert parse_since("14d", NOW) == NOW - timedelta(days=14)

    def test_a_date_begins_at_midnight_in_the_zone_of_now(self) -> None:
        assert parse_since("2026-01-31", NOW) == datetime(2026, 1, 31, tzinfo=UTC)
        assert parse_since("2026-01-31", NOW.astimezone(PARIS)) == datetime(2026, 1, 30, 23, tzinfo=UTC)

    @pytest.mark.parametrize(
        "text", ["2026-01-31T10:00", "2026-01-31 10:00", "2026-01-31t12:00+02:00", "2026-01-31T10:00Z"]
    )
    def test_a_time_is_taken_too(self, text: str) -> None:
        assert parse_since(text, NOW) == datetime(2026, 1, 31, 10, tzinfo=UTC)

    def test_answers_in_utc(self) -> None:
        for text in ("now", "2d", "2026-01-31", "2026-01-31T10:00+02:00"):
            since = parse_since(text, NOW.astimezone(PARIS))
            assert since is not None
            assert since.tzinfo is UTC

    @pytest.mark.parametrize(
        "text", ["", "14", "soon", "2026-02-30", "999999999d", "-3d", "0001-01-01T00:00+10:00", "31.01.2026"]
    )
    def test_refuses_the_rest_with_a_remedy(self, text: str) -> None:
        with pytest.raises(UsageError, match="neither an age nor a date") as caught:
            parse_since(text, NOW)
        assert "14d" in caught.value.hint


class TestNextDue:
    def test_never_run_is_due_now(self) -> None:
        for integration in (EVERY_FIVE, CRON):
            assert next_due(integration, None, NOW, PARIS) == NOW
            assert next_due(integration, FRESH, NOW, PARIS) == NOW
            assert is_due(integration, None, NOW, PARIS)

    def test_inactive_is_never_due(self) -> None:
        for state in (None, started(NOW - timedelta(days=9)), started(NOW, paused=True)):
            assert next_due(replace(EVERY_FIVE, active=False), state, NOW, PARIS) == NEVER
            assert not is_due(replace(EVERY_FIVE, active=False), state, NOW, PARIS)

    def test_never_can_be_shown_in_any_zone(self) -> None:
        assert NEVER.astimezone(ZoneInfo("Pacific/Kiritimati")) == NEVER
        assert NEVER.astimezone(ZoneInfo("Etc/GMT+12")) == NEVER

    @pytest.mark.parametrize(
        ("interval_s", "due_after_s"), [(300, 270), (60, 54), (10, 9), (3600, 3570), (86400, 86370)]
    )
    def test_an_interval_counts_from_the_start_less_the_tolerance(self, interval_s: int, due_after_s: int) -> None:
        state = started(NOW, last_finished_at=NOW + timedelta(hours=1))
        assert next_due(replace(EVERY_FIVE, interval_s=interval_s), state, NOW, PARIS) == NOW + timedelta(
            seconds=due_after_s
        )

    def test_cron_counts_from_the_start_without_tolerance(self) -> None:
        start = paris("2026-05-04T02:30:05")
        assert next_due(CRON, started(start), NOW, PARIS) == paris("2026-05-05T02:30")
        assert not is_due(CRON, started(start), paris("2026-05-05T02:29:59"), PARIS)
        assert is_due(CRON, started(start), paris("2026-05-05T02:30"), PARIS)

    def test_missed_turns_are_due_once(self) -> None:
        assert is_due(CRON, started(NOW - timedelta(days=5)), NOW, PARIS)
        assert not is_due(CRON, started(NOW), NOW + MINUTE, PARIS)

    @pytest.mark.parametrize("wait_s", [60, 3600])
    def test_a_back_off_decides_earlier_and_later_than_the_schedule(self, wait_s: int) -> None:
        state = started(NOW, failures=3, next_attempt_at=NOW + timedelta(seconds=wait_s))
        assert next_due(EVERY_FIVE, state, NOW, PARIS) == NOW + timedelta(seconds=wait_s)

    def test_a_back_off_that_a_later_start_used_up_counts_no_more(self) -> None:
        state = started(NOW, next_attempt_at=NOW - MINUTE)
        assert next_due(EVERY_FIVE, state, NOW, PARIS) == NOW + timedelta(seconds=270)

    def test_a_back_off_holds_what_never_started_too(self) -> None:
        state = replace(FRESH, next_attempt_at=NOW + MINUTE)
        assert not is_due(EVERY_FIVE, state, NOW, PARIS)
        assert is_due(EVERY_FIVE, state, NOW + MINUTE, PARIS)

    def test_paused_is_due_once_every_six_hours(self) -> None:
        for integration in (EVERY_FIVE, CRON):
            state = started(NOW, paused=True)
            turns = [n for n in range(24 * 12 + 1) if is_due(integration, state, NOW + 5 * n * MINUTE, PARIS)]
            assert turns[0] == 72
            probes, at = 0, NOW
            for n in range(1, 24 * 12 + 1):
                at = NOW + 5 * n * MINUTE
                if is_due(integration, state, at, PARIS):
                    probes, state = probes + 1, replace(state, last_started_at=at)
            assert probes == 4

    def test_paused_respects_a_longer_hold_and_no_shorter_one(self) -> None:
        longer, shorter = NOW + timedelta(hours=9), NOW + MINUTE
        assert next_due(EVERY_FIVE, started(NOW, paused=True, next_attempt_at=longer), NOW, PARIS) == longer
        soon = next_due(EVERY_FIVE, started(NOW, paused=True, next_attempt_at=shorter), NOW, PARIS)
        assert soon == NOW + timedelta(hours=6, seconds=-30)

    def test_a_start_in_the_future_does_not_stop_the_work(self) -> None:
        """The clock was a year ahead when it was recorded; waiting for it would be a year of silence."""
        wrong = NOW + timedelta(days=365)
        for integration in (EVERY_FIVE, CRON):
            for state in (
                started(wrong),
                started(wrong, paused=True),
                started(NOW - timedelta(days=2), next_attempt_at=wrong),
            ):
                assert is_due(integration, state, NOW, PARIS)

    def test_another_hosts_clock_may_be_a_little_ahead(self) -> None:
        assert not is_due(EVERY_FIVE, started(NOW + timedelta(seconds=20)), NOW, PARIS)

    def test_a_stored_expression_that_is_invalid_says_so(self) -> None:
        with pytest.raises(UsageError, match="cron expression"):
            next_due(replace(CRON, cron="nonsense"), started(NOW), NOW, PARIS)

    @given(
        jitters_s=st.lists(st.floats(0, 14), min_size=2, max_size=20), interval_s=st.sampled_from([300, 600, 900, 3600])
    )
    @settings(deadline=None)
    def test_the_jitter_of_a_five_minute_timer_skips_no_turn(self, jitters_s: list[float], interval_s: int) -> None:
        integration = replace(EVERY_FIVE, interval_s=interval_s)
        state: SyncState | None = None
        for tick, jitter_s in enumerate(jitters_s):
            at = NOW + timedelta(seconds=tick * 300 + jitter_s)
            due = is_due(integration, state, at, PARIS)
            assert due == ((tick * 300) % interval_s == 0)
            if due:
                state = started(at)

    @given(
        cron=st.none() | st.sampled_from(["30 2 * * *", "*/5 * * * *", "0 9-17 * * mon-fri"]),
        active=st.booleans(),
        paused=st.booleans(),
        start_s=st.none() | st.integers(-90000, 90000),
        attempt_s=st.none() | st.integers(-90000, 90000),
    )
    @settings(deadline=None, max_examples=200)
    def test_is_due_agrees_with_next_due(
        self, cron: str | None, active: bool, paused: bool, start_s: int | None, attempt_s: int | None
    ) -> None:
        integration = replace(EVERY_FIVE, interval_s=None if cron else 300, cron=cron, active=active)
        moment = [None if s is None else NOW + timedelta(seconds=s) for s in (start_s, attempt_s)]
        state = replace(FRESH, last_started_at=moment[0], next_attempt_at=moment[1], paused=paused)
        due = next_due(integration, state, NOW, PARIS)
        assert due.tzinfo is UTC
        assert is_due(integration, state, NOW, PARIS) == (due <= NOW)
        if due > NOW and due != NEVER and (start_s is None or start_s <= 0):
            assert is_due(integration, state, due, PARIS)  # what it promises, it keeps


class TestOrder:
    def test_lowest_number_then_oldest_success_then_name(self) -> None:
        def entry(name: str, priority: int, success: datetime | None) -> tuple[Integration, SyncState | None]:
            return replace(EVERY_FIVE, name=name, priority=priority), replace(FRESH, last_success_at=success)

        late, old, never, first = (
            entry("late", 100, NOW),
            entry("old", 100, NOW - MINUTE),
            entry("never", 100, None),
            entry("first", 1, NOW),
        )
        new = (replace(EVERY_FIVE, name="new"), None)
        assert order([late, new, old, never, first]) == [first, never, new, old, late]

    def test_of_nothing_is_nothing(self) -> None:
        assert order([]) == []


def test_croniter_is_imported_only_for_cron_expressions() -> None:
    """It costs 14 ms, more than Python itself; an interval must not pay it."""
    script = (
        "import sys\nfrom datetime import UTC, datetime\nfrom inboxsync import schedule\n"
        "from inboxsync.model.integration import *\nfrom inboxsync.model.state import SyncState\n"
        "one = Integration('u', 'n', 'e', Endpoint('h', 993, TlsMode.IMPLICIT, 'u'))\n"
        "now = datetime(2026, 5, 4, tzinfo=UTC)\n"
        "schedule.is_due(one, SyncState(1, last_started_at=now), now, UTC)\nschedule.parse_interval('5m')\n"
        "assert 'croniter' not in sys.modules\nschedule.check_cron('* * * * *')\nassert 'croniter' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
