"""What a calendar object says, for mail that has no other text (RFC 5545, RFC 5546). Nothing is accepted or entered."""

from __future__ import annotations

import re
from datetime import date, timedelta

# Shown in this order; the first of each name of the first event or task.
_SHOWN = {
    "SUMMARY": "",
    "STATUS": "",
    "ANSWER": "Answer: ",
    "DTSTART": "Start: ",
    "DTEND": "End: ",
    "DURATION": "Duration: ",
    "DUE": "Due: ",
    "RRULE": "Repeats: ",
    "LOCATION": "Location: ",
    "ORGANIZER": "Organizer: ",
    "DESCRIPTION": "\n",
}
_READ = frozenset(_SHOWN) - {"STATUS", "ANSWER"}
_FOLD = re.compile(r"\r?\n[ \t]")
_PROPERTY = re.compile(r"([A-Za-z-]{1,40})((?:;[^\":\n]*+(?:\"[^\"\n]*+\"[^\":\n;]*+)*+)*+):([^\n]*+)")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?\Z")
_ZONE = re.compile(r";TZID=\"?([^\";:]{1,80})", re.IGNORECASE)
_NAME = re.compile(r";CN=(?:\"([^\"]{1,200})\"|([^\";:]{1,200}))", re.IGNORECASE)
_ANSWER = re.compile(r";PARTSTAT=([A-Za-z-]{1,20})", re.IGNORECASE)
_FREQUENCY = re.compile(r"FREQ=([A-Za-z]{1,10})", re.IGNORECASE)
_DURATION = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:\d{1,4}S)?)?\Z")
_UNITS = ("w", "d", "h", "min")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_READ_CHARS = 200_000


def calendar_text(text: str) -> str:
    """Write summary, times, place, organizer and description of the first event or task, '' where there is none; and
    that it was cancelled or how an invitation was answered."""
    found: dict[str, str] = {}
    method = inside = ""
    for line in _FOLD.sub("", text[:_READ_CHARS]).splitlines():
        match = _PROPERTY.match(line)
        if match is None:
            continue
        name, parameters, value = match[1].upper(), match[2], match[3].strip()
        if not inside:
            method = value.upper() if name == "METHOD" else method
            inside = value.upper() if name == "BEGIN" and value.upper() in ("VEVENT", "VTODO") else ""
        elif name in ("BEGIN", "END"):
            break  # the end of the event, or an alarm in it, which repeats its words
        else:
            _read(name, parameters, value, found)
    return _written(found, method)


def _read(name: str, parameters: str, value: str, found: dict[str, str]) -> None:
    if name in _READ:
        found.setdefault(name, _shown(name, value, parameters))
    elif name == "STATUS" and value.upper() == "CANCELLED":
        found.setdefault(name, "Cancelled")
    elif name == "ATTENDEE" and (answer := _ANSWER.search(parameters)):
        found.setdefault("ANSWER", f"{answer[1].lower()} by {_person(value, parameters)}")


def _written(found: dict[str, str], method: str) -> str:
    if method == "CANCEL" and found:
        found["STATUS"] = "Cancelled"
    if method != "REPLY":  # in all others it tells what the invited have said so far
        found.pop("ANSWER", None)
    _end_on_the_last_day(found)
    return "\n".join(label + found[name] for name, label in _SHOWN.items() if found.get(name))


def _end_on_the_last_day(found: dict[str, str]) -> None:
    """Make the end of whole days the last of them: as sent it is the day after (RFC 5545 §3.6.1)."""
    start, end = found.get("DTSTART", ""), found.get("DTEND", "")
    try:
        last = (date.fromisoformat(end) - timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return
    if start == last:
        del found["DTEND"]
    elif len(start) == len(last) and start < last:
        found["DTEND"] = last


def _shown(name: str, value: str, parameters: str) -> str:
    if name == "ORGANIZER":
        return _person(value, parameters)
    if name == "RRULE":
        frequency = _FREQUENCY.search(value)
        return frequency[1].lower() if frequency else ""
    if name == "DURATION":
        return _duration(value)
    moment = _TIME.match(value)
    if moment is None:
        return _ESCAPED.sub(lambda escaped: "\n" if escaped[1] in "nN" else escaped[1], value)
    zone = _ZONE.search(parameters)
    day = "-".join(moment.group(1, 2, 3))
    where = "UTC" if moment[6] else zone[1] if zone else ""
    return f"{day} {moment[4]}:{moment[5]} {where}".rstrip() if moment[4] else day


def _person(value: str, parameters: str) -> str:
    """Give a name with its address, as people write them."""
    address = value[7:] if value[:7].lower() == "mailto:" else value
    match = _NAME.search(parameters)
    name = (match[1] or match[2]).strip() if match else ""
    return f"{name} <{address}>" if name and name != address else address


def _duration(value: str) -> str:
    match = _DURATION.match(value.upper())
    if match is None:
        return value
    return " ".join(f"{int(number)} {unit}" for number, unit in zip(match.groups(), _UNITS, strict=True) if number)
