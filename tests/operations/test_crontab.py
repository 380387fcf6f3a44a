"""Every line of crontab.example is one that cron takes, and calls options that exist."""

from __future__ import annotations

import re

import pytest

from inboxsync.schedule import check_cron

from .command_line import ROOT, check_sync_all

TEXT = (ROOT / "crontab.example").read_text(encoding="ascii")
SETTING = re.compile(r"([A-Z_]+)=(.*)")


def jobs_of(text: str) -> list[tuple[str, str]]:
    """Read a crontab as crontab(5) says: comments, settings, and lines of five fields and a command."""
    jobs = []
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("#") or SETTING.fullmatch(stripped):
            continue
        fields = stripped.split(None, 5)
        assert len(fields) == 6, line
        jobs.append((" ".join(fields[:5]), fields[5]))
    return jobs


def settings_of(text: str) -> dict[str, str]:
    matches = (SETTING.fullmatch(line.strip()) for line in text.splitlines())
    return {match[1]: match[2] for match in matches if match}


JOBS = jobs_of(TEXT.replace("#/ ", ""))


def test_exactly_one_job_is_active_and_one_is_an_alternative() -> None:
    assert len(jobs_of(TEXT)) == 1
    assert len(JOBS) == 2


@pytest.mark.parametrize(("expression", "command"), JOBS)
def test_each_job_runs_every_five_minutes_and_calls_what_exists(expression: str, command: str) -> None:
    check_cron(expression)
    assert expression == "*/5 * * * *"
    assert "%" not in command, "cron makes a line end of it"
    words = command.partition(">>")[0].split()
    assert "-q" in check_sync_all(words), "cron mails whatever is printed"


def test_the_environment_that_cron_lacks_is_set() -> None:
    settings = settings_of(TEXT)
    assert set(settings) == {"PATH", "MAILTO"}
    assert "/usr/local/bin" in settings["PATH"].split(":")
    assert settings["MAILTO"].endswith("@example.com")


def test_it_says_why_no_lock_is_needed_and_uses_none() -> None:
    assert "No flock is needed" in TEXT
    assert "lease" in TEXT
    assert not any("flock" in command for _, command in JOBS)


def test_the_last_line_ends() -> None:
    assert TEXT.endswith("\n"), "cron ignores a last line without a line end"
