"""docs/operations.md tells every exit code and state, and shows the same command lines as the files it speaks of."""

from __future__ import annotations

import re

import pytest

from inboxsync import errors

from .command_line import ROOT, check_sync_all

TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
STATES = {"ok", "never", "running", "stale", "failing", "paused"}


def rows_below(heading: str) -> list[list[str]]:
    section = TEXT.split(f"## {heading}\n", 1)[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_every_exit_code_is_explained() -> None:
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_") and isinstance(value, int)}
    rows = rows_below("Exit codes")
    assert [int(row[0]) for row in rows] == sorted(codes)
    assert all(len(row) == 3 and all(row) for row in rows)


def test_the_order_of_codes_is_that_of_the_program() -> None:
    order = [code for code in errors.EXIT_PRECEDENCE if code != errors.EXIT_BUG]
    assert ", ".join(map(str, order)) in TEXT


def test_every_state_has_a_remedy() -> None:
    rows = rows_below("What status says, and what to do")
    assert {row[0].strip("`") for row in rows} == STATES
    assert all(len(row) == 3 and all(row) for row in rows)


SCHEDULED = re.findall(r"^(?:ExecStart=|[*]/5 [*] [*] [*] [*] )(.*inboxsync sync-all.*)$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("line", SCHEDULED)
def test_scheduled_commands_exist(line: str) -> None:
    check_sync_all(line.split())


def test_both_schedulers_that_are_shown_in_full_were_found() -> None:
    assert len(SCHEDULED) == 2


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"(?<![/\w])(?:systemd|windows)[/\\][\w.-]+|crontab\.example", TEXT)))
)
def test_files_that_are_named_are_there(name: str) -> None:
    assert (ROOT / name.replace("\\", "/")).is_file()


def test_the_cron_line_is_that_of_the_example() -> None:
    (line,) = re.findall(r"^\*/5 .*$", TEXT, re.MULTILINE)
    assert f"\n{line}\n" in (ROOT / "crontab.example").read_text(encoding="ascii")
