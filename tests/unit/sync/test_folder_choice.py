"""Roles find their folders, by the server's mark and by usual names, and their ledger goes where they go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from inboxsync.errors import FolderMissing
from inboxsync.model.placement import FolderInfo
from inboxsync.model.report import PlanKind, RunStatus
from inboxsync.model.roles import FolderRole, RoleNames
from inboxsync.providers.presets import folder_names
from inboxsync.sync.engine import Order
from inboxsync.sync.folder_choice import Chosen, choose_folders, needs_listing
from inboxsync.sync.verify import Verifier, VerifyOrder
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import NOW, Rig, mail

NAMES: RoleNames = {FolderRole.SENT: ("Sent", "Gesendet"), FolderRole.ARCHIVE: ("Archive",)}


def listed(*folders: str) -> list[FolderInfo]:
    """Make folders of `NAME` or `NAME \\Mark \\Mark`."""
    parts = [folder.split(" \\") for folder in folders]
    return [FolderInfo(name, name.encode(), "/", tuple(f"\\{mark}" for mark in marks)) for name, *marks in parts]


def choose(folders: Sequence[FolderInfo], *settings: str) -> tuple[Chosen, ...]:
    return choose_folders(settings, lambda: folders, lambda: NAMES)[0]


def names(folders: Sequence[FolderInfo], *settings: str) -> list[str]:
    chosen = choose(folders, *settings)
    assert [one.error for one in chosen] == [None] * len(chosen)
    return [one.name for one in chosen]


# --- which folder --------------------------------------------------------------------------------------------------


def test_settings_without_a_role_ask_for_no_listing() -> None:
    def unasked() -> list[FolderInfo]:
        raise AssertionError("LIST was sent")

    chosen, told = choose_folders(("INBOX", "Archive/2026"), unasked, dict)
    assert chosen == (Chosen("INBOX"), Chosen("Archive/2026"))
    assert told == ()
    assert [needs_listing([one]) for one in ("INBOX", "Sent", "role:sent", "sent")] == [False, False, True, True]


def test_the_servers_mark_goes_before_a_usual_name() -> None:
    folders = listed("INBOX", "Sent", "Verschickt \\HasNoChildren \\SENT")
    assert choose(folders, "role:sent") == (Chosen("Verschickt", FolderRole.SENT, is_marked=True),)


def test_a_usual_name_serves_where_nothing_is_marked() -> None:
    assert choose(listed("INBOX", "Gesendet"), "role:sent") == (Chosen("Gesendet", FolderRole.SENT),)
    assert names(listed("INBOX", "INBOX/gesendet"), "role:sent") == ["INBOX/gesendet"]


def test_the_likeliest_name_wins_whatever_the_order_of_the_listing() -> None:
    assert names(listed("Gesendet", "Sent"), "role:sent") == ["Sent"]


def test_of_several_marked_the_upper_one_is_taken() -> None:
    folders = listed("Old/Out \\Sent", "Zout \\Sent", "Bout \\Sent")
    assert names(folders, "role:sent") == ["Bout"]


def test_a_folder_that_cannot_be_opened_is_never_chosen() -> None:
    folders = listed("Sent \\Noselect \\Sent", "Gesendet")
    assert names(folders, "role:sent") == ["Gesendet"]


def test_a_bare_word_is_a_name_first() -> None:
    assert names(listed("archive", "Alt \\Archive"), "archive") == ["archive"]
    assert names(listed("INBOX/archive", "Alt \\Archive"), "archive") == ["archive"]
    assert names(listed("Alt \\Archive"), "archive") == ["Alt"]


def test_each_folder_is_read_once() -> None:
    assert names(listed("Sent \\Sent"), "Sent", "role:sent", "sent") == ["Sent"]


def test_a_role_that_nothing_has_names_what_there_is_and_costs_no_other() -> None:
    missing, inbox = choose(listed("INBOX", "Work", "\x1b[2J"), "role:sent", "INBOX")
    assert (missing.name, missing.role, inbox.error) == ("role:sent", FolderRole.SENT, None)
    assert isinstance(missing.error, FolderMissing)
    assert "\\Sent" in missing.error.message
    assert "INBOX, Work" in missing.error.message
    assert "\x1b" not in missing.error.message


@pytest.mark.parametrize(
    ("provider", "folder", "role"),
    [
        ("gmail", "[Gmail]/Gesendet", FolderRole.SENT),
        ("gmail", "[Gmail]/Tous les messages", FolderRole.ALL),
        ("gmail", "[Google Mail]/Suivis", FolderRole.FLAGGED),
        ("icloud", "Sent Messages", FolderRole.SENT),
        ("microsoft365", "Éléments envoyés", FolderRole.SENT),
        ("orange", "Indésirables", FolderRole.JUNK),
        (None, "Papierkorb", FolderRole.TRASH),
        ("environment", "Drafts", FolderRole.DRAFTS),
    ],
)
def test_localised_names_of_providers(provider: str | None, folder: str, role: FolderRole) -> None:
    chosen, _ = choose_folders([f"role:{role}"], lambda: listed("INBOX", folder), lambda: folder_names(provider))
    assert chosen == (Chosen(folder, role),)


# --- in a run ------------------------------------------------------------------------------------------------------


def marked(server: FakeServer, name: str, role: str = "\\Sent") -> None:
    """Make a folder with one mail that the server marks."""
    place = server.add_folder(name)
    place.attributes = (role,)
    server.append(mail(len(server.folders)), folder=name)


def methods(rig: Rig) -> list[str]:
    return [method for method, _ in rig.server.calls]


def test_a_role_is_read_under_the_servers_name_and_noted(rig: Rig) -> None:
    rig.add(folders=("INBOX", "role:sent"))
    marked(rig.server, "Éléments envoyés")
    report = rig.one()
    assert [folder.name for folder in report.folders] == ["INBOX", "Éléments envoyés"]
    assert report.counts.stored == 1
    assert {folder.name: folder.role for folder in rig.store.control.folders(1)} == {
        "INBOX": None,
        "Éléments envoyés": "sent",
    }


def test_a_second_run_changes_nothing_and_lists_once(rig: Rig) -> None:
    rig.add(folders=("role:sent",))
    marked(rig.server, "Sent")
    rig.run()
    before = rig.dump()
    rig.server.calls.clear()
    assert rig.one().folders[0].plan is PlanKind.NOTHING_NEW
    assert methods(rig) == ["connect", "list_folders", "examine", "close"]
    assert rig.dump() == before


def test_plain_names_cost_no_listing(rig: Rig) -> None:
    rig.add(folders=("INBOX", "Work"))
    rig.server.add_folder("Work")
    rig.run()
    assert "list_folders" not in methods(rig)


def test_a_missing_role_costs_that_folder_alone(rig: Rig) -> None:
    rig.add(folders=("role:junk", "INBOX"))
    rig.server.append(mail(1))
    report = rig.one()
    assert (report.status, report.exit_code, report.counts.stored) == (RunStatus.PARTIAL, 69, 1)
    assert [(folder.name, folder.error and folder.error.code) for folder in report.folders] == [
        ("role:junk", "folder_missing"),
        ("INBOX", None),
    ]
    assert [folder.name for folder in rig.store.control.folders(1)] == ["INBOX"]


@pytest.mark.parametrize("new_uids", [False, True], ids=["same uids", "new uidvalidity"])
def test_the_ledger_goes_along_when_the_account_changes_its_language(rig: Rig, new_uids: bool) -> None:
    rig.add(folders=("role:sent",))
    marked(rig.server, "Sent")
    rig.run()
    rig.server.rename("Sent", "Gesendet")
    if new_uids:
        rig.server.renumber("Gesendet")
    rig.server.append(mail(9), folder="Gesendet")
    rig.server.calls.clear()
    report = rig.one()
    assert (report.status, report.counts.stored, report.counts.duplicate) == (RunStatus.SUCCESS, 1, 0)
    fetched = [argument for method, argument in rig.server.calls if method == "fetch_messages"]
    assert fetched == [(2,)], "known mail is not downloaded again"
    assert [(folder.name, folder.role) for folder in rig.store.control.folders(1)] == [("Gesendet", "sent")]
    before = rig.dump()
    rig.run()
    assert rig.dump() == before


def test_a_role_that_moves_to_another_folder_leaves_the_former_ledger(rig: Rig) -> None:
    rig.add(folders=("role:sent",))
    marked(rig.server, "Sent")
    rig.run()
    rig.server.folders["Sent"].attributes = ()
    marked(rig.server, "Outgoing")
    assert rig.one().counts.stored == 1
    assert {folder.name: folder.role for folder in rig.store.control.folders(1)} == {"Sent": None, "Outgoing": "sent"}


def test_a_usual_name_alone_takes_over_no_ledger(rig: Rig) -> None:
    """The UIDs may be those of other mail; the copies are found by their content."""
    rig.folder_names = {FolderRole.SENT: ("Sent", "Gesendet")}
    rig.add(folders=("role:sent",))
    rig.server.add_folder("Sent")
    rig.server.append(mail(1), folder="Sent")
    rig.run()
    rig.server.rename("Sent", "Gesendet")
    report = rig.one()
    assert (report.counts.stored, report.counts.duplicate) == (0, 1)
    assert {folder.name: folder.role for folder in rig.store.control.folders(1)} == {"Gesendet": "sent", "Sent": None}


def test_a_mailbox_id_keeps_ledger_and_role_together(rig: Rig) -> None:
    added = rig.add(folders=("Sent",))
    marked(rig.server, "Sent")
    rig.server.folders["Sent"].mailbox_id = "F9"
    rig.run()
    rig.server.rename("Sent", "Gesendet")
    rig.store.control.update_integration(replace(added, folders=("role:sent",)))
    assert (rig.counts().stored, rig.fates().stored) == (0, 1)
    assert [(folder.name, folder.role) for folder in rig.store.control.folders(1)] == [("Gesendet", "sent")]
    before = rig.dump()
    rig.run()
    assert rig.dump() == before


def test_a_dry_run_tells_the_folder_and_writes_nothing(rig: Rig) -> None:
    rig.add(folders=("role:sent", "role:junk"))
    marked(rig.server, "Sent")
    before = rig.dump()
    report = rig.one(Order(trigger="sync", force=True, dry_run=True))
    assert [(folder.name, folder.counts.pending, folder.error is None) for folder in report.folders] == [
        ("Sent", 1, True),
        ("role:junk", 0, False),
    ]
    assert rig.dump() == before


def test_verify_finds_the_folder_by_its_role(rig: Rig) -> None:
    rig.add(folders=("role:sent", "role:junk"))
    marked(rig.server, "Sent")
    rig.run(NOW)
    (check,) = Verifier(rig.engine().tools).run(rig.store.control.integrations(), VerifyOrder())
    assert [(folder.name, folder.server) for folder in check.folders] == [("Sent", 1), ("role:junk", 0)]
    assert [folder.error and folder.error.code for folder in check.folders] == [None, "folder_missing"]
