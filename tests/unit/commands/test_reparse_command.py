"""`messages reparse`: derived data damaged by hand come back, and nothing else changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inboxsync.store.sql import open_store
from tests.unit.commands.harness import CommandLine, mail

REPLY = (
    b"Message-ID: <r@example.com>\r\nFrom: ana@example.com\r\nIn-Reply-To: <1@EXAMPLE.com>\r\nSubject: Re: Printer\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the file\r\n"
    b"--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=list.csv\r\n\r\na;b\r\n--b--\r\n"
)


@pytest.fixture
def full(line: CommandLine) -> CommandLine:
    """Three messages, two of them one conversation, with tickets and searchable."""
    for octets in (mail(1, "Printer"), mail(2, "Other"), REPLY):
        line.server.append(octets)
    line.add("support", "--tickets-since", "all")
    assert line("sync", "support").code == 0
    assert line("search", "printer", "--json").json["total"] == 2
    return line


@contextmanager
def database(line: CommandLine) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(line.data_dir / "inboxsync.sqlite3")
    with connection:
        yield connection
    connection.close()


def dump(line: CommandLine) -> list[str]:
    store = open_store(None, line.data_dir)
    lines = list(store.content.dump())
    store.close()
    return lines


def spoil(line: CommandLine) -> None:
    """What an older parser might have made of it."""
    with database(line) as rows:
        rows.execute("UPDATE inboxsync_messages SET subject = 'spoilt', in_reply_to = '[]', parser_version = 0")
        rows.execute("UPDATE inboxsync_messages SET thread_id = external_id, subject_key = NULL")
        rows.execute("UPDATE inboxsync_bodies SET body_text = 'spoilt' WHERE message_id = 1")
        rows.execute("DELETE FROM inboxsync_bodies WHERE message_id = 2")
        rows.execute("UPDATE inboxsync_attachments SET filename = 'x'")
        rows.execute("INSERT INTO inboxsync_attachments SELECT 99, message_id, 7, filename, content_type, " + REST)
        rows.execute("DELETE FROM inboxsync_thread_ties")


REST = ""


@pytest.fixture(autouse=True)
def _columns(line: CommandLine, full: CommandLine) -> None:
    global REST
    with database(full) as rows:
        names = [row[1] for row in rows.execute("PRAGMA table_info(inboxsync_attachments)")]
    REST = ", ".join(names[5:]) + " FROM inboxsync_attachments"


def test_nothing_is_to_be_done_after_a_sync(full: CommandLine) -> None:
    before = dump(full)
    assert full("messages", "reparse", "--json").json == {
        "dry_run": False, "looked_at": 0, "changed": 0, "unreadable": 0, "pruned": 0, "fields": {}, "resumed": False,
        "finished": True,
    }  # fmt: skip
    again = full("messages", "reparse", "--all", "--json").json
    assert (again["looked_at"], again["changed"], again["fields"]) == (3, 0, {})
    assert dump(full) == before


def test_what_is_derived_comes_back_as_it_was(full: CommandLine) -> None:
    before = dump(full)
    spoil(full)
    spoilt = dump(full)
    tried = full("messages", "reparse", "--dry-run", "--json").json
    assert (tried["looked_at"], tried["changed"], dump(full)) == (3, 3, spoilt)
    done = full("messages", "reparse", "--json").json
    assert done["fields"] == {"attachments": 1, "body_text": 2, "in_reply_to": 1, "subject": 3}
    assert {**tried, "dry_run": False} == done
    assert dump(full) == before
    with database(full) as rows:
        assert rows.execute("SELECT count(*), min(id), max(id) FROM inboxsync_attachments").fetchone() == (1, 1, 1)
    assert full("messages", "reparse", "--json").json["looked_at"] == 0


def test_the_search_index_follows(full: CommandLine) -> None:
    spoil(full)
    assert full("messages", "reparse").code == 0
    with database(full) as rows:
        assert rows.execute("SELECT count(*) FROM inboxsync_search_queue").fetchone() == (3,)
    assert full("search", "subject:printer", "--json").json["total"] == 2
    assert full("search", "spoilt", "--json").json["total"] == 0


def test_missing_attachment_files_are_made_again(full: CommandLine) -> None:
    (file,) = (path for path in (full.data_dir / "attachments").rglob("*") if path.is_file())
    content = file.read_bytes()
    file.unlink()
    assert full("messages", "reparse", "--all").code == 0
    assert file.read_bytes() == content


def test_one_message_without_octets_costs_itself(full: CommandLine) -> None:
    spoil(full)
    with database(full) as rows:
        rows.execute("UPDATE inboxsync_raw SET data = x'00' WHERE sha256 = (SELECT raw_sha256 FROM inboxsync_messages)")
    answer = full("messages", "reparse", "--json")
    assert answer.code == 78
    assert (answer.json["changed"], answer.json["unreadable"], answer.json["finished"]) == (2, 1, True)
    assert "no sound octets" in full("messages", "reparse").err


def test_only_one_integration_is_taken(full: CommandLine) -> None:
    spoil(full)
    full.add("other")
    assert full("messages", "reparse", "--integration", "other", "--json").json["looked_at"] == 0
    assert full("messages", "reparse", "--integration", "none").code == 2
    assert full("messages", "reparse", "--integration", "support", "--json").json["changed"] == 3


def test_people_are_told_what_changed(full: CommandLine, tmp_path: Path) -> None:
    spoil(full)
    told = full("messages", "reparse")
    assert "3 messages looked at, 3 changed" in told.out
    assert "subject" in told.out
