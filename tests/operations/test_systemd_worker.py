"""The unit of a worker is valid, hardened, and starts a command line that exists."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inboxsync.cli import app
from inboxsync.errors import EXIT_CONFIG, EXIT_USAGE

from .test_systemd import MAX_EXPOSURE, SERVICE, UNITS, directives, seconds, systemd_analyze

NAME = "inboxsync-worker.service"
WORKER = directives(NAME)
# What a worker has otherwise than a run that ends: how it is started, watched and ended.
OF_ITS_OWN = {
    *("Type", "NotifyAccess", "ExecStart", "WatchdogSec", "Restart", "RestartSec", "RestartPreventExitStatus"),
    *("TimeoutStopSec", "Description", "WantedBy"),
}
OF_RUNS = {"TimeoutStartSec", "SuccessExitStatus"}


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """A copy whose command exists on every machine."""
    text = (UNITS / NAME).read_text(encoding="utf-8")
    copy = tmp_path / NAME
    copy.write_text(text.replace("ExecStart=inboxsync ", f"ExecStart={sys.executable} "), encoding="utf-8")
    return copy


def test_systemd_finds_nothing_to_complain_about(unit: Path) -> None:
    answer = systemd_analyze("verify", "--man=no", str(unit))
    assert (answer.returncode, [line for line in answer.stderr.splitlines() if "inboxsync" in line]) == (0, [])


def test_exposure_is_low(unit: Path) -> None:
    answer = systemd_analyze("security", "--offline=yes", f"--threshold={MAX_EXPOSURE}", "--no-pager", str(unit))
    assert answer.returncode == 0, answer.stdout[-400:] + answer.stderr


def test_its_command_line_exists() -> None:
    import typer

    words = WORKER["ExecStart"][0].split()
    assert words[:2] == ["inboxsync", "sync-all"]
    command = typer.main.get_command(app)
    known = {name for option in command.commands["sync-all"].params for name in option.opts}  # type: ignore[attr-defined]  # a group
    assert {word for word in words if word.startswith("--")} <= known


def test_it_is_watched_and_comes_back_but_not_where_a_person_is_needed() -> None:
    assert (WORKER["Type"], WORKER["Restart"]) == (["notify"], ["always"])
    assert set(WORKER["RestartPreventExitStatus"][0].split()) == {str(EXIT_USAGE), str(EXIT_CONFIG)}
    assert seconds(WORKER["WatchdogSec"][0]) > 30, "a database may be waited for so long"


def test_it_may_do_what_a_run_may_and_no_more() -> None:
    own = {key: value for key, value in WORKER.items() if key not in OF_ITS_OWN}
    assert own == {key: value for key, value in SERVICE.items() if key not in OF_ITS_OWN | OF_RUNS}


def test_every_restriction_is_explained() -> None:
    text = (UNITS / NAME).read_text(encoding="utf-8")
    hardening = text[text.index("# --- what the service may not do") : text.index("[Install]")]
    for block in hardening.split("\n\n")[1:]:
        assert block.startswith("#") or not block.strip(), block
