"""`verify` on the command line: table, JSON, exit codes, advice."""

from __future__ import annotations

import pytest

from inboxsync.commands.verify import DOUBTS, differences, shown
from inboxsync.errors import AuthFailed, TlsFailed
from inboxsync.model.state import Owner
from inboxsync.model.verification import Damage, Doubt, FolderCheck
from inboxsync.store.sql import open_store
from tests.unit.commands.harness import CommandLine, mail

FOLDER_KEYS = [
    "name", "uidvalidity", "ledger_uidvalidity", "server", "ledger", "new", "missing", "extra", "returned", "pending",
    "damaged", "sampled", "doubt", "repaired",
]  # fmt: skip


def synced(line: CommandLine, count: int = 3) -> CommandLine:
    for number in range(count):
        line.server.append(mail(number))
    line.add()
    assert line("sync", "support").code == 0
    return line


def test_agreement_is_0_and_told_in_the_public_shape(line: CommandLine) -> None:
    answer = synced(line)("verify", "--json")
    assert answer.code == 0, answer.err
    (check,) = answer.json["integrations"]
    assert list(check) == ["name", "agrees", "folders"]
    assert (check["name"], check["agrees"]) == ("support", True)
    (folder,) = check["folders"]
    assert list(folder) == FOLDER_KEYS
    assert (folder["name"], folder["uidvalidity"], folder["server"], folder["ledger"]) == ("INBOX", 1, 3, 3)
    assert "agrees" in line("verify", "support").out


def test_a_difference_is_75_and_repair_mends_it(line: CommandLine) -> None:
    synced(line).server.expunge(2)
    answer = line("verify")
    assert answer.code == 75
    assert "1 gone there, not noted (UID 2)" in answer.out
    assert "inboxsync verify support --repair" in answer.err
    (check,) = line("verify", "--json").json["integrations"]
    assert (check["agrees"], check["folders"][0]["extra"]) == (False, [2])
    mended = line("verify", "--repair")
    assert (mended.code, "noted" in mended.out) == (0, True)
    assert line("verify").code == 0


def test_deep_reads_a_sample(line: CommandLine) -> None:
    synced(line)
    (check,) = line("verify", "--deep", "--sample", "2", "--json").json["integrations"]
    assert check["folders"][0]["sampled"] == 2
    line.server.folders["INBOX"].messages[1].octets += b"more"
    answer = line("verify", "--deep")
    assert answer.code == 75
    assert "UID 1: the server has other octets" in answer.err
    assert "restore" in answer.err


def test_several_names_and_faults_of_accounts(line: CommandLine) -> None:
    synced(line)
    line.add("sales", "--no-test")
    answer = line("verify", "support", "sales", "--json")
    assert [check["name"] for check in answer.json["integrations"]] == ["support", "sales"]
    assert answer.code == 75
    assert answer.json["integrations"][1]["folders"][0]["doubt"] == "never_synced"


@pytest.mark.parametrize(("fault", "code"), [(AuthFailed("refused"), 77), (TlsFailed("expired"), 69)])
def test_faults_have_their_own_exit_codes(line: CommandLine, fault: AuthFailed | TlsFailed, code: int) -> None:
    synced(line).server.login_fault = fault
    answer = line("verify", "--json")
    assert answer.code == code
    assert answer.json["integrations"][0]["error"]["code"] == fault.code
    told = line("verify")
    assert f"error: support: {fault.message}" in told.err
    assert told.out == ""


def test_a_run_that_goes_on_is_told(line: CommandLine) -> None:
    synced(line)
    store = open_store(None, line.data_dir)
    assert store.control.acquire_lease(1, Owner("else", 1, "1"), lifetime_s=60, owner_is_dead=lambda _: False)
    store.close()
    answer = line("verify", "--wait", "0", "--json")
    assert (answer.code, answer.json["integrations"][0]["error"]["code"]) == (75, "locked")


@pytest.mark.parametrize("argv", [["nobody"], ["--sample", "0"], ["--wait", "soon"]])
def test_what_cannot_be_carried_out_is_2(line: CommandLine, argv: list[str]) -> None:
    line.add()
    assert line("verify", *argv).code == 2


def test_nothing_to_compare_is_0(line: CommandLine) -> None:
    answer = line("verify")
    assert (answer.code, answer.out) == (0, "")


def test_folders_tell_unread_and_total(line: CommandLine) -> None:
    synced(line)
    line.server.set_flags(1, "\\Seen")
    line.server.append(mail(9))
    line("sync", "support")
    (folder,) = line("folders", "--json").json["folders"]
    assert (folder["total_count"], folder["unread_count"]) == (4, 3)


def test_every_difference_has_words() -> None:
    folder = FolderCheck(
        "INBOX", missing=(1,), extra=(2,), returned=(3,), pending=(4,), damaged=(Damage(5, "x"),),
        doubt=Doubt.SHOWN_IN_PART,
    )  # fmt: skip
    assert list(differences(folder)) == [
        DOUBTS[Doubt.SHOWN_IN_PART],
        "1 missing here (UID 1)",
        "1 gone there, not noted (UID 2)",
        "1 back there (UID 3)",
        "1 pending (UID 4)",
        "1 damaged (UID 5)",
    ]
    assert set(DOUBTS) == set(Doubt)
    assert shown((1, 2)) == "1, 2"
