"""Mail known under the server's own ids: its copies are judged in their own folder and not fetched again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inboxsync.model.copies import KnownCopy
from inboxsync.model.directory import Contact
from inboxsync.model.ingest import TicketDecision, TicketEffect
from inboxsync.model.placement import Fate, MessageMeta, ServerIds
from inboxsync.model.report import Counts
from inboxsync.model.views import MessageQuery
from inboxsync.store.directory import directory_of
from inboxsync.sync.context import EngineLimits
from inboxsync.sync.copies import TRIED_COPIES, copies_of, taken_like
from inboxsync.sync.ingest import MAX_ATTEMPTS, Policy
from tests.fakes.mailbox import SOME_TIME
from tests.unit.sync.rig import START, Rig, mail, rig_in

BOTH = ("INBOX", "All")
ID_COLUMNS = {"email_id", "server_thread_id", "labels"}
BODY_HAS_NOT_2 = '{"not":{"field":"body","contains":"hello 2"}}'


def twofold(rig: Rig, count: int = 4, *, offers: str = "OBJECTID", **settings: Any) -> Rig:
    """Mail that lies in the INBOX and, under the same ids, in a folder that holds all mail."""
    rig.server.offers = frozenset({offers})
    rig.server.add_folder("All")
    added = rig.add(folders=BOTH, **settings)
    rig.now = max(rig.now, added.updated_at or rig.now)  # the store has a clock of its own
    for number in range(1, count + 1):
        rig.server.copy(rig.server.append(mail(number)), "INBOX", "All")
    return rig


def by_folder(rig: Rig) -> dict[str, Counts]:
    """Run; answer the counts of each folder, and forget what was asked before."""
    rig.server.calls.clear()
    return {folder.name: folder.counts for folder in rig.one().folders}


def fetched(rig: Rig, method: str = "fetch_messages") -> list[Sequence[int]]:
    """The UIDs asked for in each command of the last run, over all folders."""
    return [argument for name, argument in rig.server.calls if name == method]  # type: ignore[misc]  # of this kind


def run_in_parts(rig: Rig, *folders: str) -> dict[str, Counts]:
    """Sync these folders alone, as if the others had been added later."""
    integration = rig.store.control.integrations()[0]
    rig.store.control.update_integration(replace(integration, folders=folders))
    return by_folder(rig)


# --- stored mail ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offers", ["OBJECTID", "X-GM-EXT-1"])
def test_the_second_folder_of_a_first_sync_costs_no_body(rig: Rig, offers: str) -> None:
    counts = by_folder(twofold(rig, offers=offers))
    assert counts["INBOX"] == Counts(listed=4, fetched=4, stored=4, tickets_created=4, bytes=counts["INBOX"].bytes)
    assert counts["All"] == Counts(listed=4, duplicate=4)
    assert fetched(rig) == [(1, 2, 3, 4)]
    assert rig.store.content.messages(MessageQuery()).total == 8, "visible through both"
    assert rig.store.content.tickets().total == 4
    before = rig.dump()
    assert rig.counts() == Counts()
    assert rig.dump() == before


def test_without_ids_it_is_fetched_twice_and_stored_once(rig: Rig) -> None:
    twofold(rig)
    rig.server.offers = frozenset()
    counts = by_folder(rig)
    assert (counts["All"].fetched, counts["All"].duplicate) == (4, 4)


def without_ids(rig: Rig) -> list[str]:
    """The dump but for what the server calls its mail."""
    lines = (json.loads(line) for line in rig.dump())
    return sorted(json.dumps({key: value for key, value in line.items() if key not in ID_COLUMNS}) for line in lines)


def test_new_mail_in_both_folders_is_fetched_once(rig: Rig) -> None:
    twofold(rig).run()
    rig.server.copy(rig.server.append(mail(9)), "INBOX", "All")
    rig.server.append(mail(10), "All")
    counts = by_folder(rig)
    assert (counts["INBOX"].fetched, counts["All"].fetched, counts["All"].duplicate) == (1, 1, 1)
    assert fetched(rig) == [(5,), (6,)]


def test_moved_mail_is_not_fetched_again(rig: Rig) -> None:
    rig.server.offers = frozenset({"OBJECTID"})
    rig.server.add_folder("Archive")
    rig.add(folders=("INBOX", "Archive"))
    uid = rig.server.append(mail(1))
    rig.run()
    rig.server.copy(uid, "INBOX", "Archive")
    rig.server.expunge(uid)
    counts = by_folder(rig)
    assert counts["Archive"] == Counts(listed=1, duplicate=1)
    assert fetched(rig) == []
    assert rig.store.content.tickets().total == 1


def test_a_folder_that_got_another_name_is_not_fetched_again(rig: Rig) -> None:
    twofold(rig).run()
    rig.server.rename("All", "Everything")
    assert run_in_parts(rig, "INBOX", "Everything")["Everything"] == Counts(listed=4, duplicate=4)
    assert fetched(rig) == []


def test_flags_of_a_copy_are_its_own_and_are_followed(rig: Rig) -> None:
    twofold(rig, 1)
    rig.server.set_flags(1, "\\Flagged", folder="All")
    rig.run()
    flags = {view.folder: view.flags for view in rig.store.content.messages(MessageQuery()).items}
    assert flags == {"INBOX": (), "All": ("\\Flagged",)}
    rig.server.set_flags(1, "\\Seen", folder="All")
    rig.server.append(mail(5), "All")
    rig.run()
    flags = {view.folder: view.flags for view in rig.store.content.messages(MessageQuery()).items if view.id == 1}
    assert flags == {"INBOX": (), "All": ("\\Seen",)}


def test_labels_and_thread_are_kept(rig: Rig) -> None:
    rig.server.offers = frozenset({"X-GM-EXT-1"})
    rig.add()
    uid = rig.server.append(mail(1))
    rig.server.folders["INBOX"].messages[uid].ids = ServerIds("gm:12", "gm:13", ("Réclamations", "\\Inbox"))
    rig.run()
    message = rig.store.content.message(1)
    assert message is not None
    assert message.labels == ("Réclamations", "\\Inbox")
    (line,) = [line for line in rig.dump() if '"inboxsync_placements"' in line]
    assert '"email_id": "gm:12"' in line
    assert '"server_thread_id": "gm:13"' in line


# --- each folder decides for itself --------------------------------------------------------------------------------


def test_a_filter_on_the_folder_decides_anew_from_what_is_kept(rig: Rig) -> None:
    counts = by_folder(twofold(rig, filter_json='{"field":"folder","equals":"INBOX"}'))
    assert (counts["INBOX"].stored, counts["All"].filtered, counts["All"].fetched) == (4, 4, 0)
    assert fetched(rig, "fetch_headers") == [(1, 2, 3, 4)]


def test_what_one_folder_refuses_another_may_take(rig: Rig) -> None:
    counts = by_folder(twofold(rig, filter_json='{"field":"folder","equals":"All"}'))
    assert (counts["INBOX"].filtered, counts["All"].stored, counts["All"].tickets_created) == (4, 4, 4)
    assert fetched(rig) == [(1, 2, 3, 4)]


def test_rules_and_ticket_decide_in_each_folder(rig: Rig) -> None:
    rules = (
        '[{"name":"quiet","when":{"field":"folder","equals":"INBOX"},"then":{"ticket":"none"}},'
        '{"name":"loud","when":{"field":"folder","equals":"All"},"then":{"server":{"mark_read":true}}}]'
    )
    counts = by_folder(twofold(rig, 2, rules_json=rules))
    assert (counts["INBOX"].tickets_created, counts["All"].tickets_created, counts["All"].fetched) == (0, 2, 0)
    assert [message.flags for message in rig.server.folders["All"].messages.values()] == [("\\Seen",)] * 2
    assert [message.flags for message in rig.server.folders["INBOX"].messages.values()] == [()] * 2


def test_mail_that_was_read_in_one_folder_only(rig: Rig) -> None:
    twofold(rig, 2, unread_only=True)
    rig.server.set_flags(1, "\\Seen")
    rig.server.set_flags(2, "\\Seen", folder="All")
    counts = by_folder(rig)
    assert (counts["INBOX"].filtered, counts["INBOX"].stored) == (1, 1)
    assert (counts["All"].stored, counts["All"].filtered) == (1, 1), "the first is fetched, the second told by its copy"
    assert fetched(rig) == [(2,), (1,)]


# --- refused mail --------------------------------------------------------------------------------------------------


def test_a_filter_on_the_header_is_asked_the_kept_header(rig: Rig) -> None:
    counts = by_folder(twofold(rig, filter_json='{"not":{"field":"subject","contains":"Mail 2"}}'))
    assert (counts["INBOX"].filtered, counts["All"].filtered, counts["All"].fetched) == (1, 1, 0)
    assert fetched(rig, "fetch_headers") == [(1, 2, 3, 4)]


def test_a_filter_on_the_body_refuses_a_copy_alike(rig: Rig) -> None:
    counts = by_folder(twofold(rig, filter_json=BODY_HAS_NOT_2))
    assert (counts["INBOX"].filtered, counts["All"].filtered, counts["All"].fetched) == (1, 1, 0)
    headers = [line for line in rig.dump() if "placement_headers" in line]
    assert len(headers) == 2, "each keeps its header"


@pytest.mark.parametrize(
    "varying",
    [
        '{"field":"folder","equals":"Nowhere"}',
        '{"field":"is_flagged","equals":true}',
        '{"field":"age_days","gt":100000}',
        '{"field":"authentication.spf","equals":"fail"}',
    ],
)
def test_a_filter_that_may_judge_a_copy_otherwise_is_given_all_of_it(rig: Rig, varying: str) -> None:
    counts = by_folder(twofold(rig, filter_json=f'{{"any":[{BODY_HAS_NOT_2},{varying}]}}'))
    assert (counts["INBOX"].filtered, counts["All"].filtered, counts["All"].fetched) == (1, 1, 1)


def test_a_filter_that_changed_meanwhile_is_given_all_of_it(rig: Rig) -> None:
    twofold(rig, filter_json=BODY_HAS_NOT_2)
    run_in_parts(rig, "INBOX")
    rig.later(minutes=1)
    integration = rig.store.control.integrations()[0]
    rig.store.control.update_integration(replace(integration, filter_json='{"field":"body","contains":"hello 2"}'))
    counts = run_in_parts(rig, *BOTH)
    assert (counts["All"].filtered, counts["All"].stored, counts["All"].fetched) == (3, 1, 1)


def test_unknown_senders_are_not_fetched_twice(rig: Rig) -> None:
    counts = by_folder(twofold(rig, known_senders_only=True))
    assert (counts["INBOX"].unknown_sender, counts["All"].unknown_sender, counts["All"].fetched) == (4, 4, 0)


def test_a_sender_who_became_known_is_fetched(rig: Rig) -> None:
    twofold(rig, 0, known_senders_only=True)
    rig.server.append(mail(1))
    rig.run()
    directory_of(rig.store.content).add_contact(Contact("ana@example.com"), at=rig.now)
    rig.server.copy(1, "INBOX", "All")
    assert by_folder(rig)["All"].stored == len(fetched(rig)) == 1


def test_a_sender_who_is_known_no_more_is_refused_by_what_is_kept(rig: Rig) -> None:
    twofold(rig, 0, known_senders_only=True)
    directory = directory_of(rig.store.content)
    directory.add_contact(Contact("ana@example.com"), at=rig.now)
    rig.server.append(mail(1))
    rig.run()
    directory.remove_contact("ana@example.com")
    rig.server.copy(1, "INBOX", "All")
    assert by_folder(rig)["All"] == Counts(listed=1, unknown_sender=1)


def test_large_mail_is_told_by_the_header_that_is_kept(rig: Rig) -> None:
    rig.limits = EngineLimits(max_message_bytes=100)
    counts = by_folder(twofold(rig))
    assert (counts["INBOX"].too_large, counts["All"].too_large) == (4, 4)
    assert fetched(rig, "fetch_headers") == [(1, 2, 3, 4)]


# --- what is no help -----------------------------------------------------------------------------------------------


def test_mail_that_cannot_be_had_in_one_folder_is_had_in_the_other(rig: Rig) -> None:
    twofold(rig, 2)
    rig.server.refuse(1)
    counts = by_folder(rig)
    assert (counts["INBOX"].pending, counts["All"].stored, counts["All"].duplicate) == (1, 1, 1)
    rig.later(hours=1)
    assert by_folder(rig)["INBOX"] == Counts(duplicate=1)
    assert rig.store.content.tickets().total == 2


def test_a_copy_that_was_set_aside_does_not_hide_the_other(rig: Rig) -> None:
    twofold(rig, 1)
    rig.server.refuse(1)
    for _ in range(MAX_ATTEMPTS):
        run_in_parts(rig, "INBOX")
        rig.later(hours=1)
    assert rig.fates().quarantined == 1
    counts = run_in_parts(rig, *BOTH)
    assert (counts["All"].stored, counts["All"].fetched) == (1, 1)


def test_mail_set_aside_is_taken_from_its_copy_when_asked_for_again(rig: Rig) -> None:
    twofold(rig, 1)
    rig.server.refuse(1)
    for _ in range(MAX_ATTEMPTS):
        run_in_parts(rig, "INBOX")
        rig.later(hours=1)
    run_in_parts(rig, "All")
    (set_aside,) = rig.store.content.quarantined()
    rig.store.content.reopen([set_aside.id], at=rig.now)
    counts = run_in_parts(rig, "INBOX")
    assert counts["INBOX"] == Counts(duplicate=1)
    assert rig.store.content.quarantined() == ()


def test_one_id_for_all_mail_loses_none(rig: Rig) -> None:
    twofold(rig, 0)
    for number in range(1, 5):
        rig.server.append(mail(number), internal_date=SOME_TIME + timedelta(minutes=number))
        rig.server.append(mail(number, body="longer"), "All")
    for folder in rig.server.folders.values():
        for message in folder.messages.values():
            message.ids = ServerIds("0")
    counts = by_folder(rig)
    assert (counts["INBOX"].stored, counts["All"].stored) == (4, 4)


def test_damaged_octets_are_fetched_once_more(rig: Rig, tmp_path: Path) -> None:
    twofold(rig, 2, filter_json='{"field":"body","contains":"hello"}')
    run_in_parts(rig, "INBOX")
    with closing(sqlite3.connect(tmp_path / "inboxsync.sqlite3")) as database, database:
        database.execute("UPDATE inboxsync_raw SET data = x'00' WHERE sha256 = (SELECT min(sha256) FROM inboxsync_raw)")
    counts = run_in_parts(rig, *BOTH)
    assert (counts["All"].duplicate, counts["All"].fetched) == (2, 1)


def test_a_duplicate_with_other_trace_fields_is_no_source_of_octets(rig: Rig) -> None:
    """The filter would be asked about the header of another copy."""
    twofold(rig, 0, filter_json='{"any":[{"field":"headers.x-list","contains":"a"},{"field":"body","contains":"1"}]}')
    rig.server.append(b"X-List: a\r\n" + mail(1))
    rig.server.copy(rig.server.append(b"X-List: b\r\n" + mail(1)), "INBOX", "All")
    counts = by_folder(rig)
    assert (counts["INBOX"].stored, counts["INBOX"].duplicate, counts["All"].duplicate) == (1, 1, 1)
    assert counts["All"].fetched == 1


def test_where_nothing_asks_for_the_header_a_duplicate_will_do(rig: Rig) -> None:
    twofold(rig, 0)
    rig.server.append(b"X-List: a\r\n" + mail(1))
    rig.server.copy(rig.server.append(b"X-List: b\r\n" + mail(1)), "INBOX", "All")
    counts = by_folder(rig)
    assert (counts["INBOX"].duplicate, counts["All"]) == (1, Counts(listed=1, duplicate=1))
    rig.server.renumber("All")
    assert by_folder(rig)["All"] == Counts(listed=1, remapped=1)


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"makes_tickets": False},
        {"tickets_since": SOME_TIME + timedelta(days=1)},
        {"mark_read": True},
        {"company": "ACME"},
        {"unread_only": True},
        {"filter_json": '{"field":"body","contains":"hello"}'},
    ],
    ids=lambda given: "-".join(given) or "none",
)
def test_settings_say_the_same_of_a_copy_as_of_mail_that_is_fetched(
    rig: Rig, chosen: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    twofold(rig, 2, **chosen).run()
    with rig_in(tmp_path_factory.mktemp("plain")) as plain:
        twofold(plain, 2, **chosen)
        plain.server.offers = frozenset()
        plain.run()
        assert without_ids(plain) == without_ids(rig)
    assert rig.server.calls.count(("fetch_messages", (1, 2))) == 1


def test_settings_that_changed_meanwhile_decide_about_the_copy(rig: Rig) -> None:
    twofold(rig, 2, makes_tickets=False)
    run_in_parts(rig, "INBOX")
    rig.later(minutes=1)
    integration = rig.store.control.integrations()[0]
    rig.store.control.update_integration(replace(integration, makes_tickets=True))
    counts = run_in_parts(rig, *BOTH)["All"]
    assert (counts.tickets_created, counts.duplicate, counts.fetched) == (2, 2, 0)


def test_another_scope_gets_content_of_its_own_from_what_is_kept(rig: Rig) -> None:
    twofold(rig, 2)
    run_in_parts(rig, "INBOX")
    integration = rig.store.control.integrations()[0]
    rig.store.control.update_integration(replace(integration, company="ACME"))
    counts = run_in_parts(rig, *BOTH)["All"]
    assert (counts.stored, counts.tickets_created, counts.fetched) == (2, 2, 0)


def test_copies_in_one_folder_are_fetched_as_they_come(rig: Rig) -> None:
    twofold(rig, 0)
    rig.server.copy(rig.server.append(mail(1)), "INBOX", "INBOX")
    counts = by_folder(rig)
    assert (counts["INBOX"].stored, counts["INBOX"].duplicate) == (1, 1)


def test_ids_of_another_integration_are_not_asked(rig: Rig) -> None:
    """They name mail within one account only (RFC 8474 §4)."""
    twofold(rig, 1)
    run_in_parts(rig, "INBOX")
    rig.add("sales", folders=("All",))
    (_, sales) = sorted(rig.run().integrations, key=lambda report: report.name == "sales")
    assert (sales.name, sales.counts.stored, sales.counts.fetched) == ("sales", 1, 1)


# --- runs that end anywhere ----------------------------------------------------------------------------------------


def test_a_run_cut_anywhere_comes_to_the_same_end(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> None:
    twofold(rig, 3, filter_json=BODY_HAS_NOT_2).run()
    wanted = rig.dump()
    for cut in range(1, rig.checks, 3):
        with rig_in(tmp_path_factory.mktemp("cut")) as other:
            twofold(other, 3, filter_json=BODY_HAS_NOT_2)
            other.stop_after = cut
            other.run()
            other.stop_after = None
            other.run()
            assert other.dump() == wanted, cut


# --- the proof that ids change nothing but what is fetched ---------------------------------------------------------

NUMBERS = st.integers(1, 4)
FOLDERS = st.sampled_from(BOTH)
STEPS = st.one_of(
    st.tuples(st.just("deliver"), NUMBERS, FOLDERS),
    st.tuples(st.just("copy"), NUMBERS, FOLDERS),
    st.tuples(st.just("move"), NUMBERS, FOLDERS),
    st.tuples(st.just("flag"), NUMBERS, FOLDERS),
    st.tuples(st.just("renumber"), NUMBERS, FOLDERS),
    st.tuples(st.just("sync"), NUMBERS, FOLDERS),
)
SETTINGS: list[dict[str, Any]] = [
    {},
    {"mark_read": True, "company": "ACME"},
    {"unread_only": True, "makes_tickets": False},
    {"known_senders_only": True},
    {"filter_json": '{"field":"folder","equals":"All"}'},
    {"filter_json": BODY_HAS_NOT_2},
    {"filter_json": '{"any":[{"field":"is_flagged","equals":true},{"field":"body","contains":"hello 1"}]}'},
]


def carry_out(rig: Rig, step: tuple[str, int, str]) -> None:
    kind, number, folder = step
    place = rig.server.folders[folder].messages
    other = BOTH[folder == BOTH[0]]
    if kind == "deliver":
        rig.server.append(mail(number), folder, internal_date=SOME_TIME + timedelta(minutes=number))
    elif kind == "renumber":
        rig.server.renumber(folder)
    elif kind == "sync":
        rig.later(hours=1)
        rig.run()
    elif number in place:
        if kind == "flag":
            rig.server.set_flags(number, "\\Seen", "\\Flagged", folder=folder)
        else:
            rig.server.copy(number, folder, other)
        if kind == "move":
            rig.server.expunge(number, folder)


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=3, max_size=14), chosen=st.sampled_from(SETTINGS))
def test_with_ids_the_ledger_comes_out_the_same(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, str]], chosen: dict[str, Any]
) -> None:
    dumps: list[list[str]] = []
    for offers in (frozenset({"OBJECTID"}), frozenset[str]()):
        with rig_in(tmp_path_factory.mktemp("same")) as rig:
            twofold(rig, 2, **chosen)
            rig.server.offers = offers
            for step in [*steps, ("sync", 1, "INBOX")]:
                carry_out(rig, step)
            dumps.append(without_ids(rig))
    assert dumps[0] == dumps[1]


@pytest.mark.parametrize(
    ("change", "is_taken"),
    [
        ({}, True),
        ({"scope": "company:ACME"}, False),
        ({"ticket": None}, False),
        ({"message_id": None}, False),
        ({"settled_at": None}, False),
        ({"settled_at": START - timedelta(seconds=1)}, False),
    ],
)
def test_a_fate_is_shared_only_under_the_same_settings(rig: Rig, change: dict[str, Any], is_taken: bool) -> None:
    integration = replace(rig.add(), updated_at=START)
    ticket = TicketDecision(TicketEffect.CREATED, "new_message")
    copy = known(1, external_id="m1@example.com", scope=integration.scope, ticket=ticket)
    meta = MessageMeta(2, ("\\Seen",), START, 10, ServerIds("M1"))
    outcome = taken_like(replace(copy, **change), meta, Policy(integration, 100))
    assert (outcome is not None) is is_taken
    if outcome is not None:
        assert (outcome.fate, outcome.external_id) == (Fate.DUPLICATE, "m1@example.com")
        assert outcome.ticket == TicketDecision(TicketEffect.NONE, "already_has_ticket")


# --- the choice ----------------------------------------------------------------------------------------------------


def known(uid: int, **fields: object) -> KnownCopy:
    copy = KnownCopy(uid, "M1", 10, START, Fate.STORED, None, START, "a" * 64, 1)
    return replace(copy, **fields)  # type: ignore[arg-type]  # by keyword


def test_a_copy_agrees_in_what_never_changes() -> None:
    meta = MessageMeta(1, (), START, 10, ServerIds("M1"))
    fit = known(1)
    others = [known(2, size_bytes=11), known(3, internal_date=None), known(4, internal_date=START + timedelta(1))]
    assert list(copies_of(meta, {"M1": [*others, fit]})) == [fit]
    assert list(copies_of(meta, {"M2": [fit]})) == []
    assert list(copies_of(replace(meta, ids=None), {"M1": [fit]})) == []
    assert list(copies_of(replace(meta, internal_date=None), {"M1": [known(3, internal_date=None)]})) == []


def test_few_are_tried() -> None:
    meta = MessageMeta(1, (), START, 10, ServerIds("M1"))
    assert [copy.placement_id for copy in copies_of(meta, {"M1": [known(each) for each in range(50)]})] == list(
        range(TRIED_COPIES)
    )
