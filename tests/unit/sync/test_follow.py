"""Following flags and expunges, on servers that count changes and on others; nothing is believed too soon."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from inboxsync.model.following import Followed, FollowLimits, FollowRecord
from inboxsync.model.placement import FolderStatus
from inboxsync.model.report import PlanKind, RunStatus
from inboxsync.model.state import FolderCursor, FolderState
from inboxsync.sync import follow
from inboxsync.sync.context import EngineLimits
from tests.unit.sync.rig import NOW, START, Rig, mail

QUIET = {"connect", "examine", "close"}


def filled(rig: Rig, count: int = 5, *, condstore: bool = False, **settings: object) -> Rig:
    rig.add(**settings)  # type: ignore[arg-type]  # settings of an integration
    if condstore:
        rig.server.keep_modseqs()
    for number in range(count):
        rig.server.append(mail(number), internal_date=START - timedelta(hours=1))
    rig.run()
    rig.server.calls.clear()
    return rig


def known(rig: Rig, uidvalidity: int = 1) -> dict[int, tuple[tuple[str, ...], bool]]:
    """Flags and whether it is gone, of each UID in the ledger."""
    lines = rig.store.content.known_placements(1, uidvalidity, 1, 2**32 - 1)
    return {line.uid: (line.flags, line.is_expunged) for line in lines}


def gone(rig: Rig) -> list[int]:
    return [uid for uid, (_, is_expunged) in known(rig).items() if is_expunged]


def asked(rig: Rig) -> list[object]:
    return [argument for method, argument in rig.server.calls if method == "fetch_flags"]


def folder(rig: Rig) -> FolderState:
    return rig.store.control.folder(1, "INBOX")


def counted(rig: Rig) -> tuple[int | None, int | None]:
    cursor = folder(rig).cursor
    assert cursor is not None
    return cursor.exists, cursor.unread


BOTH = pytest.mark.parametrize("condstore", [True, False], ids=["condstore", "plain"])


# --- what changed is found -----------------------------------------------------------------------------------------


@BOTH
def test_nothing_new_costs_an_examine_and_no_heavy_store(rig: Rig, condstore: bool) -> None:
    filled(rig, condstore=condstore)
    rig.run()
    assert {method for method, _ in rig.server.calls} == QUIET


@BOTH
def test_a_second_run_changes_nothing_though_mail_was_marked_read(rig: Rig, condstore: bool) -> None:
    filled(rig, condstore=condstore, mark_read=True)
    before = rig.dump()
    assert known(rig)[1] == (("\\Seen",), False)
    for _ in range(3):
        rig.later(minutes=40)
        rig.run()
        assert rig.dump() == before


def test_changed_flags_are_taken_from_the_changes_alone(rig: Rig) -> None:
    filled(rig, condstore=True)
    modseq = rig.server.folders["INBOX"].highestmodseq
    rig.server.set_flags(2, "\\Seen", "$Work")
    report = rig.one()
    assert (report.status, report.folders[0].plan) == (RunStatus.SUCCESS, PlanKind.NOTHING_NEW)
    assert known(rig)[2] == (("\\Seen", "$Work"), False)
    assert asked(rig) == [(1, 5, modseq)]
    assert counted(rig) == (5, 4)
    rig.server.calls.clear()
    rig.run()
    assert {method for method, _ in rig.server.calls} == QUIET


def test_changes_are_found_beside_new_mail_in_one_command(rig: Rig) -> None:
    filled(rig, condstore=True)
    modseq = rig.server.folders["INBOX"].highestmodseq
    rig.server.set_flags(1, "\\Answered")
    rig.server.append(mail(77))
    rig.run()
    assert known(rig)[1][0] == ("\\Answered",)
    assert asked(rig) == [(1, 5, modseq)]
    assert "unseen_count" not in {method for method, _ in rig.server.calls}
    assert counted(rig) == (6, 6)


def test_a_server_that_knows_no_changedsince_is_looked_through(rig: Rig) -> None:
    filled(rig, condstore=True)
    rig.server.folders["INBOX"].refuses_changed_since = True
    rig.server.set_flags(4, "\\Flagged")
    assert rig.one().status is RunStatus.SUCCESS
    assert known(rig)[4][0] == ("\\Flagged",)


@pytest.mark.parametrize("lost", [None, 10**9], ids=["never followed", "count went back"])
def test_where_the_changes_are_not_known_all_is_looked_at(rig: Rig, lost: int | None) -> None:
    filled(rig, condstore=True)
    followed = folder(rig).followed
    assert followed is not None
    rig.server.set_flags(1, "\\Seen")
    lose(rig, replace(followed, modseq=lost))
    rig.run()
    assert known(rig)[1][0] == ("\\Seen",)
    assert asked(rig) == [(1, 5, None)]


def lose(rig: Rig, followed: Followed) -> None:
    rig.store.content.follow(FollowRecord(1, 1, rig.now, followed=followed))


def test_a_plain_server_is_asked_again_after_half_an_hour(rig: Rig) -> None:
    filled(rig)
    rig.server.set_flags(3, "\\Flagged")
    rig.later(minutes=29)
    rig.run()
    assert known(rig)[3][0] == ()
    rig.later(minutes=1)
    rig.run()
    assert known(rig)[3][0] == ("\\Flagged",)
    assert asked(rig) == [(1, 5, None)]


def test_a_plain_server_is_asked_for_the_newest_when_mail_arrives(rig: Rig) -> None:
    filled(rig)
    rig.server.set_flags(3, "\\Seen")
    rig.server.append(mail(77))
    rig.run()
    assert known(rig)[3][0] == ("\\Seen",)
    assert counted(rig) == (6, 5)


def limited(rig: Rig, limits: FollowLimits) -> None:
    rig.limits = EngineLimits(following=limits)


def test_older_mail_of_a_plain_server_comes_in_turn(rig: Rig) -> None:
    limited(rig, FollowLimits(newest_messages=2, sweep_messages=3))
    filled(rig, 9)
    for _ in range(4):
        rig.later(minutes=30)
        rig.run()
    sweeps = [window for window in asked(rig) if window != (8, 9, None)]
    assert sweeps == [(5, 7, None), (2, 4, None), (1, 1, None), (5, 7, None)]


def test_new_mail_does_not_hold_the_turn_of_older_mail_up(rig: Rig) -> None:
    limited(rig, FollowLimits(newest_messages=2))
    filled(rig, 6)
    rig.server.set_flags(1, "\\Seen")
    for number in range(7):
        rig.later(minutes=5)
        rig.server.append(mail(100 + number))
        rig.run()
    assert known(rig)[1][0] == ("\\Seen",)


def test_the_order_of_flags_is_no_change(rig: Rig) -> None:
    filled(rig, condstore=True)
    rig.server.set_flags(1, "b", "a")
    rig.run()
    before = rig.dump()
    rig.server.set_flags(1, "a", "b")
    rig.run()
    assert rig.dump() == before


# --- expunges ------------------------------------------------------------------------------------------------------


@BOTH
def test_expunged_mail_keeps_its_fate_and_all_it_has(rig: Rig, condstore: bool) -> None:
    filled(rig, condstore=condstore)
    before = rig.fates()
    rig.server.expunge(2)
    rig.server.expunge(5)
    rig.run()
    assert gone(rig) == [2, 5]
    assert rig.fates() == before
    assert counted(rig) == (3, 3)
    rig.server.calls.clear()
    rig.run()
    assert {method for method, _ in rig.server.calls} == QUIET


@BOTH
def test_an_expunge_is_found_though_new_mail_keeps_the_number(rig: Rig, condstore: bool) -> None:
    filled(rig, condstore=condstore)
    rig.server.expunge(1)
    rig.server.append(mail(77))
    rig.run()
    assert gone(rig) == [1]


def test_the_search_for_what_is_gone_ends_when_exists_is_explained(rig: Rig) -> None:
    limited(rig, FollowLimits(walk_messages=2))
    filled(rig, 10, condstore=True)
    rig.server.expunge(8)
    rig.run()
    assert gone(rig) == [8]
    assert [window for window in asked(rig) if window[2] is None] == [(9, 10, None), (5, 8, None)]  # type: ignore[index]  # a tuple


@BOTH
def test_a_message_that_is_back_is_not_gone(rig: Rig, condstore: bool) -> None:
    filled(rig, condstore=condstore)
    inbox = rig.server.folders["INBOX"]
    message = inbox.messages[3]
    rig.server.expunge(3)
    rig.run()
    assert gone(rig) == [3]
    inbox.messages[3] = message
    inbox.changed(message)
    rig.run()
    assert gone(rig) == []
    assert (rig.one().status, counted(rig)) == (RunStatus.SUCCESS, (5, 5))


def test_an_old_message_that_is_back_on_a_plain_server_is_looked_for(rig: Rig) -> None:
    limited(rig, FollowLimits(newest_messages=1))
    filled(rig)
    inbox = rig.server.folders["INBOX"]
    message = inbox.messages[2]
    rig.server.expunge(2)
    rig.run()
    inbox.messages[2] = message
    rig.server.calls.clear()
    rig.run()
    assert gone(rig) == []
    assert asked(rig) == [(5, 5, None), (2, 2, None)]


def test_one_message_goes_and_another_is_back(rig: Rig) -> None:
    filled(rig, condstore=True)
    inbox = rig.server.folders["INBOX"]
    message = inbox.messages[3]
    rig.server.expunge(3)
    rig.run()
    inbox.messages[3] = message
    inbox.changed(message)
    rig.server.expunge(5)
    rig.run()
    assert gone(rig) == [5]


def test_an_expunge_that_is_not_counted_as_a_change_costs_a_walk(rig: Rig) -> None:
    limited(rig, FollowLimits(walk_messages=2))
    filled(rig, 6, condstore=True)
    del rig.server.folders["INBOX"].messages[4]
    rig.run()
    assert gone(rig) == [4]
    assert asked(rig) == [(5, 6, None), (1, 4, None)]


@BOTH
def test_a_folder_that_was_emptied_is_noted_so(rig: Rig, condstore: bool) -> None:
    filled(rig, condstore=condstore)
    for uid in range(1, 6):
        rig.server.expunge(uid)
    rig.run()
    assert gone(rig) == [1, 2, 3, 4, 5]
    assert counted(rig) == (0, 0)
    assert [method for method, _ in rig.server.calls].count("examine") == 2


# --- what must not be believed -------------------------------------------------------------------------------------


@BOTH
def test_a_listing_that_takes_more_away_than_exists_does_changes_nothing(rig: Rig, condstore: bool) -> None:
    filled(rig, condstore=condstore)
    inbox = rig.server.folders["INBOX"]
    kept = dict(inbox.messages)
    before = rig.dump()
    inbox.hidden = {1, 2, 3, 4, 5}
    rig.later(minutes=40)
    inbox.changed()
    report = rig.one()
    assert report.status is RunStatus.SUCCESS
    assert gone(rig) == []
    assert rig.dump() == before
    inbox.hidden = set()
    assert inbox.messages == kept


def test_an_empty_folder_that_is_not_empty_when_asked_again_changes_nothing(rig: Rig) -> None:
    filled(rig)
    inbox = rig.server.folders["INBOX"]
    inbox.exists_told, inbox.hidden = [0, 5], {1, 2, 3, 4, 5}
    rig.run()
    assert gone(rig) == []
    assert counted(rig)[0] == 5
    inbox.exists_told, inbox.hidden = [], set()
    rig.run()
    assert gone(rig) == []
    assert counted(rig) == (5, 5)


@BOTH
def test_a_mailbox_shown_in_part_loses_nothing(rig: Rig, condstore: bool) -> None:
    filled(rig, condstore=condstore)
    rig.server.folders["INBOX"].partial_view = True
    rig.server.expunge(1)
    rig.run()
    assert gone(rig) == []


@BOTH
@pytest.mark.parametrize("after", range(6))
def test_a_connection_lost_while_following_is_made_up_for(rig: Rig, condstore: bool, after: int) -> None:
    filled(rig, condstore=condstore)
    rig.server.set_flags(2, "\\Seen")
    rig.server.expunge(4)
    rig.server.drop_after(after)
    rig.run()
    rig.run()
    assert known(rig)[2][0] == ("\\Seen",)
    assert gone(rig) == [4]
    assert counted(rig) == (4, 3)


@BOTH
def test_a_new_uidvalidity_is_followed_from_there(rig: Rig, condstore: bool) -> None:
    filled(rig, condstore=condstore)
    rig.server.renumber()
    rig.run()
    rig.server.set_flags(1, "\\Flagged")
    rig.later(minutes=30)
    rig.run()
    assert known(rig, 2)[1][0] == ("\\Flagged",)


def test_a_dry_run_follows_nothing(rig: Rig) -> None:
    filled(rig, condstore=True)
    rig.server.set_flags(1, "\\Seen")
    rig.run(replace(NOW, dry_run=True))
    assert asked(rig) == []
    assert known(rig)[1][0] == ()


# --- when it is due ------------------------------------------------------------------------------------------------

STATUS = FolderStatus(uidvalidity=1, uidnext=6, exists=5, highestmodseq=9)
CURSOR = FolderCursor(uidvalidity=1, uidnext=6, exists=5, unread=2)
FOLLOWED = Followed(uidvalidity=1, modseq=9, exists=5, swept_at=START)
STATE = FolderState(1, 1, "INBOX", CURSOR, followed=FOLLOWED)


@pytest.mark.parametrize(
    ("state", "status", "is_due"),
    [
        (STATE, STATUS, False),
        (replace(STATE, followed=None), STATUS, True),
        (STATE, replace(STATUS, highestmodseq=10), True),
        (STATE, replace(STATUS, highestmodseq=8), True),
        (STATE, replace(STATUS, exists=4), True),
        (STATE, replace(STATUS, uidvalidity=2), True),
        (replace(STATE, cursor=replace(CURSOR, unread=None)), STATUS, True),
        (replace(STATE, followed=replace(FOLLOWED, exists=None)), STATUS, True),
    ],
)
def test_it_is_due_when_something_differs(state: FolderState, status: FolderStatus, is_due: bool) -> None:
    uidvalidity = status.uidvalidity or 0
    assert follow.is_due(state, status, uidvalidity, status.highestmodseq, START + timedelta(days=3)) is is_due


@pytest.mark.parametrize(("minutes", "is_due"), [(0, False), (29, False), (30, True), (-1, True)])
def test_without_modseqs_it_is_due_every_half_hour(minutes: int, is_due: bool) -> None:
    assert follow.is_due(STATE, STATUS, 1, None, START + timedelta(minutes=minutes)) is is_due


def test_a_modseq_counts_only_where_it_can_be_asked_by() -> None:
    assert follow.modseq_of(STATUS, frozenset({"IMAP4REV1"})) is None
    assert follow.modseq_of(STATUS, frozenset({"CONDSTORE"})) == 9
    assert follow.modseq_of(STATUS, frozenset({"QRESYNC"})) == 9
