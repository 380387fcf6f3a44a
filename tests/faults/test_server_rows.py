"""What servers do that breaks clients, over the wire and through the whole engine: fates, exit code, commands sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from devtools.scripted_imap import Cut, ScriptedServer
from inboxsync.model.integration import Endpoint, TlsMode
from inboxsync.sync.context import EngineLimits
from tests.faults.desk import LIMITS, Beginning, Desk
from tests.faults.mailbox import DONE, ScriptedMailbox, literal
from tests.faults.server_rows import ALL_STORED, PENDING, ROWS, SET_ASIDE, THROTTLED, Row
from tests.state.ledger import read_ledger
from tests.unit.sync.rig import mail

READING = {"CAPABILITY", "AUTHENTICATE", "LOGIN", "EXAMINE", "UID FETCH", "LIST", "NAMESPACE", "STATUS", "LOGOUT"}
NEVER = rb"\*|<\d+\.\d+>|ENVELOPE|BODYSTRUCTURE|SEARCH"
MEBIBYTE = 2**20


@contextmanager
def served(
    box: ScriptedMailbox, directory: Path, limits: EngineLimits = LIMITS, **settings: object
) -> Iterator[tuple[Desk, ScriptedServer]]:
    """A desk on a scripted mailbox."""
    with ScriptedServer(box.script()) as server:
        where = Endpoint(server.host, server.port, TlsMode.NONE, "ana@example.com")
        with Beginning(directory, **settings).desk(where, limits=limits) as desk:
            yield desk, server


def fates(desk: Desk) -> dict[str, int]:
    """The ledger's sums, without what is not there."""
    wanted = ("stored", "duplicate", "too_large", "quarantined", "vanished", "pending")
    sums = {name: getattr(desk.fates(), name) for name in wanted}
    return {name: count for name, count in sums.items() if count}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_server_that_does_this(memory: Path, row: Row) -> None:
    box = ScriptedMailbox()
    row.spoil(box)
    with served(box, memory) as (desk, server):
        report = desk.one()
        found = report.error.code if report.error else None
        assert (found, report.exit_code) == (row.code, row.exit_code), report
        assert row.code == "protocol" or fates(desk) == row.fates
        assert desk.status()["last_sync_status"] == report.status.value
        assert row.code is None or desk.status()["cause"]
        assert_only_reads(server)
        if row.exit_code == 0:
            assert_it_stays(desk, row)


def assert_only_reads(server: ScriptedServer) -> None:
    """No command changes anything, asks for `*`, a part of a body, a structure, or a search."""
    assert set(server.verbs) <= READING
    for command in server.commands:
        assert command.startswith(b"LIST") or not re.search(NEVER, command), command


def assert_it_stays(desk: Desk, row: Row) -> None:
    """Three more runs, hours apart, end what is open, and change nothing else (P4)."""
    if row.moves:
        assert desk.one().exit_code == 0
    dump, effects = desk.dump(), read_ledger(desk.store.content).effects
    for _ in range(3):
        desk.later(hours=2)
        assert desk.one().exit_code == 0
    assert fates(desk) == (row.fates if row.later is None else row.later)
    assert row.later is not None or desk.dump() == dump
    assert read_ledger(desk.store.content).effects == effects


def test_a_mailbox_of_no_messages_is_asked_for_none(memory: Path) -> None:
    with served(ScriptedMailbox(messages={}), memory) as (desk, server):
        assert desk.one().exit_code == 0
        assert "UID FETCH" not in server.verbs


def test_the_highest_uid_there_can_be(memory: Path) -> None:
    box = ScriptedMailbox(messages={1: mail(1), 2**32 - 2: mail(2), 2**32 - 1: mail(3)})
    box.opened = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 4294967295] ok\r\n* OK [UIDNEXT 4294967295] ok\r\n"
    with served(box, memory) as (desk, server):
        assert desk.one().exit_code in (0, 75)
        assert fates(desk)["stored"] >= 2
        assert_only_reads(server)


def test_copies_that_a_server_renders_anew_are_one_message(memory: Path) -> None:
    """Transport headers differ between copies; the fingerprint does not read them."""
    box = ScriptedMailbox(messages={1: mail(1), 2: b"Received: by mx2.example.com; now\r\n" + mail(1)})
    with served(box, memory) as (desk, _server):
        assert desk.one().exit_code == 0
        assert fates(desk) == {"stored": 1, "duplicate": 1}


@pytest.mark.parametrize("same_mail", [True, False])
def test_a_changed_uidvalidity_makes_no_second_ticket(memory: Path, same_mail: bool) -> None:
    box = ScriptedMailbox()
    with served(box, memory) as (desk, server):
        desk.one()
        effects = read_ledger(desk.store.content).effects
        box.uidvalidity += 1
        if not same_mail:
            box.messages = {uid: mail(uid + 10) for uid in box.messages}
        before = len(server.commands)
        report = desk.one()
        assert (report.exit_code, report.counts.remapped, report.counts.stored) == (
            0,
            *((3, 0) if same_mail else (0, 3)),
        )
        bodies = [command for command in server.commands[before:] if b"PEEK[]" in command]
        assert bool(bodies) != same_mail, "known mail is not downloaded again"
        assert len(read_ledger(desk.store.content).effects) == len(effects) * (1 if same_mail else 2)


