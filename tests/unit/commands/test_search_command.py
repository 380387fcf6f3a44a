"""`search`, `db reindex` and `messages export` on the command line."""

from __future__ import annotations

import json
import mailbox
import re
from pathlib import Path

import pytest

from tests.unit.commands.harness import CommandLine, mail

SUBJECTS = ("Printer is broken", "Invoice 4711", "=?utf-8?q?evil_=1B[2J=E2=80=AE?=")
FROM_LINE = b"Message-ID: <from@example.com>\r\nFrom: bob@example.org\r\n\r\nFrom here\r\n>From there\r\nno end"


@pytest.fixture
def full(line: CommandLine) -> CommandLine:
    """Four messages, brought in by a first sync."""
    for number, subject in enumerate(SUBJECTS, start=1):
        line.server.append(mail(number, subject))
    line.server.append(FROM_LINE)
    line.add()
    assert line("sync", "support").code == 0
    return line


def subjects(line: CommandLine, *query: str) -> list[str]:
    return [one["subject"] for one in line("search", "--json", *query).json["results"]]


def test_search_indexes_what_waits_and_finds_it(full: CommandLine) -> None:
    answer = full("search", "printer", "--json").json
    assert list(answer) == [
        *("results", "total", "query", "folder", "limited", "page", "has_next", "has_prev", "not_indexed")
    ]
    assert (answer["total"], answer["query"], answer["not_indexed"], answer["limited"]) == (1, "printer", 0, False)
    assert answer["results"][0]["subject"] == "Printer is broken"
    assert answer["results"][0]["external_id"] == "1@example.com"


def test_search_narrows_down(full: CommandLine) -> None:
    assert subjects(full, "from:bob@example.org", "invoice") == ["Invoice 4711"]
    chosen = ("--folder", "inbox", "--integration", "support", "--limit", "1")
    assert [one.partition(" ")[0] for one in subjects(full, "body", *chosen)] == ["evil"]
    assert subjects(full, "body", "--folder", "Archive") == []
    assert subjects(full, "--", "-body", "after:2020-01-01") == [""]


def test_search_says_what_is_wrong_with_no_query_and_no_integration(full: CommandLine) -> None:
    assert full("search", " -- ").code == 2
    assert full("search", '"').code == 2
    assert full("search", "x", "--integration", "none").code == 2


def test_found_mail_cannot_act_on_the_terminal(full: CommandLine) -> None:
    for told in (full("search", "body"), full("search", "body", "--json")):
        assert told.code == 0
        assert not {"\x1b", "\u202e"} & set(told.out + told.err)


def test_reindex_makes_all_searchable(full: CommandLine) -> None:
    assert full("db", "reindex", "--json").json == {"indexed": 4, "not_indexed": 0}
    assert "4 messages indexed" in full("db", "reindex").out
    assert len(subjects(full, "body")) == 3


def test_an_mbox_is_read_back_by_others_and_gives_the_octets_back(full: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "all.mbox"
    assert full("messages", "export", "--integration", "support", "-o", str(file)).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    box = mailbox.mbox(str(file))
    read = [box.get_bytes(key) for key in box.keys()]  # noqa: SIM118  iterating it would give messages
    box.close()
    sent = [mail(number, subject) for number, subject in enumerate(SUBJECTS, start=1)] + [FROM_LINE]
    # mboxrd: one `>` is taken from each line that has it before `From `; what had no line end got one.
    plain = [re.sub(rb"(?m)^>(>*From )", rb"\1", octets) for octets in read]
    assert [octets.rstrip(b"\n") for octets in plain] == [
        octets.replace(b"\r\n", b"\n").rstrip(b"\n") for octets in sent
    ]


def test_json_lines_hold_whole_messages(full: CommandLine) -> None:
    answer = full("messages", "export", "--query", "body", "--format", "jsonl", "-o", "-")
    lines = [json.loads(line) for line in answer.out.splitlines()]
    assert [one["external_id"] for one in lines] == ["3@example.com", "2@example.com", "1@example.com"]
    assert lines[0]["body_text"].strip() == "Body of 3."
    assert "\x1b" not in answer.out


def test_an_export_is_chosen_by_time_too(full: CommandLine, tmp_path: Path) -> None:
    def exported(*which: str) -> int:
        answer = full("messages", "export", *which, "--format", "jsonl", "-o", "-")
        assert answer.code == 0
        return len(answer.out.splitlines())

    assert exported("--all") == 4
    assert exported("--since", "2026-03-01", "--until", "2026-03-02") in (3, 4)
    assert exported("--until", "2020-01-01") == 0
    assert exported("--query", "body", "--since", "2026-04-01") == 0
    assert exported("1", "2") == 2


def test_no_file_is_replaced_unasked(full: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "one.eml"
    file.write_bytes(b"mine")
    refused = full("messages", "export", "1", "-o", str(file))
    assert (refused.code, file.read_bytes()) == (2, b"mine")
    assert "--force" in refused.err
    assert full("messages", "export", "1", "-o", str(file), "--force").code == 0
    assert file.read_bytes() == mail(1, SUBJECTS[0])
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["one.eml"]


@pytest.mark.parametrize(
    "which",
    [
        [],
        ["1", "--all"],
        ["1", "2", "--format", "eml"],
        ["--integration", "none", "--format", "mbox"],
        ["99", "--format", "mbox"],
        ["--since", "soon", "--format", "mbox"],
    ],
)
def test_an_export_that_cannot_be_leaves_no_file(full: CommandLine, tmp_path: Path, which: list[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert full("messages", "export", *which, "-o", str(out / "x")).code == 2
    assert list(out.iterdir()) == []
