"""`db copy`, `db backup`, `db restore` as a person types them, on SQLite."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from inboxsync.model.state import Owner
from inboxsync.store.manifests import MANIFEST, sha256_of
from inboxsync.store.sql import open_store
from tests.crash.changes import with_attachment
from tests.unit.commands.harness import CommandLine, mail

STAMPED = "inboxsync-20260302T120000Z"


@pytest.fixture
def filled(line: CommandLine) -> CommandLine:
    line.server.append(with_attachment(1, 300_000))
    line.server.append(mail(2))
    line.add("support", "--tickets-since", "all")
    assert line("sync", "support").code == 0
    return line


def files(data_dir: Path) -> set[str]:
    return {
        path.relative_to(data_dir).as_posix()
        for top in ("raw", "attachments")
        for path in (data_dir / top).rglob("*")
        if path.is_file()
    }


def machine_on(line: CommandLine, data_dir: Path) -> CommandLine:
    """Another machine before the same mail server, its data directory there; the master key is brought along."""
    other = CommandLine(data_dir, line.server, line.now)
    for key in line.data_dir.glob("key"):
        data_dir.mkdir(exist_ok=True)
        (data_dir / key.name).write_bytes(key.read_bytes())
        (data_dir / key.name).chmod(0o600)
    return other


# --- copy ----------------------------------------------------------------------------------------------------------


def test_a_copy_with_its_files_is_a_store_of_its_own(filled: CommandLine, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    done = filled("db", "copy", "configured", str(new), "--copy-files-to", str(new), "--json")
    assert done.code == 0, done.err
    report = done.json
    assert (report["equal"], report["resumed"], report["indexed"]) == (True, False, 2)
    assert report["files"] == {
        "files": 2, "size_bytes": report["files"]["size_bytes"], "copied": 2,
        "missing_raw": [], "damaged_raw": [], "to_be_remade": 0,
    }  # fmt: skip
    assert {one["name"]: one["rows"] for one in report["tables"]}["inboxsync_messages"] == 2
    assert files(new) == files(filled.data_dir)
    other = machine_on(filled, new)
    assert other("db", "dump", "--canonical").out == filled("db", "dump", "--canonical").out
    assert other("search", "printer", "--json").json["total"] == 1
    assert other("key", "check").code == 0
    synced = other("sync", "support", "--json")
    assert (synced.code, synced.json["integrations"][0]["counts"]["fetched"]) == (0, 0)


def test_the_table_and_the_next_step_are_told(filled: CommandLine, tmp_path: Path) -> None:
    done = filled("db", "copy", "configured", str(tmp_path / "copy.sqlite3"))
    assert done.code == 0, done.err
    assert "inboxsync_messages" in done.out
    assert f"{tmp_path / 'copy.sqlite3'} is a copy of {filled.data_dir / 'inboxsync.sqlite3'}" in done.out
    assert "all as their hashes say" in done.out
    assert f"to use it: INBOXSYNC_DATABASE_URL=sqlite:///{tmp_path}/copy.sqlite3" in done.err


def test_lost_octets_are_told(filled: CommandLine, tmp_path: Path) -> None:
    (raw,) = (filled.data_dir / "raw").rglob("*.zst")
    (attachment,) = (filled.data_dir / path for path in files(filled.data_dir) if path.startswith("attachments"))
    raw.write_bytes(b"x" + raw.read_bytes()[1:])
    attachment.unlink()
    done = filled("db", "copy", "configured", str(tmp_path / "copy.sqlite3"))
    assert done.code == 78
    assert f"damaged: {raw.relative_to(filled.data_dir)}; restore it" in done.out
    assert "missing or damaged: 1; they are made of the mail again" in done.out


@pytest.mark.parametrize(
    ("source", "target", "code", "error"),
    [
        ("configured", "postgresql://ann:geheim@db.example.com/x", 2, "a password in an argument can be read"),
        ("postgresql://db.example.com/x?password=geheim", "configured", 2, "a password in an argument can be read"),
        ("configured", "configured", 2, "the same database"),
        ("configured", "env:NOT_SET_ANYWHERE", 2, "the environment has no NOT_SET_ANYWHERE"),
        ("configured", "mysql://db.example.com/x", 78, "neither sqlite nor postgresql"),
        ("nothing-here.sqlite3", "configured", 2, "has no store"),
    ],
)
def test_what_cannot_be_copied_is_refused(filled: CommandLine, source: str, target: str, code: int, error: str) -> None:
    refused = filled("db", "copy", source, target)
    assert (refused.code, error in refused.err) == (code, True), refused.err
    assert "geheim" not in refused.err + refused.out


def test_a_source_that_is_being_worked_on_is_waited_for(filled: CommandLine, tmp_path: Path) -> None:
    with closing(open_store(None, filled.data_dir)) as store:
        (integration,) = store.control.integrations()
        owner = Owner("elsewhere.example.com", 42, "then")
        lease = store.control.acquire_lease(
            integration.id or 0, owner, lifetime_s=60, owner_is_dead=lambda _owner: False
        )
        assert lease is not None
        for argv in (("copy", "configured", str(tmp_path / "x.sqlite3")), ("restore", str(tmp_path), "--replace")):
            refused = filled("db", *argv, "--wait", "0s")
            assert refused.code == 75
            assert "cannot begin: process 42 on elsewhere.example.com works on support" in refused.err
        assert filled("db", "backup", str(tmp_path / "kept")).code == 0
        store.control.release_lease(lease)
    assert not (tmp_path / "x.sqlite3").exists()


# --- backup and restore --------------------------------------------------------------------------------------------


def test_a_backup_holds_the_database_its_files_and_what_they_are(filled: CommandLine, tmp_path: Path) -> None:
    done = filled("db", "backup", str(tmp_path))
    assert done.code == 0, done.err
    made = tmp_path / STAMPED
    assert done.out.startswith(f"{made}: the database (")
    manifest = json.loads((made / MANIFEST).read_text())
    assert (manifest["kind"], manifest["files"], manifest["rows"]["inboxsync_messages"]) == ("sqlite", 2, 2)
    assert manifest["database_sha256"] == sha256_of(made / "inboxsync.sqlite3")
    assert files(made) == files(filled.data_dir)
    assert sorted(path.name for path in made.iterdir()) == ["attachments", "inboxsync.sqlite3", MANIFEST, "raw"]
    assert all((made / path).samefile(filled.data_dir / path) for path in files(made))
    assert made.stat().st_mode & 0o777 == 0o700
    assert (made / "inboxsync.sqlite3").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(made / "inboxsync.sqlite3")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_place_that_is_taken_is_refused(filled: CommandLine, tmp_path: Path) -> None:
    taken = tmp_path / "taken.tar"
    taken.write_bytes(b"mine")
    refused = filled("db", "backup", str(taken))
    assert (refused.code, "is there already" in refused.err) == (2, True)
    assert taken.read_bytes() == b"mine"
    (tmp_path / ".next.half").mkdir()
    busy = filled("db", "backup", str(tmp_path / "next"))
    assert (busy.code, "another backup is being made" in busy.err) == (75, True)


@pytest.mark.parametrize(("name", "copies"), [("kept", ()), ("kept.tar", ("--copy",))])
def test_what_was_backed_up_comes_back(filled: CommandLine, tmp_path: Path, name: str, copies: tuple[str, ...]) -> None:
    before, there = filled("db", "dump", "--canonical").out, files(filled.data_dir)
    place = tmp_path / name
    assert filled("db", "backup", str(place), *copies, "--json").json["backup"] == str(place)
    if name.endswith(".tar"):
        with tarfile.open(place) as tar:
            assert tar.next().name == MANIFEST  # type: ignore[union-attr]  # it is not empty
    for path in there:
        (filled.data_dir / path).unlink()
    filled.server.append(mail(3))
    filled("sync", "support")
    refused = filled("db", "restore", str(place))
    assert (refused.code, "--replace" in refused.err) == (2, True)
    done = filled("db", "restore", str(place), "--replace")
    assert done.code == 0, done.err
    assert "the store is as it was at 2026-03-02T12:00:00Z: 2 messages; 2 files put back" in done.out
    assert "next: `inboxsync key check`" in done.err
    assert filled("db", "dump", "--canonical").out == before
    assert files(filled.data_dir) == there
    (aside,) = filled.data_dir.glob("inboxsync.sqlite3.before-*")
    assert aside.is_file()
    assert filled("db", "check").code == 0


def test_ids_and_numbers_given_out_since_are_not_given_out_again(filled: CommandLine, tmp_path: Path) -> None:
    filled("db", "backup", str(tmp_path / "kept"))
    filled.server.append(mail(3, "A third matter"))
    filled("sync", "support")
    (lost,) = [one for one in filled("tickets", "list", "--json").json["tickets"] if one["subject"] == "A third matter"]
    newest = filled("events", "list", "--json").json["next_after"]
    restored = filled("db", "restore", str(tmp_path / "kept"), "--replace", "--json").json
    assert restored["last_ids"]["inboxsync_events"] == newest
    assert filled("sync", "support").code == 0
    tickets = {one["subject"]: one for one in filled("tickets", "list", "--json").json["tickets"]}
    assert tickets["A third matter"]["id"] != lost["id"]
    assert tickets["A third matter"]["number"] != lost["number"]
    assert len(tickets) == 2
    assert all(
        int(event["id"]) > newest for event in filled("events", "list", "--after", str(newest), "--json").json["events"]
    )


def test_a_damaged_database_is_replaced_and_ids_skip_far(filled: CommandLine, tmp_path: Path) -> None:
    filled("db", "backup", str(tmp_path / "kept"))
    newest = filled("events", "list", "--json").json["next_after"]
    for suffix in ("", "-wal", "-shm"):
        file = filled.data_dir / f"inboxsync.sqlite3{suffix}"
        file.unlink(missing_ok=True)
    (filled.data_dir / "inboxsync.sqlite3").write_bytes(b"no database at all" * 100)
    assert filled("status").code == 78
    done = filled("db", "restore", str(tmp_path / "kept"), "--replace", "--json")
    assert done.code == 0, done.err
    assert done.json["last_ids"]["inboxsync_events"] == newest + 1_000_000
    assert filled("status").code == 0


def test_a_backup_that_was_altered_is_refused(filled: CommandLine, tmp_path: Path) -> None:
    filled("db", "backup", str(tmp_path / "kept"))
    database = tmp_path / "kept" / "inboxsync.sqlite3"
    database.write_bytes(database.read_bytes() + b"x")
    refused = filled("db", "restore", str(tmp_path / "kept"), "--replace")
    assert (refused.code, "is not what" in refused.err) == (78, True)
    for place in (tmp_path / "nothing", filled.data_dir, filled.data_dir / "inboxsync.sqlite3"):
        refused = filled("db", "restore", str(place), "--replace")
        assert (refused.code, "is no backup" in refused.err) == (2, True)
    assert filled("messages", "list", "--json").json["total"] == 2
