"""The planner: what it plans in each case, and that no UID is ever left between two windows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.model.placement import FolderStatus, MessageMeta
from inboxsync.model.report import PlanKind
from inboxsync.model.state import FolderCursor, FolderState
from inboxsync.sync.plan import (
    MAX_UID,
    Note,
    Window,
    as_ledger_has_it,
    chunks_by_size,
    cursor_after_window,
    former_folder,
    halves,
    in_new_generation,
    plan_folder,
    server_uidvalidity,
    shown_in_part,
    uid_ranges,
)


def state(
    uidvalidity: int | None = None, uidnext: int = 1, *, open_count: int = 0, seen_wanted: int = 0
) -> FolderState:
    cursor = None if uidvalidity is None else FolderCursor(uidvalidity=uidvalidity, uidnext=uidnext, exists=0)
    return FolderState(
        id=1, integration_id=1, name="INBOX", cursor=cursor, open_count=open_count, seen_wanted=seen_wanted
    )


def status(uidvalidity: int | None = 7, uidnext: int | None = 11, exists: int = 10) -> FolderStatus:
    return FolderStatus(uidvalidity=uidvalidity, uidnext=uidnext, exists=exists)


def test_a_folder_never_seen_is_listed_whole() -> None:
    plan = plan_folder(state(), status())
    assert (plan.kind, plan.windows, plan.cursor.uidnext) == (PlanKind.INITIAL, (Window(1, 10),), 11)


def test_an_empty_folder_needs_no_command_and_moves_the_cursor() -> None:
    plan = plan_folder(state(), status(uidnext=500, exists=0))
    assert (plan.kind, plan.windows, plan.cursor.uidnext) == (PlanKind.INITIAL, (), 500)


def test_same_uidnext_and_nothing_open_is_nothing_new() -> None:
    plan = plan_folder(state(7, 11), status())
    assert (plan.kind, plan.windows) == (PlanKind.NOTHING_NEW, ())


@pytest.mark.parametrize("waiting", [state(7, 11, open_count=1), state(7, 11, seen_wanted=1)])
def test_open_work_is_done_though_nothing_is_new(waiting: FolderState) -> None:
    plan = plan_folder(waiting, status())
    assert (plan.kind, plan.windows) == (PlanKind.INCREMENTAL, ())


def test_new_mail_is_listed_from_the_cursor() -> None:
    plan = plan_folder(state(7, 6), status())
    assert (plan.kind, plan.windows) == (PlanKind.INCREMENTAL, (Window(6, 10),))


def test_a_changed_uidvalidity_retires_the_old_and_lists_whole() -> None:
    plan = plan_folder(state(6, 900, open_count=3), status())
    assert plan.kind is PlanKind.UIDVALIDITY_CHANGED
    assert (plan.retire_uidvalidity, plan.windows, plan.cursor.uidvalidity) == (6, (Window(1, 10),), 7)


def test_a_lower_uidnext_means_other_uids_under_the_same_uidvalidity() -> None:
    plan = plan_folder(state(7, 900), status())
    assert (plan.kind, plan.windows, plan.retire_uidvalidity) == (PlanKind.UIDVALIDITY_CHANGED, (Window(1, 10),), 7)
    assert plan.notes == (Note.UIDNEXT_LOWER,)
    renewed = in_new_generation(plan, {7})
    assert renewed.uidvalidity == renewed.cursor.uidvalidity == 7 + 2**32
    assert server_uidvalidity(renewed.uidvalidity) == 7


def test_without_uidnext_the_cursor_follows_what_was_listed() -> None:
    plan = plan_folder(state(7, 6), status(uidnext=None))
    assert plan.windows == (Window(6, MAX_UID),)
    assert cursor_after_window(plan, plan.windows[0], highest_listed=42).uidnext == 43
    assert cursor_after_window(plan, plan.windows[0], highest_listed=0).uidnext == 6


def test_without_lasting_uids_all_is_compared_on_every_run() -> None:
    for given_status in (status(uidvalidity=None), replace(status(), uids_sticky=False)):
        first = plan_folder(state(), given_status)
        assert (first.kind, first.numbers_are_ours, first.windows) == (PlanKind.INITIAL, True, (Window(1, 10),))
        again = plan_folder(state(first.uidvalidity, 11), given_status)
        assert (again.kind, again.numbers_are_ours, again.remaps) == (PlanKind.UIDVALIDITY_CHANGED, True, True)
        assert server_uidvalidity(first.uidvalidity) is None


def test_uids_that_last_again_are_a_new_uidvalidity() -> None:
    plan = plan_folder(state(0, 11), status(uidvalidity=7))
    assert (plan.kind, plan.retire_uidvalidity, plan.numbers_are_ours) == (PlanKind.UIDVALIDITY_CHANGED, 0, False)


@pytest.mark.parametrize(
    ("ended", "expected"), [((), 7), ((6,), 7), ((7,), 7 + 2**32), ((6, 7, 7 + 2**32), 7 + 2 * 2**32)]
)
def test_a_uidvalidity_that_was_there_before_gets_a_number_of_its_own(ended: tuple[int, ...], expected: int) -> None:
    plan = in_new_generation(plan_folder(state(6, 11), status()), ended)
    assert (plan.uidvalidity, plan.cursor.uidvalidity) == (expected, expected)
    assert plan_folder(state(expected, 11), status()).kind is PlanKind.NOTHING_NEW


def test_what_is_known_goes_on_in_its_generation() -> None:
    plan = plan_folder(state(7 + 2**32, 6), status())
    assert (plan.kind, plan.uidvalidity, plan.cursor.uidvalidity) == (PlanKind.INCREMENTAL, 7 + 2**32, 7 + 2**32)


def test_another_mailboxid_under_the_name_is_a_folder_made_anew() -> None:
    known = replace(state(6, 11), cursor=FolderCursor(6, 11, 0, mailbox_id="F1"))
    plan = plan_folder(known, replace(status(), mailbox_id="F2"))
    assert (plan.kind, plan.notes) == (PlanKind.UIDVALIDITY_CHANGED, (Note.RECREATED,))
    assert plan_folder(known, status()).notes == (), "a server that stopped telling says nothing"
    assert plan_folder(known, replace(status(), mailbox_id="F1")).notes == ()


def test_a_renamed_folder_is_known_by_its_mailboxid() -> None:
    new = replace(state(), name="New")
    old = replace(state(7, 11), id=2, name="Old", cursor=FolderCursor(7, 11, 0, mailbox_id="F1"))
    shown = replace(status(), mailbox_id="F1")
    assert former_folder(new, shown, [new, old]) is old
    assert former_folder(new, replace(shown, mailbox_id="F2"), [new, old]) is None
    assert former_folder(new, status(), [new, old]) is None
    assert former_folder(old, shown, [new, old]) is None
    assert plan_folder(old, shown, renamed=True).notes == (Note.RENAMED,)


@pytest.mark.parametrize(
    ("exists", "listed", "again", "in_part"),
    [
        (10, 10, None, False),
        (10, 9, None, True),
        (10, 9, status(exists=9), False),
        (10, 9, status(exists=11, uidnext=12), True),
        (10, 9, status(exists=10, uidnext=12), False),
    ],
)
def test_exists_and_listing_that_disagree(exists: int, listed: int, again: FolderStatus | None, in_part: bool) -> None:
    plan = plan_folder(state(), status(exists=exists))
    assert shown_in_part(plan, status(exists=exists), again, listed) is in_part


def test_the_cursor_counts_no_more_than_was_shown() -> None:
    plan = plan_folder(state(), status())
    assert cursor_after_window(plan, plan.windows[0], 10, listed=4).exists == 4
    assert as_ledger_has_it(plan, status(), 4).exists == 4


def test_halves_lose_no_uid() -> None:
    assert halves(Window(3, 8)) == (Window(3, 5), Window(6, 8))
    assert halves(Window(3, 4)) == (Window(3, 3), Window(4, 4))


def test_a_partial_view_is_noted() -> None:
    shown = FolderStatus(uidvalidity=7, uidnext=11, exists=10, partial_view=True)
    assert plan_folder(state(), shown).notes == (Note.PARTIAL_VIEW,)


@given(
    known=st.integers(1, MAX_UID),
    more=st.integers(0, 2_000_000),
    exists=st.integers(0, 400_000),
    per_window=st.integers(1, 30_000),
)
@settings(deadline=None)
def test_windows_cover_every_uid_from_the_cursor_once(known: int, more: int, exists: int, per_window: int) -> None:
    uidnext = min(known + more, MAX_UID)
    plan = plan_folder(state(7, known), status(uidnext=uidnext, exists=exists), per_window=per_window)
    expected = known
    for window in plan.windows:
        assert window.first_uid == expected
        assert window.last_uid >= window.first_uid
        assert cursor_after_window(plan, window, 0).uidnext == window.last_uid + 1
        expected = window.last_uid + 1
    if exists and uidnext > known:
        assert expected == uidnext
    assert len(plan.windows) <= max(1, -(-exists // per_window))


metas = st.lists(
    st.builds(MessageMeta, uid=st.integers(1, 10**6), flags=st.just(()), internal_date=st.none(),
              size_bytes=st.integers(0, 10**7)),
    max_size=60,
)  # fmt: skip


@given(metas=metas, max_bytes=st.integers(1, 10**7), max_count=st.integers(1, 20))
@settings(deadline=None)
def test_chunks_keep_order_lose_nothing_and_stay_in_bounds(
    metas: list[MessageMeta], max_bytes: int, max_count: int
) -> None:
    chunks = list(chunks_by_size(metas, max_bytes=max_bytes, max_count=max_count))
    assert [meta for chunk in chunks for meta in chunk] == metas
    for chunk in chunks:
        assert 1 <= len(chunk) <= max_count
        assert len(chunk) == 1 or sum(meta.size_bytes for meta in chunk) <= max_bytes


@given(uids=st.lists(st.integers(1, 300)))
def test_ranges_hold_exactly_the_uids(uids: list[int]) -> None:
    ranges = uid_ranges(uids)
    assert [uid for r in ranges for uid in range(r.first_uid, r.last_uid + 1)] == sorted(set(uids))
    assert all(after.first_uid > before.last_uid + 1 for before, after in pairwise(ranges))
