"""What filters, rules and moves ask of the store, the same on both databases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inboxsync.model.ingest import Outcome
from inboxsync.model.judging import MailQuery, Part
from inboxsync.model.message import Address
from inboxsync.model.placement import Fate, MoveAction, SeenAction
from inboxsync.model.views import MessageQuery
from inboxsync.store.sql import SqlStore
from tests.unit.store.content_builders import CREATE, LATER, NO_TICKET, NOW, Bench, attachment, mail, meta

VALIDITY = 7


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


# --- moves ---------------------------------------------------------------------------------------------------------


def lines(bench: Bench) -> dict[int, dict[str, Any]]:
    """The ledger's lines as the canonical dump has them, by UID."""
    found = (json.loads(line) for line in bench.dump())
    return {line["uid"]: line for line in found if line["table"] == "inboxsync_placements"}


def actions(bench: Bench) -> dict[int, tuple[str | None, str | None]]:
    return {uid: (line["move_to"], line["move_action"]) for uid, line in lines(bench).items()}


def test_moves_are_wanted_until_they_are_done(bench: Bench) -> None:
    bench.record(*(bench.stored(uid, mail(f"m{uid}"), move_to="Done" if uid > 1 else None) for uid in (1, 2, 3)))
    moving = bench.content.moving
    assert [(one.uid, one.target, one.action) for one in moving.wanted(bench.folder_id, VALIDITY)] == [
        (2, "Done", MoveAction.WANTED), (3, "Done", MoveAction.WANTED),
    ]  # fmt: skip
    assert bench.store.control.folders(bench.integration.id or 0)[0].moves_wanted == 2
    moving.note(bench.folder_id, VALIDITY, [2], MoveAction.COPIED, at=NOW)
    moving.note(bench.folder_id, VALIDITY, [1, 3], MoveAction.DONE, at=LATER)
    assert actions(bench) == {1: (None, None), 2: ("Done", "copied"), 3: ("Done", "done")}
    assert [bool(lines(bench)[uid]["expunged_at"]) for uid in (1, 2, 3)] == [False, False, True]
    assert [one.uid for one in moving.wanted(bench.folder_id, VALIDITY)] == [2]
    assert bench.store.control.folders(bench.integration.id or 0)[0].moves_wanted == 1


def test_recording_again_does_not_ask_again(bench: Bench) -> None:
    bench.record(bench.stored(1, mail()))
    for _ in range(2):
        bench.record(Outcome(meta(2), Fate.DUPLICATE, external_id="m1@example.com", move_to="Done"))
        assert actions(bench)[2] == ("Done", "wanted")
    bench.content.moving.note(bench.folder_id, VALIDITY, [2], MoveAction.DONE, at=NOW)
    bench.record(Outcome(meta(2), Fate.DUPLICATE, external_id="m1@example.com", move_to="Other"))
    assert actions(bench)[2] == ("Done", "done")


def test_a_content_that_was_moved_before_is_told(bench: Bench) -> None:
    bench.record(bench.stored(1, mail(), move_to="Done"))
    bench.content.moving.note(bench.folder_id, VALIDITY, [1], MoveAction.DONE, at=NOW)
    bench.record(Outcome(meta(2), Fate.DUPLICATE, external_id="m1@example.com", move_to="Back"))
    (again,) = bench.content.moving.wanted(bench.folder_id, VALIDITY)
    assert (again.uid, again.moved_before) == (2, True)


# --- reading -------------------------------------------------------------------------------------------------------


