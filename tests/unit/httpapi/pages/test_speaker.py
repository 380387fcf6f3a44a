"""Numbers, times and standings in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from inboxsync.httpapi.pages.languages import languages
from inboxsync.httpapi.pages.speaker import Speaker
from inboxsync.model.report import ErrorInfo, RunStatus
from inboxsync.model.state import SyncState, Totals
from inboxsync.render.standing import standing
from inboxsync.render.status import StatusLine
from tests.unit.store.content_builders import integration

NOW = datetime(2026, 11, 20, 14, 7, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ENGLISH, FRENCH = (Speaker(languages()[code], NOW, BERLIN) for code in ("en", "fr"))


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("seconds", "english", "french"),
    [
        (0, "just now", "à l’instant"),
        (44, "just now", "à l’instant"),
        (50, "50 s ago", "il y a 50 s"),
        (60, "1 min ago", "il y a 1 min"),
        (3 * 3_600 + 5, "3 h ago", "il y a 3 h"),
        (86_400, "1 day ago", "il y a 1 jour"),
        (40 * 86_400, "40 days ago", "il y a 40 jours"),
        (-130, "in 2 min", "dans 2 min"),
    ],
)
def test_how_long_ago(seconds: int, english: str, french: str) -> None:
    at = NOW - timedelta(seconds=seconds)
    assert plain(ENGLISH.ago(at)) == english
    assert plain(FRENCH.ago(at)) == french


def test_when_in_the_zone_of_the_reader() -> None:
    assert ENGLISH.clock(NOW) == "15:07"
    assert ENGLISH.clock(NOW - timedelta(hours=15)) == "00:07"
    assert ENGLISH.clock(NOW - timedelta(hours=16)) == "19 November, 23:07"
    assert FRENCH.clock(NOW - timedelta(days=400)) == "16 octobre 2025, 16:07", "it was summer time then"
    assert ENGLISH.day(date(2027, 1, 2)) == "2 January 2027"
    assert (ENGLISH.weekday(), FRENCH.weekday()) == ("Friday", "vendredi")
    assert ENGLISH.machine(NOW.replace(microsecond=5)) == "2026-11-20T14:07:00Z"
    assert ENGLISH.zone_name() == "Europe/Berlin"
    assert replace(ENGLISH, zone=UTC).zone_name() == "UTC"


def test_numbers_and_sizes() -> None:
    assert (ENGLISH.number(1234567), plain(FRENCH.number(1234567))) == ("1,234,567", "1 234 567")
    assert (ENGLISH.number(12.34), FRENCH.number(12.34), ENGLISH.number(3.0)) == ("12.3", "12,3", "3")
    assert [plain(ENGLISH.size(octets)) for octets in (0, 999, 1_000, 4_700_000, 48_211, 3e15)] == [
        *("0 B", "999 B", "1 kB", "4.7 MB", "48 kB", "3,000 TB"),
    ]
    assert [plain(ENGLISH.duration(seconds)) for seconds in (0.0, 0.412, 2.04, 61.4, 600)] == [
        *("0 ms", "412 ms", "2 s", "61 s", "10 min"),
    ]


def test_a_number_decides_the_form_of_a_text() -> None:
    assert ENGLISH("overview.need_you", 1) == "One mailbox needs you"
    assert ENGLISH("overview.need_you", 1_200) == "1,200 mailboxes need you"
    assert FRENCH("overview.need_you", 2) == "2 boîtes ont besoin de vous"


def line(error: ErrorInfo | None = None, *, paused: bool = False, ran: bool = True, active: bool = True) -> StatusLine:
    one = integration(id=1, active=active)
    status = RunStatus.ERROR if error else RunStatus.SUCCESS
    state = SyncState(1, NOW, NOW, NOW, status, error, paused=paused) if ran else None
    return StatusLine(one, state, standing(one, state, None, NOW, UTC), Totals())


def test_english_says_what_the_command_line_says() -> None:
    failing = line(ErrorInfo("auth_failed", "no"), paused=True)
    assert ENGLISH.cause(failing) == failing.standing.cause
    assert ENGLISH.action(failing) == failing.standing.next_action


def test_other_languages_say_the_same_by_the_same_rules() -> None:
    assert FRENCH.cause(line()) is None
    assert FRENCH.action(line()) is None
    paused = line(ErrorInfo("auth_failed", "no"), paused=True)
    assert FRENCH.cause(paused) == (
        "imap.example.com refuse la connexion ; les connexions sont en pause pour que le compte ne soit pas bloqué, et "
        "essayées une fois toutes les six heures"
    )
    assert "`inboxsync edit support --password-file FILE`" in (FRENCH.action(paused) or "")
    assert FRENCH.cause(line(ErrorInfo("throttled", "bandwidth exceeded"))) == FRENCH.language.sentences["throttled.1"][
        "cause"
    ].format(host="imap.example.com")
    assert FRENCH.cause(line(ErrorInfo("made_up", ""))) == "le dernier passage a échoué"
    assert FRENCH.cause(line(ran=False)) == "elle n’a pas encore été lancée"
    assert FRENCH.cause(line(active=False)) == "elle est désactivée"
    off = line(ErrorInfo("auth_failed", "no"), active=False)
    assert FRENCH.cause(off) == "elle est désactivée ; imap.example.com refuse la connexion"
    assert FRENCH.action(off) == "`inboxsync enable support` la réactive"


@pytest.mark.parametrize(
    "seen",
    [line(), line(ran=False), line(active=False), line(ErrorInfo("tls_failed", "x")), line(ran=False, active=False)],
)
def test_there_is_a_cause_in_every_language_or_in_none(seen: StatusLine) -> None:
    assert (FRENCH.cause(seen) is None) == (seen.standing.cause is None)
    assert (FRENCH.action(seen) is None) == (seen.standing.next_action is None)
