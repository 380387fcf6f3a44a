"""The one place that exits: errors into words and codes, options anywhere, nothing heavy at import."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from inboxsync import __version__, cli
from inboxsync.cli import app, run
from inboxsync.commands.guard import error_document
from inboxsync.commands.manual import markdown, roff, walk
from inboxsync.commands.ports import Application
from inboxsync.commands.shell import Shell
from inboxsync.errors import ConfigError, DiskFull, InboxsyncError, Problem, UsageError

ROOT = Path(__file__).parents[2]
HEAVY = {
    "alembic", "croniter", "cryptography", "fast_mail_parser", "imapclient", "keyring", "pydantic", "re2", "rich",
    "selectolax", "sqlalchemy", "sqlite3", "sqlmodel", "ssl", "tenacity", "asyncio",
}  # fmt: skip

GROUPS = {
    f"inboxsync {group}"
    for group in (
        "messages",
        "tickets",
        "token",
        "quarantine",
        "rules",
        "key",
        "db",
        "companies",
        "contacts",
        "events",
        "webhooks",
    )
}


@pytest.fixture(autouse=True)
def hooks_as_they_were() -> Iterator[None]:
    """Give the hooks back that a run takes for itself."""
    hooks = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = hooks


def failing(error: BaseException) -> Callable[[Shell], Application]:
    """Make a way to the application on which an error waits."""

    def open_application(_shell: Shell) -> Application:
        raise error

    return open_application


def ran(*argv: str, error: BaseException | None = None) -> tuple[int, str, str]:
    """Run a command line whose application fails."""
    out, err = io.StringIO(), io.StringIO()
    code = run(
        argv, open_application=failing(error or DiskFull("no space left")), stdin=io.StringIO(), stdout=out, stderr=err
    )
    return code, out.getvalue(), err.getvalue()


def test_an_error_is_what_and_what_to_do() -> None:
    code, out, err = ran("status")
    assert (code, out) == (75, "")
    assert err == ("error: no space left\n  hint: free some space; the next run goes on where this one stopped\n")


def test_with_json_the_error_is_the_one_document_too() -> None:
    code, out, _ = ran("status", "--json")
    assert code == 75
    assert json.loads(out) == {
        "error": {
            "code": "disk_full",
            "message": "no space left",
            "hint": "free some space; the next run goes on where this one stopped",
        }
    }


def test_every_fault_of_the_settings_is_told() -> None:
    problems = [Problem("config.toml: jobs", "must be a number", "write 32"), Problem("", "odd")]
    error = ConfigError("two faults", problems=problems)
    code, out, err = ran("list", "--json", error=error)
    assert code == 78
    assert err.splitlines() == [
        "error: two faults", "  config.toml: jobs: must be a number", "  hint: write 32", "  odd"
    ]  # fmt: skip
    assert json.loads(out)["error"]["problems"] == [
        {"where": "config.toml: jobs", "message": "must be a number", "hint": "write 32"},
        {"where": "", "message": "odd", "hint": ""},
    ]
    assert error_document(UsageError("x"))["error"] == {"code": "usage", "message": "x", "hint": ""}


def test_faults_are_not_told_twice() -> None:
    problems = [Problem("a", "odd", "write 1"), Problem("b", "even", "write 2")]
    error = ConfigError("a: odd; b: even", hint="write 1; write 2", problems=problems)
    assert ran("list", error=error)[2].splitlines() == [
        "error: 2 faults", "  a: odd", "  hint: write 1", "  b: even", "  hint: write 2"
    ]  # fmt: skip
    single = ConfigError("a: odd", hint="write 1", problems=problems[:1])
    assert ran("list", error=single)[2].splitlines() == ["error: a: odd", "  hint: write 1"]


def test_text_of_servers_is_made_printable() -> None:
    _, out, err = ran("status", "--json", error=InboxsyncError("server said \x1b[2J\u202e"))
    assert not {"\x1b", "\u202e"} & set(out + err)


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["status", "--nonsense"],
        ["add"],
        ["sync"],
        ["messages", "list", "--limit", "x"],
        ["status", "--log-format", "xml"],
    ],
)
def test_a_wrong_command_line_is_2(argv: list[str]) -> None:
    code, out, err = ran(*argv)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert "--help` shows how" in err
    code, out, _ = ran(*argv, "--json")
    assert code == 2
    assert json.loads(out)["error"]["code"] == "usage"


def test_no_command_shows_help() -> None:
    code, _, err = ran()
    assert code == 2
    assert "Usage: inboxsync" in err


def test_a_bug_is_1_and_a_traceback_only_with_debug() -> None:
    code, out, err = ran("status", error=ZeroDivisionError("x"))
    assert (code, out) == (1, "")
    assert "Traceback" not in err
    assert "ZeroDivisionError" in err
    assert json.loads(ran("status", "--json", error=ZeroDivisionError("x"))[1])["error"]["code"] == "internal"
    code, _, err = ran("status", "--debug", error=ZeroDivisionError("x"))
    assert code == 1
    assert "Traceback" in err


def test_interrupts_and_closed_pipes_are_quiet() -> None:
    assert ran("status", error=KeyboardInterrupt())[::2] == (130, "interrupted\n")
    assert ran("status", error=BrokenPipeError()) == (0, "", "")


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("--version")[0] == 0
    assert capsys.readouterr().out == f"inboxsync {__version__}\n"


@pytest.mark.parametrize(
    "argv",
    [
        ["-qv", "--data-dir", "/a", "status"],
        ["status", "-q", "-v", "--data-dir", "/a"],
        ["--data-dir", "/b", "status", "-vq", "--data-dir", "/a"],
    ],
)
def test_global_options_may_stand_anywhere(argv: list[str]) -> None:
    seen: list[Shell] = []

    def look(shell: Shell) -> Application:
        seen.append(shell)
        raise UsageError("seen")

    run(argv, open_application=look, stdin=io.StringIO(), stdout=io.StringIO(), stderr=io.StringIO())
    options = seen[0].options
    assert (options.quiet, options.verbose, dict(options.overrides)) == (True, 1, {"data_dir": "/a"})


# --- the commands themselves ---------------------------------------------------------------------------------------


def entries() -> list[Any]:
    """Walk through all commands."""
    return list(walk(typer.main.get_command(app), "inboxsync"))


def test_every_command_of_the_contract_is_there() -> None:
    paths = {entry.path.removeprefix("inboxsync ") for entry in entries()}
    assert paths >= {
        "add", "edit", "show", "list", "clone", "enable", "disable", "remove", "test", "doctor", "sync", "sync-all",
        "status", "runs", "messages list", "messages show", "messages export", "tickets list", "tickets show",
        "rules check", "rules fields", "rules test", "quarantine list", "quarantine show", "providers", "folders",
        "key status", "key init", "key rotate", "key check", "db upgrade", "db current", "db check", "db dump",
    }  # fmt: skip


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.path)
def test_every_help_has_an_example_that_parses(entry: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.help
    if entry.path in GROUPS:
        return
    assert entry.examples
    for line in entry.examples:
        words = line.split("|")[0].split(">")[0].split()
        if "*" not in line:
            code, _, err = ran(*words[1:])
            assert code != 2 or "no password" in err or "cannot be read" in err, err
    assert ran(*entry.path.split()[1:], "--help")[0] == 0
    assert entry.examples[0] in capsys.readouterr().out


def test_every_listing_and_report_takes_json() -> None:
    without = {
        "inboxsync",
        "inboxsync messages export",
        "inboxsync quarantine export",
        "inboxsync db dump",
        "inboxsync man",
        "inboxsync serve",
    }
    for entry in entries():
        if entry.path not in without | GROUPS:
            assert "--json" in [names for names, _ in entry.parameters], entry.path


def test_the_reference_agrees_with_the_commands() -> None:
    """`inboxsync man --format markdown > docs/cli.md` renews it."""
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == markdown(entries())


def test_the_manual_page_is_sound_roff() -> None:
    page = roff(entries())
    assert page.startswith(".TH INBOXSYNC 1")
    assert all(ord(character) < 128 for character in page)
    requests = {line.split()[0] for line in page.splitlines() if line.startswith(".")}
    assert requests <= {".TH", ".SH", ".SS", ".TP", ".B", ".PP", ".nf", ".fi"}
    assert "sync\\-all" in page


def test_nothing_heavy_is_imported_with_the_command_line() -> None:
    script = "import sys, inboxsync.cli; print(' '.join({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not HEAVY & set(loaded.stdout.split())


def test_the_program_name_is_fixed() -> None:
    assert cli.PROGRAM == "inboxsync"