def test_a_message_comes_back_as_it_was_parsed(bench: Bench) -> None:
    octets, parsed = mail(
        "whole", cc=(Address("C", "c@example.com"),), in_reply_to=("a@example.com",), body_html="<p>Hello</p>",
        attachments=(attachment(),), is_bulk=True, authentication={"spf": "pass"},
    )  # fmt: skip
    bench.record(bench.stored(1, (octets, parsed), ticket=CREATE, rule_trace='{"rules": []}'))
    (found,) = bench.content.judging.mail(bench.content.judging.placements(MailQuery()), frozenset(Part))
    assert found.parsed is not None
    same = ("message_id", "subject", "from_", "to", "cc", "sent_at", "in_reply_to", "headers", "body_text", "body_html")
    assert {name: getattr(found.parsed, name) for name in same} == {name: getattr(parsed, name) for name in same}
    assert (found.parsed.is_bulk, found.parsed.is_bounce, found.parsed.has_attachments) == (True, False, True)
    assert (found.fate, found.has_ticket, found.rule_trace) == (Fate.STORED, True, '{"rules": []}')
    assert (found.place.folder_id, found.place.uid, found.size_bytes) == (bench.folder_id, 1, 100)


def test_what_a_database_could_not_hold_is_left_to_the_octets(bench: Bench) -> None:
    bench.record(
        bench.stored(1, mail("control", subject="a\x00b")),
        bench.stored(2, mail("old", parser_version=0)),
        bench.stored(3, mail("long", message_id="ü" * 2_000)),
        bench.stored(4, mail("fine", subject="Grüße ✓")),
    )
    judging = bench.content.judging
    read = {one.place.uid: one.parsed is not None for one in judging.mail(judging.placements(MailQuery()), ())}
    assert read == {1: False, 2: False, 3: False, 4: True}


def test_refused_mail_comes_with_its_header(bench: Bench) -> None:
    header = b"Subject: no\r\n\r\n"
    bench.record(
        Outcome(meta(1), Fate.FILTERED, reason="filter", header=header),
        Outcome(meta(2), Fate.FILTERED, reason="already_read", header=header),
        Outcome(meta(3), Fate.FILTERED, reason="before_since"),
        Outcome(meta(4), Fate.FILTERED, reason="filter", header=header),
        bench.stored(5, mail()),
    )
    judging, key = bench.content.judging, bench.integration.id or 0
    found = judging.refused(key, 0, 10)
    assert [(one.place.uid, one.header) for one in found] == [(1, header), (4, header)]
    assert judging.refused_count(key) == 2
    assert [one.place.uid for one in judging.refused(key, found[0].place.placement_id, 10)] == [4]
    assert judging.refused(key + 1, 0, 10) == []


def test_all_placements_of_a_message_are_found(bench: Bench) -> None:
    bench.record(bench.stored(1, mail()), Outcome(meta(2), Fate.DUPLICATE, external_id="m1@example.com"))
    judging = bench.content.judging
    (message, _) = bench.content.messages(MessageQuery()).items
    assert len(judging.placements_of(message.id)) == 2
    assert judging.placements_of(99) == []
    assert len(judging.placements(MailQuery(bench.integration.id, limit=1))) == 1


# --- judging anew --------------------------------------------------------------------------------------------------


def test_retracing_explains_and_keeps_fates(bench: Bench) -> None:
    bench.record(bench.stored(1, mail(), ticket=NO_TICKET))
    late = Outcome(
        meta(1), Fate.DUPLICATE, external_id="m1@example.com", ticket=CREATE, rule_trace=json.dumps({"rules": []}),
        seen=SeenAction.WANTED, move_to="Done",
    )  # fmt: skip
    for _ in range(2):
        with bench.content.transaction(bench.scope) as transaction:
            transaction.record(bench.batch(late))
            transaction.retrace(bench.batch(late))
        row = lines(bench)[1]
        assert (row["fate"], row["ticket_effect"], row["ticket_reason"]) == ("stored", "created", CREATE.reason)
        assert (row["rule_trace"], row["seen_action"]) == ('{"rules": []}', "wanted")
        assert (row["move_to"], row["move_action"]) == ("Done", "wanted")
    assert bench.content.tickets().total == 1
    with bench.content.transaction(bench.scope) as transaction:
        transaction.retrace(bench.batch(Outcome(meta(1), Fate.DUPLICATE, ticket=NO_TICKET)))
    assert lines(bench)[1]["ticket_effect"] == "created"
