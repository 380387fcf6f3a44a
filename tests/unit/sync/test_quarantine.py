"""Messages set aside: each costs itself alone, stays until somebody asks, and is never lost by asking."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from inboxsync.model.placement import Fate
from inboxsync.model.report import Counts, IntegrationReport, RunStatus
from inboxsync.model.views import MessageQuery, QuarantineView
from inboxsync.store.sql import SqlStore
from inboxsync.sync.context import EngineLimits
from inboxsync.sync.engine import Order
from inboxsync.sync.ingest import MAX_ATTEMPTS
from tests.unit.sync.rig import START, Rig, mail, rig_in

DUE = Order()
ASKS_FOR_CONTENT = {"fetch_messages", "fetch_headers", "fetch_metadata"}
POISON = mail(666).replace(b"Subject: Mail", b"Subject: poison Mail")


def filled(rig: Rig, *contents: bytes) -> Rig:
    rig.add(tickets_since=START - timedelta(days=30))
    for octets in contents:
        rig.server.append(octets, internal_date=START - timedelta(hours=1))
    return rig


def execute(rig: Rig, statement: str) -> None:
    assert isinstance(rig.store, SqlStore)
    with sqlite3.connect(rig.store.place) as connection:
        connection.execute(statement)
    connection.close()


def refuse(rig: Rig, table: str = "inboxsync_messages", when: str = "instr(NEW.subject, 'poison')") -> None:
    """Have the database itself refuse a row."""
    execute(
        rig, f"CREATE TRIGGER refuse_{table} BEFORE INSERT ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, 'no'); END"
    )


def accept(rig: Rig, table: str = "inboxsync_messages") -> None:
    execute(rig, f"DROP TRIGGER refuse_{table}")


def quarantine(rig: Rig) -> Sequence[QuarantineView]:
    return rig.store.content.quarantined()


def octets_of(rig: Rig) -> bytes | None:
    (item,) = quarantine(rig)
    return rig.store.content.quarantined_octets(item.id)


def retry(rig: Rig) -> int:
    return rig.store.content.reopen([item.id for item in quarantine(rig)], at=rig.now)


def asked(rig: Rig) -> set[str]:
    return {method for method, _ in rig.server.calls} & ASKS_FOR_CONTENT


def set_aside(rig: Rig) -> IntegrationReport:
    """Sync two good messages and one that the database refuses between them; then let the database take it."""
    filled(rig, mail(1), POISON, mail(3))
    refuse(rig)
    report = rig.one()
    accept(rig)
    return report


# --- one bad message costs one message -----------------------------------------------------------------------------


def test_what_the_database_refuses_costs_one_message(rig: Rig) -> None:
    report = set_aside(rig)
    assert (report.status, report.exit_code, report.error) == (RunStatus.PARTIAL, 0, None)
    size_bytes = len(mail(1)) + len(POISON) + len(mail(3))
    assert report.counts == Counts(listed=3, fetched=3, stored=2, quarantined=1, tickets_created=2, bytes=size_bytes)
    (item,) = quarantine(rig)
    assert (item.uid, item.reason, item.has_octets) == (2, "store_refused", True)
    assert item.error == "the database refuses it: no"
    assert octets_of(rig) == POISON


def test_the_others_are_stored_as_if_it_had_not_been_there(rig: Rig) -> None:
    set_aside(rig)
    subjects = [view.subject for view in rig.store.content.messages(MessageQuery()).items]
    assert sorted(subjects) == ["Mail 1", "Mail 3"]
    numbers = sorted(ticket.number for ticket in rig.store.content.tickets().items)
    assert numbers == ["1", "2"]


@pytest.mark.parametrize("batch_messages", [1, 2, 250])
def test_the_size_of_batches_changes_nothing(rig: Rig, batch_messages: int) -> None:
    rig.limits = EngineLimits(batch_messages=batch_messages)
    copy = mail(1)
    filled(rig, copy, POISON, copy, mail(2), POISON, mail(3))
    refuse(rig)
    counts = rig.one().counts
    assert (counts.stored, counts.duplicate, counts.quarantined, counts.tickets_created) == (3, 1, 2, 3)
    assert rig.fates().pending == 0


def test_large_octets_are_kept_from_their_file(rig: Rig) -> None:
    large = POISON + bytes(range(256)) * 4000
    filled(rig, large)
    refuse(rig)
    assert rig.counts().quarantined == 1
    assert octets_of(rig) == large


def test_a_refused_header_row_sets_its_message_aside(rig: Rig) -> None:
    rig.add(filter_json='{"contains":"wanted","field":"body"}')
    rig.server.append(mail(1))
    refuse(rig, "inboxsync_placements", "NEW.fate = 'filtered'")
    assert rig.counts().quarantined == 1
    assert quarantine(rig)[0].has_octets is False


def test_a_database_that_refuses_everything_ends_the_integration_and_loses_nothing(rig: Rig) -> None:
    filled(rig, mail(1), mail(2))
    refuse(rig, when="1")
    refuse(rig, "inboxsync_quarantine", "1")
    report = rig.one()
    assert report.error is not None
    assert (report.error.code, report.exit_code, report.counts.pending) == ("store_refused", 75, 2)
    accept(rig)
    assert rig.one().counts.stored == 2


def test_messages_before_a_fault_of_the_store_stay_written(rig: Rig) -> None:
    filled(rig, mail(1), POISON, mail(3))
    refuse(rig)
    refuse(rig, "inboxsync_quarantine", "1")
    report = rig.one()
    assert report.error is not None
    assert (report.error.code, report.status) == ("store_refused", RunStatus.PARTIAL)
    assert (rig.fates().stored, rig.fates().pending) == (1, 2)


# --- neither in the way nor fetched by itself ----------------------------------------------------------------------


def test_what_is_set_aside_is_never_fetched_by_itself(rig: Rig) -> None:
    set_aside(rig)
    rig.server.append(mail(4))
    for days in (0, 1, 30):
        rig.later(days=days, minutes=5)
        rig.server.calls.clear()
        report = rig.one(DUE)
        assert (report.status, report.counts.quarantined) == (RunStatus.SUCCESS, 0)
        assert not any(2 in chunk for method, chunk in rig.server.calls if method == "fetch_messages")  # type: ignore[operator]  # a tuple of UIDs
    assert asked(rig) == set()
    assert rig.fates().quarantined == 1


def test_a_message_that_the_server_refuses_is_asked_for_three_times_and_no_more(rig: Rig) -> None:
    filled(rig, mail(1), mail(2))
    rig.server.refuse(1)
    statuses = []
    for _ in range(MAX_ATTEMPTS + 2):
        rig.server.calls.clear()
        statuses.append(rig.one().status)
        rig.later(hours=1)
    before = [RunStatus.SUCCESS] * (MAX_ATTEMPTS - 1)
    assert statuses == [*before, RunStatus.PARTIAL, RunStatus.SUCCESS, RunStatus.SUCCESS]
    assert asked(rig) == set()
    (item,) = quarantine(rig)
    assert (item.reason, item.attempts, item.has_octets) == ("not_given", MAX_ATTEMPTS, False)


def test_totals_tell_how_many_are_set_aside(rig: Rig) -> None:
    set_aside(rig)
    assert [total.quarantined for total in rig.store.control.totals().values()] == [1]
    retry(rig)
    assert [(total.quarantined, total.pending) for total in rig.store.control.totals().values()] == [(0, 1)]
    rig.one()
    assert [total.quarantined for total in rig.store.control.totals().values()] == [0]


# --- asking again --------------------------------------------------------------------------------------------------


def test_a_retry_that_succeeds_ends_like_a_run_without_the_fault(
    rig: Rig, tmp_path_factory: pytest.TempPathFactory
) -> None:
    set_aside(rig)
    rig.later(minutes=1)
    assert retry(rig) == 1
    report = rig.one(DUE)
    assert (report.status, report.counts.stored, report.counts.tickets_created) == (RunStatus.SUCCESS, 1, 1)
    assert quarantine(rig) == ()
    with rig_in(tmp_path_factory.mktemp("undisturbed")) as other:
        filled(other, mail(1), POISON, mail(3)).run()
        assert rig.dump() == other.dump()


def test_a_retry_is_due_at_once_for_sync_all(rig: Rig) -> None:
    set_aside(rig)
    rig.later(seconds=10)
    assert rig.run(DUE).integrations == ()
    retry(rig)
    rig.later(seconds=1)
    assert rig.one(DUE).counts.stored == 1
    rig.later(seconds=10)
    assert rig.run(DUE).integrations == (), "its usual pace again"


def test_a_retry_that_fails_as_before_sets_it_aside_once_more(rig: Rig) -> None:
    set_aside(rig)
    retry(rig)
    refuse(rig)
    assert (rig.one().status, octets_of(rig)) == (RunStatus.PARTIAL, POISON)
    rig.server.calls.clear()
    assert rig.one().status is RunStatus.SUCCESS
    assert asked(rig) == set()


def test_what_is_gone_from_the_server_comes_back_to_quarantine_with_its_octets(rig: Rig) -> None:
    set_aside(rig)
    retry(rig)
    rig.server.expunge(2)
    report = rig.one()
    assert (report.status, report.counts.vanished, report.counts.quarantined) == (RunStatus.PARTIAL, 0, 1)
    (item,) = quarantine(rig)
    assert (item.reason, item.has_octets) == ("gone_from_server", True)
    assert octets_of(rig) == POISON
    assert rig.fates().quarantined == 1
    assert rig.one().status is RunStatus.SUCCESS


def test_what_is_gone_and_of_which_nothing_was_kept_vanishes(rig: Rig) -> None:
    filled(rig, mail(1))
    rig.server.refuse(1)
    for _ in range(MAX_ATTEMPTS):
        rig.one()
        rig.later(hours=1)
    retry(rig)
    rig.server.expunge(1)
    counts = rig.counts()
    assert (counts.vanished, counts.quarantined) == (1, 0)
    assert quarantine(rig) == ()


def test_octets_outlive_tries_in_which_the_server_does_not_give_the_message(rig: Rig) -> None:
    set_aside(rig)
    (item,) = quarantine(rig)
    retry(rig)
    rig.server.answer_nil(2)
    for _ in range(MAX_ATTEMPTS):
        rig.one()
        assert rig.store.content.quarantined_octets(item.id) == POISON
        rig.later(hours=1)
    assert [one.reason for one in quarantine(rig)] == ["not_given"]
    assert octets_of(rig) == POISON


def test_a_reopened_message_is_judged_by_the_settings_of_now(rig: Rig) -> None:
    rig.limits = EngineLimits(max_message_bytes=500)
    filled(rig, mail(1, body="x" * 1000))
    assert rig.counts().too_large == 1
    integration = rig.store.control.integrations()[0]
    ids = rig.store.content.settled(integration, Fate.TOO_LARGE)
    rig.store.content.reopen(ids, at=rig.now)
    assert rig.counts().too_large == 1
    rig.store.content.reopen(ids, at=rig.now)
    rig.limits = EngineLimits()
    counts = rig.counts()
    assert (counts.stored, counts.too_large, counts.tickets_created) == (1, 0, 1)


def test_an_earlier_start_takes_in_what_was_left_out(rig: Rig) -> None:
    integration = rig.add(since=START)
    for days in (1, 20):
        rig.server.append(mail(days), internal_date=START - timedelta(days=days))
    assert rig.counts().filtered == 2
    earlier = rig.store.control.update_integration(replace(integration, since=START - timedelta(days=7)))
    ids = rig.store.content.settled(earlier, Fate.FILTERED, reason="before_since")
    assert rig.store.content.reopen(ids, at=rig.now) == 1
    assert (rig.counts().stored, rig.fates().filtered) == (1, 1)
