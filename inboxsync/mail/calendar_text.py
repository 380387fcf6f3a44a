"""What a calendar object says, for mail that has no other text (RFC 5545). Nothing is accepted or entered."""

from __future__ import annotations

import re

# Shown in this order; the first of each name of the first event or task.
_SHOWN = {
    "SUMMARY": "",
    "DTSTART": "Start: ",
    "DTEND": "End: ",
    "DUE": "Due: ",
    "LOCATION": "Location: ",
    "ORGANIZER": "Organizer: ",
    "DESCRIPTION": "\n",
}
_FOLD = re.compile(r"\r?\n[ \t]")
_PROPERTY = re.compile(r"([A-Za-z-]{1,40})((?:;[^\":\n]*+(?:\"[^\"\n]*+\"[^\":\n;]*+)*+)*+):([^\n]*+)")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?\Z")
_ZONE = re.compile(r";TZID=\"?([^\";:]{1,80})", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_READ_CHARS = 200_000


def calendar_text(text: str) -> str:
    """Write summary, times, place, organizer and description of the first event or task, '' where there is none."""
    found: dict[str, str] = {}
    inside = ""
    for line in _FOLD.sub("", text[:_READ_CHARS]).splitlines():
        match = _PROPERTY.match(line)
        if match is None:
            continue
        name, parameters, value = match[1].upper(), match[2], match[3]
        if not inside:
            inside = value.upper() if name == "BEGIN" and value.upper() in ("VEVENT", "VTODO") else ""
        elif name in ("BEGIN", "END"):
            break  # the end of the event, or an alarm in it, which repeats its words
        elif name in _SHOWN:
            found.setdefault(name, _shown(value.strip(), parameters))
    return "\n".join(label + found[name] for name, label in _SHOWN.items() if found.get(name))


def _shown(value: str, parameters: str) -> str:
    moment = _TIME.match(value)
    if moment is None:
        return _ESCAPED.sub(lambda escaped: "\n" if escaped[1] in "nN" else escaped[1], value)
    zone = _ZONE.search(parameters)
    date = "-".join(moment.group(1, 2, 3))
    where = "UTC" if moment[6] else zone[1] if zone else ""
    return f"{date} {moment[4]}:{moment[5]} {where}".rstrip() if moment[4] else date
