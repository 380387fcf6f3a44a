"""The numbers that folders keep are those of the ledger, whatever happens to it; else they are not known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inboxsync.model.ingest import Outcome
from inboxsync.model.placement import Fate, MessageMeta
from inboxsync.model.remapping import Former, Mapped, Takeover
from inboxsync.model.report import IntegrationReport, RunStatus
from inboxsync.model.state import Owner
from inboxsync.model.views import MessageQuery
from inboxsync.store import folder_counts
from inboxsync.store.sql import SqlStore
from tests.unit.store.content_builders import LATER, NOW, Bench, mail

_KEPT = "SELECT stored_count, duplicate_count, retired_count FROM inboxsync_folders ORDER BY id"


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


def kept(store: SqlStore) -> list[tuple[int | None, ...]]:
    """What folders know; what they know is right."""
    database = store.control._database
    assert database.rows(folder_counts.WRONG) == []
    return database.rows(_KEPT)


def finish(bench: Bench) -> None:
    """End a run of the integration."""
    control = bench.store.control
    found = control.integration("support")
    assert found is not None
    assert found.id is not None
    run = control.start_run(at=NOW, trigger="sync", owner=Owner("host", 1, "1"))
    report = IntegrationReport("support", RunStatus.SUCCESS)
    control.finish_part(run, found.id, report, started_at=NOW, finished_at=LATER)


def refused(uid: int, fate: Fate = Fate.FILTERED) -> Outcome:
    return Outcome(MessageMeta(uid, (), NOW, 1), fate, reason="filter")


def test_a_new_folder_holds_nothing_and_knows_it(bench: Bench) -> None:
    assert kept(bench.store) == [(0, 0, 0)]


def test_what_is_stored_is_counted_once_however_often_it_is_recorded(bench: Bench) -> None:
    outcomes = [bench.stored(1, mail("m1")), bench.stored(2, mail("m1")), bench.stored(3, mail("m2")), refused(4)]
    bench.record(*outcomes)
    assert kept(bench.store) == [(2, 1, 0)]
    bench.record(*outcomes)
    assert kept(bench.store) == [(2, 1, 0)]


def test_a_copy_that_is_decided_anew_is_counted_as_what_it_is_now(bench: Bench) -> None:
    bench.record(bench.stored(1, mail("m1")), bench.stored(2, mail("m1")))
    bench.record(refused(2))
    assert kept(bench.store)[0][:2] == (1, 0)


def test_each_folder_has_its_own_numbers(store: SqlStore, bench: Bench) -> None:
    other = Bench.on(store, "other")
    bench.record(bench.stored(1, mail("m1")))
    other.record(other.stored(1, mail("m1")), other.stored(2, mail("o2")))
    assert kept(store) == [(1, 0, 0), (1, 1, 0)]
    assert {total.messages for total in store.control.totals().values()} == {1, 2}


def test_an_ended_uidvalidity_makes_them_unknown_until_a_run_ends(store: SqlStore, bench: Bench) -> None:
    bench.record(*(bench.stored(uid, mail(f"m{uid}")) for uid in (1, 2, 3)))
    assert bench.content.remapping.retire_others(bench.folder_id, 8, at=LATER) == 3
    assert kept(store) == [(None, None, None)]
    assert bench.content.messages(MessageQuery()).total == 3
    finish(bench)
    assert kept(store) == [(0, 0, 3)]
    assert bench.content.messages(MessageQuery()).total == 3


def test_mail_that_is_met_again_is_not_shown_twice(store: SqlStore, bench: Bench) -> None:
    bench.record(bench.stored(1, mail("m1")), bench.stored(2, mail("m2")))
    bench.content.remapping.retire_others(bench.folder_id, 8, at=LATER)
    finish(bench)
    again = Outcome(MessageMeta(11, (), NOW, 1), Fate.DUPLICATE, external_id="m1@example.com")
    bench.record(again, uidvalidity=8)
    assert kept(store) == [(0, 1, None)]
    assert bench.content.messages(MessageQuery()).total == 2
    finish(bench)
    assert kept(store) == [(0, 1, 1)]
    assert bench.content.messages(MessageQuery()).total == 2


def test_fates_that_are_taken_over_are_counted_at_the_end(store: SqlStore, bench: Bench) -> None:
    bench.record(bench.stored(1, mail("m1")))
    bench.content.remapping.retire_others(bench.folder_id, 8, at=LATER)
    finish(bench)
    bench.record(listed=[MessageMeta(5, (), NOW, 1)], uidvalidity=8)
    former = Former(7, 1, 1, NOW, None, Fate.STORED)
    bench.content.remapping.take_over(bench.folder_id, 8, Mapped((Takeover(former, 5),)))
    assert bench.content.messages(MessageQuery()).total == 1
    finish(bench)
    assert kept(store) == [(1, 0, 0)]


@pytest.mark.parametrize(("fate", "found"), [("stored", 2), ("duplicate", 1), (None, 3)])
def test_lists_of_one_fate_count_it_alone(bench: Bench, fate: str | None, found: int) -> None:
    later = NOW + timedelta(minutes=1)
    second = bench.stored(2, mail("m2"), received_at=later)
    bench.record(bench.stored(1, mail("m1")), second, bench.stored(3, mail("m1")))
    page = bench.content.messages(MessageQuery(fate=fate))
    assert (page.total, len(page.items)) == (found, found)
    assert bench.content.messages(MessageQuery(fate="vanished")).total == 0


def test_an_integration_that_is_not_there_has_no_mail(bench: Bench) -> None:
    bench.record(bench.stored(1, mail("m1")))
    assert bench.content.messages(MessageQuery(integration="nobody")).total == 0
