"""The units are valid, hardened, and consistent with the command they run. systemd-analyze has the last word."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inboxsync.errors import EXIT_TEMPORARY

from .command_line import DEADLINE_S, ROOT, check_sync_all

UNITS = ROOT / "systemd"
SERVICES = ("inboxsync.service", "inboxsync-http.service", "inboxsync-worker.service")
MAX_EXPOSURE = 20  # tenths: systemd-analyze calls below 2.0 of 10 OK


def directives(name: str) -> dict[str, list[str]]:
    """Read a unit file: every value of every key, in order (systemd.syntax(7), without continuation lines)."""
    found: dict[str, list[str]] = {}
    for line in (UNITS / name).read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def seconds(text: str) -> int:
    unit = {"min": 60, "s": 1}[text.lstrip("0123456789")]
    return int(text.rstrip("mins")) * unit


SERVICE = directives("inboxsync.service")
TIMER = directives("inboxsync.timer")


def systemd_analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = shutil.which("systemd-analyze")
    if command is None:
        pytest.fail("systemd-analyze is missing: `apt-get install systemd` brings it")
    return subprocess.run([command, *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def runnable_units(tmp_path: Path) -> Path:
    """Copies whose command exists on every machine, so that verify judges the units and not the installation."""
    for unit in UNITS.glob("inboxsync*.*"):
        text = unit.read_text(encoding="utf-8").replace("ExecStart=inboxsync ", f"ExecStart={sys.executable} ")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("unit", [*SERVICES, "inboxsync.timer"])
def test_systemd_finds_nothing_to_complain_about(runnable_units: Path, unit: str) -> None:
    answer = systemd_analyze("verify", "--man=no", str(runnable_units / unit))
    complaints = [line for line in answer.stderr.splitlines() if "inboxsync" in line]
    assert (answer.returncode, complaints) == (0, [])


def test_systemd_would_find_a_fault(runnable_units: Path) -> None:
    """The two tests here are worth nothing if verify says nothing of a wrong key."""
    unit = runnable_units / "inboxsync.service"
    unit.write_text(unit.read_text(encoding="utf-8").replace("NoNewPrivileges=", "NoSuchKey="), encoding="utf-8")
    assert "NoSuchKey" in systemd_analyze("verify", "--man=no", str(unit)).stderr


@pytest.mark.parametrize("unit", SERVICES)
def test_exposure_is_low(runnable_units: Path, unit: str) -> None:
    limit = f"--threshold={MAX_EXPOSURE}"
    answer = systemd_analyze("security", "--offline=yes", limit, "--no-pager", str(runnable_units / unit))
    assert answer.returncode == 0, answer.stdout[-400:] + answer.stderr


def test_it_runs_an_existing_command_with_a_limit_above_its_deadline() -> None:
    (command,) = SERVICE["ExecStart"]
    check_sync_all(command.split())
    assert SERVICE["Type"] == ["oneshot"]
    assert seconds(SERVICE["TimeoutStartSec"][0]) > DEADLINE_S
    assert "RuntimeMaxSec" not in SERVICE, "it has no effect on oneshot services"


def test_only_the_temporary_exit_code_is_no_failure() -> None:
    assert SERVICE["SuccessExitStatus"] == [str(EXIT_TEMPORARY)]


def test_the_key_comes_as_a_credential_and_nothing_secret_by_environment() -> None:
    assert SERVICE["LoadCredential"] == ["inboxsync-key:/etc/inboxsync/key"]
    assert SERVICE["Environment"] == ["INBOXSYNC_DATA_DIR=%S/inboxsync"]
    assert SERVICE["StateDirectory"] == ["inboxsync"]


def test_a_run_can_see_who_holds_a_lease() -> None:
    """A hidden /proc would make a living owner look dead, and its lease would be taken."""
    assert not {"ProtectProc", "PrivatePIDs"} & set(SERVICE)


def test_the_user_is_made_by_the_sysusers_file() -> None:
    (line,) = [line for line in (UNITS / "inboxsync.sysusers").read_text().splitlines() if not line.startswith("#")]
    assert line.split()[:2] == ["u", SERVICE["User"][0]]


@pytest.mark.parametrize("unit", SERVICES)
def test_every_restriction_is_explained(unit: str) -> None:
    """A block of directives always follows a comment."""
    text = (UNITS / unit).read_text(encoding="utf-8")
    hardening = text[text.index("# --- what the service may not do") :].partition("[Install]")[0]
    for block in hardening.split("\n\n")[1:]:
        assert block.startswith("#") or not block.strip(), block


def test_the_timer_comes_every_five_minutes_and_catches_up() -> None:
    assert TIMER["OnCalendar"] == ["*:0/5"]
    assert TIMER["Persistent"] == ["yes"]
    # With a delay drawn anew each time two runs could lie closer together than interval less tolerance.
    assert TIMER["FixedRandomDelay"] == ["yes"]
    assert seconds(TIMER["RandomizedDelaySec"][0]) <= 60
    assert seconds(TIMER["AccuracySec"][0]) <= 5
    assert TIMER["WantedBy"] == ["timers.target"]
