"""Recording batches, on SQLite: every rule of the ledger. The contract tests say the main ones on both databases."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inboxsync.errors import ConfigError, StoreRefused
from inboxsync.model.ingest import Outcome
from inboxsync.model.message import Address, MessageSummary
from inboxsync.model.placement import Fate, SeenAction
from inboxsync.model.state import FolderCursor
from inboxsync.store.blobs import INLINE_LIMIT_BYTES, decode
from inboxsync.store.content import open_content
from inboxsync.store.core_tables import (
    ATTACHMENTS,
    BODIES,
    EVENTS,
    FOLDERS,
    PLACEMENT_HEADERS,
    PLACEMENTS,
    QUARANTINE,
    RAW,
)
from inboxsync.store.sql import SqlStore
from tests.unit.store.content_builders import (
    CREATE,
    LATER,
    NO_TICKET,
    NOW,
    SCOPE,
    Bench,
    attachment,
    mail,
    meta,
    sqlite_store,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = sqlite_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


# --- listed --------------------------------------------------------------------------------------------------------


def test_listed_uids_are_pending_and_listing_again_keeps_what_is_known(bench: Bench) -> None:
    bench.record(listed=[meta(1, flags=("\\Seen",)), meta(2)])
    bench.record(bench.stored(1, mail()), listed=[meta(2)])
    bench.record(listed=[meta(1), meta(2), meta(3)], at=LATER)
    assert [(row.uid, row.fate, row.listed_at) for row in bench.rows(PLACEMENTS)] == [
        (1, "stored", NOW),
        (2, "pending", NOW),
        (3, "pending", LATER),
    ]


def test_a_size_beyond_a_column_is_bounded(bench: Bench) -> None:
    bench.record(listed=[meta(1, size_bytes=10**20), meta(2, size_bytes=10**20)])
    assert bench.content.fates(bench.integration).bytes == 2**41
    assert bench.placement(1).size_bytes == 2**40


# --- stored and duplicate -------------------------------------------------------------------------------------------


def test_a_stored_message_has_all_its_rows(bench: Bench) -> None:
    octets, parsed = mail("m1", attachments=(attachment(), attachment(b"x", position=1, filename=None)))
    bench.record(bench.stored(5, (octets, parsed), seen=SeenAction.WANTED, rule_trace="{}", reason="taken"))
    row = bench.placement(5)
    assert (row.fate, row.reason, row.external_id, row.seen_action, row.rule_trace) == (
        "stored",
        "taken",
        "m1@example.com",
        "wanted",
        "{}",
    )
    assert (row.settled_at, row.attempts, row.error, row.ticket_effect) == (NOW, 0, None, "none")
    assert row.ticket_reason == NO_TICKET.reason
    assert [(one.filename, one.position) for one in bench.rows(ATTACHMENTS)] == [("a.pdf", 0), (None, 1)]
    assert bench.rows(BODIES)[0].body_text == "Hello"
    assert bench.rows(RAW)[0].sha256 == parsed.raw_sha256
    assert bench.content.raw(row.message_id) == octets


def test_one_content_twice_in_a_batch_is_stored_once(bench: Bench) -> None:
    bench.record(bench.stored(1, mail()), bench.stored(2, mail()), bench.stored(3, mail("m2")))
    found = bench.rows(PLACEMENTS)
    assert [row.fate for row in found] == ["stored", "duplicate", "stored"]
    assert found[0].message_id == found[1].message_id != found[2].message_id
    assert len(bench.rows(EVENTS)) == 2


def test_a_duplicate_points_at_the_stored_message(bench: Bench) -> None:
    bench.record(bench.stored(1, mail()))
    bench.record(Outcome(meta(2), Fate.DUPLICATE, external_id="m1@example.com"))
    assert bench.placement(2).message_id == bench.placement(1).message_id


def test_a_duplicate_of_nothing_is_never_settled(bench: Bench) -> None:
    with pytest.raises(ValueError, match="UID 2"):
        bench.record(bench.stored(1, mail()), Outcome(meta(2), Fate.DUPLICATE, external_id="elsewhere@example.com"))
    assert bench.rows(PLACEMENTS) == []


@pytest.mark.parametrize("missing", ["external_id", "prepared"])
def test_storing_without_content_is_refused(bench: Bench, missing: str) -> None:
    outcome = replace(bench.stored(1, mail()), **{missing: None})  # type: ignore[arg-type]  # either field
    with pytest.raises(ValueError, match="UID 1"):
        bench.record(outcome)


def test_ids_that_differ_in_a_control_character_are_two_contents(bench: Bench) -> None:
    one, other = mail("a", message_id="a\x00@example.com"), mail("b", message_id="a\x01@example.com")
    bench.record(bench.stored(1, one), bench.stored(2, other))
    assert [row.fate for row in bench.rows(PLACEMENTS)] == ["stored", "stored"]
    with bench.content.transaction(SCOPE) as transaction:
        asked = ["a\x00@example.com", "a\x01@example.com", "a\u2400@example.com"]
        known = transaction.known(SCOPE, asked)
    assert {key: value.fingerprint for key, value in known.items()} == {
        asked[0]: one[1].fingerprint,
        asked[1]: other[1].fingerprint,
    }
    assert known[asked[0]].external_id == asked[0]


def test_replies_join_the_conversation_of_what_they_answer(bench: Bench) -> None:
    bench.record(
        bench.stored(1, mail("root")),
        bench.stored(2, mail("reply", references=("lost@example.com", "root@example.com"))),
    )
    bench.record(
        bench.stored(3, mail("second", in_reply_to=("reply@example.com",))),
        bench.stored(4, mail("other", references=("never@example.com",))),
    )
    threads = [bench.content.message(row.message_id) for row in bench.rows(PLACEMENTS)]
    assert [view.thread_id for view in threads if view] == ["root@example.com"] * 3 + ["other@example.com"]


# --- fates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fate", [Fate.FILTERED, Fate.UNKNOWN_SENDER, Fate.TOO_LARGE])
def test_headers_of_mail_that_was_not_taken_are_kept(bench: Bench, fate: Fate) -> None:
    header = b"Subject: no\r\n" * 50
    bench.record(Outcome(meta(1), fate, header=header, from_address="spam\x00@example.com"))
    kept = bench.rows(PLACEMENT_HEADERS)[0]
    assert decode(kept.encoding, kept.data) == header
    assert len(kept.data) < len(header)
    assert bench.placement(1).from_address == "spam\u2400@example.com"


def test_quarantine_keeps_small_and_large_octets(bench: Bench) -> None:
    large = hashlib.shake_128(b"noise").digest(INLINE_LIMIT_BYTES + 1)
    bench.record(
        Outcome(meta(1), Fate.QUARANTINED, reason="parse", error="bad\x00", octets=b"small"),
        Outcome(meta(2), Fate.QUARANTINED, reason="parse", error="bad", octets=large),
        Outcome(meta(3), Fate.QUARANTINED, reason="refused", error="NO"),
    )
    views = bench.content.quarantined()
    assert [(view.uid, view.has_octets, view.attempts, view.error) for view in views] == [
        (3, False, 1, "NO"),
        (2, True, 1, "bad"),
        (1, True, 1, "bad\u2400"),
    ]
    raws = {row.size_bytes: row for row in bench.rows(RAW)}
    assert raws[5].path is None
    assert (bench.store.data_dir / raws[len(large)].path).read_bytes() == large


def test_mail_that_is_stored_after_all_leaves_nothing_of_its_former_fate(bench: Bench) -> None:
    bench.record(
        Outcome(meta(1), Fate.QUARANTINED, reason="parse", error="bad", octets=b"x"),
        Outcome(meta(2), Fate.FILTERED, header=b"Subject: no\r\n"),
        Outcome(meta(3), Fate.FILTERED, header=b"Subject: no\r\n"),
    )
    bench.record(bench.stored(1, mail("m1")), bench.stored(2, mail("m2")), at=LATER)
    assert bench.rows(QUARANTINE) == []
    assert [row.placement_id for row in bench.rows(PLACEMENT_HEADERS)] == [bench.placement(3).id]
    assert bench.placement(1).error is None
    assert bench.placement(1).attempts == 1


def test_tries_are_counted_and_errors_bounded(bench: Bench) -> None:
    again = NOW + timedelta(minutes=5)
    failing = Outcome(meta(1), Fate.PENDING, error="e" * 9000, next_attempt_at=again)
    bench.record(listed=[meta(1)])
    bench.record(failing)
    bench.record(failing)
    assert (bench.placement(1).attempts, len(bench.placement(1).error)) == (1, 2000)
    bench.record(replace(failing, next_attempt_at=again + timedelta(minutes=5)), at=LATER)
    assert bench.placement(1).attempts == 2
    bench.record(Outcome(meta(1), Fate.QUARANTINED, reason="tries", error="last"), at=LATER)
    assert (bench.placement(1).attempts, bench.placement(1).settled_at) == (3, LATER)


def test_pending_never_replaces_a_final_fate_nor_anything_a_stored_one(bench: Bench) -> None:
    bench.record(bench.stored(1, mail()), Outcome(meta(2), Fate.FILTERED, reason="rule"))
    before = bench.dump()
    bench.record(
        Outcome(meta(1), Fate.VANISHED), Outcome(meta(2), Fate.PENDING, error="late"), at=LATER, listed=[meta(2)]
    )
    assert bench.dump() == before


def test_marking_read_stays_done(bench: Bench) -> None:
    bench.record(bench.stored(1, mail()))
    duplicate = Outcome(meta(2), Fate.DUPLICATE, external_id="m1@example.com", seen=SeenAction.WANTED)
    bench.record(duplicate)
    bench.content.seen_done(bench.folder_id, 7, [2])
    bench.record(duplicate)
    assert bench.placement(2).seen_action == "done"


# --- events, cursor, errors -----------------------------------------------------------------------------------------


def test_events_tell_ids_and_names_and_no_mail_text(bench: Bench) -> None:
    bench.record(bench.stored(4, mail("m1", subject="Secret subject"), ticket=CREATE))
    message_id = bench.placement(4).message_id
    stored, created = bench.rows(EVENTS)
    assert (stored.type, stored.data) == (
        "message.stored",
        {
            "message_id": message_id,
            "external_id": "m1@example.com",
            "integration": "support",
            "folder": "INBOX",
            "uid": 4,
        },
    )
    assert (created.type, created.data["number"], created.data["message_id"]) == ("ticket.created", "1", message_id)
    assert "Secret" not in str(stored.data) + str(created.data)


def test_the_cursor_moves_with_its_batch_or_not_at_all(bench: Bench) -> None:
    cursor = FolderCursor(7, 12, exists=11, unread=3, highestmodseq=99, mailbox_id="box")
    bench.record(bench.stored(1, mail()), cursor=cursor, at=NOW)
    assert bench.store.control.folder(bench.integration.id or 0, "INBOX").cursor == replace(cursor, listed_at=NOW)
    with pytest.raises(ValueError, match="UID 2"):
        bench.record(Outcome(meta(2), Fate.DUPLICATE, external_id="x"), cursor=replace(cursor, uidnext=13))
    assert bench.rows(FOLDERS)[0].uidnext == 12


def test_a_batch_of_another_scope_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="scope"), bench.content.transaction("company:acme") as transaction:
        transaction.record(bench.batch(bench.stored(1, mail())))


def test_an_attachment_keeps_all_its_names_what_it_looks_like_and_what_it_says(bench: Bench) -> None:
    summary = MessageSummary("Lunch\x00", (Address("Ann", "ann@example.com"),), "m0@example.com", "Mon, 2 Mar 2026")
    odd = replace(
        attachment(b"%PDF-1.7", filename="a/b.pdf"),
        safe_name="a_b.pdf",
        other_names=("b.exe",),
        detected_type="application/pdf",
        summary=summary,
    )
    bench.record(bench.stored(1, mail("m1", attachments=(odd, attachment(b"x", position=1, filename=None)))))
    told, plain = bench.rows(ATTACHMENTS)
    assert (told.filename, told.safe_name, told.other_names) == ("a/b.pdf", "a_b.pdf", ["b.exe"])
    assert told.detected_type == "application/pdf"
    assert told.summary == {
        "subject": "Lunch\u2400",
        "from": [["Ann", "ann@example.com"]],
        "date": "Mon, 2 Mar 2026",
        "message_id": "m0@example.com",
    }
    assert (plain.other_names, plain.detected_type, plain.summary) == (None, None, None)


def test_a_failing_statement_never_shows_its_parameters(bench: Bench) -> None:
    outcome = bench.stored(1, mail("m1", text="the secret body"))
    broken = replace(bench.batch(outcome), folder_id=4711)
    with pytest.raises(StoreRefused) as caught, bench.content.transaction(SCOPE) as transaction:
        transaction.record(broken)
    cause = str(caught.value.__cause__)
    assert "secret body" not in str(caught.value) + cause


def test_a_bad_address_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        open_content("mysql://localhost/x", tmp_path)
