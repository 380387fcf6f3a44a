"""Runs on the command line: reports, exit codes, what is told when."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from json import loads

from inboxsync.errors import AuthFailed, Unreachable
from inboxsync.model.state import Owner
from inboxsync.store.sql import open_store
from inboxsync.system import utc_now
from tests.unit.commands.harness import CommandLine, mail

COUNTS = [
    "listed", "fetched", "stored", "duplicate", "filtered", "unknown_sender", "too_large", "quarantined", "vanished",
    "pending", "remapped", "tickets_created", "tickets_updated", "bytes",
]  # fmt: skip


def test_sync_reports_in_the_public_shape(line: CommandLine) -> None:
    line.server.append(mail(1))
    line.add("support", "--tickets-since", "all")
    answer = line("sync", "support", "--json")
    assert answer.code == 0, answer.err
    report = answer.json
    assert list(report) == ["status", "started_at", "finished_at", "integrations"]
    (part,) = report["integrations"]
    assert list(part) == ["name", "status", "reason", "error", "counts", "folders"]
    assert list(part["counts"]) == COUNTS
    assert (part["status"], part["counts"]["stored"], part["counts"]["tickets_created"]) == ("success", 1, 1)
    (folder,) = part["folders"]
    assert list(folder) == ["name", "uidvalidity", "plan", "counts"]
    assert folder["plan"] == "initial"


def test_sync_all_takes_what_is_due_and_force_takes_all(line: CommandLine) -> None:
    line.add()
    assert len(line("sync-all", "--json").json["integrations"]) == 1
    assert line("sync-all", "--json").json["integrations"] == []
    assert len(line("sync-all", "--force", "--json").json["integrations"]) == 1
    line.now += timedelta(minutes=5)
    assert len(line("sync-all", "--json").json["integrations"]) == 1


def test_dry_run_changes_nothing(line: CommandLine) -> None:
    line.server.append(mail(1))
    line.add()
    answer = line("sync", "support", "--dry-run")
    assert answer.code == 0, answer.err
    assert "INBOX" in answer.out
    assert line("messages", "list", "--json").json["total"] == 0


def test_unknown_names_and_bad_durations_are_usage_errors(line: CommandLine) -> None:
    assert line("sync", "nobody").code == 2
    line.add()
    assert line("sync", "support", "--wait", "soon").code == 2
    assert line("sync", "support", "--wait", "0").code == 0
    assert line("sync-all", "--jobs", "0").code == 2


def test_failures_have_their_exit_codes_and_words(line: CommandLine) -> None:
    line.add()
    line.server.login_fault = Unreachable("imap.example.com does not answer")
    answer = line("sync", "support", "--json")
    assert answer.code == 75
    assert answer.json["integrations"][0]["error"]["code"] == "unreachable"
    people = line("sync", "support")
    assert "error: support: imap.example.com does not answer" in people.err
    assert "  hint: " in people.err


def test_a_lasting_fault_is_told_once_a_day_and_exits_77_on_every_run(line: CommandLine) -> None:
    line.add()
    line.server.login_fault = AuthFailed("refused")
    first = line("sync-all")
    assert first.code == 77
    assert "refused" in first.err
    again = line("sync-all")
    assert again.code == 77
    assert "refused" not in again.err
    line.now += timedelta(hours=25)
    later = line("sync-all")
    assert later.code == 77
    assert "refused" in later.err


def test_nothing_set_up_says_what_is_missing_in_one_line(line: CommandLine) -> None:
    answer = line("sync-all")
    assert answer.code == 0
    assert len(answer.err.splitlines()) == 1
    assert "INBOXSYNC_IMAP_HOST" in answer.err
    assert line("sync-all", "--json").json["integrations"] == []


def test_quiet_says_only_errors(line: CommandLine) -> None:
    line.add()
    answer = line("sync-all", "-q")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_inactive_integrations_are_skipped(line: CommandLine) -> None:
    line.add("support", "--inactive")
    assert line("sync-all", "--force", "--json").json["integrations"] == []
    (part,) = line("sync", "support", "--json").json["integrations"]
    assert (part["status"], part["reason"]) == ("skipped", "inactive")


def test_status_after_a_run(line: CommandLine) -> None:
    line.server.append(mail(1))
    line.add()
    keys = [
        "name", "provider", "email", "active", "state", "last_sync_at", "last_sync_status", "last_sync_error", "cause",
        "next_action", "next_run_at", "sync_interval_minutes", "messages", "tickets", "quarantined", "lease",
    ]  # fmt: skip
    (never,) = line("status", "--json").json["integrations"]
    assert list(never) == keys
    assert (never["state"], never["last_sync_at"], never["last_sync_status"]) == ("never", None, None)
    line("sync-all")
    (told,) = line("status", "support", "--json").json["integrations"]
    assert (told["state"], told["messages"], told["last_sync_status"]) == ("ok", 1, "success")
    assert told["last_sync_at"] == "2026-03-02T12:00:00Z"
    line.now += timedelta(minutes=16)
    assert line("status", "--json").json["integrations"][0]["state"] == "stale"
    assert "support" in line("status").out
    assert "next action" in line("status", "support").out


def test_runs_tell_history(line: CommandLine) -> None:
    line.add()
    line("sync-all")
    (run,) = line("runs", "--json").json["runs"]
    assert (run["integration"], run["status"]) == ("support", "success")
    assert line("runs", "--integration", "nobody").code == 2
    assert "support" in line("runs").out


def test_a_held_lease_is_75_for_sync_and_0_for_sync_all(line: CommandLine) -> None:
    integration_id = int(line.add("support", "--json").json["id"])
    store = open_store(None, line.data_dir)
    other = Owner("another-host", 1, "1")
    lease = store.control.acquire_lease(integration_id, other, lifetime_s=600, owner_is_dead=lambda _owner: False)
    assert lease is not None
    named = line("sync", "support", "--wait", "0", "--json")
    (part,) = named.json["integrations"]
    assert (named.code, part["status"], part["reason"]) == (75, "skipped", "locked")
    all_of_them = line("sync-all", "--json")
    assert (all_of_them.code, all_of_them.json["integrations"][0]["reason"]) == (0, "locked")
    line.now = utc_now()  # a lease counts by the store's own clock
    assert line("status", "--json").json["integrations"][0]["state"] == "running"
    store.control.release_lease(lease)
    store.close()
    assert line("sync", "support").code == 0


def test_a_newer_database_is_left_alone(line: CommandLine) -> None:
    line.add()
    (file,) = line.data_dir.glob("*.sqlite3")
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE inboxsync_meta SET value = '999' WHERE name = 'schema_version'")
    for command in (["sync-all"], ["list"], ["db", "upgrade"], ["doctor"]):
        answer = line(*command)
        assert answer.code == 78, command
    assert line("list", "--json").json["error"]["code"] == "schema_newer"
    assert line("db", "current", "--json").json == {"version": 999}


def test_verbose_runs_log_events_and_nothing_of_the_mail(line: CommandLine) -> None:
    line.server.append(mail(1, "Salaries"))
    line.add()
    answer = line("sync", "support", "-v", "--log-format", "json")
    started, finished = map(loads, answer.err.splitlines())
    assert (started["event"], started["folder"], started["total"]) == ("folder_started", "INBOX", 1)
    assert (finished["event"], finished["status"], finished["stored"]) == ("integration_finished", "success", 1)
    everything = line("sync-all", "--force", "-vv").err + answer.err
    assert "Salaries" not in everything
    assert "bob@example.org" not in everything
    assert line("sync", "support").err == ""


def test_hints_name_the_integration(line: CommandLine) -> None:
    line.add()
    line.server.login_fault = AuthFailed("refused")
    assert "`inboxsync edit support`" in line("sync", "support").err
