"""What a service is told and tells."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from inboxsync.system.service import notify

PYTHON = [sys.executable, "-c"]


TERMINATE = """
import os, signal, sys
from inboxsync.system.service import on_terminate
calls = []
on_terminate(lambda: calls.append(1))
os.kill(os.getpid(), signal.{first})
print(len(calls), flush=True)
os.kill(os.getpid(), signal.{second})
print("survived", len(calls))
"""


@pytest.mark.parametrize(("first", "second"), [("SIGTERM", "SIGTERM"), ("SIGTERM", "SIGINT"), ("SIGINT", "SIGTERM")])
def test_the_first_signal_calls_the_handler_and_the_second_ends_the_process(first: str, second: str) -> None:
    code = TERMINATE.format(first=first, second=second)
    done = subprocess.run([*PYTHON, code], capture_output=True, text=True, check=False)
    assert done.stdout == "1\n"
    assert done.returncode == -signal.Signals[second]


def test_a_signal_that_the_parent_ignores_stays_ignored() -> None:
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    code += TERMINATE.format(first="SIGINT", second="SIGINT")
    done = subprocess.run([*PYTHON, code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("0\nsurvived 0\n", 0)


def test_the_service_manager_is_told_by_a_datagram_and_its_absence_is_no_fault(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        # Its path must stay under 108 octets (sockaddr_un), whatever pytest's directories are called.
        address = f"\0inboxsync-test-{os.getpid()}"
        listening.bind(address)
        listening.settimeout(5)
        notify("@" + address[1:], "READY=1")
        assert listening.recv(100) == b"READY=1"
    notify(str(tmp_path / "nobody"), "READY=1")


def test_a_service_manager_that_reads_nothing_holds_nobody_up() -> None:
    address = f"\0inboxsync-deaf-{os.getpid()}"
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaking,
    ):
        deaf.bind(address)
        speaking.connect(address)
        speaking.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(100_000):
                speaking.send(b"WATCHDOG=1")
        notify("@" + address[1:], "WATCHDOG=1")
