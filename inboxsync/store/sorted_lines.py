"""Sorting more lines than memory should hold: sorted runs in temporary files, merged."""

from __future__ import annotations

import contextlib
import heapq
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

RUN_LIMIT_CHARACTERS = 16 * 1024 * 1024


def sorted_lines(lines: Iterable[str], *, run_limit: int = RUN_LIMIT_CHARACTERS) -> Iterator[str]:
    """Yield lines (without line breaks inside) by code point; holds at most about `run_limit` characters in memory."""
    with contextlib.ExitStack() as files:
        runs: list[IO[str]] = []
        held: list[str] = []
        size = 0
        for line in lines:
            held.append(line)
            size += len(line)
            if size >= run_limit:
                runs.append(files.enter_context(_written(sorted(held))))
                held, size = [], 0
        yield from heapq.merge(sorted(held), *(_read(run) for run in runs))


def _written(lines: Iterable[str]) -> IO[str]:
    file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115  the caller's stack closes it
    file.writelines(f"{line}\n" for line in lines)
    file.seek(0)
    return file


def _read(file: IO[str]) -> Iterator[str]:
    return (line.removesuffix("\n") for line in file)
