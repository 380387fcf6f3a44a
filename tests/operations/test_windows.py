"""The Task Scheduler definition is well formed, truthful about its encoding, and calls what exists."""

from __future__ import annotations

import codecs
import re
from xml.etree import ElementTree

from .command_line import DEADLINE_S, ROOT, check_sync_all

WINDOWS = ROOT / "windows"
OCTETS = (WINDOWS / "inboxsync-task.xml").read_bytes()
SCRIPT = (WINDOWS / "register-task.ps1").read_bytes()
NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
TASK = ElementTree.fromstring(OCTETS)


def text(path: str) -> str:
    found = TASK.find("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))
    assert found is not None, path
    return (found.text or "").strip()


def seconds(duration: str) -> int:
    match = re.fullmatch(r"PT([0-9]+)M", duration)
    assert match, duration
    return int(match[1]) * 60


def test_the_encoding_is_the_declared_one_that_all_windows_tools_read() -> None:
    """schtasks refuses UTF-8 with a byte order mark; Register-ScheduledTask refuses a string that is declared UTF-8."""
    assert OCTETS.startswith(codecs.BOM_UTF16_LE)
    assert OCTETS.decode("utf-16").startswith('<?xml version="1.0" encoding="UTF-16"?>\r\n')


def test_every_element_is_in_the_namespace_of_task_scheduler() -> None:
    assert TASK.tag == f"{{{NAMESPACE}}}Task"
    assert TASK.get("version") == "1.2"
    assert all(element.tag.startswith(f"{{{NAMESPACE}}}") for element in TASK.iter())


def test_it_repeats_every_five_minutes_without_end() -> None:
    assert seconds(text("Triggers/TimeTrigger/Repetition/Interval")) == 300
    assert TASK.find(f".//{{{NAMESPACE}}}Duration") is None
    assert TASK.find(f".//{{{NAMESPACE}}}EndBoundary") is None


def test_it_never_overlaps_and_is_cut_off_above_the_deadline() -> None:
    assert text("Settings/MultipleInstancesPolicy") == "IgnoreNew"
    assert seconds(text("Settings/ExecutionTimeLimit")) > DEADLINE_S


def test_it_runs_whether_logged_on_or_not_and_catches_up() -> None:
    assert text("Principals/Principal/LogonType") == "S4U"
    assert text("Principals/Principal/RunLevel") == "LeastPrivilege"
    assert text("Settings/StartWhenAvailable") == "true"
    assert text("Settings/DisallowStartIfOnBatteries") == "false"


def test_it_calls_an_existing_command() -> None:
    check_sync_all([text("Actions/Exec/Command"), *text("Actions/Exec/Arguments").split()])


def test_the_context_of_the_action_is_a_principal() -> None:
    actions, principal = (TASK.find(f".//{{{NAMESPACE}}}{name}") for name in ("Actions", "Principal"))
    assert actions is not None
    assert principal is not None
    assert actions.get("Context") == principal.get("id")


def test_the_script_is_ascii_with_windows_line_ends() -> None:
    """PowerShell 5.1 reads a script without byte order mark in the machine's code page."""
    lines = SCRIPT.decode("ascii").split("\r\n")
    assert lines[-1] == ""
    assert not any("\n" in line or "\r" in line for line in lines)


def test_the_script_changes_what_the_definition_has() -> None:
    script = SCRIPT.decode("ascii")
    (definition,) = set(re.findall(r"'([\w.-]+\.xml)'", script))
    assert (WINDOWS / definition).read_bytes() == OCTETS
    for path in set(re.findall(r"\$task\.Task\.([A-Za-z.]+)", script)):
        text(path.replace(".", "/"))
    for opening, closing in ("{}", "()", "[]"):
        assert script.count(opening) == script.count(closing)
