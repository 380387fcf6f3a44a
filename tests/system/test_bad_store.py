"""A store that cannot be written, is full, damaged or newer: told in one line, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.cli import Account, Machine, complaint, finished, letter

pytestmark = pytest.mark.dovecot
ROOM = "1200k"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path | None]:
    """A file system of less than a megabyte; None where nobody may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    options = f"size={ROOM},mode=0700"
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place], capture_output=True, check=False)
    if made.returncode != 0:
        yield None
        return
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def random_mail(number: int, size_bytes: int) -> bytes:
    """A message that no compression makes smaller."""
    return letter(number, body=os.urandom(size_bytes // 2).hex())


def left_behind(place: Path) -> list[Path]:
    """Files that are neither the database, nor the key, nor content published under its hash."""
    known = ("inboxsync.sqlite3", "key")
    files = (file for file in place.rglob("*") if file.is_file())
    return [file for file in files if not file.name.startswith(known) and len(file.name.partition(".")[0]) != 64]


def test_a_full_disk_is_75_and_the_next_run_completes(
    machine: Machine, account: Account, small_disk: Path | None
) -> None:
    if small_disk is None:
        full_by_limit(machine, account)
        return
    account.deliver(*(random_mail(number, 20_000) for number in range(30)))
    machine = machine.with_environ(INBOXSYNC_DATA_DIR=str(small_disk), INBOXSYNC_BATCH_MESSAGES="2")
    machine.add(account, "support", "--mark-read", "--tickets-since", "all").done()
    failed = machine.sync("support")
    assert failed.code == 75, failed
    assert (failed.part["error"]["code"], failed.part["status"] in ("error", "partial")) == ("disk_full", True)
    assert failed.part["error"]["hint"]
    assert account.flags() == [""] * 30
    assert left_behind(small_disk) == []
    subprocess.run(["mount", "-o", "remount,size=16m", small_disk], check=True)
    completes(machine, account, 30)


def completes(machine: Machine, account: Account, count: int) -> None:
    """Sync again with room, and compare with what a machine without trouble has."""
    machine.sync("support").done()
    assert account.flags() == ["S"] * count
    machine("db", "check").done()
    stored = machine("messages", "list", "--fate", "stored", "--json").done().json["total"]
    assert (stored, machine("tickets", "list", "--json").done().json["total"]) == (count, count)
    assert machine.status("support")["state"] == "ok"


def full_by_limit(machine: Machine, account: Account) -> None:
    """Where nothing can be mounted: no file may grow beyond half a megabyte (RLIMIT_FSIZE, in blocks of 512 octets)."""
    account.deliver(*(random_mail(number, 20_000) for number in range(30)))
    machine = machine.with_environ(INBOXSYNC_BATCH_MESSAGES="2")
    machine.add(account, "support", "--mark-read", "--tickets-since", "all").done()
    process = subprocess.Popen(
        ["sh", "-c", 'ulimit -f 1000; exec "$@"', "sh", sys.executable, "-m", "inboxsync", "sync", "support", "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=machine.environment,
        cwd=machine.home,
    )
    failed = finished(process)
    assert failed.code == 75, failed
    assert failed.part["counts"]["stored"] < 30
    completes(machine, account, 30)


def test_a_data_directory_that_cannot_be_is_78(machine: Machine, account: Account) -> None:
    file = machine.home / "file"
    file.write_text("a file, not a directory")
    broken = machine.with_environ(INBOXSYNC_DATA_DIR=str(file / "data"))
    for argv in (("sync-all",), ("status", "--json"), ("add", "a", "--email", account.user, *account.tls, "--no-test")):
        answer = broken(*argv, "--password-stdin" if argv[0] == "add" else "-q", stdin="made-up\n")
        assert answer.code == 78, answer
        assert "INBOXSYNC_DATA_DIR" in complaint(answer)


def test_a_read_only_store_is_78_and_nobody_is_asked_for_mail(machine: Machine, account: Account) -> None:
    account.deliver(letter(1))
    machine.add(account, "support", "--mark-read").done()
    bound = subprocess.run(["mount", "--bind", machine.data_dir, machine.data_dir], capture_output=True, check=False)
    if bound.returncode != 0:
        assert os.geteuid() != 0 or b"permission denied" in bound.stderr.lower(), bound.stderr
        machine.data_dir.chmod(0o500)
        machine.database.chmod(0o400)
    else:
        subprocess.run(["mount", "-o", "remount,ro,bind", machine.data_dir], check=True)
    try:
        answer = machine("sync", "support")
    finally:
        if bound.returncode == 0:
            subprocess.run(["umount", machine.data_dir], check=True)
        else:
            machine.data_dir.chmod(0o700)
            machine.database.chmod(0o600)
    assert answer.code == 78, answer
    complaint(answer)
    assert account.flags() == [""]
    assert machine.sync("support").done().part["counts"]["stored"] == 1


def test_a_corrupt_database_is_78_and_left_as_it_is(machine: Machine, account: Account) -> None:
    machine.add(account, "support").done()
    whole = machine.database.read_bytes()
    for damaged in (b"\0" * 100 + whole[100:], b"this is no database" * 400, whole[: len(whole) // 2]):
        machine.database.write_bytes(damaged)
        answer = machine("sync", "support")
        assert answer.code == 78, answer
        assert "db check" in complaint(answer)
        assert machine.database.read_bytes() == damaged
    machine.database.write_bytes(whole)
    machine.sync("support").done()


def test_a_newer_schema_is_refused_and_nothing_is_written(machine: Machine, account: Account) -> None:
    account.deliver(letter(1))
    machine.add(account, "support", "--mark-read").done()
    with machine.sql() as connection:
        connection.execute("UPDATE inboxsync_meta SET value = '9999' WHERE name = 'schema_version'")
    settle(machine.database)
    before = machine.database.read_bytes()
    for argv in (
        ("sync", "support"),
        ("sync-all",),
        ("list",),
        ("db", "upgrade"),
        ("edit", "support", "--every", "1m"),
    ):
        answer = machine(*argv)
        assert answer.code == 78, (argv, answer)
        assert "newer" in complaint(answer)
    settle(machine.database)
    assert machine.database.read_bytes() == before
    assert account.flags() == [""]


def settle(database: Path) -> None:
    """Bring what stands in the write-ahead log into the file."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def test_a_missing_attachment_directory_is_made_anew(machine: Machine, account: Account) -> None:
    account.deliver(letter(1))
    machine.add(account, "support").done()
    shutil.rmtree(machine.data_dir / "attachments", ignore_errors=True)
    assert machine.sync("support").done().part["counts"]["stored"] == 1
