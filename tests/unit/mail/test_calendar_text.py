"""What an invitation says in words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.calendar_text import calendar_text

INVITATION = """BEGIN:VCALENDAR\r
METHOD:REQUEST\r
BEGIN:VTIMEZONE\r
TZID:Zone\r
DTSTART:19700101T000000\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
ORGANIZER;CN="Ana: boss":mailto:ana@example.com\r
DTSTART;TZID="Europe/Zagreb":20260105T100000\r
DTEND:20260105T110000Z\r
SUMMARY;LANGUAGE=en:Planning\\, part\r
  two\r
LOCATION:Room 1\\; left\r
DESCRIPTION:One\\nTwo\r
BEGIN:VALARM\r
DESCRIPTION:Reminder\r
END:VALARM\r
END:VEVENT\r
BEGIN:VEVENT\r
SUMMARY:Another\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_an_invitation_in_words() -> None:
    assert calendar_text(INVITATION) == (
        "Planning, part two\nStart: 2026-01-05 10:00 Europe/Zagreb\nEnd: 2026-01-05 11:00 UTC\nLocation: Room 1; left\n"
        "Organizer: Ana: boss <ana@example.com>\n\nOne\nTwo"
    )


def test_what_was_cancelled_or_answered_is_said() -> None:
    event = (
        "BEGIN:VEVENT\nORGANIZER:MAILTO:ana@example.com\n"
        "ATTENDEE;PARTSTAT=DECLINED;CN=Bo:mailto:bo@example.com\nSUMMARY:Lunch\nSTATUS:CONFIRMED\n"
    )
    assert calendar_text(f"METHOD:REQUEST\n{event}") == "Lunch\nOrganizer: ana@example.com"
    assert calendar_text(f"METHOD:CANCEL\n{event}") == "Lunch\nCancelled\nOrganizer: ana@example.com"
    assert calendar_text(event.replace("CONFIRMED", "CANCELLED")).startswith("Lunch\nCancelled\n")
    assert calendar_text(f"METHOD:REPLY\n{event}").startswith("Lunch\nAnswer: declined by Bo <bo@example.com>\n")
    assert calendar_text("METHOD:CANCEL\nBEGIN:VEVENT\nEND:VEVENT") == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("BEGIN:VTODO\nSUMMARY:Do\nDUE;VALUE=DATE:20260105\nEND:VTODO", "Do\nDue: 2026-01-05"),
        ("BEGIN:VEVENT\nDTSTART:tomorrow\n", "Start: tomorrow"),
        ("BEGIN:VEVENT\nDTSTART:20260105\nDTEND:20260106\n", "Start: 2026-01-05"),
        ("BEGIN:VEVENT\nDTSTART:20260105\nDTEND:20260110\n", "Start: 2026-01-05\nEnd: 2026-01-09"),
        ("BEGIN:VEVENT\nDTSTART:20260105\nDTEND:20260105\n", "Start: 2026-01-05\nEnd: 2026-01-05"),
        ("BEGIN:VEVENT\nDTSTART:20260105T090000\nDTEND:20260106\n", "Start: 2026-01-05 09:00\nEnd: 2026-01-06"),
        ("BEGIN:VEVENT\nDTEND:00010101\n", "End: 0001-01-01"),
        ("BEGIN:VEVENT\nDURATION:P1DT2H30M0S\n", "Duration: 1 d 2 h 30 min"),
        ("BEGIN:VEVENT\nDURATION:long\n", "Duration: long"),
        ("BEGIN:VEVENT\nRRULE:FREQ=WEEKLY;BYDAY=MO\n", "Repeats: weekly"),
        ("BEGIN:VEVENT\nRRULE:BYDAY=MO\nSUMMARY:x", "x"),
        ("SUMMARY:outside", ""),
        ("BEGIN:VEVENT\nEND:VEVENT", ""),
        ("", ""),
    ],
)
def test_less_than_an_invitation(text: str, words: str) -> None:
    assert calendar_text(text) == words


@given(
    st.lists(
        st.sampled_from([*INVITATION.splitlines(), ";", ":", '"', " x", "A;B=", "DURATION:P", "RRULE:FREQ="]),
        max_size=12,
    ).map("\n".join)
)
@settings(deadline=None, max_examples=100)
def test_any_lines(text: str) -> None:
    calendar_text("BEGIN:VEVENT\n" + text)


def test_hostile_calendars_cost_little() -> None:
    started = time.process_time()
    for piece in ('X;"', "X;A=", "X:", "\n ", '";"', "BEGIN:VEVENT\n", "SUMMARY:" + "\\n" * 50 + "\n"):
        calendar_text("BEGIN:VEVENT\n" + piece * 300_000)
    assert time.process_time() - started < 3
