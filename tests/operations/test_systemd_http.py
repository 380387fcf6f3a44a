"""The unit of the HTTP endpoint is valid, hardened, and starts a command that exists."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .test_systemd import MAX_EXPOSURE, UNITS, directives, systemd_analyze

NAME = "inboxsync-http.service"
HTTP = directives(NAME)


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


def test_it_is_ready_when_it_says_so_and_has_no_key() -> None:
    assert HTTP["ExecStart"] == ["inboxsync serve"]
    assert (HTTP["Type"], HTTP["NotifyAccess"], HTTP["WatchdogSec"]) == (["notify"], ["all"], ["60s"])
    assert "LoadCredential" not in HTTP
    assert HTTP["User"] == directives("inboxsync.service")["User"]


def test_every_restriction_is_explained() -> None:
    text = (UNITS / NAME).read_text(encoding="utf-8")
    hardening = text[text.index("# --- what the service may not do") : text.index("[Install]")]
    for block in hardening.split("\n\n")[1:]:
        assert block.startswith("#") or not block.strip(), block
