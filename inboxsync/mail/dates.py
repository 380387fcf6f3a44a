"""Dates of mail: a lenient, linear reader of RFC 5322 dates, and the rule which of several dates to believe."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.mail.limits import Parsing
    from inboxsync.model.message import ParsedMessage

EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE = timedelta(days=2)
_TEXT_MAX_CHARS = 200

# First letters, accents dropped, of month names as mailers set to a local language send them (en fr de es it nl pt).
_MONTHS = {
    1: "jan ene gen", 2: "feb fev fevr", 3: "mar mrz mae maa", 4: "apr avr abr", 5: "may mai mag mei",
    6: "jun juin giu", 7: "jul juil lug", 8: "aug aou ago", 9: "sep set", 10: "oct okt ott out", 11: "nov",
    12: "dec dez dic",
}  # fmt: skip
_MONTH_NUMBERS = {name: number for number, names in _MONTHS.items() for name in names.split()}
_STRICT_MONTHS = {
    "Jan": "01", "Feb": "02", "Mar": "03", "Apr": "04", "May": "05", "Jun": "06",
    "Jul": "07", "Aug": "08", "Sep": "09", "Oct": "10", "Nov": "11", "Dec": "12",
}  # fmt: skip
_FOLDED = str.maketrans("éèêûôäüáãç", "eeeuoauaac")

# Of names that mean several zones, that of most mail: IST is India's, BST Britain's, CST North America's.
_ZONES_H = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "met": 1, "cest": 2, "mest": 2,
    "eet": 2, "sast": 2, "eest": 3, "msk": 3, "msd": 4, "ist": 5.5, "wib": 7, "sgt": 8, "hkt": 8, "awst": 8, "jst": 9,
    "kst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "nst": -3.5, "ndt": -2.5, "brt": -3, "art": -3,
    "ast": -4, "adt": -3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "akst": -9, "akdt": -8, "hst": -10,
}  # fmt: skip
# What nearly all mail says, RFC 5322 §3.3 to the letter; all else is read by the parts that can be made out.
_STRICT = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}:\d{2}:[0-5]\d)"
    r" ([+-](?:[01]\d|2[0-3]))([0-5]\d)(?: \([A-Z]{1,5}\))?\Z",
    re.ASCII,
)
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})[ ,.-]{0,3}([^\W\d_]{3,12})\.?[ ,.-]{0,3}(\d{2,5})\b")
_MONTH_FIRST = re.compile(r"\b([^\W\d_]{3,12})\.? {1,3}(\d{1,2}),? ")
_ISO = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:[T ]|\Z)")
_NUMERIC = re.compile(r"\b(\d{1,2})([./-])(\d{1,2})\2(\d{4})\b,?")
_TIME = re.compile(r"\b(\d{1,2}) ?[:.] ?(\d{2})(?: ?[:.] ?(\d{2})(?:[.,]\d{1,9})?)?(?!\d)(?: ?([ap])\.?m\b\.?)?")
_COMMENT = re.compile(r"\([^()]*+\)")
_COMMENTS_DEEP = 3
_YEAR = re.compile(r"\b((?:19|20|21)\d{2})\b")
_OFFSET = re.compile(r"(?:\d{4} )?(?:gmt|utc?)?([+-])(\d{1,2}?):?(\d{2})?(?!\d)")
_UNSIGNED_OFFSET = re.compile(r"(0?\d|1[0-4])([0-5]\d)(?!\d)")  # no year that asctime puts here: 1900 is no zone
_ZONE_NAME = re.compile(r"([a-z]{1,4})(?![a-z])( dst\b)?")  # also of `EST5EDT`


def parse_date(text: str) -> datetime | None:
    """Read a Date header as aware UTC, None when it is none. Also takes ISO 8601, asctime, hours before and after
    noon, dates in numbers, zone names, two-digit years (RFC 5322 §4.3) and local month names; an impossible zone
    counts as UTC."""
    strict = _STRICT.match(text)
    if strict and strict[2] in _STRICT_MONTHS:
        return _strict_date(strict)
    text = " ".join(_without_comments(text[:_TEXT_MAX_CHARS]).split()).lower().translate(_FOLDED)
    day = _iso_day(text) or _day_first(text) or _month_first(text) or _numeric_day(text)
    if day is None:
        return None
    year, month, day_of_month, rest = day
    time = _TIME.search(rest)
    hour, minute, second = _clock(time) if time else (0, 0, 0)
    zone = _zone(rest[time.end() :]) if time else UTC
    try:
        local = datetime(year, month, day_of_month, hour, minute, min(second, 59), tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _without_comments(text: str) -> str:
    """Leave out comments (RFC 5322 §3.3), which may hold numbers of their own; of nested ones a few levels."""
    for _ in range(_COMMENTS_DEEP):
        if "(" not in text:
            break
        text = _COMMENT.sub(" ", text)
    return text


def _clock(time: re.Match[str]) -> tuple[int, int, int]:
    """Give hour, minute and second; 12 am is midnight, 12 pm noon."""
    hour = int(time[1])
    if time[4] and 1 <= hour <= 12:
        hour = hour % 12 + (12 if time[4] == "p" else 0)
    return hour, int(time[2]), int(time[3] or 0)


def _strict_date(match: re.Match[str]) -> datetime | None:
    day, month, year, time, zone_hours, zone_minutes = match.groups()
    try:
        local = datetime.fromisoformat(f"{year}-{_STRICT_MONTHS[month]}-{day:0>2}T{time}{zone_hours}:{zone_minutes}")
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _iso_day(text: str) -> tuple[int, int, int, str] | None:
    match = _ISO.match(text.upper())
    return (int(match[1]), int(match[3]), int(match[4]), text[match.end() :]) if match else None


def _day_first(text: str) -> tuple[int, int, int, str] | None:
    match = _DAY_FIRST.search(text)
    month = _month(match[2]) if match else None
    if match is None or month is None:
        return None
    return _full_year(match[3]), month, int(match[1]), text[match.end() :]


def _month_first(text: str) -> tuple[int, int, int, str] | None:
    """Read `Fri Nov 20 05:49:00 2026`, as asctime writes it."""
    for match in _MONTH_FIRST.finditer(text):
        month, rest = _month(match[1]), text[match.end() :]
        year = _YEAR.search(rest)
        if month is not None and year is not None:
            return int(year[1]), month, int(match[2]), rest
    return None


def _numeric_day(text: str) -> tuple[int, int, int, str] | None:
    """Read `20.11.2026`, `20-11-2026`, `11/20/2026`: where both numbers may be a month, dots and dashes say that the
    day comes first; slashes are read where the clock says that it is American, else not at all."""
    match = _NUMERIC.search(text)
    if match is None:
        return None
    first, second, rest = int(match[1]), int(match[3]), text[match.end() :]
    time = _TIME.search(rest)
    if first <= 12 < second or (match[2] == "/" and time is not None and time[4] and first <= 12):
        first, second = second, first
    elif match[2] == "/" and first <= 12 and first != second:
        return None
    return int(match[4]), second, first, rest


def _month(name: str) -> int | None:
    return _MONTH_NUMBERS.get(name[:4]) or _MONTH_NUMBERS.get(name[:3])


def _full_year(digits: str) -> int:
    """Complete a short year (RFC 5322 §4.3): 00-49 are 20xx, 50-99 19xx, three digits count from 1900."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _zone(text: str) -> timezone:
    text = text.lstrip()
    offset = _OFFSET.match(text)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        is_possible = minutes < 24 * 60 and int(offset[3] or 0) < 60
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes)) if is_possible else UTC
    if unsigned := _UNSIGNED_OFFSET.match(text):
        return timezone(timedelta(hours=int(unsigned[1]), minutes=int(unsigned[2])))
    name = _ZONE_NAME.match(text)
    hours = _ZONES_H.get(name[1], 0) + (1 if name[2] else 0) if name else 0
    return timezone(timedelta(hours=hours))


def sent_at(text: str | None, parsing: Parsing) -> datetime | None:
    """Read a Date header as aware UTC; None, with a defect, where it is no date or one before 1980."""
    moment = parse_date(text) if text else None
    if text and (moment is None or moment < EARLIEST):
        parsing.defects.add("date_unusable")
        return None
    return moment


def sane(moment: datetime | None, now: datetime) -> bool:
    """Whether a date can be believed: aware, from 1980 on, at most two days ahead of `now`."""
    return moment is not None and moment.tzinfo is not None and EARLIEST <= moment <= now + FUTURE_TOLERANCE


def received_at(internal_date: datetime | None, parsed: ParsedMessage, now: datetime) -> datetime:
    """Say when a message arrived, in UTC: the server's INTERNALDATE if it can be believed, else the Date header if it
    can, else `now`."""
    for candidate in (internal_date, parsed.sent_at):
        if candidate is not None and sane(candidate, now):
            return candidate.astimezone(UTC)
    return now
