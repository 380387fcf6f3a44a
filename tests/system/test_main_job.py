"""The main job, as a person does it: add, sync, look, sync again; on a real server."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.system.cli import COUNTS, Account, Answer, Machine, adds_up, letter
from tests.system.conftest import LETTERS, TICKETS, NewAccount, Synced

pytestmark = pytest.mark.dovecot
DOUBLES = 2
ATTACK = "\x1b]52;c;Y2FuYXJ5\x07"


def test_add_says_what_the_login_found(synced: Synced) -> None:
    shape = synced.added.json
    assert shape["test"] == {
        "ok": True,
        "folders_found": ["INBOX"],
        "folders": [{"name": "INBOX", "messages": LETTERS, "unread": LETTERS}],
        "messages_waiting": LETTERS,
    }
    assert (shape["name"], shape["tls"], shape["active"], shape["priority"]) == ("support", "implicit", True, 100)
    assert "back it up" in synced.added.err


def test_the_first_sync_gives_every_message_one_fate(synced: Synced) -> None:
    counts = synced.first.part["counts"]
    assert adds_up(counts)
    wanted = {"listed": LETTERS, "fetched": LETTERS, "stored": LETTERS - DOUBLES, "duplicate": DOUBLES}
    # No NUL crosses IMAP (RFC 9051 §4.3): the server puts another octet in the place of the broken message's one.
    wanted |= {"tickets_created": TICKETS, "bytes": sum(len(each.octets) for each in synced.letters)}
    assert {name: count for name, count in counts.items() if count} == wanted
    (folder,) = synced.first.part["folders"]
    assert (folder["name"], folder["plan"], folder["counts"]) == ("INBOX", "initial", counts)


def test_a_second_sync_changes_nothing(machine: Machine, account: Account) -> None:
    account.deliver(*(letter(number) for number in range(5)), letter(0))
    machine.add(account, "support", "--tickets-since", "all").done()
    first = machine.sync("support").done().part["counts"]
    flags, dump = account.flags(), machine.dump()
    second = machine.sync("support").done()
    assert (first["stored"], first["duplicate"], first["tickets_created"]) == (5, 1, 5)
    assert second.part["counts"] == dict.fromkeys(COUNTS, 0)
    assert [folder["plan"] for folder in second.part["folders"]] == ["nothing_new"]
    assert (second.part["status"], second.part["error"]) == ("success", None)
    assert machine.dump() == dump
    assert account.flags() == flags == [""] * 6
    account.deliver(letter("later"))
    third = machine.sync("support").done().part
    assert (third["counts"]["stored"], third["counts"]["listed"], third["folders"][0]["plan"]) == (1, 1, "incremental")


def test_what_was_stored_is_what_was_delivered(synced: Synced, tmp_path: Path) -> None:
    by_uid = {int(view["uid"]): view for view in synced.machine.messages() if view["fate"] == "stored"}
    for uid in (3, 14):
        file = tmp_path / f"{uid}.eml"
        synced.machine("messages", "export", by_uid[uid]["id"], "--output", str(file)).done()
        assert file.read_bytes() == synced.letters[uid - 1].octets.replace(b"\0", b"\x80")
    for uid, view in by_uid.items():
        written = synced.letters[uid - 1]
        assert view["sender"] == written.from_address
        assert view["sender_name"] == written.from_name
        if not written.broken:
            assert view["subject"] == written.subject
            assert view["date_sent"] == written.sent_at.isoformat().replace("+00:00", "Z")


def test_bare_line_feeds_are_stored_as_the_server_sends_them(machine: Machine, account: Account) -> None:
    octets = letter(1)
    account.deliver(octets.replace(b"\r\n", b"\n"))
    machine.add(account, "support").done()
    machine.sync("support").done()
    assert machine("messages", "export", "1", "--output", "-").done().octets == octets


def test_doubles_and_broken_mail_are_kept(synced: Synced) -> None:
    views = {int(view["uid"]): view for view in synced.machine.messages()}
    for uid in (13, 26):
        assert views[uid]["fate"] == "duplicate"
        assert views[uid]["id"] == views[uid - 1]["id"]
    assert views[12]["external_id"].startswith("sha256:")
    broken = synced.machine("messages", "show", views[14]["id"], "--json").done().json
    assert {"header_junk_line", "boundary_unclosed"} <= set(broken["defects"])
    assert broken["body_text"].strip() == "This mail was cut off."
    assert [each["content_type"] for each in broken["attachments"]] == ["image/jpeg"]


def test_starttls_and_a_password_file(machine: Machine, account: Account) -> None:
    account.deliver(letter(1))
    secret = machine.home / "secret"
    secret.write_text(account.password + "\n")
    secret.chmod(0o600)
    added = machine("add", "a", "--email", account.user, *account.starttls, "--password-file", str(secret), "--json")
    assert added.done().json["tls"] == "starttls"
    assert machine.sync("a").done().part["counts"]["stored"] == 1


def test_an_integrations_life(machine: Machine, account: Account) -> None:
    account.deliver(letter(1))
    machine.add(account, "support").done()
    changed = machine("edit", "support", "--every", "2m", "--priority", "5", "--json").done().json
    assert (changed["sync_interval_minutes"], changed["priority"]) == (2, 5)
    assert machine("clone", "support", "copy", "--json").done().json["active"] is False
    assert [(one["name"], one["active"]) for one in machine("list", "--json").done().json["integrations"]] == [
        ("copy", False),
        ("support", True),
    ]
    skipped = machine.sync("copy").done().part
    assert (skipped["status"], skipped["reason"]) == ("skipped", "inactive")
    machine("enable", "copy").done()
    assert machine.sync("copy").done().part["counts"]["stored"] == 1  # the password was copied too
    machine("disable", "support").done()
    assert [part["name"] for part in machine("sync-all", "--force", "--json").done().json["integrations"]] == ["copy"]
    tested = machine("test", "support", "--json").done().json
    assert (tested["ok"], tested["messages_waiting"]) == (True, 1)
    assert machine("remove", "copy", "--json").code == 2  # nobody is there to confirm
    machine("remove", "copy", "--yes").done()
    assert machine("show", "copy").code == 2
    machine("remove", "support", "--purge", "--yes").done()
    assert machine("list", "--json").done().json == {"integrations": []}


def test_two_mailboxes_of_a_company_share_record_and_ticket(machine: Machine, new_account: NewAccount) -> None:
    names = ("first", "second")
    for name in names:
        account = new_account()
        account.deliver(letter("same"), letter(f"only-{name}"))
        machine.add(account, name, "--company", "ACME", "--tickets-since", "all").done()
    counts = [machine.sync(name).done().part["counts"] for name in names]
    assert [(one["stored"], one["duplicate"], one["tickets_created"]) for one in counts] == [(2, 0, 2), (1, 1, 1)]
    seen = [next(view for view in machine.messages("--integration", name) if "same" in view["snippet"])
            for name in names]  # fmt: skip
    assert seen[0]["id"] == seen[1]["id"]
    assert [view["fate"] for view in seen] == ["stored", "duplicate"]
    assert machine("tickets", "list", "--json").done().json["total"] == 3


def test_the_same_mail_in_mailboxes_without_company_is_two_records(machine: Machine, new_account: NewAccount) -> None:
    for name in ("first", "second"):
        account = new_account()
        account.deliver(letter("same"))
        machine.add(account, name, "--tickets-since", "all").done()
    report = machine("sync-all", "--json").done().json
    assert [part["counts"]["stored"] for part in report["integrations"]] == [1, 1]
    assert machine("tickets", "list", "--json").done().json["total"] == 2


def test_sync_all_does_what_is_due_in_order_of_priority(machine: Machine, new_account: NewAccount) -> None:
    for name, priority in (("late", "300"), ("early", "1"), ("middle", "50")):
        account = new_account()
        account.deliver(letter(name))
        machine.add(account, name, "--priority", priority).done()
    first = machine("sync-all", "--jobs", "1", "--json").done().json
    assert [part["name"] for part in first["integrations"]] == ["early", "middle", "late"]
    assert [part["counts"]["stored"] for part in first["integrations"]] == [1, 1, 1]
    runs = machine("runs", "--json").done().json["runs"]
    assert sorted((run["started_at"], run["integration"]) for run in runs) == [
        (run["started_at"], name)
        for name, run in zip(("early", "middle", "late"), sorted(runs, key=lambda run: run["started_at"]), strict=True)
    ]
    assert machine("sync-all", "--json").done().json["integrations"] == []
    forced = machine("sync-all", "--force", "--json").done().json["integrations"]
    assert [part["folders"][0]["plan"] for part in forced] == ["nothing_new"] * 3
    machine.let_it_be_due("middle")
    due = machine("sync-all", "--json").done().json["integrations"]
    assert [part["name"] for part in due] == ["middle"]


def test_a_dry_run_writes_nothing(machine: Machine, account: Account) -> None:
    account.deliver(letter(1), letter(2))
    machine.add(account, "support", "--mark-read", "--tickets-since", "all").done()
    before = machine.dump()
    plan = machine("sync", "support", "--dry-run", "--json").done().part
    assert (plan["folders"][0]["plan"], plan["counts"]["listed"], plan["counts"]["pending"]) == ("initial", 2, 2)
    assert plan["counts"]["stored"] == 0
    assert machine.dump() == before
    assert machine("runs", "--json").done().json == {"runs": []}
    assert account.flags() == ["", ""]
    assert machine.sync("support").done().part["counts"]["stored"] == 2


def attacked(machine: Machine, account: Account) -> list[Answer]:
    """Show mail and folders full of terminal escapes in every way there is."""
    encoded = "=?utf-8?Q?=1B]52;c;Y2FuYXJ5=07_=1B[2J?="
    account.deliver(
        letter(1, ATTACK, sender=f'"{ATTACK}" <bob@example.org>', body=ATTACK),
        letter(2, encoded, sender=f"{encoded} <eve@example.org>"),
    )
    account.server.add_folder(account.user, f"bad{ATTACK}")
    machine.add(account, "support", "--tickets-since", "all").done()
    commands = (
        ("sync", "support", "--debug"), ("test", "support"), ("messages", "list"), ("messages", "show", "1"),
        ("messages", "show", "2", "--json"), ("tickets", "list"), ("tickets", "show", "1"),
    )  # fmt: skip
    return [machine(*command).done() for command in commands]


def test_terminal_escapes_never_reach_a_person(machine: Machine, account: Account) -> None:
    answers = attacked(machine, account)
    assert not [answer for answer in answers if b"\x1b" in answer.octets or b"\x1b" in answer.errors]
    assert any("52;c;Y2FuYXJ5" in answer.out for answer in answers)
    shown = on_terminal(machine, "messages", "list")
    assert b"Y2FuYXJ5" in shown
    assert b"\x1b]52" not in shown


def on_terminal(machine: Machine, *argv: str) -> bytes:
    """Run the program on a pseudo terminal and answer all that it drew."""
    terminal, inner = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "inboxsync", *argv],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        env={**machine.environment, "TERM": "xterm-256color", "COLUMNS": "200"},
        cwd=machine.home,
    )
    os.close(inner)
    guard = threading.Timer(30, process.kill)
    guard.start()
    drawn = b"".join(itertools.takewhile(bool, iter(lambda: _read(terminal), None)))
    guard.cancel()
    os.close(terminal)
    assert process.wait(5) == 0, drawn
    return drawn


def _read(terminal: int) -> bytes:
    """What is drawn next; nothing at the end, where Linux answers EIO."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""
