"""Verifying on a server in memory: each difference is found and named, repaired where it can be, and nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from inboxsync.errors import AuthFailed, Unreachable
from inboxsync.model.following import FollowRecord
from inboxsync.model.state import Owner
from inboxsync.model.verification import Doubt, FolderCheck, IntegrationCheck
from inboxsync.sync.verify import Verifier, VerifyOrder
from tests.unit.sync.rig import START, Rig, mail

PLAIN = VerifyOrder()
REPAIR = VerifyOrder(repair=True)
DEEP = VerifyOrder(deep=True)


def filled(rig: Rig, count: int = 6) -> Rig:
    rig.add()
    for number in range(count):
        rig.server.append(mail(number), internal_date=START)
    rig.run()
    rig.server.calls.clear()
    return rig


def verify(rig: Rig, order: VerifyOrder = PLAIN) -> IntegrationCheck:
    (check,) = Verifier(rig.engine().tools).run(rig.store.control.integrations(), order)
    return check


def inbox(rig: Rig, order: VerifyOrder = PLAIN) -> FolderCheck:
    (folder,) = verify(rig, order).folders
    return folder


def change(rig: Rig, statement: str) -> None:
    """Do to the ledger what only an accident would do."""
    with closing(sqlite3.connect(rig.store.data_dir / "inboxsync.sqlite3")) as connection, connection:
        assert connection.execute(statement).rowcount > 0


def forget(rig: Rig, *uids: int) -> None:
    for uid in uids:
        change(rig, f"DELETE FROM inboxsync_placements WHERE uid = {uid}")


def test_server_and_ledger_agree_after_a_sync(rig: Rig) -> None:
    before = filled(rig).dump()
    check = verify(rig)
    assert check == IntegrationCheck("support", (FolderCheck("INBOX", 1, 1, server=6, ledger=6),))
    assert (check.agrees, check.exit_code) == (True, 0)
    assert rig.dump() == before
    assert {method for method, _ in rig.server.calls} == {"connect", "examine", "fetch_flags", "close"}


def test_what_the_ledger_lost_is_missing_and_repair_gets_it_back(rig: Rig) -> None:
    before = filled(rig).dump()
    forget(rig, 2, 5)
    check = verify(rig)
    assert (check.folders[0].missing, check.agrees, check.exit_code) == ((2, 5), False, 75)
    assert verify(rig, REPAIR).exit_code == 75
    assert inbox(rig).pending == (2, 5)
    rig.run()
    assert verify(rig).agrees
    # Their content was stored already, so they come back as its duplicates.
    assert rig.fates().stored + rig.fates().duplicate == 6
    assert len(rig.dump()) == len(before)


def test_an_expunge_that_is_not_noted_is_extra_and_repair_notes_it(rig: Rig) -> None:
    filled(rig)
    rig.server.expunge(3)
    assert (inbox(rig).extra, inbox(rig).agrees) == ((3,), False)
    assert inbox(rig, REPAIR).agrees
    assert inbox(rig) == FolderCheck("INBOX", 1, 1, server=5, ledger=5)


def test_what_is_back_is_returned_and_repair_takes_it_back(rig: Rig) -> None:
    filled(rig)
    rig.store.content.follow(FollowRecord(1, 1, START, expunged=(4,)))
    assert inbox(rig).returned == (4,)
    verify(rig, REPAIR)
    assert verify(rig).agrees


def test_vanished_mail_that_is_back_is_fetched_again(rig: Rig) -> None:
    filled(rig)
    change(rig, "UPDATE inboxsync_placements SET fate = 'vanished', message_id = NULL WHERE uid = 4")
    assert inbox(rig).returned == (4,)
    verify(rig, REPAIR)
    assert inbox(rig).pending == (4,)
    rig.run()
    assert verify(rig).agrees
    assert rig.fates().vanished == 0


def test_mail_without_a_fate_is_pending(rig: Rig) -> None:
    rig.add()
    rig.server.append(mail(1))
    rig.server.refuse(1)
    rig.run()
    assert (inbox(rig).pending, verify(rig).exit_code) == ((1,), 75)


def test_new_mail_is_no_difference(rig: Rig) -> None:
    filled(rig)
    rig.server.append(mail(77))
    assert (inbox(rig).new, inbox(rig).server, verify(rig).agrees) == (1, 6, True)


@pytest.mark.parametrize(("count", "agrees"), [(0, True), (2, False)])
def test_what_was_never_synced_agrees_only_if_there_is_nothing(rig: Rig, count: int, agrees: bool) -> None:
    rig.add()
    for number in range(count):
        rig.server.append(mail(number))
    assert (inbox(rig).doubt, verify(rig).agrees) == (Doubt.NEVER_SYNCED, agrees)


def test_a_new_uidvalidity_is_named_and_nothing_is_repaired(rig: Rig) -> None:
    before = filled(rig).dump()
    rig.server.renumber()
    folder = inbox(rig, REPAIR)
    assert (folder.doubt, folder.uidvalidity, folder.ledger_uidvalidity) == (Doubt.UIDVALIDITY_CHANGED, 2, 1)
    assert rig.dump() == before
    rig.run()
    assert verify(rig).agrees


def test_a_listing_that_is_cut_takes_nothing_away(rig: Rig) -> None:
    before = filled(rig).dump()
    rig.server.folders["INBOX"].hidden = {1, 2, 3}
    folder = inbox(rig, REPAIR)
    assert (folder.doubt, folder.extra, folder.agrees) == (Doubt.SHOWN_IN_PART, (1, 2, 3), False)
    assert not folder.repaired
    assert rig.dump() == before


def test_mail_that_went_while_it_was_listed_is_no_cut(rig: Rig) -> None:
    filled(rig)
    rig.server.folders["INBOX"].exists_told = [7]
    assert verify(rig).agrees


def test_an_emptied_folder_is_all_extra(rig: Rig) -> None:
    filled(rig, 2)
    for uid in (1, 2):
        rig.server.expunge(uid)
    assert (inbox(rig).extra, inbox(rig).server, inbox(rig).ledger) == ((1, 2), 0, 2)


# --- deep ----------------------------------------------------------------------------------------------------------


def test_a_sample_that_is_whole_agrees(rig: Rig) -> None:
    filled(rig)
    assert inbox(rig, DEEP) == FolderCheck("INBOX", 1, 1, server=6, ledger=6, sampled=6)
    assert inbox(rig, VerifyOrder(deep=True, sample=2)).sampled == 2


def test_other_octets_on_the_server_are_found(rig: Rig) -> None:
    filled(rig)
    rig.server.folders["INBOX"].messages[2].octets += b"x"
    (damage,) = inbox(rig, DEEP).damaged
    assert (damage.uid, damage.why) == (2, "the server has other octets than were stored")
    assert verify(rig, DEEP).exit_code == 75


@pytest.mark.parametrize("fault", ["refuse", "answer_nil", "leave_out"])
def test_a_message_that_the_server_does_not_give_is_found(rig: Rig, fault: str) -> None:
    filled(rig)
    getattr(rig.server, fault)(3)
    assert [damage.uid for damage in inbox(rig, DEEP).damaged] == [3]


def test_raw_octets_that_are_damaged_or_lost_are_found(rig: Rig) -> None:
    filled(rig)
    change(rig, "UPDATE inboxsync_raw SET data = x'00' WHERE sha256 IN (SELECT min(sha256) FROM inboxsync_raw)")
    assert len(inbox(rig, DEEP).damaged) == 1


def with_attachment(rig: Rig) -> Rig:
    head = mail(1).replace(b"\r\n\r\n", b'\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n', 1)
    part = (
        b'--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="a.txt"\r\n\r\nfile\r\n--b--\r\n'
    )
    rig.add()
    rig.server.append(head + part)
    rig.run()
    return rig


@pytest.mark.parametrize("damage", ["lost", "other"])
def test_attachment_files_are_checked(rig: Rig, damage: str) -> None:
    with_attachment(rig)
    assert verify(rig, DEEP).agrees
    (file,) = (path for path in (rig.store.data_dir / "attachments").rglob("*") if path.is_file())
    if damage == "lost":
        file.unlink()
    else:
        file.chmod(0o600)
        file.write_bytes(b"other")
    (found,) = inbox(rig, DEEP).damaged
    assert "attachments/" in found.why


def test_what_is_gone_from_the_server_is_still_whole_here(rig: Rig) -> None:
    filled(rig)
    rig.server.expunge(3)
    assert inbox(rig, DEEP).damaged == ()


# --- faults --------------------------------------------------------------------------------------------------------


def test_an_account_that_fails_costs_itself(rig: Rig) -> None:
    rig.add("bad", folders=("Nowhere",), priority=1)
    rig.add("good", priority=2)
    rig.server.append(mail(1))
    rig.run()
    bad, good = Verifier(rig.engine().tools).run(rig.store.control.integrations(), VerifyOrder())
    assert (bad.agrees, bad.exit_code, bad.folders[0].error and bad.folders[0].error.code) == (
        False,
        69,
        "folder_missing",
    )
    assert good.agrees


@pytest.mark.parametrize(("fault", "code"), [(AuthFailed("no"), 77), (Unreachable("no"), 75)])
def test_faults_keep_their_exit_codes(rig: Rig, fault: AuthFailed | Unreachable, code: int) -> None:
    filled(rig)
    rig.server.login_fault = fault
    check = verify(rig)
    assert (check.agrees, check.exit_code, check.folders) == (False, code, ())


def test_a_run_beside_it_is_not_disturbed(rig: Rig) -> None:
    filled(rig)
    lease = rig.store.control.acquire_lease(1, Owner("else", 9, "1"), lifetime_s=60, owner_is_dead=lambda _: False)
    assert lease is not None
    check = verify(rig)
    assert (check.error and check.error.code, check.exit_code) == ("locked", 75)
    assert rig.server.calls == []
    rig.store.control.release_lease(lease)
    assert verify(rig).agrees
    assert rig.store.control.leases() == []
