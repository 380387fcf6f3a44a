"""The lines of `serve` that are carried out without typer are read as typer reads them; any other is left to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inboxsync.commands.direct_serve import read
from inboxsync.httpapi.listening import Listening


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("serve", Listening()),
        ("serve -q", Listening()),
        ("serve --port 0", Listening(port=0)),
        ("serve --quiet --host ::1 --port 65535", Listening("::1", 65_535)),
        ("serve --unix-socket /run/x.sock --workers 2", Listening(unix_socket=Path("/run/x.sock"), workers=2)),
    ],
)
def test_known_lines(line: str, expected: Listening) -> None:
    assert read(line.split()) == expected


@pytest.mark.parametrize(
    "line",
    ["", "sync", "-q serve", "serve --help", "serve --port", "serve --port=1", "serve --port 65536", "serve --port -1",
     "serve --port \u0663", "serve --workers 0", "serve --workers 65", "serve --port 1 --port 2", "serve --host -q",
     "serve --host -x", "serve x", "serve --allowed-host a", "serve --proxy a", "serve -v", "serve --debug --port 1"],
)  # fmt: skip
def test_all_other_lines_are_left_to_the_command_line(line: str) -> None:
    assert read(line.split()) is None


def test_an_empty_value_is_left_to_the_command_line() -> None:
    assert read(["serve", "--host", ""]) is None


def test_it_imports_no_typer_and_no_engine() -> None:
    heavy = "{'typer', 'rich', 'sqlalchemy', 'imapclient', 'inboxsync.app', 'cryptography'}"
    look = f"import sys, inboxsync.commands.direct_serve; print(*({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
