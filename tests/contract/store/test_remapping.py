"""Placements that change their UIDs and keep their fates: the same on SQLite and on Postgres."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inboxsync.model.ingest import Outcome
from inboxsync.model.placement import Fate, SeenAction
from inboxsync.model.remapping import Former, Mapped, Takeover
from inboxsync.model.state import FolderCursor
from inboxsync.store.remapping_port import RemappingStore
from inboxsync.store.sql import SqlStore
from tests.unit.store.content_builders import CREATE, LATER, NOW, Bench, mail, meta

NEW = 8


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


@pytest.fixture
def remapping(bench: Bench) -> RemappingStore:
    return bench.content.remapping


def known(bench: Bench) -> None:
    """Stored, filtered and quarantined mail under the old UIDVALIDITY, and one that is pending."""
    stored = bench.stored(1, mail("m1"), ticket=CREATE)
    bench.record(
        replace(stored, header_sha256="a" * 64, seen=SeenAction.WANTED),
        Outcome(meta(2), Fate.FILTERED, reason="filter", header=b"Subject: x\r\n\r\n", header_sha256="b" * 64),
        Outcome(meta(3), Fate.QUARANTINED, reason="r", error="e", octets=b"Subject: y\r\n\r\n", header_sha256="c" * 64),
        listed=(meta(4),),
    )


def formers(remapping: RemappingStore, bench: Bench) -> dict[int, Former]:
    return {one.uid: one for one in remapping.formers(bench.folder_id, [meta(1).size_bytes])}


def renumbered(remapping: RemappingStore, bench: Bench) -> dict[int, Former]:
    """List mail under the new UIDVALIDITY, UIDs 11 to 14, and retire the old."""
    remapping.retire_others(bench.folder_id, NEW, at=LATER)
    bench.record(listed=tuple(meta(uid) for uid in (11, 12, 13, 14)), uidvalidity=NEW)
    return formers(remapping, bench)


def test_retired_placements_are_candidates_until_somebody_took_them_over(
    bench: Bench, remapping: RemappingStore
) -> None:
    known(bench)
    assert not remapping.has_formers(bench.folder_id)
    assert remapping.retire_others(bench.folder_id, NEW, at=LATER) == 4
    assert remapping.retire_others(bench.folder_id, NEW, at=LATER) == 0
    assert (remapping.has_formers(bench.folder_id), remapping.ended(bench.folder_id)) == (True, frozenset({7}))
    found = formers(remapping, bench)
    assert [(uid, one.fate, one.uidvalidity) for uid, one in found.items()] == [
        (1, Fate.STORED, 7), (2, Fate.FILTERED, 7), (3, Fate.QUARANTINED, 7),
    ]  # fmt: skip
    assert remapping.formers(bench.folder_id, [999_999]) == []


def test_a_successor_takes_over_fate_ticket_effect_and_what_was_kept(bench: Bench, remapping: RemappingStore) -> None:
    known(bench)
    before = {one.uid: one.has_octets for one in bench.content.quarantined()}
    old = renumbered(remapping, bench)
    pairs = tuple(Takeover(old[uid], uid + 10) for uid in (1, 2, 3))
    remapping.take_over(bench.folder_id, NEW, Mapped(pairs))
    live = {one.uid: one for one in remapping.live(bench.folder_id, NEW)}
    assert [live[uid].fate for uid in (11, 12, 13, 14)] == [
        Fate.STORED, Fate.FILTERED, Fate.QUARANTINED, Fate.PENDING,
    ]  # fmt: skip
    assert live[11].header_sha256 == "a" * 64
    assert bench.content.seen_wanted(bench.folder_id, NEW) == (11,)
    assert [(one.uid, one.has_octets) for one in bench.content.quarantined()] == [(13, before[3])]
    placed = [line for line in bench.content.dump() if '"inboxsync_placement_headers"' in line]
    assert len(placed) == 1
    assert f"{NEW}, 12]" in placed[0]
    assert formers(remapping, bench) == {}
    assert bench.content.tickets().total == 1


def test_taking_over_again_changes_nothing_and_no_former_has_two_successors(
    bench: Bench, remapping: RemappingStore
) -> None:
    known(bench)
    old = renumbered(remapping, bench)
    remapping.take_over(bench.folder_id, NEW, Mapped((Takeover(old[1], 11),)))
    after = list(bench.content.dump())
    remapping.take_over(bench.folder_id, NEW, Mapped((Takeover(old[1], 11),)))
    remapping.take_over(bench.folder_id, NEW, Mapped((Takeover(old[1], 12),)))
    assert list(bench.content.dump()) == after


def test_what_was_looked_at_is_not_looked_at_again(bench: Bench, remapping: RemappingStore) -> None:
    known(bench)
    old = renumbered(remapping, bench)

    def open_uids(after_uid: int = 0, limit: int = 10) -> list[int]:
        return [one.uid for one in remapping.unmapped(bench.folder_id, NEW, after_uid=after_uid, limit=limit)]

    assert (open_uids(), open_uids(11, 2)) == ([11, 12, 13, 14], [12, 13])
    remapping.take_over(bench.folder_id, NEW, Mapped((Takeover(old[1], 11),), {12: "d" * 64}))
    assert open_uids() == [13, 14]
    assert len(bench.content.open_placements(bench.folder_id, NEW, now=NOW)) == 3


def test_the_last_retired_comes_first(bench: Bench, remapping: RemappingStore) -> None:
    known(bench)
    old = renumbered(remapping, bench)
    remapping.take_over(bench.folder_id, NEW, Mapped((Takeover(old[1], 11),)))
    remapping.retire_others(bench.folder_id, 9, at=LATER.replace(year=LATER.year + 1))
    found = remapping.formers(bench.folder_id, [meta(1).size_bytes])
    assert [(one.uidvalidity, one.uid) for one in found] == [(NEW, 11), (7, 2), (7, 3)]


def test_own_numbers_are_changed_in_place(bench: Bench, remapping: RemappingStore) -> None:
    known(bench)
    live = {one.uid: one for one in remapping.live(bench.folder_id, 7)}
    batch = bench.batch(listed=(meta(2),), uidvalidity=NEW, cursor=FolderCursor(NEW, 9, 3))
    remapping.renumber(batch, 7, [Takeover(live[1], 3), Takeover(live[3], 1)], {2: "e" * 64})
    assert [(one.uid, one.fate, one.header_sha256) for one in remapping.live(bench.folder_id, NEW)] == [
        (1, Fate.QUARANTINED, "c" * 64), (2, Fate.PENDING, "e" * 64), (3, Fate.STORED, "a" * 64),
    ]  # fmt: skip
    assert remapping.live(bench.folder_id, 7) == []
    assert remapping.ended(bench.folder_id) == {7}
    assert remapping.listed_count(bench.folder_id, NEW) == 3
    assert bench.content.quarantined()[0].uid == 1


def test_a_renamed_folder_takes_its_ledger_along(bench: Bench, remapping: RemappingStore, store: SqlStore) -> None:
    known(bench)
    new = store.control.folder(bench.integration.id or 0, "New name")
    assert remapping.adopt(new.id, bench.folder_id)
    (folder,) = store.control.folders(bench.integration.id or 0)
    assert (folder.id, folder.name) == (bench.folder_id, "New name")


def test_a_folder_with_mail_of_its_own_adopts_nothing(bench: Bench, remapping: RemappingStore, store: SqlStore) -> None:
    known(bench)
    other = store.control.folder(bench.integration.id or 0, "Other")
    assert not remapping.adopt(bench.folder_id, other.id)
    assert len(store.control.folders(bench.integration.id or 0)) == 2


def test_a_role_is_noted_and_goes_along_with_a_new_name(
    bench: Bench, remapping: RemappingStore, store: SqlStore
) -> None:
    known(bench)
    owner = bench.integration.id or 0
    remapping.set_role(bench.folder_id, "sent")
    unmarked = store.control.folder(owner, "New name")
    assert (unmarked.role, remapping.adopt(unmarked.id, bench.folder_id)) == (None, True)
    assert [(folder.name, folder.role) for folder in store.control.folders(owner)] == [("New name", "sent")]
    marked = store.control.folder(owner, "Newer name")
    remapping.set_role(marked.id, "archive")
    assert remapping.adopt(marked.id, bench.folder_id)
    assert store.control.folder(owner, "Newer name").role == "archive"
    remapping.set_role(bench.folder_id, None)
    assert store.control.folder(owner, "Newer name").role is None
