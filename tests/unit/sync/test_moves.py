"""Moving mail on the server as rules want it: after the commit, once, and never at the cost of a message."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from inboxsync.errors import ConnectionLost
from inboxsync.model.integration import DedupScope
from inboxsync.model.report import RunStatus
from inboxsync.model.views import MessageQuery
from inboxsync.sync.moves import is_same_folder
from tests.unit.sync.rig import START, Rig, mail


def rules(target: str = "Processed", **more: object) -> str:
    """Rules that move everything whose subject speaks of mail."""
    when = {"field": "subject", "contains": "mail"}
    return json.dumps([{"name": "file it", "when": when, "then": {"server": {"move_to": target}, **more}}])


def moving(rig: Rig, *capabilities: str, folders: tuple[str, ...] = ("INBOX",), **settings: Any) -> Rig:
    """An account whose rules move its two messages into a folder that is there."""
    rig.add(rules_json=rules(), folders=folders, tickets_since=None, **settings)
    rig.server.can = frozenset(capabilities or ("MOVE",))
    rig.server.add_folder("Processed")
    for number in (1, 2):
        rig.server.append(mail(number))
    return rig


def called(rig: Rig, method: str) -> list[object]:
    return [argument for name, argument in rig.server.calls if name == method]


def in_folder(rig: Rig, name: str) -> list[bytes]:
    return [one.octets for one in rig.server.folders[name].messages.values()]


def placements(rig: Rig) -> list[tuple[str, str, str | None, bool]]:
    """Folder, fate, state of the move and whether it is gone, of each placement."""
    rows = [json.loads(line) for line in rig.dump() if '"inboxsync_placements"' in line]
    return sorted((row["folder_id"][1], row["fate"], row["move_action"], bool(row["expunged_at"])) for row in rows)


@pytest.mark.parametrize("capabilities", [("MOVE",), ("UIDPLUS",), ("MOVE", "UIDPLUS")])
def test_what_is_committed_is_moved_once(rig: Rig, capabilities: tuple[str, ...]) -> None:
    moving(rig, *capabilities)
    counts = rig.counts()
    assert (counts.stored, counts.tickets_created) == (2, 2)
    assert (in_folder(rig, "INBOX"), in_folder(rig, "Processed")) == ([], [mail(1), mail(2)])
    before = rig.dump()
    rig.server.calls.clear()
    report = rig.one()
    assert (report.status, report.counts.listed, report.counts.vanished) == (RunStatus.SUCCESS, 0, 0)
    assert not called(rig, "move") + called(rig, "remove")
    assert rig.dump() == before
    assert placements(rig) == [("INBOX", "stored", "done", True)] * 2


def test_the_moved_mail_is_no_second_record_and_no_second_ticket(rig: Rig) -> None:
    moving(rig, folders=("INBOX", "Processed"))
    first, second = rig.counts(), rig.counts()
    assert (first.stored, first.duplicate, first.tickets_created) == (2, 2, 2)
    assert (second.stored, second.duplicate, second.tickets_created) == (0, 0, 0)
    assert len(in_folder(rig, "Processed")) == 2
    assert placements(rig) == [("INBOX", "stored", "done", True)] * 2 + [("Processed", "duplicate", "kept", False)] * 2
    assert rig.store.content.tickets().total == 2
    assert {one.folder for one in rig.store.content.messages(MessageQuery()).items} == {"INBOX", "Processed"}


def test_rules_of_two_folders_that_name_each_other_move_a_message_once(rig: Rig) -> None:
    there = {"field": "folder", "equals": "Processed"}
    back = {"name": "back", "when": there, "then": {"server": {"move_to": "INBOX"}}}
    moving(rig, folders=("INBOX", "Processed"))
    integration = rig.store.control.integrations()[0]
    both = json.dumps([*json.loads(rules()), back])
    rig.store.control.update_integration(replace(integration, rules_json=both))
    for _ in range(3):
        rig.run()
    assert (in_folder(rig, "INBOX"), len(in_folder(rig, "Processed"))) == ([], 2)
    assert len(called(rig, "move")) == 1


def test_nothing_is_moved_before_it_is_committed(rig: Rig) -> None:
    moving(rig)
    rig.stop_after = 3
    rig.one()
    assert not called(rig, "move")
    assert len(in_folder(rig, "INBOX")) == 2


def test_a_server_without_move_and_uidplus_keeps_its_mail_and_says_so(rig: Rig) -> None:
    moving(rig, "IDLE")
    for stored in (2, 0):
        report = rig.one()
        assert (report.status, report.exit_code, report.counts.stored) == (RunStatus.PARTIAL, 75, stored)
        assert report.error is not None
        assert report.error.code == "move_refused"
    assert len(in_folder(rig, "INBOX")) == 2
    rig.server.can = frozenset({"MOVE"})
    assert rig.one().status is RunStatus.SUCCESS
    assert len(in_folder(rig, "Processed")) == 2


def test_a_missing_target_costs_nothing_but_the_move(rig: Rig) -> None:
    moving(rig)
    kept = rig.server.folders.pop("Processed")
    assert rig.one().error is not None
    assert len(in_folder(rig, "INBOX")) == 2
    rig.server.folders["Processed"] = kept
    assert rig.one().error is None
    assert len(in_folder(rig, "Processed")) == 2


def test_a_line_cut_after_the_copy_makes_no_second_copy(rig: Rig) -> None:
    moving(rig, "UIDPLUS")
    cut = rig.server.cut_removal = [ConnectionLost("the line was cut")]
    rig.one()
    assert not cut
    assert len(in_folder(rig, "Processed")) == 2
    rig.later(minutes=10)
    rig.one()
    assert (in_folder(rig, "INBOX"), len(in_folder(rig, "Processed"))) == ([], 2)
    assert len(called(rig, "move")) == 1


def test_mail_that_somebody_took_away_first_is_not_waited_for(rig: Rig) -> None:
    moving(rig)
    kept = rig.server.folders.pop("Processed")
    rig.one()
    rig.server.expunge(1)
    rig.server.expunge(2)
    rig.one()
    rig.server.folders["Processed"] = kept
    assert rig.one().status is RunStatus.SUCCESS
    assert rig.store.control.folders(1)[0].moves_wanted == 0
    assert in_folder(rig, "Processed") == []


def test_the_mail_of_another_mailbox_in_the_scope_is_moved_there_too(rig: Rig) -> None:
    """Dedup decides storage only: what the rules of each mailbox ask for is done in each."""
    moving(rig, dedup=DedupScope.STORE)
    rig.add("sales", rules_json=rules(), dedup=DedupScope.STORE, folders=("Sales",), since=START.replace(year=2020))
    rig.server.add_folder("Sales")
    rig.server.append(mail(1), folder="Sales")
    rig.run()
    assert (in_folder(rig, "INBOX"), in_folder(rig, "Sales")) == ([], [])
    assert len(in_folder(rig, "Processed")) == 3


def test_marking_read_comes_before_moving(rig: Rig) -> None:
    moving(rig, mark_read=True)
    rig.run()
    methods = [name for name, _ in rig.server.calls if name in ("mark_seen", "move")]
    assert methods == ["mark_seen", "move"]
    assert all("\\Seen" in one.flags for one in rig.server.folders["Processed"].messages.values())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("INBOX", "Inbox", True), ("A", "A", True), ("A", "a", False), ("INBOX/A", "inbox/a", False)],
)
def test_only_the_inbox_has_a_name_in_any_case(one: str, other: str, same: bool) -> None:
    assert is_same_folder(one, other) is same