def test_a_uidvalidity_that_changes_before_marking_marks_nothing_under_the_old_one(memory: Path) -> None:
    box = ScriptedMailbox()

    def renumber(_command: bytes) -> bytes:
        box.uidvalidity = 8
        return box.open(b"READ-WRITE")

    box.first = [("SELECT", renumber), ("SELECT", renumber)]
    with served(box, memory, mark_read=True) as (desk, server):
        report = desk.one()
        assert (report.exit_code, report.counts.remapped, fates(desk)) == (0, 3, ALL_STORED)
        marks = [at for at, verb in enumerate(server.verbs) if verb == "UID STORE"]
        assert [verb for verb in server.verbs if verb == "SELECT"] == ["SELECT", "SELECT"]
        assert len(marks) == 1
        assert server.verbs[marks[0] - 1] == "SELECT"
        assert desk.one().exit_code == 0


def test_a_listing_in_small_answers_is_asked_for_in_halves(memory: Path) -> None:
    """RFC 9738: the tagged OK tells how many it answered; nobody is left out for it."""
    box = ScriptedMailbox()
    box.ending = lambda command: (
        b"$TAG OK [MESSAGELIMIT 2 1] part\r\n" if len(set(box.wanted(command))) > 2 and b"PEEK" not in command else DONE
    )
    with served(box, memory) as (desk, _server):
        assert (desk.one().exit_code, fates(desk)) == (0, ALL_STORED)


def test_a_throttled_account_is_left_alone_as_long_as_it_is_told(memory: Path) -> None:
    box = ScriptedMailbox()
    box.first = [("EXAMINE", THROTTLED), ("EXAMINE", lambda _: box.open(b"READ-ONLY"))]
    with served(box, memory) as (desk, server):
        assert (desk.one().exit_code, desk.pauses) == (75, [])
        assert server.verbs.count("AUTHENTICATE") == 1
        (state,) = desk.store.control.states().values()
        assert state.next_attempt_at is not None
        assert round((state.next_attempt_at - desk.now).total_seconds()) == 92


def test_what_is_offered_after_the_login_is_not_switched_on(memory: Path) -> None:
    """COMPRESS, UTF8=ACCEPT, IDLE and LOGINDISABLED in the later list change nothing."""
    box = ScriptedMailbox()
    offers = b"IMAP4rev1 IMAP4rev2 ENABLE COMPRESS=DEFLATE UTF8=ACCEPT IDLE NOTIFY LOGINDISABLED X-GM-EXT-1"
    box.first = [("AUTHENTICATE", b"$TAG OK [CAPABILITY " + offers + b"] in\r\n")]
    with served(box, memory) as (desk, server):
        assert (desk.one().exit_code, fates(desk)) == (0, ALL_STORED)
        assert_only_reads(server)


@pytest.mark.parametrize(
    ("greeting", "code", "exit_code"),
    [
        (b"* BYE [UNAVAILABLE] maintenance\r\n", "server_unavailable", 75),
        (b"* BYE Too many connections from your address\r\n", "throttled", 75),
        (b"* PREAUTH at home\r\n", "tls_failed", 69),
        (b"220 smtp.example.com ESMTP\r\n", "protocol", 75),
        (Cut(), "connection_lost", 75),
    ],
)
def test_greetings_that_are_none(memory: Path, greeting: bytes | Cut, code: str, exit_code: int) -> None:
    with ScriptedServer(greeting=greeting) as server:
        where = Endpoint(server.host, server.port, TlsMode.NONE, "ana@example.com")
        with Beginning(memory).desk(where) as desk:
            report = desk.one()
            assert (report.error and report.error.code, report.exit_code) == (code, exit_code)
            assert not {"LOGIN", "AUTHENTICATE"} & set(server.verbs)


def test_lines_without_end_cost_one_connection(memory: Path) -> None:
    session = replace(LIMITS.session, max_untagged_lines=500)
    box = ScriptedMailbox(noise=b"* OK still here\r\n" * 600)
    with served(box, memory, replace(LIMITS, session=session)) as (desk, _server):
        report = desk.one()
        assert (report.error and report.error.code, report.exit_code) == ("protocol", 75)


def test_a_header_that_is_refused_costs_one_message(memory: Path) -> None:
    """A filter that reads headers alone asks for headers first."""
    box = ScriptedMailbox()
    box.lines[2] = lambda command: b"" if b"PEEK" in command else box.plain_line(2, command)
    box.ending = lambda command: (
        b"$TAG NO cannot read it\r\n" if b"PEEK" in command and 2 in set(box.wanted(command)) else DONE
    )
    wanted = json.dumps({"field": "subject", "contains": "mail"})
    with served(box, memory, filter_json=wanted) as (desk, _server):
        assert (desk.one().exit_code, fates(desk)) == (0, PENDING)
        for _ in range(3):
            desk.later(hours=2)
            desk.one()
        assert fates(desk) == SET_ASIDE


def test_a_message_whose_size_lied_costs_itself_alone(memory: Path) -> None:
    box = ScriptedMailbox(messages={1: mail(1), 2: mail(2, body="x" * 3 * MEBIBYTE), 3: mail(3)})
    box.items = {2: {b"RFC822.SIZE": b"100", b"BODY[]": literal(box.messages[2])}}
    session = replace(LIMITS.session, max_literal_bytes=MEBIBYTE)
    with served(box, memory, replace(LIMITS, session=session, max_message_bytes=MEBIBYTE)) as (desk, _server):
        assert desk.one().exit_code == 0
        assert fates(desk)["stored"] == 2
