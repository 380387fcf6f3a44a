"""What following and verifying write and read, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inboxsync.model.following import Followed, FollowRecord, KnownPlacement, LiveCounts, StoredPlacement
from inboxsync.model.placement import Fate, FlagsSeen
from inboxsync.store import following
from inboxsync.store.sql import SqlStore
from tests.contract.store.rows import AT, Rows

TOP = 2**32 - 1
FLAGS_OF = {1: ["\\Seen"], 2: [], 3: ["\\seen", "$x"], 4: ["Unseen", "\\\\Seen"], 5: []}


@pytest.fixture
def folder(rows: Rows) -> int:
    """A folder with five messages, beside another one with the same UIDs."""
    _folder(rows, "Other")
    return _folder(rows, "INBOX")


def _folder(rows: Rows, name: str) -> int:
    rows_of_integration = rows.read("SELECT id FROM inboxsync_integrations")
    owner = rows_of_integration[0]["id"] if rows_of_integration else _integration(rows)
    folder = rows.add("inboxsync_folders", integration_id=owner, name=name)
    for uid, flags in FLAGS_OF.items():
        rows.add("inboxsync_placements", folder_id=folder, uid=uid, flags=flags)
    return folder


def _integration(rows: Rows) -> int:
    plain: dict[str, Any] = {"folders": ["INBOX"], "priority": 100, "unread_only": False, "mark_read": False}
    plain |= {"known_senders_only": False, "makes_tickets": True, "active": True, "created_at": AT, "updated_at": AT}
    place = {"host": "imap.example.com", "port": 993, "tls": "implicit", "username": "a@example.com"}
    return rows.add("inboxsync_integrations", uuid="u", name="support", email="a@example.com", **place, **plain)


def record(folder: int, **found: Any) -> FollowRecord:
    return FollowRecord(folder, 1, AT, **found)


def lines(store: SqlStore, folder: int) -> dict[int, KnownPlacement]:
    return {line.uid: line for line in store.content.known_placements(folder, 1, 1, TOP)}


def test_counts_live_and_unread_mail(store: SqlStore, rows: Rows, folder: int) -> None:
    assert store.content.live_counts(folder, 1) == LiveCounts(5, 3)
    rows.add("inboxsync_placements", folder_id=folder, uid=6, fate="vanished")
    rows.add("inboxsync_placements", folder_id=folder, uid=7, expunged_at=AT)
    rows.add("inboxsync_placements", folder_id=folder, uid=8, retired_at=AT)
    rows.add("inboxsync_placements", folder_id=folder, uid=8, uidvalidity=2)
    rows.add("inboxsync_placements", folder_id=folder, uid=9, fate="pending")
    assert store.content.live_counts(folder, 1) == LiveCounts(6, 4)
    assert store.content.live_counts(folder, 3) == LiveCounts(0, 0)


def test_streams_the_lines_of_a_range_by_uid(store: SqlStore, rows: Rows, folder: int) -> None:
    for uid in range(5_000, 5, -500):
        rows.add("inboxsync_placements", folder_id=folder, uid=uid)
    got = [line.uid for line in store.content.known_placements(folder, 1, 2, 1_500)]
    assert got == [2, 3, 4, 5, 500, 1_000, 1_500]
    assert lines(store, folder)[3] == KnownPlacement(3, ("\\seen", "$x"), Fate.STORED, False)


def test_the_stream_goes_on_over_its_pages() -> None:
    assert list(following.pages(1, 9, lambda first, last: _numbers(first, last)[:2])) == _numbers(1, 9)


def _numbers(first: int, last: int) -> list[KnownPlacement]:
    return [KnownPlacement(uid, (), Fate.STORED, False) for uid in range(first, last + 1)]


def test_writes_flags_of_these_alone(store: SqlStore, folder: int) -> None:
    store.content.follow(record(folder, flags=(FlagsSeen(2, ("\\Flagged",)), FlagsSeen(99, ("\\Seen",)))))
    now = {uid: list(line.flags) for uid, line in lines(store, folder).items()}
    assert now == {**FLAGS_OF, 2: ["\\Flagged"]}


def test_notes_what_is_gone_and_keeps_fate_and_first_time(store: SqlStore, rows: Rows, folder: int) -> None:
    store.content.follow(record(folder, expunged=(2, 3, 99)))
    store.content.follow(replace(record(folder, expunged=(2, 3)), at=AT + timedelta(days=1)))
    gone = [line for line in lines(store, folder).values() if line.is_expunged]
    assert [(line.uid, line.fate, line.is_live) for line in gone] == [(2, Fate.STORED, False), (3, Fate.STORED, False)]
    times = rows.read("SELECT DISTINCT expunged_at FROM inboxsync_placements WHERE expunged_at IS NOT NULL")
    assert len(times) == 1
    assert str(times[0]["expunged_at"]).startswith("2026-03-01")


def test_the_same_uids_of_another_folder_stay_as_they_are(store: SqlStore, rows: Rows, folder: int) -> None:
    (other,) = (row["id"] for row in rows.read("SELECT id FROM inboxsync_folders WHERE name = 'Other'"))
    before = lines(store, other)
    store.content.follow(record(folder, flags=(FlagsSeen(1, ("new",)),), expunged=(2,), returned=(3,), unread=9))
    store.content.seen_done(folder, 1, [5])
    assert lines(store, other) == before
    assert store.content.live_counts(other, 1) == LiveCounts(5, 3)


def test_takes_back_what_is_there_again(store: SqlStore, rows: Rows, folder: int) -> None:
    rows.add(
        "inboxsync_placements", folder_id=folder, uid=6, fate="vanished", reason="gone_before_fetch", settled_at=AT
    )
    rows.add("inboxsync_placements", folder_id=folder, uid=7, fate="vanished", expunged_at=AT, settled_at=AT)
    store.content.follow(record(folder, expunged=(2,)))
    assert store.content.gone_uids(folder, 1, 10) == (2, 6, 7)
    assert store.content.gone_uids(folder, 1, 2) == (6, 7)
    store.content.follow(record(folder, returned=(1, 2, 6, 7)))
    assert {uid: line.fate for uid, line in lines(store, folder).items() if line.fate is not Fate.STORED} == {
        6: Fate.PENDING,
        7: Fate.PENDING,
    }
    assert all(line.is_live for line in lines(store, folder).values())
    (row,) = rows.read("SELECT reason, settled_at, attempts FROM inboxsync_placements WHERE uid = 6")
    assert row == {"reason": None, "settled_at": None, "attempts": 0}
    assert [one.meta.uid for one in store.content.open_placements(folder, 1, now=AT)] == [6, 7]


def test_counts_downwards_over_live_mail(store: SqlStore, folder: int) -> None:
    store.content.follow(record(folder, expunged=(4,)))
    before = store.content.live_uid_before
    assert [before(folder, 1, 6, count) for count in (1, 2, 4, 5)] == [5, 3, 1, None]
    assert before(folder, 1, 5, 1) == 3
    assert before(folder, 1, 1, 1) is None


def test_remembers_how_far_it_is(store: SqlStore, rows: Rows, folder: int) -> None:
    owner = rows.read("SELECT integration_id FROM inboxsync_folders")[0]["integration_id"]
    assert store.control.folder(owner, "INBOX").followed is None
    followed = Followed(uidvalidity=2**40 + 7, modseq=2**63 - 1, exists=4, swept_at=AT, below_uid=TOP)
    store.content.follow(record(folder, followed=followed, exists=4, unread=2))
    assert store.control.folder(owner, "INBOX").followed == followed
    (row,) = rows.read(f"SELECT exists_count, unread_count FROM inboxsync_folders WHERE id = {folder}")
    assert (row["exists_count"], row["unread_count"]) == (4, 2)
    store.content.follow(record(folder, followed=replace(followed, modseq=None, exists=None, below_uid=None)))
    again = store.control.folder(owner, "INBOX").followed
    assert again == replace(followed, modseq=None, exists=None, below_uid=None)
    assert rows.read(f"SELECT unread_count FROM inboxsync_folders WHERE id = {folder}")[0]["unread_count"] == 2


def test_finds_stored_mail_from_a_uid_on(store: SqlStore, rows: Rows, folder: int) -> None:
    message = rows.add("inboxsync_messages", external_id="a@example.com", raw_sha256="f00", size_bytes=77)
    rows.add("inboxsync_placements", folder_id=folder, uid=10, message_id=message)
    rows.add("inboxsync_placements", folder_id=folder, uid=8, message_id=message, fate="duplicate")
    rows.add("inboxsync_placements", folder_id=folder, uid=9, message_id=message, expunged_at=AT)
    assert store.content.stored_from(folder, 1, 6) == StoredPlacement(10, message, "f00", 77)
    assert store.content.stored_from(folder, 1, 11) is None


def test_what_we_marked_read_is_read_without_asking(store: SqlStore, rows: Rows, folder: int) -> None:
    store.content.seen_done(folder, 1, [2, 3])
    now = lines(store, folder)
    assert (now[2].flags, now[3].flags) == (("\\Seen",), ("\\seen", "$x"))
    assert store.content.live_counts(folder, 1).unread == 2
