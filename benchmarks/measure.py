"""Time a command as a whole process. Run as a program it prints one JSON object about the command it was given.

A process of its own, and small: Linux counts the memory of the process that starts a command into that command's peak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One run: seconds of wall clock and processor, peak resident memory in MiB, exit code."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    exit_code: int


def run(command: Sequence[str], environment: Mapping[str, str]) -> Figure:
    """Run a command once in a measuring process."""
    shown = subprocess.run(
        [sys.executable, "-S", "-E", __file__, *command], env=dict(environment), capture_output=True, check=True
    )
    return Figure(**json.loads(shown.stdout.splitlines()[-1]))


def medians(figures: Sequence[Figure]) -> Figure:
    """The median of each figure, and the worst exit code."""
    return Figure(
        wall_s=median(f.wall_s for f in figures),
        cpu_s=median(f.cpu_s for f in figures),
        peak_mib=median(f.peak_mib for f in figures),
        exit_code=max(f.exit_code for f in figures),
    )


def main() -> None:
    """Run argv, throw its output away, print what it took."""
    began = time.perf_counter()
    quiet = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, quiet, 0), (os.POSIX_SPAWN_DUP2, quiet, 1)]
    pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    figure = {
        "wall_s": time.perf_counter() - began,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
        "exit_code": os.waitstatus_to_exitcode(status),
    }
    print(json.dumps(figure))


if __name__ == "__main__":
    main()
