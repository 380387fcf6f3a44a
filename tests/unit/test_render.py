"""What people and programs are shown: printable text, documents, tables, the state of things."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import inboxsync.sync.context  # noqa: F401  its errors belong to the table of sentences
from inboxsync.errors import InboxsyncError
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.report import ErrorInfo, IntegrationReport, RunStatus
from inboxsync.model.state import Lease, Owner, SyncState
from inboxsync.render.document import encode, time_text
from inboxsync.render.output import Output, never_fail_to_encode
from inboxsync.render.printable import clip, display_width, printable, printable_block
from inboxsync.render.progress import ProgressBars, label, observed
from inboxsync.render.sentences import SENTENCES, sentence
from inboxsync.render.standing import StateWord, standing
from inboxsync.render.status import age_text
from inboxsync.render.tables import Table, plain_table

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOSTILE = "a\x1b]52;c;eA==\x07\x00\r\n\t\x7f\x9b\u202eb\u2066\u2028\u2029\u200e\u061c\udc80"


# --- printable -----------------------------------------------------------------------------------------------------


def test_active_characters_become_visible() -> None:
    assert printable(HOSTILE) == (
        "a\\x1b]52;c;eA==\\x07\\x00\\r\\n\\t\\x7f\\x9b\\u202eb\\u2066\\u2028\\u2029\\u200e\\u061c\\udc80"
    )


def test_ordinary_text_of_any_script_stays() -> None:
    text = "Grüße, 日本語, עברית, 👩‍💻, naïve — 100 %"
    assert printable(text) == text


def test_blocks_keep_their_lines() -> None:
    assert printable_block("a\r\nb\tc\rd\x1b") == "a\nb\tc\\rd\\x1b"


@settings(deadline=None)
@given(st.text(st.characters()))
def test_no_text_acts_and_all_of_it_encodes(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert not any(character < " " or "\x7f" <= character <= "\x9f" for character in shown)


def test_width_and_clip_count_columns() -> None:
    assert display_width("日本") == 4
    assert display_width("e\u0301") == 1
    assert clip("日本語", 5) == "日本…"
    assert clip("abc", 3) == "abc"


# --- documents -----------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_documents_say_the_same_and_act_on_nothing(value: object) -> None:
    octets = encode(value)
    assert json.loads(octets) == value
    text = octets.decode()
    assert not set(text) & (set("\x1b\x7f\x9b\u202e\u2028\u2029") | {chr(c) for c in range(9)})


def test_lone_surrogates_survive_as_escapes() -> None:
    assert b"\\udc80" in encode({"a": "\udc80"})


def test_times_are_utc_with_a_z() -> None:
    assert time_text(datetime(2026, 1, 1, 13, 0, tzinfo=timezone(timedelta(hours=1)))) == "2026-01-01T12:00:00Z"
    assert time_text(datetime(2026, 1, 1, 13, 0, 0, 500, tzinfo=UTC)) == "2026-01-01T13:00:00.000500Z"
    assert time_text(None) is None


def test_documents_are_utf_8_on_any_console() -> None:
    buffer = io.BytesIO()
    console = io.TextIOWrapper(buffer, encoding="cp1252", newline="\r\n")
    Output(console, console).document({"subject": "日本"})
    assert buffer.getvalue() == '{\n  "subject": "日本"\n}\n'.encode()


def test_text_never_fails_on_a_narrow_console() -> None:
    buffer = io.BytesIO()
    console = io.TextIOWrapper(buffer, encoding="ascii")
    never_fail_to_encode(console)
    Output(console, console).line("日本")
    console.flush()
    assert buffer.getvalue() == b"\\u65e5\\u672c\n"


# --- tables --------------------------------------------------------------------------------------------------------


def test_plain_tables_are_aligned_and_printable() -> None:
    table = Table.of(("name", "n", "on"), [("日本", 7, True), ("a\x1bb", 12345, None)], right=(1,))
    assert plain_table(table) == ("NAME        N  ON\n日本        7  yes\na\\x1bb  12345  -\n")


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def test_terminals_get_drawn_tables_whose_cells_are_literal() -> None:
    out = Terminal()
    Output(out, io.StringIO(), colour=False).table(Table.of(("subject",), [("[red]x[/red] \x1b[2J",)]))
    assert "[red]x[/red] \\x1b[2J" in out.getvalue()
    assert "\x1b[2J" not in out.getvalue()


def test_no_color_means_no_escape_at_all() -> None:
    out = Terminal()
    Output(out, io.StringIO(), colour=False).table(Table.of(("state",), [("failing",)]))
    assert "\x1b[3" not in out.getvalue()
    assert "failing" in out.getvalue()


def test_an_empty_table_is_a_note_unless_quiet() -> None:
    for quiet, said in ((False, "nothing here\n"), (True, "")):
        out, err = io.StringIO(), io.StringIO()
        Output(out, err, quiet=quiet).table(Table.of(("a",), []), empty="nothing here")
        assert (out.getvalue(), err.getvalue()) == ("", said)


# --- progress ------------------------------------------------------------------------------------------------------


def test_nobody_watches_where_no_terminal_is() -> None:
    out = io.StringIO()
    with observed(out, quiet=False, colour=True) as observer:
        observer.folder_started("support", "INBOX", 3)
        observer.advanced("support", "INBOX", 3, 100)
        observer.integration_finished(IntegrationReport("support", RunStatus.SUCCESS))
    assert out.getvalue() == ""


def test_bars_show_folders_and_go_away() -> None:
    out = Terminal()
    with observed(out, quiet=False, colour=False) as observer:
        assert isinstance(observer, ProgressBars)
        observer.folder_started("support", "[bold]A\x1b[2J", 3)
        observer.folder_started("support", "empty", 0)
        observer.advanced("support", "[bold]A\x1b[2J", 2, 100)
        observer.advanced("support", "empty", 2, 100)
        observer.integration_finished(IntegrationReport("support", RunStatus.SUCCESS))


def test_labels_are_bounded_and_literal() -> None:
    assert label("a", "[b]\x1b") == "a: \\[b]\\x1b"
    assert display_width(label("a", "x" * 500)) <= 41


# --- standing ------------------------------------------------------------------------------------------------------


def integration(**settings: object) -> Integration:
    """Make an integration with these settings."""
    endpoint = Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "ana")
    return Integration("u", "support", "ana@example.com", endpoint, id=1, **settings)  # type: ignore[arg-type]  # settings of any type


def state(**facts: object) -> SyncState:
    """Make a state with these facts."""
    return SyncState(integration_id=1, **facts)  # type: ignore[arg-type]  # facts of any type


def succeeded(age: timedelta) -> SyncState:
    """Make the state after a success."""
    at = NOW - age
    return state(last_started_at=at, last_finished_at=at, last_success_at=at, last_status=RunStatus.SUCCESS)


def lease(expires_at: datetime) -> Lease:
    """Make a lease."""
    return Lease(1, Owner("h", 1, "s"), "t", NOW, NOW, expires_at)


REFUSED = ErrorInfo("auth_failed", "refused", "", 77)


@pytest.mark.parametrize(
    ("settings_given", "found", "held", "word"),
    [
        ({}, None, None, "never"),
        ({}, state(last_started_at=NOW), None, "never"),
        ({}, succeeded(timedelta(minutes=4)), None, "ok"),
        ({}, succeeded(timedelta(minutes=15)), None, "ok"),
        ({}, succeeded(timedelta(minutes=15, seconds=1)), None, "stale"),
        ({"active": False}, succeeded(timedelta(days=9)), None, "ok"),
        ({"cron": "0 * * * *", "interval_s": None}, succeeded(timedelta(hours=2, minutes=30)), None, "ok"),
        ({"cron": "0 * * * *", "interval_s": None}, succeeded(timedelta(hours=3, minutes=30)), None, "stale"),
        ({"cron": "broken", "interval_s": None}, succeeded(timedelta(0)), None, "stale"),
        ({}, state(last_status=RunStatus.ERROR, last_error=REFUSED), None, "failing"),
        ({}, state(last_status=RunStatus.PARTIAL, last_error=REFUSED), None, "failing"),
        ({}, state(last_status=RunStatus.PARTIAL, last_success_at=NOW), None, "ok"),
        ({}, state(last_status=RunStatus.ERROR, last_error=REFUSED, paused=True), None, "paused"),
        ({}, state(last_status=RunStatus.ERROR, paused=True), lease(NOW + timedelta(seconds=1)), "running"),
        ({}, None, lease(NOW), "never"),
    ],
)
def test_states(settings_given: dict[str, object], found: SyncState | None, held: Lease | None, word: str) -> None:
    judged = standing(integration(**settings_given), found, held, NOW, UTC)
    assert judged.state == word
    if word in ("stale", "failing", "paused", "never"):
        assert judged.cause
        assert judged.next_action


def test_a_paused_login_says_who_must_do_what() -> None:
    judged = standing(
        integration(), state(last_status=RunStatus.ERROR, last_error=REFUSED, paused=True), None, NOW, UTC
    )
    assert judged.state is StateWord.PAUSED
    assert "imap.example.com refuses the login" in str(judged.cause)
    assert "inboxsync edit support --password-file FILE" in str(judged.next_action)


def test_what_is_switched_off_has_no_next_run_and_says_how_to_switch_it_on() -> None:
    judged = standing(integration(active=False), succeeded(timedelta(minutes=1)), None, NOW, UTC)
    assert judged.next_run_at is None
    assert "inboxsync enable support" in str(judged.next_action)


def test_the_next_run_is_the_stored_due_time() -> None:
    due = NOW + timedelta(minutes=3)
    found = state(last_status=RunStatus.SUCCESS, last_success_at=NOW, due_at=due)
    assert standing(integration(), found, None, NOW, UTC).next_run_at == due
    assert standing(integration(), None, None, NOW, UTC).next_run_at == NOW


def codes(root: type[InboxsyncError]) -> set[str]:
    """Gather the codes of a class and all below it."""
    return {root.code} | {code for child in root.__subclasses__() for code in codes(child)}


def test_every_error_has_its_sentences() -> None:
    known = {code for code in codes(InboxsyncError) if not code.startswith("test_")}
    assert known <= set(SENTENCES)
    for code in SENTENCES:
        words = sentence(code)
        assert words.cause.format(host="h", name="n")
        assert words.action.format(host="h", name="n")
    assert sentence("unheard_of") is SENTENCES["error"]


def test_ages_round_down() -> None:
    ages = [
        timedelta(seconds=-5),
        timedelta(seconds=59),
        timedelta(minutes=119),
        timedelta(hours=47),
        timedelta(days=9),
    ]
    assert [age_text(age) for age in ages] == ["0 s", "59 s", "1 h", "1 d", "9 d"]
