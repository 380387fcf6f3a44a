"""Asking again, on SQLite and on Postgres: what becomes pending, what stays kept, and what a database refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from inboxsync.errors import StoreRefused
from inboxsync.model.ingest import Outcome
from inboxsync.model.placement import Fate
from inboxsync.model.state import SyncState
from inboxsync.store.sql import SqlStore
from tests.contract.store.rows import Rows
from tests.unit.store.content_builders import LATER, NOW, Bench, mail, meta

OCTETS = b"Subject: poison\r\n\r\n\x00\xff not to be stored \r\n"
LARGE = OCTETS + bytes(range(256)) * 2000
REOPENED_FATES = (Fate.QUARANTINED, Fate.FILTERED, Fate.TOO_LARGE, Fate.UNKNOWN_SENDER, Fate.VANISHED)


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


def set_aside(uid: int, octets: bytes | None = OCTETS) -> Outcome:
    return Outcome(meta(uid), Fate.QUARANTINED, reason="filter_fault", error="too deep", octets=octets)


def placement_id(rows: Rows, uid: int) -> int:
    (row,) = rows.read(f"SELECT id FROM inboxsync_placements WHERE uid = {uid}")
    return int(row["id"])


def placement(rows: Rows, uid: int) -> dict[str, object]:
    (row,) = rows.read(f"SELECT * FROM inboxsync_placements WHERE uid = {uid}")
    return row


def reopen(bench: Bench, rows: Rows, *uids: int) -> int:
    return bench.content.reopen([placement_id(rows, uid) for uid in uids], at=LATER)


def open_uids(bench: Bench) -> list[int]:
    return [one.meta.uid for one in bench.content.open_placements(bench.folder_id, 7, now=LATER)]


# --- what becomes pending ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fate", REOPENED_FATES)
def test_a_fate_without_content_becomes_pending_as_newly_listed(bench: Bench, rows: Rows, fate: Fate) -> None:
    bench.record(Outcome(meta(1), fate, reason="filter", error="why", from_address="ann@example.com"))
    assert reopen(bench, rows, 1) == 1
    assert open_uids(bench) == [1]
    row = placement(rows, 1)
    empty = ("error", "next_attempt_at", "settled_at", "from_address")
    assert (row["fate"], row["reason"], row["attempts"]) == ("pending", "reopened", 0)
    assert [row[name] for name in empty] == [None] * len(empty)
    assert reopen(bench, rows, 1) == 0


def test_what_has_its_content_is_never_opened_again(bench: Bench, rows: Rows) -> None:
    bench.record(bench.stored(1, mail("m1")), Outcome(meta(2), Fate.DUPLICATE, external_id="m1@example.com"))
    before = bench.dump()
    assert reopen(bench, rows, 1, 2) == 0
    assert bench.content.reopen([10**6], at=LATER) == 0
    assert bench.dump() == before


def test_what_cannot_be_fetched_any_more_keeps_its_fate(bench: Bench, rows: Rows) -> None:
    bench.record(set_aside(1))
    bench.content.remapping.retire_others(bench.folder_id, 8, at=NOW)
    assert reopen(bench, rows, 1) == 0
    bench.record(set_aside(2), uidvalidity=8)
    bench.store.control.remove_integration(bench.integration, purge=False)
    assert reopen(bench, rows, 2) == 0
    assert bench.content.quarantined_octets(placement_id(rows, 1)) == OCTETS


def test_placements_are_named_by_uid_too(bench: Bench) -> None:
    bench.record(*(Outcome(meta(uid), Fate.VANISHED) for uid in range(1, 1202)))
    bench.record(Outcome(meta(5000), Fate.VANISHED), uidvalidity=8)
    assert bench.content.reopen_uids(bench.folder_id, 7, [*range(2, 1202), 5000, 6000], at=LATER) == 1200
    assert open_uids(bench) == list(range(2, 1202))
    assert bench.content.fates(bench.integration).vanished == 2


def test_a_reopened_message_is_stored_like_any_other(bench: Bench, rows: Rows) -> None:
    bench.record(set_aside(1), Outcome(meta(2), Fate.TOO_LARGE, header=b"Subject: x\r\n\r\n", from_address="a@b.c"))
    reopen(bench, rows, 1, 2)
    bench.record(bench.stored(1, mail("m1")), bench.stored(2, mail("m2")), at=LATER)
    assert bench.content.fates(bench.integration).stored == 2
    assert (rows.count("inboxsync_quarantine"), rows.count("inboxsync_placement_headers")) == (0, 0)
    assert bench.content.quarantined_octets(placement_id(rows, 1)) is None


# --- what is chosen ------------------------------------------------------------------------------------------------


def test_what_may_be_asked_for_is_chosen_by_fate_reason_date_and_size(bench: Bench, rows: Rows) -> None:
    def settled(uid: int, fate: Fate, reason: str, *, days: float | None = 0, size_bytes: int = 100) -> Outcome:
        date = None if days is None else NOW - timedelta(days=days)
        return Outcome(replace(meta(uid, size_bytes=size_bytes), internal_date=date), fate, reason=reason)

    bench.record(
        settled(1, Fate.FILTERED, "filter"),
        settled(2, Fate.FILTERED, "filter", days=9),
        settled(3, Fate.FILTERED, "filter", days=None),
        settled(4, Fate.FILTERED, "before_since", days=5),
        settled(5, Fate.FILTERED, "before_since", days=9),
        settled(6, Fate.TOO_LARGE, "over_size_limit", size_bytes=3000),
        settled(7, Fate.TOO_LARGE, "over_size_limit", size_bytes=9000),
        bench.stored(8, mail("m8")),
    )
    other = Bench.on(bench.store, "sales")
    other.record(settled(9, Fate.FILTERED, "filter"))

    def chosen(**question: object) -> list[int]:
        since = question.pop("own_since", None)
        owner = replace(bench.integration, since=since)  # type: ignore[arg-type]  # a time or None
        ids = bench.content.settled(owner, **question)  # type: ignore[arg-type]  # test arguments by keyword
        uids = {row["id"]: int(row["uid"]) for row in rows.read("SELECT id, uid FROM inboxsync_placements")}
        return [uids[number] for number in ids]

    filtered, week = Fate.FILTERED, NOW - timedelta(days=7)
    assert chosen(fate=filtered) == [1, 2, 3, 4, 5]
    assert chosen(fate=filtered, own_since=week) == [1, 2, 3, 4]
    assert chosen(fate=filtered, reason="before_since", own_since=week) == [4]
    assert chosen(fate=filtered, reason="before_since", own_since=NOW) == []
    assert chosen(fate=filtered, since=week) == [1, 3, 4]
    assert chosen(fate=Fate.TOO_LARGE, max_size_bytes=5000) == [6]
    assert chosen(fate=Fate.STORED) == []


# --- octets that were kept -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("octets", [OCTETS, LARGE], ids=["in the database", "in a file"])
def test_kept_octets_come_back_exactly(bench: Bench, rows: Rows, octets: bytes) -> None:
    bench.record(set_aside(1, octets), set_aside(2, None))
    assert bench.content.quarantined_octets(placement_id(rows, 1)) == octets
    assert bench.content.quarantined_octets(placement_id(rows, 2)) is None
    assert bench.content.quarantined_octets(10**6) is None
    assert bench.content.octets_kept(bench.folder_id, 7, [1, 2, 3]) == {1}
    assert bench.content.octets_kept(bench.folder_id, 8, [1]) == frozenset()


def test_kept_octets_outlive_every_try_that_has_no_others(bench: Bench, rows: Rows) -> None:
    bench.record(set_aside(1))
    tries = (
        Outcome(meta(1), Fate.PENDING, reason="not_given", error="NIL", next_attempt_at=LATER),
        Outcome(meta(1), Fate.QUARANTINED, reason="not_given", error="NIL"),
        Outcome(meta(1), Fate.VANISHED, reason="gone_before_fetch"),
    )
    for number, failed in enumerate(tries, 1):
        reopen(bench, rows, 1)
        assert bench.content.quarantined_octets(placement_id(rows, 1)) == OCTETS
        bench.record(failed, at=LATER + timedelta(hours=number))
        assert bench.content.quarantined_octets(placement_id(rows, 1)) == OCTETS
    assert bench.content.octets_kept(bench.folder_id, 7, [1]) == {1}


def test_newer_octets_replace_kept_ones(bench: Bench, rows: Rows) -> None:
    bench.record(set_aside(1))
    reopen(bench, rows, 1)
    bench.record(set_aside(1, b"another"), at=LATER)
    assert bench.content.quarantined_octets(placement_id(rows, 1)) == b"another"


def test_a_header_stays_until_the_message_is_had(bench: Bench, rows: Rows) -> None:
    bench.record(Outcome(meta(1), Fate.TOO_LARGE, header=b"Subject: x\r\n\r\n"))
    reopen(bench, rows, 1)
    bench.record(Outcome(meta(1), Fate.VANISHED), at=LATER)
    assert rows.count("inboxsync_placement_headers") == 1


@pytest.mark.parametrize("text", ["short", "long " * 200_000], ids=["in the database", "in a file"])
def test_prepared_octets_can_be_had_back(bench: Bench, text: str) -> None:
    octets, parsed = mail(text=text)
    assert bench.content.unpack(bench.content.prepare(octets, parsed, NOW)) == octets


# --- when they are fetched -----------------------------------------------------------------------------------------


def save(bench: Bench, **state: object) -> None:
    assert bench.integration.id is not None
    plain = SyncState(bench.integration.id, last_started_at=NOW, due_at=LATER + timedelta(hours=1))
    bench.store.control.save_state(replace(plain, **state))  # type: ignore[arg-type]  # test values by keyword


def due(bench: Bench) -> tuple[object, object]:
    state = bench.store.control.states()[bench.integration.id or 0]
    return state.due_at, state.next_attempt_at


def test_its_integration_is_due_at_once_and_no_other(bench: Bench, rows: Rows) -> None:
    other = Bench.on(bench.store, "sales")
    bench.record(set_aside(1))
    save(bench)
    save(other)
    reopen(bench, rows, 1)
    assert due(bench) == (LATER, LATER)
    assert due(other) == (LATER + timedelta(hours=1), None)


@pytest.mark.parametrize("state", [{"paused": True}, {"next_attempt_at": LATER + timedelta(hours=1)}])
def test_a_pause_and_a_back_off_last(bench: Bench, rows: Rows, state: dict[str, object]) -> None:
    bench.record(set_aside(1))
    save(bench, **state)
    before = due(bench)
    assert reopen(bench, rows, 1) == 1
    assert due(bench) == before


# --- what a database refuses ---------------------------------------------------------------------------------------


@contextmanager
def refusing(rows: Rows, word: str) -> Iterator[None]:
    """Have the database itself refuse messages with this word in their subject."""
    if rows.engine.dialect.name == "sqlite":
        made = (
            "CREATE TRIGGER refuse BEFORE INSERT ON inboxsync_messages"
            f" WHEN instr(NEW.subject, '{word}') BEGIN SELECT RAISE(ABORT, 'no poison'); END"
        )
        undone = "DROP TRIGGER refuse"
    else:
        made = f"ALTER TABLE inboxsync_messages ADD CONSTRAINT refuse CHECK (position('{word}' in subject) = 0)"
        undone = "ALTER TABLE inboxsync_messages DROP CONSTRAINT refuse"
    with rows.engine.begin() as connection:
        connection.exec_driver_sql(made)
    try:
        yield
    finally:
        with rows.engine.begin() as connection:
            connection.exec_driver_sql(undone)


def test_refused_content_is_told_apart_and_leaves_nothing(bench: Bench, rows: Rows) -> None:
    before = bench.dump()
    with refusing(rows, "poison"):
        with pytest.raises(StoreRefused) as caught:
            bench.record(bench.stored(1, mail("m1")), bench.stored(2, mail("m2", subject="poison hunter2")))
        assert bench.dump() == before
        bench.record(bench.stored(1, mail("m1")))
    assert "hunter2" not in str(caught.value)
    assert bench.content.fates(bench.integration).stored == 1


def test_values_that_no_column_holds_are_refused(bench: Bench) -> None:
    for wrong in (bench.stored(2**70, mail()), bench.stored(1, mail(parser_version=None))):
        with pytest.raises(StoreRefused):
            bench.record(wrong)


def test_a_folder_that_is_gone_refuses(bench: Bench) -> None:
    with pytest.raises(StoreRefused):
        replace(bench, folder_id=10**6).record(Outcome(meta(1), Fate.VANISHED))
