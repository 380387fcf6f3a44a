from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.dates import parse_date, received_at, sane
from inboxsync.model.message import ParsedMessage

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT = datetime(2026, 11, 20, 5, 49, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 20 Nov 2026 05:49:00 +0000",
        "Fri, 20 Nov 2026 06:49:00 +0100 (CET)",
        "20 Nov 26 05:49 GMT",
        "Fri,20 Nov 2026 05:49:00 -0000",
        "Fri, 20-Nov-2026 05:49:00 UT",
        "Fri, 20 Nov 2026 00:49:00 EST",
        "Fri Nov 20 05:49:00 2026",
        "2026-11-20T05:49:00Z",
        "2026-11-20 07:49:00 +02:00",
        "ven., 20 nov. 2026 06:49:00 +0100",
        "Fri, 20 Nov 2026 05.49.00 +0000",
        "Fri, 20 Nov 2026 05:49:00 +99999999999999",
        "Fri, 20 Nov 2026 05:49:00",
        "  Fri,\t20  Nov   2026 05:49:00.123 +0000",
        "Fri, 20 Nov 2026 5:49:00 AM +0000",
        "Fri, 20 Nov 2026 06:49:00 am +0100",
        "Nov 20, 2026 5:49 a.m.",
        "Fri, 20 Nov (the 47th (or 46th) week) 2026 (at 12:30?) 05:49 +0000",
        "Fri Nov 20 2026 06:49:00 GMT+0100 (Central European Standard Time)",
        "Fri,20Nov2026 05:49+0000",
        "Fri, 20, Nov 2026 07:49:00 MET DST",
        "20 Nov 26 12:49:00 AM -05:00 (GMT -05:00)",
        "Fri, 20 Nov 2026 07:49:00 0200",
        "Fri, Nov 20 2026 07:49:00 200",
        "Fri, 20 Nov 2026 05:49:00 04+00",
        "Fri, 20 Nov 2026 05(five) :  49 : 00 +0000",
        'Fri, 20 Nov 2026 05:49:00 "GMT"',
        "20.11.2026 05:49",
        "20-11-2026, 05:49:00",
        "11/20/2026 5:49:00 AM",
        "20/11/2026 05:49:00",
        "2026/11/20 05:49:00",
        "Fri, 20 Nov 2026 00:49:00 EST5EDT",
        "Fri, 20 Nov 2026 02:19:00 NST",
        "Fri, 20 Nov 2026 11:19:00 IST",
    ],
)
def test_dates_that_can_be_read(text: str) -> None:
    assert parse_date(text) == AT


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "32 Nov 2026 05:49:00 +0000", "20 Foo 2026 05:49", "Fri, 20 Nov 99999 05:49:00 +0000",
     "1 Jan 0000 00:00",
     "1 Jan 0001 00:00:00 +2300", "31 Dec 9999 23:59:59 -2300", "20 Nov 2026 25:00:00", "9" * 10_000,
     "5/11/2026 05:49:00", "31.13.2026 05:49", "Fri, Nov 20 77 05:49:00 0400",
     "Fri, 8 may be late", "123 Nov 2026 05:49"],
)  # fmt: skip
def test_dates_that_are_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("clock", "hour"), [("12:05 AM", 0), ("12:05 PM", 12), ("1:05 pm", 13), ("11:05 PM", 23), ("13:05 PM", 13)]
)
def test_hours_before_and_after_noon(clock: str, hour: int) -> None:
    assert parse_date(f"Fri, 20 Nov 2026 {clock} +0000") == datetime(2026, 11, 20, hour, 5, tzinfo=UTC)


def test_a_date_in_numbers_that_could_be_two_is_read_where_the_clock_tells() -> None:
    assert parse_date("5/11/2026 05:49 PM") == datetime(2026, 5, 11, 17, 49, tzinfo=UTC)
    assert parse_date("5.11.2026 05:49") == datetime(2026, 11, 5, 5, 49, tzinfo=UTC)


@pytest.mark.parametrize(("year", "full"), [("49", 2049), ("50", 1950), ("100", 2000), ("1980", 1980)])
def test_short_years(year: str, full: int) -> None:
    moment = parse_date(f"1 Jan {year} 00:00:00 +0000")
    assert moment is not None
    assert moment.year == full


@pytest.mark.parametrize("month", ["déc.", "Dez", "dic", "décembre", "December"])
def test_months_in_other_languages(month: str) -> None:
    moment = parse_date(f"5 {month} 2026 10:00:00 +0000")
    assert moment == datetime(2026, 12, 5, 10, tzinfo=UTC)


@given(st.datetimes(min_value=datetime(1980, 1, 2), max_value=datetime(9990, 1, 1)), st.integers(-720, 720))
@settings(deadline=None, max_examples=100)
def test_what_mailers_write_comes_back(moment: datetime, offset_minutes: int) -> None:
    local = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset_minutes)))
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    text = f"{local.day} {months[local.month - 1]} {local.year:04} {local:%H:%M:%S %z}"
    assert parse_date(text) == local


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (NOW, True),
        (NOW + timedelta(days=2), True),
        (NOW + timedelta(days=2, seconds=1), False),
        (datetime(1980, 1, 1, tzinfo=UTC), True),
        (datetime(1979, 12, 31, tzinfo=UTC), False),
        (datetime(2026, 1, 1), False),
        (None, False),
    ],
)
def test_sane(moment: datetime | None, expected: bool) -> None:
    assert sane(moment, NOW) is expected


def parsed(sent_at: datetime | None) -> ParsedMessage:
    return ParsedMessage(0, "", "", sent_at=sent_at)


def test_received_at_believes_the_server_then_the_header_then_the_clock() -> None:
    early, absurd = datetime(2026, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
    assert received_at(early, parsed(AT), NOW) == early
    assert received_at(absurd, parsed(AT), NOW) == AT
    assert received_at(None, parsed(absurd), NOW) == NOW
    assert received_at(AT.astimezone(timezone(timedelta(hours=5))), parsed(None), NOW).tzinfo is UTC
