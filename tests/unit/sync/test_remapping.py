"""Mail that comes back under new UIDs: known again from its header, stored once, ticketed once, marked when mapped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from inboxsync.model.placement import Fate, ServerIds
from inboxsync.model.report import Counts, PlanKind, RunStatus
from inboxsync.model.views import MessageQuery
from inboxsync.sync.context import EngineLimits
from inboxsync.sync.ingest import MAX_ATTEMPTS
from tests.unit.sync.rig import START, Rig, mail, rig_in

Change = Callable[[Rig], None]


def filled(rig: Rig, count: int = 5, **more: object) -> Rig:
    rig.add(**more)  # type: ignore[arg-type]  # settings of the integration
    for number in range(count):
        rig.server.append(mail(number), internal_date=START - timedelta(hours=1))
    return rig


def renumber_silently(rig: Rig) -> None:
    """Give all mail lower UIDs and keep UIDVALIDITY: the server owes a new one."""
    inbox = rig.server.folders["INBOX"]
    inbox.messages = dict(enumerate((inbox.messages[uid] for uid in sorted(inbox.messages)), 1))
    inbox.uidnext = len(inbox.messages) + 1


def calls(rig: Rig) -> list[str]:
    return [method for method, _ in rig.server.calls]


def run_again(rig: Rig) -> Counts:
    rig.server.calls.clear()
    return rig.counts()


# --- a new UIDVALIDITY ---------------------------------------------------------------------------------------------


def test_the_same_mail_is_mapped_from_headers_alone(rig: Rig) -> None:
    filled(rig).run()
    rig.server.renumber()
    counts = run_again(rig)
    assert counts == Counts(listed=5, remapped=5, bytes=counts.bytes)
    assert "fetch_messages" not in calls(rig)
    fates = rig.fates()
    assert (fates.listed, fates.stored) == (5, 5)
    assert rig.store.content.messages(MessageQuery()).total == 5
    assert rig.store.content.tickets().total == 5
    before = rig.dump()
    assert rig.counts() == Counts()
    assert rig.dump() == before


def test_where_the_server_names_its_mail_not_even_headers_are_asked(rig: Rig) -> None:
    rig.server.offers = frozenset({"OBJECTID"})
    filled(rig, filter_json='{"not":{"field":"subject","contains":"Mail 3"}}').run()
    kept = [line for line in rig.dump() if "placement_headers" in line]
    rig.server.renumber()
    rig.server.append(mail(77))
    counts = run_again(rig)
    assert (counts.remapped, counts.stored, counts.filtered, counts.fetched) == (5, 1, 0, 1)
    assert ("fetch_headers", (6,)) in rig.server.calls, "the new one alone, for the filter"
    assert calls(rig).count("fetch_headers") == 1
    assert len([line for line in rig.dump() if "placement_headers" in line]) == len(kept) == 1
    assert rig.store.content.tickets().total == 5
    before = rig.dump()
    assert rig.counts() == Counts()
    assert rig.dump() == before


def test_mail_that_the_server_names_anew_is_mapped_from_headers(rig: Rig) -> None:
    rig.server.offers = frozenset({"OBJECTID"})
    filled(rig).run()
    rig.server.renumber()
    for uid in (2, 4):
        rig.server.folders["INBOX"].messages[uid].ids = ServerIds(f"new-{uid}")
    assert (run_again(rig).remapped, rig.fates().stored) == (5, 5)
    assert [argument for method, argument in rig.server.calls if method == "fetch_headers"] == [(2, 4)]


def test_other_mail_is_fetched_and_what_is_gone_stays_retired(rig: Rig) -> None:
    filled(rig).run()
    rig.server.expunge(2)
    rig.server.renumber()
    rig.server.append(mail(77))
    counts = run_again(rig)
    assert (counts.remapped, counts.stored, counts.fetched, counts.tickets_created) == (4, 1, 1, 1)
    assert rig.fates().stored == 5
    assert rig.store.content.messages(MessageQuery()).total == 6


def test_mail_of_no_known_size_costs_no_header(rig: Rig) -> None:
    filled(rig, 2).run()
    rig.server.renumber()
    rig.server.append(mail(3, body="much longer than all the others"))
    rig.server.calls.clear()
    rig.run()
    assert ("fetch_headers", (1, 2)) in rig.server.calls
    assert [argument for method, argument in rig.server.calls if method == "fetch_messages"] == [(3,)]


def test_every_fate_is_taken_over(rig: Rig) -> None:
    rig.limits = EngineLimits(max_message_bytes=5_000)
    rig.add(filter_json='{"not":{"field":"subject","contains":"Mail 3"}}')
    rig.server.append(mail(1))
    rig.server.append(mail(1))
    rig.server.append(mail(3))
    rig.server.append(mail(4, body="x" * 6_000))
    rig.run()
    kept = [line for line in rig.dump() if "placement_headers" in line]
    rig.server.renumber()
    counts = run_again(rig)
    assert (counts.remapped, counts.fetched) == (4, 0)
    fates = rig.fates()
    assert (fates.stored, fates.duplicate, fates.filtered, fates.too_large) == (1, 1, 1, 1)
    moved = [line for line in rig.dump() if "placement_headers" in line]
    assert len(moved) == len(kept) == 2


def test_mail_set_aside_stays_so_with_its_octets(rig: Rig) -> None:
    rig.add(filter_json='{"field":"body","contains":"x"}')
    filled_mail = b"From: a@example.com\r\nMessage-ID: <q@example.com>\r\n\r\n" + b"y" * 10
    rig.server.append(filled_mail)
    rig.server.refuse(1)
    for _ in range(MAX_ATTEMPTS):
        rig.run()
        rig.later(hours=1)
    assert rig.fates().quarantined == 1
    rig.server.renumber()
    assert rig.counts().quarantined == 0, "nothing is kept of it that would tell it again: it is asked for anew"


def test_unknown_senders_stay_unknown(rig: Rig) -> None:
    filled(rig, 2, known_senders_only=True).run()
    rig.server.renumber()
    assert (run_again(rig).remapped, rig.fates().unknown_sender) == (2, 2)


def test_mail_from_before_the_start_is_settled_without_its_header(rig: Rig) -> None:
    rig.add(since=START)
    for number in range(3):
        rig.server.append(mail(number), internal_date=START - timedelta(days=3))
    rig.server.append(mail(9), internal_date=START)
    rig.run()
    rig.server.renumber()
    counts = run_again(rig)
    assert (counts.filtered, counts.remapped, counts.fetched) == (3, 1, 0)
    assert [argument for method, argument in rig.server.calls if method == "fetch_headers"] == [(4,)]


def test_mail_that_was_stored_before_a_start_was_set_stays_stored(rig: Rig) -> None:
    integration = filled(rig).store.control.integrations()[0]
    rig.run()
    rig.store.control.update_integration(replace(integration, since=START + timedelta(days=1)))
    rig.server.renumber()
    assert (rig.counts().remapped, rig.fates().stored) == (5, 5)


def test_copies_are_mapped_one_to_one(rig: Rig) -> None:
    rig.add()
    for _ in range(3):
        rig.server.append(mail(1))
    rig.run()
    rig.server.renumber()
    rig.server.append(mail(1))
    counts = run_again(rig)
    assert (counts.remapped, counts.duplicate, counts.stored) == (3, 1, 0)
    fates = rig.fates()
    assert (fates.stored, fates.duplicate) == (1, 3)


def test_a_reused_header_with_another_body_is_not_taken_for_the_old_mail(rig: Rig) -> None:
    """Without a Message-ID the header may be a machine's, the same over and over."""
    rig.add()
    rig.server.append(mail(1, message_id=None, body="code 111"), internal_date=START - timedelta(hours=2))
    rig.run()
    rig.server.expunge(1)
    rig.server.renumber()
    rig.server.append(mail(1, message_id=None, body="code 222"), internal_date=START - timedelta(hours=1))
    counts = run_again(rig)
    assert (counts.remapped, counts.stored) == (0, 1)


