"""The lines that are carried out without typer are read as typer reads them, and any other is left to it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inboxsync.commands.direct import read
from inboxsync.commands.syncing import Request


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sync-all", Request([])),
        ("sync-all -q", Request([])),
        ("sync-all --json --force", Request([], force=True, as_json=True)),
        ("sync-all --dry-run", Request([], dry_run=True)),
        ("sync support sales --json", Request(["support", "sales"], as_json=True)),
        ("sync --dry-run support", Request(["support"], dry_run=True)),
    ],
)
def test_known_lines(line: str, expected: Request) -> None:
    assert read(line.split()) == expected


@pytest.mark.parametrize(
    "line",
    ["", "sync", "sync --force support", "sync-all support", "sync-all --jobs 2", "sync -- support", "status",
     "-q sync-all", "sync-all --help", "sync-all -v", "sync a --wait=1s"],
)  # fmt: skip
def test_all_other_lines_are_left_to_the_command_line(line: str) -> None:
    assert read(line.split()) is None


def test_it_imports_no_typer() -> None:
    heavy = "{'typer', 'rich', 'sqlalchemy', 'imapclient'}"
    look = f"import sys, inboxsync.commands.direct; print(*({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
