"""What `--dry-run` tells, and that it changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from inboxsync.model.report import FolderReport, PlanKind
from inboxsync.render.json_shapes import report_json
from inboxsync.render.report import plan_table
from tests.unit.sync.rig import NOW, START, Rig, mail

DRY = replace(NOW, dry_run=True)


def filled(rig: Rig, count: int = 4) -> Rig:
    rig.add()
    for number in range(count):
        rig.server.append(mail(number), internal_date=START - timedelta(hours=1))
    return rig


def preview(rig: Rig) -> FolderReport:
    """Run dry; nothing may change, here or there."""
    before, flags = rig.dump(), {uid: rig.server.flags(uid) for uid in rig.server.folders["INBOX"].messages}
    rig.server.calls.clear()
    (folder,) = rig.one(DRY).folders
    assert rig.dump() == before
    assert {uid: rig.server.flags(uid) for uid in flags} == flags
    assert {method for method, _ in rig.server.calls} <= {"connect", "examine", "fetch_metadata", "close"}
    return folder


def test_a_first_run_would_fetch_all(rig: Rig) -> None:
    folder = preview(filled(rig))
    assert (folder.plan, folder.counts.listed, folder.counts.pending) == (PlanKind.INITIAL, 4, 4)
    assert (folder.counts.tickets_created, folder.counts.bytes) == (4, sum(len(mail(number)) for number in range(4)))
    assert folder.notes == ()


def test_a_new_uidvalidity_would_fetch_only_what_has_no_known_size(rig: Rig) -> None:
    filled(rig).run()
    rig.server.renumber()
    rig.server.append(mail(9, body="longer than the others"))
    folder = preview(rig)
    assert (folder.plan, folder.uidvalidity) == (PlanKind.UIDVALIDITY_CHANGED, 2)
    assert (folder.counts.remapped, folder.counts.pending, folder.counts.tickets_created) == (4, 1, 1)
    counts = rig.counts()
    assert (counts.remapped, counts.stored) == (folder.counts.remapped, folder.counts.pending)


def test_what_would_be_filtered_and_too_large_is_told(rig: Rig) -> None:
    rig.limits = replace(rig.limits, max_message_bytes=1_000)
    rig.add(since=START)
    rig.server.append(mail(1), internal_date=START - timedelta(days=1))
    rig.server.append(mail(2, body="x" * 2_000), internal_date=START)
    rig.server.append(mail(3), internal_date=START)
    counts = preview(rig).counts
    assert (counts.filtered, counts.too_large, counts.pending) == (1, 1, 1)


def lower(rig: Rig) -> None:
    inbox = rig.server.folders["INBOX"]
    inbox.messages = {1: inbox.messages[4]}
    inbox.uidnext = 2


def not_shown(rig: Rig) -> None:
    rig.server.append(mail(9))
    rig.server.append(mail(10))
    rig.server.folders["INBOX"].not_shown = {5}


def unsticky(rig: Rig) -> None:
    rig.server.folders["INBOX"].uids_sticky = False


def recreated(rig: Rig) -> None:
    rig.server.renumber()
    rig.server.folders["INBOX"].mailbox_id = "F2"


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lower, "uidnext_lower"),
        (not_shown, "partial_view"),
        (unsticky, "uids_not_sticky"),
        (recreated, "recreated"),
    ],
)
def test_what_is_out_of_the_ordinary_is_noted_and_printed(rig: Rig, change: object, note: str) -> None:
    rig.server.folders["INBOX"].mailbox_id = "F1"
    filled(rig).run()
    assert callable(change)
    change(rig)
    assert note in preview(rig).notes
    report = rig.run(DRY)
    assert note in report_json(report)["integrations"][0]["folders"][0]["notes"]
    assert any(note.replace("_", " ") in str(cell) for row in plan_table(report).rows for cell in row)


def test_a_renamed_folder_is_told_and_not_adopted(rig: Rig) -> None:
    rig.server.add_folder("Old").mailbox_id = "F9"
    rig.add(folders=("Old",))
    rig.server.append(mail(1), folder="Old")
    rig.run()
    rig.server.rename("Old", "New")
    rig.store.control.update_integration(replace(rig.store.control.integrations()[0], folders=("New",)))
    (folder,) = rig.one(DRY).folders
    assert (folder.plan, folder.notes) == (PlanKind.NOTHING_NEW, ("renamed",))
    assert [known.name for known in rig.store.control.folders(1)] == ["Old"]


def test_a_stopped_preview_ends(rig: Rig) -> None:
    filled(rig)
    rig.stop_after = 4
    report = rig.one(DRY)
    assert report.error is not None
    assert report.error.code == "interrupted"


def test_after_an_outage_the_tickets_of_what_waits_are_counted(rig: Rig) -> None:
    """Listed before the line was cut, fetched never: the run that comes will ticket these too."""
    filled(rig, 5)
    rig.stop_after = 9
    rig.one()
    waiting = rig.fates().pending
    assert waiting > 0
    rig.stop_after = None
    rig.later(hours=3)
    rig.server.append(mail(9), internal_date=START)
    counts = preview(rig).counts
    assert (counts.pending, counts.tickets_created) == (waiting + 1, waiting + 1)
    assert rig.counts().tickets_created == waiting + 1


def test_only_mail_since_the_given_time_would_make_tickets(rig: Rig) -> None:
    rig.add(tickets_since=START - timedelta(hours=2, minutes=30))
    for hours in range(5):
        rig.server.append(mail(hours), internal_date=START - timedelta(hours=hours))
    assert preview(rig).counts.tickets_created == 3
    assert rig.counts().tickets_created == 3