def test_nothing_is_marked_read_before_it_is_mapped(rig: Rig) -> None:
    filled(rig, 3, mark_read=True)
    rig.server.folders["INBOX"].is_read_only = True
    rig.run()
    rig.server.folders["INBOX"].is_read_only = False
    rig.server.renumber()
    assert run_again(rig).remapped == 3
    order = calls(rig)
    assert order.index("mark_seen") > order.index("fetch_headers")
    assert all("\\Seen" in rig.server.flags(uid) for uid in (1, 2, 3))


def test_a_uidvalidity_that_comes_back_is_no_reason_to_skip_mail(rig: Rig) -> None:
    filled(rig, 3).run()
    rig.server.renumber()
    rig.run()
    inbox = rig.server.folders["INBOX"]
    inbox.uidvalidity, inbox.messages, inbox.uidnext = 1, {}, 1
    for number in (7, 8):
        rig.server.append(mail(number))
    report = rig.one()
    assert (report.folders[0].plan, report.folders[0].uidvalidity) == (PlanKind.UIDVALIDITY_CHANGED, 1)
    assert (report.counts.stored, rig.fates().stored) == (2, 2)
    assert rig.one().folders[0].plan is PlanKind.NOTHING_NEW
    rig.server.append(mail(9))
    assert (rig.counts().stored, rig.fates().stored) == (1, 3)


