"""The engine on a fake server: every message one fate, nothing twice, one fault one cost."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from inboxsync.errors import (
    ConnectionLost,
    DeadlineExceeded,
    DiskFull,
    ImapError,
    ProtocolFault,
    ServerUnavailable,
    StoreError,
    StoreIoFailed,
    StoreUnwritable,
    Throttled,
    Unreachable,
)
from inboxsync.model.integration import DedupScope
from inboxsync.model.report import Counts, PlanKind, RunStatus, SyncReport
from inboxsync.model.state import Owner
from inboxsync.model.views import MessageQuery
from inboxsync.sync.context import EngineLimits
from inboxsync.sync.engine import Engine, Order
from inboxsync.sync.ingest import MAX_ATTEMPTS
from tests.fakes.failing_store import FailingStore
from tests.unit.sync.rig import NOW, START, Rig, mail

DUE = Order()


def filled(rig: Rig, count: int = 5) -> Rig:
    rig.add()
    for number in range(count):
        rig.server.append(mail(number), internal_date=START - timedelta(hours=1))
    return rig


# --- the main job --------------------------------------------------------------------------------------------------


def test_a_first_run_stores_all_and_makes_tickets(rig: Rig) -> None:
    report = filled(rig).one()
    assert (report.status, report.exit_code) == (RunStatus.SUCCESS, 0)
    assert report.folders[0].plan is PlanKind.INITIAL
    size_bytes = sum(len(mail(number)) for number in range(5))
    assert report.counts == Counts(listed=5, fetched=5, stored=5, tickets_created=5, bytes=size_bytes)


def test_a_second_run_changes_nothing(rig: Rig) -> None:
    filled(rig).run()
    before, flags = rig.dump(), [rig.server.flags(uid) for uid in range(1, 6)]
    report = rig.one()
    assert report.counts == Counts()
    assert report.folders[0].plan is PlanKind.NOTHING_NEW
    assert rig.dump() == before
    assert [rig.server.flags(uid) for uid in range(1, 6)] == flags == [()] * 5


def test_nothing_new_costs_no_listing_and_no_fetch(rig: Rig) -> None:
    filled(rig).run()
    rig.server.calls.clear()
    rig.run()
    assert {method for method, _ in rig.server.calls} <= {"connect", "examine", "close"}


def test_new_mail_is_fetched_alone(rig: Rig) -> None:
    filled(rig).run()
    rig.server.append(mail(77))
    report = rig.one()
    assert (report.counts.listed, report.counts.stored) == (1, 1)
    assert report.folders[0].plan is PlanKind.INCREMENTAL


def test_raw_octets_come_back_as_they_were(rig: Rig) -> None:
    filled(rig, 1).run()
    page = rig.store.content.messages(MessageQuery())
    assert rig.store.content.raw(page.items[0].id) == mail(0)


def test_a_small_batch_and_a_small_page_give_the_same_store(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> None:
    filled(rig, 9).run()
    from tests.unit.sync.rig import rig_in

    with rig_in(tmp_path_factory.mktemp("other")) as other:
        filled(other, 9)
        other.limits = EngineLimits(page_messages=2, batch_messages=1, chunk_messages=1)
        other.run()
        assert other.dump() == rig.dump()


# --- identity ------------------------------------------------------------------------------------------------------


def test_the_same_mail_twice_is_stored_once_and_makes_one_ticket(rig: Rig) -> None:
    rig.add()
    for _ in range(2):
        rig.server.append(mail(1))
    counts = rig.counts()
    assert (counts.stored, counts.duplicate, counts.tickets_created) == (1, 1, 1)


def test_a_reused_message_id_loses_nothing(rig: Rig) -> None:
    rig.add()
    for number in (1, 2):
        rig.server.append(mail(number, message_id="same@example.com"))
    assert (rig.counts().stored, rig.fates().stored) == (2, 2)


def test_mail_without_ids_is_told_apart(rig: Rig) -> None:
    rig.add()
    for number in (1, 2, 2):
        rig.server.append(mail(number, message_id=None))
    counts = rig.counts()
    assert (counts.stored, counts.duplicate) == (2, 1)


def test_a_copy_makes_the_ticket_that_the_first_mailbox_did_not(rig: Rig) -> None:
    rig.add("archive", company="ACME", makes_tickets=False, priority=1)
    rig.add("support", company="ACME", priority=2)
    rig.server.append(mail(1))
    first, second = rig.run(replace(NOW, jobs=1)).integrations
    assert (first.counts.stored, first.counts.tickets_created) == (1, 0)
    assert (second.counts.duplicate, second.counts.tickets_created) == (1, 1)
    assert rig.run().integrations[1].counts == Counts()


@pytest.mark.parametrize(("dedup", "stored"), [(DedupScope.INTEGRATION, 2), (DedupScope.STORE, 1), (None, 2)])
def test_the_scope_decides_what_a_copy_is(rig: Rig, dedup: DedupScope | None, stored: int) -> None:
    rig.add("a", dedup=dedup)
    rig.add("b", dedup=dedup)
    rig.server.append(mail(1))
    reports = rig.run(replace(NOW, jobs=1)).integrations
    assert sum(report.counts.stored for report in reports) == stored


def test_a_new_uidvalidity_makes_no_second_message_and_no_second_ticket(rig: Rig) -> None:
    filled(rig).run()
    rig.server.renumber()
    report = rig.one()
    assert report.folders[0].plan is PlanKind.UIDVALIDITY_CHANGED
    assert (report.counts.remapped, report.counts.fetched) == (5, 0)
    assert (report.counts.stored, report.counts.duplicate, report.counts.tickets_created) == (0, 0, 0)
    assert rig.one().folders[0].plan is PlanKind.NOTHING_NEW


# --- what an integration takes -------------------------------------------------------------------------------------


def test_mail_before_since_is_settled_without_fetching(rig: Rig) -> None:
    rig.add(since=START)
    rig.server.append(mail(1), internal_date=START - timedelta(days=3))
    rig.server.append(mail(2), internal_date=START + timedelta(seconds=1))
    counts = rig.counts()
    assert (counts.listed, counts.fetched, counts.filtered, counts.stored) == (2, 1, 1, 1)


def test_old_mail_makes_no_ticket_storm(rig: Rig) -> None:
    rig.add(tickets_since=START)
    rig.server.append(mail(1), internal_date=START - timedelta(days=3))
    rig.server.append(mail(2), internal_date=START)
    counts = rig.counts()
    assert (counts.stored, counts.tickets_created) == (2, 1)


def test_unread_only_passes_what_was_read(rig: Rig) -> None:
    rig.add(unread_only=True)
    rig.server.append(mail(1), flags=("\\Seen",))
    rig.server.append(mail(2))
    counts = rig.counts()
    assert (counts.filtered, counts.stored, counts.fetched) == (1, 1, 1)


def test_a_header_filter_fetches_no_body_of_what_it_refuses(rig: Rig) -> None:
    rig.add(filter_json='{"contains":"Mail 1","field":"subject"}')
    for number in (1, 2, 3):
        rig.server.append(mail(number))
    counts = rig.counts()
    assert (counts.filtered, counts.stored, counts.fetched) == (2, 1, 1)


def test_a_body_filter_refuses_after_reading(rig: Rig) -> None:
    rig.add(filter_json='{"contains":"wanted","field":"body"}')
    rig.server.append(mail(1, body="wanted"))
    rig.server.append(mail(2))
    counts = rig.counts()
    assert (counts.filtered, counts.stored, counts.fetched) == (1, 1, 2)


def test_an_invalid_filter_stops_the_integration_before_any_login(rig: Rig) -> None:
    rig.add(filter_json='{"field":"subjekt","contains":"x"}')
    rig.server.append(mail(1))
    report = rig.one()
    assert (report.status, report.exit_code) == (RunStatus.ERROR, 78)
    assert report.error is not None
    assert report.error.code == "filter_invalid"
    assert rig.server.calls == []


def test_rules_shape_the_ticket(rig: Rig) -> None:
    rules = [
        {"name": "urgent", "when": {"field": "subject", "contains": "mail 1"}, "then": {"priority": "urgent"}},
        {"name": "none", "when": {"field": "subject", "contains": "mail 2"}, "then": {"ticket": "none"}},
    ]
    rig.add(rules_json=json.dumps(rules), company="ACME")
    rig.server.append(mail(1))
    rig.server.append(mail(2))
    assert rig.counts().tickets_created == 1
    (ticket,) = rig.store.content.tickets().items
    assert (ticket.priority, ticket.company, ticket.requester_email) == ("urgent", "ACME", "ana@example.com")


def test_unknown_senders_are_recorded_and_not_stored(rig: Rig) -> None:
    rig.add(known_senders_only=True)
    rig.server.append(mail(1))
    counts = rig.counts()
    assert (counts.unknown_sender, counts.stored, counts.tickets_created) == (1, 0, 0)


def test_too_large_mail_keeps_its_header_only(rig: Rig) -> None:
    rig.limits = EngineLimits(max_message_bytes=500)
    rig.add()
    rig.server.append(mail(1, body="x" * 1_000))
    rig.server.append(mail(2))
    counts = rig.counts()
    assert (counts.too_large, counts.stored, counts.fetched) == (1, 1, 1)


# --- the server's side ---------------------------------------------------------------------------------------------


def test_mark_read_happens_and_is_remembered(rig: Rig) -> None:
    rig.add(mark_read=True)
    uid = rig.server.append(mail(1))
    rig.run()
    assert "\\Seen" in rig.server.flags(uid)
    rig.server.calls.clear()
    rig.run()
    assert "mark_seen" not in {method for method, _ in rig.server.calls}


def test_nothing_is_marked_read_unless_asked(rig: Rig) -> None:
    filled(rig).run()
    assert "mark_seen" not in {method for method, _ in rig.server.calls}


def test_filtered_mail_stays_unread(rig: Rig) -> None:
    rig.add(mark_read=True, filter_json='{"contains":"none","field":"subject"}')
    uid = rig.server.append(mail(1))
    rig.run()
    assert rig.server.flags(uid) == ()


# --- faults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", range(0, 24, 1))
def test_a_connection_lost_anywhere_changes_nothing_in_the_end(
    rig: Rig, after: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from tests.unit.sync.rig import rig_in

    rig.limits = EngineLimits(batch_messages=2, chunk_messages=3)
    filled(rig, 6)
    rig.server.drop_after(after)
    rig.run()
    rig.run()
    with rig_in(tmp_path_factory.mktemp("undisturbed")) as other:
        filled(other, 6).run()
        assert rig.dump() == other.dump()


def test_a_message_that_is_refused_costs_itself_alone(rig: Rig) -> None:
    filled(rig)
    rig.server.refuse(3)
    report = rig.one()
    assert (report.counts.stored, report.counts.pending) == (4, 1)
    for _ in range(MAX_ATTEMPTS - 1):
        rig.later(hours=1)
        report = rig.one()
    assert (report.counts.quarantined, report.status, report.exit_code) == (1, RunStatus.PARTIAL, 0)
    rig.later(hours=1)
    assert (rig.one().status, rig.fates().quarantined, rig.fates().pending) == (RunStatus.SUCCESS, 1, 0)


@pytest.mark.parametrize("how", ["answer_nil", "leave_out"])
def test_a_message_that_does_not_come_is_tried_again_and_then_set_aside(rig: Rig, how: str) -> None:
    filled(rig, 2)
    getattr(rig.server, how)(1)
    assert (rig.counts().stored, rig.fates().pending) == (1, 1)
    rig.later(minutes=1)
    rig.server.calls.clear()
    rig.run()
    assert "fetch_messages" not in {method for method, _ in rig.server.calls}, "not before its next attempt"
    for _ in range(MAX_ATTEMPTS):
        rig.later(hours=1)
        rig.run()
    assert (rig.fates().quarantined, rig.fates().pending) == (1, 0)


def test_empty_mail_is_set_aside(rig: Rig) -> None:
    rig.add()
    rig.server.append(b"")
    assert rig.counts().quarantined == 1


def test_a_refused_login_costs_one_account(rig: Rig) -> None:
    filled(rig)
    rig.secret = rig.secret.__class__("wrong")
    report = rig.one()
    assert (report.status, report.exit_code) == (RunStatus.ERROR, 77)
    state = rig.store.control.states()[1]
    assert (state.auth_failures, state.paused) == (1, False)


def test_three_refusals_pause_and_every_run_tells_77(rig: Rig) -> None:
    filled(rig)
    rig.secret = rig.secret.__class__("wrong")
    for _ in range(3):
        rig.run()
    rig.server.calls.clear()
    rig.later(minutes=30)
    report = rig.one(DUE)
    assert (report.status, report.reason, report.exit_code) == (RunStatus.SKIPPED, "paused", 77)
    assert rig.server.calls == []
    rig.later(hours=6)
    assert rig.one(DUE).status is RunStatus.ERROR
    rig.secret = rig.secret.__class__("secret")
    rig.later(hours=6)
    assert (rig.one(DUE).status, rig.run(DUE).integrations) == (RunStatus.SUCCESS, ())


def test_a_throttled_account_waits_as_long_as_it_is_told(rig: Rig) -> None:
    filled(rig)
    rig.server.login_fault = Throttled("slow down", retry_after_s=1200)
    report = rig.one()
    assert (report.exit_code, report.error and report.error.code) == (75, "throttled")
    rig.server.login_fault = None
    rig.later(minutes=19)
    assert rig.run(DUE).integrations == ()
    rig.later(minutes=2)
    assert rig.one(DUE).status is RunStatus.SUCCESS


@pytest.mark.parametrize("error", [Unreachable("no route"), ConnectionLost("reset")])
def test_an_unreachable_server_is_tried_twice_and_reported(rig: Rig, error: ImapError) -> None:
    filled(rig)
    rig.server.login_fault = error
    report = rig.one()
    assert (report.status, report.exit_code) == (RunStatus.ERROR, 75)
    assert [method for method, _ in rig.server.calls].count("connect") == 2


def test_a_missing_folder_costs_that_folder(rig: Rig) -> None:
    rig.add(folders=("INBOX", "Nowhere"))
    rig.server.append(mail(1))
    report = rig.one()
    assert (report.status, report.exit_code, report.counts.stored) == (RunStatus.PARTIAL, 69, 1)
    assert [folder.error is None for folder in report.folders] == [True, False]


def test_one_bad_account_costs_one_account(rig: Rig) -> None:
    rig.add("bad", filter_json="{", priority=1)
    rig.add("good", priority=2)
    rig.server.append(mail(1))
    report = rig.run()
    assert [part.status for part in report.integrations] == [RunStatus.ERROR, RunStatus.SUCCESS]
    assert report.status is RunStatus.PARTIAL


def test_a_stopped_run_keeps_what_is_done_and_the_next_goes_on(rig: Rig) -> None:
    filled(rig, 6)
    rig.limits = EngineLimits(batch_messages=2)
    rig.stop_after = 11
    report = rig.one()
    assert report.error is not None
    assert (report.error.code, report.exit_code, report.status) == ("interrupted", 75, RunStatus.PARTIAL)
    assert 0 < report.counts.pending < 6
    rig.stop_after = None
    assert rig.one().counts.stored == report.counts.pending
    assert rig.fates().stored == 6


def test_time_that_is_up_ends_the_account_in_words(rig: Rig) -> None:
    filled(rig, 3)
    rig.limits = EngineLimits(integration_s=0)
    report = rig.one()
    assert (report.error and report.error.code, report.exit_code) == ("deadline", 75)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Throttled("login refused: [ALERT] Too many simultaneous connections. (Failure)"), "throttled"),
        (ServerUnavailable("User is authenticated but not connected."), "server_unavailable"),
        (DeadlineExceeded("the server was silent for 30 s"), "deadline"),
        (ProtocolFault("garbage"), "protocol"),
    ],
)
def test_a_server_that_does_not_serve_costs_its_account_and_is_tried_later(
    rig: Rig, error: ImapError, code: str
) -> None:
    filled(rig)
    rig.server.login_fault = error
    report = rig.one()
    assert (report.status, report.exit_code, report.error and report.error.code) == (RunStatus.ERROR, 75, code)
    next_attempt_at = rig.store.control.states()[1].next_attempt_at
    assert next_attempt_at is not None
    assert next_attempt_at > rig.now
    assert rig.run(DUE).integrations == ()
    rig.server.login_fault = None
    rig.later(hours=1)
    assert rig.one(DUE).status is RunStatus.SUCCESS


def test_a_refused_mark_leaves_the_mail_stored_and_the_mark_to_be_done(rig: Rig) -> None:
    rig.add(mark_read=True, folders=("INBOX", "More"))
    rig.server.add_folder("More")
    uid = rig.server.append(mail(1))
    rig.server.append(mail(2), folder="More")
    inbox = rig.server.folders["INBOX"]
    inbox.is_read_only = True
    for stored in (2, 0):
        report = rig.one()
        assert (report.status, report.exit_code, report.counts.stored) == (RunStatus.PARTIAL, 75, stored)
        assert report.error is not None
        assert report.error.code == "mark_refused"
    assert [method for method, _ in rig.server.calls].count("mark_seen") == 3, "once a run, and the other folder's"
    inbox.is_read_only = False
    assert rig.one().status is RunStatus.SUCCESS
    assert "\\Seen" in rig.server.flags(uid)


def test_a_message_limit_told_by_the_server_is_a_partial_view(rig: Rig) -> None:
    filled(rig).server.folders["INBOX"].partial_view = True
    report = rig.one()
    assert (report.status, report.exit_code, report.counts.stored) == (RunStatus.PARTIAL, 75, 5)
    assert rig.store.control.states()[1].next_attempt_at is None


# --- the store's side ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "exit_code"), [(DiskFull("no space left"), 75), (StoreIoFailed("disk I/O error"), 75)]
)
def test_a_disk_that_fails_ends_the_run_and_no_other_account_is_logged_in_to(
    rig: Rig, fault: StoreError, exit_code: int
) -> None:
    rig.add("first", priority=1, mark_read=True)
    rig.add("second", priority=2)
    rig.server.append(mail(1))
    failing = FailingStore(rig.store, fault, after=2)
    first, second = (
        Engine(replace(rig.engine().tools, store=failing))
        .run(rig.store.control.integrations(), replace(NOW, jobs=1))
        .integrations
    )
    assert (first.status, first.exit_code, first.error and first.error.code) == (
        RunStatus.PARTIAL, exit_code, fault.code,
    )  # fmt: skip
    assert (second.status, second.reason, second.exit_code) == (RunStatus.SKIPPED, "store", exit_code)
    methods = [method for method, _ in rig.server.calls]
    assert (methods.count("connect"), methods.count("mark_seen")) == (1, 0)
    assert failing.refused == 1, "no commit is tried again"
    assert [report.status for report in rig.run().integrations] == [RunStatus.SUCCESS] * 2
    assert rig.fates().stored == 1


def test_a_store_that_cannot_be_written_is_told_before_any_login(rig: Rig) -> None:
    filled(rig)
    failing = FailingStore(rig.store, StoreUnwritable("read-only"), after=0, control=True)
    with pytest.raises(StoreUnwritable):
        Engine(replace(rig.engine().tools, store=failing)).run(rig.store.control.integrations(), NOW)
    assert rig.server.calls == []


# --- schedule and leases -------------------------------------------------------------------------------------------


def test_an_integration_runs_when_it_is_due(rig: Rig) -> None:
    filled(rig)
    assert len(rig.run(DUE).integrations) == 1
    assert rig.run(DUE).integrations == ()
    rig.later(minutes=4)
    assert rig.run(DUE).integrations == ()
    rig.later(minutes=1)
    assert len(rig.run(DUE).integrations) == 1


def test_a_held_lease_is_a_result(rig: Rig) -> None:
    integration = filled(rig).store.control.integrations()[0]
    assert integration.id is not None
    other = Owner("elsewhere", 99, "1")
    lease = rig.store.control.acquire_lease(integration.id, other, lifetime_s=60, owner_is_dead=lambda _: False)
    assert lease is not None
    report = rig.one()
    assert (report.status, report.reason, report.exit_code) == (RunStatus.SKIPPED, "locked", 75)
    quiet = rig.one(replace(NOW, busy_is_fault=False))
    assert (quiet.status, quiet.exit_code) == (RunStatus.SKIPPED, 0)
    rig.store.control.release_lease(lease)
    assert rig.one().status is RunStatus.SUCCESS


def test_two_runs_at_once_double_nothing(rig: Rig) -> None:
    filled(rig, 40)
    integrations = rig.store.control.integrations()

    def run_as(pid: int) -> SyncReport:
        tools = replace(rig.engine().tools, owner=Owner("test", pid, "1"), monotonic_s=time.monotonic)
        return Engine(tools).run(integrations, replace(NOW, wait_s=20))

    with ThreadPoolExecutor(2) as pool:
        reports = [part for report in pool.map(run_as, (1, 2)) for part in report.integrations]
    assert sum(report.counts.stored for report in reports) == 40
    assert sum(report.counts.tickets_created for report in reports) == 40
    assert rig.fates().stored == 40


# --- dry run -------------------------------------------------------------------------------------------------------


def test_a_dry_run_tells_and_writes_nothing(rig: Rig) -> None:
    filled(rig, 4)
    rig.server.append(mail(9), internal_date=START - timedelta(days=400))
    rig.store.control.update_integration(replace(rig.store.control.integrations()[0], since=START - timedelta(days=30)))
    before = rig.dump()
    report = rig.one(replace(NOW, dry_run=True))
    assert report.folders[0].plan is PlanKind.INITIAL
    assert (report.counts.listed, report.counts.pending, report.counts.filtered) == (5, 4, 1)
    assert report.counts.tickets_created == 4
    assert rig.dump() == before
    assert rig.store.control.runs() == []
