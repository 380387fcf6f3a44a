"""What is promised of processes, this one and others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from inboxsync.system.processes import host_name, owner_is_dead, process_start

PYTHON = [sys.executable, "-c"]


def test_this_process_is_alive_and_keeps_its_token() -> None:
    start = process_start(os.getpid())
    assert start is not None
    assert start == process_start(os.getpid())
    assert not owner_is_dead(host_name(), os.getpid(), start)


def test_another_start_time_is_another_process() -> None:
    namespace = (process_start(os.getpid()) or "").partition("@")[2]
    assert owner_is_dead(host_name(), os.getpid(), f"1@{namespace}")


def test_death_is_never_claimed_of_another_host_or_another_pid_namespace() -> None:
    assert not owner_is_dead("another-host.example", 2**22, "1")
    assert not owner_is_dead(host_name(), 2**22, "1@4026530000")


@pytest.mark.parametrize("pid", [0, -1, 2**31, 2**70])
def test_what_is_no_process_id_is_no_process(pid: int) -> None:
    assert process_start(pid) is None


def test_a_killed_process_is_dead_though_nobody_has_waited_for_it() -> None:
    with subprocess.Popen([*PYTHON, "input()"], stdin=subprocess.PIPE) as child:
        start = process_start(child.pid)
        assert start is not None
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and left a zombie
        assert process_start(child.pid) is None
        assert owner_is_dead(host_name(), child.pid, start)


def test_a_name_that_looks_like_proc_fields_does_not_confuse(tmp_path: Path) -> None:
    odd = tmp_path / ") Z 1\xff ("
    odd.symlink_to("/bin/cat")
    with subprocess.Popen([str(odd)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"x")
        assert child.stdout.read(1) == b"x"  # it runs under its odd name now
        assert process_start(child.pid) is not None
        child.stdin.close()


def test_core_dumps_are_forbidden() -> None:
    code = "import resource; from inboxsync.system.processes import forbid_core_dumps; forbid_core_dumps(); "
    code += "forbid_core_dumps(); print(resource.getrlimit(resource.RLIMIT_CORE))"
    done = subprocess.run([*PYTHON, code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(0, 0)"


def test_a_process_that_leaves_has_said_all_and_runs_nothing_more() -> None:
    program = "import atexit; from inboxsync.system.processes import leave\n"
    program += "atexit.register(print, 'late'); print('said'); leave(7)"
    left = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (left.returncode, left.stdout, left.stderr) == (7, "said\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that takes nothing")
def test_output_that_cannot_be_written_is_not_lost_in_silence() -> None:
    program = "from inboxsync.system.processes import leave; print('said'); raise SystemExit(leave(0))"
    with open("/dev/full", "w") as full:
        left = subprocess.run([sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, check=False)
    assert left.returncode != 0