def test_lower_uids_under_the_same_uidvalidity_lose_nothing(rig: Rig) -> None:
    filled(rig, 4).run()
    rig.server.expunge(1)
    rig.server.folders["INBOX"].messages[2].octets = mail(55)
    renumber_silently(rig)
    report = rig.one()
    assert report.folders[0].notes == ("uidnext_lower",)
    assert (report.counts.remapped, report.counts.stored, report.counts.tickets_created) == (2, 1, 1)
    assert rig.fates().stored == 3
    assert rig.one().folders[0].plan is PlanKind.NOTHING_NEW


def test_mail_that_arrives_later_is_still_known(rig: Rig) -> None:
    """A move to another server may copy the mail over days."""
    filled(rig).run()
    inbox = rig.server.folders["INBOX"]
    rig.server.renumber()
    arriving = dict(inbox.messages)
    inbox.messages = {uid: arriving[uid] for uid in (1, 2)}
    inbox.uidnext = 3
    assert rig.counts().remapped == 2
    inbox.messages, inbox.uidnext = arriving, 6
    report = rig.one()
    assert (report.folders[0].plan, report.counts.remapped, report.counts.fetched) == (PlanKind.INCREMENTAL, 3, 0)
    assert rig.fates().stored == 5


@pytest.mark.parametrize("after", range(30))
@pytest.mark.parametrize("mix", ["same", "other"])
def test_a_mapping_cut_anywhere_comes_to_the_same_end(
    rig: Rig, after: int, mix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def change(one: Rig) -> None:
        one.limits = EngineLimits(batch_messages=2, chunk_messages=3, headers_per_step=2)
        filled(one, 6, mark_read=True)
        one.server.append(mail(1))
        one.run()
        if mix == "other":
            one.server.expunge(2)
        one.server.renumber()
        if mix == "other":
            one.server.append(mail(50))

    change(rig)
    rig.server.drop_after(after)
    rig.run()
    rig.run()
    with rig_in(tmp_path_factory.mktemp("undisturbed")) as other:
        change(other)
        other.run()
        assert rig.dump() == other.dump()
        assert rig.store.content.tickets().total == other.store.content.tickets().total


def test_a_change_in_the_middle_of_a_mapping_is_mapped_too(rig: Rig) -> None:
    rig.limits = EngineLimits(headers_per_step=2)
    filled(rig, 6).run()
    rig.server.renumber()
    rig.stop_after = rig.checks + 11
    assert rig.one().status is not RunStatus.SUCCESS
    rig.stop_after = None
    rig.server.renumber()
    counts = run_again(rig)
    assert (counts.remapped, counts.fetched, counts.tickets_created) == (6, 0, 0)
    assert (rig.fates().listed, rig.fates().stored) == (6, 6)


# --- a renamed folder ----------------------------------------------------------------------------------------------


def renamed(rig: Rig) -> Rig:
    rig.server.add_folder("Old").mailbox_id = "F1"
    filled(rig, 0, folders=("Old",))
    for number in range(3):
        rig.server.append(mail(number), folder="Old")
    rig.run()
    rig.server.rename("Old", "New")
    rig.store.control.update_integration(replace(rig.store.control.integrations()[0], folders=("New",)))
    return rig


def test_a_renamed_folder_keeps_its_ledger(rig: Rig) -> None:
    renamed(rig)
    rig.server.append(mail(9), folder="New")
    report = rig.one()
    assert (report.folders[0].plan, report.folders[0].notes) == (PlanKind.INCREMENTAL, ("renamed",))
    assert (report.counts.listed, report.counts.stored, rig.fates().stored) == (1, 1, 4)
    assert [folder.name for folder in rig.store.control.folders(1)] == ["New"]
    assert rig.one().folders[0].notes == ()


def test_a_renamed_folder_with_a_new_uidvalidity_is_mapped(rig: Rig) -> None:
    renamed(rig).server.renumber("New")
    report = rig.one()
    assert (report.folders[0].plan, report.counts.remapped) == (PlanKind.UIDVALIDITY_CHANGED, 3)
    assert rig.fates().stored == 3


def test_the_old_name_may_be_taken_by_a_new_folder(rig: Rig) -> None:
    renamed(rig)
    rig.run()
    rig.server.folders["Old"] = type(rig.server.folders["New"])(uidvalidity=9, mailbox_id="F2")
    rig.server.append(mail(20), folder="Old")
    rig.store.control.update_integration(replace(rig.store.control.integrations()[0], folders=("New", "Old")))
    report = rig.one()
    assert [folder.plan for folder in report.folders] == [PlanKind.NOTHING_NEW, PlanKind.INITIAL]
    assert rig.fates().stored == 4


# --- no lasting UIDs -----------------------------------------------------------------------------------------------


def no_uidvalidity(rig: Rig) -> None:
    rig.server.folders["INBOX"].uidvalidity = None


def not_sticky(rig: Rig) -> None:
    rig.server.folders["INBOX"].uids_sticky = False


UNSTICKY = pytest.mark.parametrize("make_unsticky", [no_uidvalidity, not_sticky])


def shuffle(rig: Rig) -> None:
    """What such a server may do between two sessions."""
    inbox = rig.server.folders["INBOX"]
    messages = [inbox.messages[uid] for uid in sorted(inbox.messages, reverse=True)]
    inbox.messages = dict(enumerate(messages, 3))
    inbox.uidnext = len(messages) + 3


@UNSTICKY
def test_without_lasting_uids_nothing_is_doubled(rig: Rig, make_unsticky: Change) -> None:
    make_unsticky(rig)
    report = filled(rig).one()
    assert (report.folders[0].plan, report.folders[0].notes) == (PlanKind.INITIAL, ("uids_not_sticky",))
    assert (report.counts.stored, report.counts.tickets_created) == (5, 5)
    shuffle(rig)
    counts = run_again(rig)
    assert (counts.remapped, counts.listed, counts.fetched, counts.tickets_created) == (5, 0, 0, 0)
    assert "fetch_messages" not in calls(rig)
    assert (rig.fates().listed, rig.fates().stored) == (5, 5)


@UNSTICKY
def test_without_lasting_uids_a_second_run_writes_nothing(rig: Rig, make_unsticky: Change) -> None:
    make_unsticky(rig)
    filled(rig).run()
    before = rig.dump()
    report = rig.one()
    assert report.folders[0].plan is PlanKind.NOTHING_NEW
    assert (report.counts.remapped, report.counts.fetched, rig.dump()) == (0, 0, before)


@UNSTICKY
def test_without_lasting_uids_new_mail_comes_in_and_old_mail_goes(rig: Rig, make_unsticky: Change) -> None:
    make_unsticky(rig)
    filled(rig).run()
    rig.server.append(mail(50))
    assert (rig.counts().stored, rig.fates().stored) == (1, 6)
    rig.server.expunge(2)
    shuffle(rig)
    rig.server.append(mail(51))
    counts = rig.counts()
    assert (counts.stored, counts.remapped, rig.fates().stored) == (1, 5, 6)
    for number in (60, 61):
        rig.server.append(mail(number))
        rig.server.expunge(min(rig.server.folders["INBOX"].messages))
        shuffle(rig)
        rig.run()
    retired = [line for line in rig.dump() if '"retired_at": true' in line]
    assert len(retired) == 3, "what is gone, and not one row for each run"


def test_without_lasting_uids_a_message_that_never_comes_is_set_aside(rig: Rig) -> None:
    no_uidvalidity(rig)
    filled(rig, 3)
    rig.server.refuse(2)
    for _ in range(MAX_ATTEMPTS + 1):
        rig.run()
        rig.later(hours=1)
    fates = rig.fates()
    assert (fates.listed, fates.stored, fates.quarantined, fates.pending) == (3, 2, 1, 0)


def test_without_lasting_uids_nothing_is_marked(rig: Rig) -> None:
    no_uidvalidity(rig)
    filled(rig, 2, mark_read=True).run()
    assert "mark_seen" not in calls(rig)


@pytest.mark.parametrize("after", range(20))
def test_without_lasting_uids_a_cut_changes_nothing_in_the_end(
    rig: Rig, after: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    no_uidvalidity(rig)
    filled(rig, 4).server.drop_after(after)
    rig.run()
    rig.run()
    with rig_in(tmp_path_factory.mktemp("undisturbed")) as other:
        no_uidvalidity(other)
        filled(other, 4).run()
        assert rig.fates() == other.fates()
        assert rig.store.content.tickets().total == 4


def test_uids_that_begin_to_last_are_mapped_once(rig: Rig) -> None:
    no_uidvalidity(rig)
    filled(rig).run()
    rig.server.folders["INBOX"].uidvalidity = 4
    assert (rig.counts().remapped, rig.one().folders[0].plan) == (5, PlanKind.NOTHING_NEW)
    rig.server.folders["INBOX"].uidvalidity = None
    report = rig.one()
    assert (report.counts.fetched, rig.fates().stored) == (0, 5)


# --- mailboxes shown in part ---------------------------------------------------------------------------------------


def test_a_mailbox_shown_in_part_is_never_a_success(rig: Rig) -> None:
    filled(rig)
    inbox = rig.server.folders["INBOX"]
    inbox.not_shown = {1, 2}
    report = rig.one()
    assert (report.status, report.exit_code, report.counts.stored) == (RunStatus.PARTIAL, 75, 3)
    assert report.error is not None
    assert (report.error.code, report.folders[0].notes) == ("partial_view", ("partial_view",))
    for _ in range(2):
        assert rig.one().status is RunStatus.PARTIAL, "though nothing is new"
    rig.server.append(mail(9))
    report = rig.one()
    assert (report.status, report.counts.stored) == (RunStatus.PARTIAL, 1)


def test_mail_that_went_while_it_was_listed_is_no_partial_view(rig: Rig) -> None:
    filled(rig).server.folders["INBOX"].exists_told = [7]
    assert rig.one().status is RunStatus.SUCCESS


def test_mail_that_is_back_is_no_partial_view(rig: Rig) -> None:
    filled(rig).run()
    rig.server.folders["INBOX"].exists_told = [3]
    rig.run()
    assert rig.one().status is RunStatus.SUCCESS


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_server_that_lists_few_at_a_time_is_listed_in_smaller_windows(rig: Rig, most: int) -> None:
    filled(rig, 9).server.folders["INBOX"].most_shown = most
    report = rig.one()
    assert (report.status, report.counts.listed, report.counts.stored) == (RunStatus.SUCCESS, 9, 9)


def test_a_message_that_is_counted_and_never_listed_holds_the_cursor_and_no_mail(rig: Rig) -> None:
    filled(rig, 5).server.folders["INBOX"].most_shown = 0
    report = rig.one()
    assert (report.status, report.counts.listed) == (RunStatus.PARTIAL, 0)
    rig.server.folders["INBOX"].most_shown = None
    report = rig.one()
    assert (report.status, report.counts.stored) == (RunStatus.SUCCESS, 5)


def test_fates_name_what_they_are(rig: Rig) -> None:
    filled(rig, 1).run()
    (known,) = rig.store.content.remapping.live(1, 1)
    assert (known.uid, known.fate, known.header_sha256 is not None) == (1, Fate.STORED, True)
