"""The command under strace, which kills it at a system call or makes that call fail (`strace -e inject`)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.system.cli import Answer, Machine, finished

# What SQLite in WAL mode and the publishing of files do to a disk. Each is counted by its own name.
CALLS = ("pwrite64", "fsync", "fdatasync", "ftruncate", "unlink", "rename", "link")


@cache
def why_not() -> str | None:
    """Say why nothing can be traced here, or None where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed: apt-get install strace"
    tried = subprocess.run(["strace", "-f", "-qq", "-e", "trace=none", "true"], capture_output=True, check=False)
    return None if tried.returncode == 0 else f"strace may not trace here (ptrace): {tried.stderr.decode()[:200]}"


@dataclass(frozen=True, slots=True)
class Traced:
    """A run under strace: what it answered, its calls, each as (thread, name) in their order, and how many failed."""

    answer: Answer
    calls: tuple[tuple[str, str], ...]
    injected: int

    def most(self, name: str) -> int:
        """How often the busiest thread made this call: strace counts for each thread by itself."""
        return max(Counter(thread for thread, called in self.calls if called == name).values(), default=0)


def traced(machine: Machine, *argv: str, inject: str | None = None, file: Path | None = None) -> Traced:
    """Run the program to its end under strace; `inject` is what strace takes behind `-e inject=`.

    With `file` only the calls on this file are counted and struck.
    """
    log = machine.home / "strace.log"
    names = ",".join(f"?{name}" for name in CALLS)  # `?`: not every architecture has every call
    options = ["-f", "-qq", "-o", str(log), "-e", f"trace={names}", "-e", "signal=none"]
    if inject is None or "signal=" not in inject:
        options.append("--seccomp-bpf")  # faster by half, and then strace 6.1 injects errors but no signals
    options += [] if file is None else ["-P", str(file)]
    options += [] if inject is None else ["-e", f"inject={inject}"]
    process = subprocess.Popen(
        ["strace", *options, sys.executable, "-m", "inboxsync", *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=machine.environment,
        cwd=machine.home,
    )
    answer = finished(process)
    said = log.read_text(errors="replace")
    return Traced(answer, tuple(calls_in(said)), said.count("(INJECTED)"))


def calls_in(said: str) -> Iterator[tuple[str, str]]:
    """The calls in a log; one that was interrupted by another thread's counts once."""
    for line in said.splitlines():
        thread, _, call = line.partition(" ")
        if call.lstrip().startswith(CALLS):
            yield thread, call.lstrip().partition("(")[0]
