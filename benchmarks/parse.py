"""Parsing alone, by processor time: against the standard library, on hostile headers, on very large messages."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from benchmarks.bench import Row
from benchmarks.huge_mail import SHAPES
from benchmarks.stdlib_parse import by_stdlib, of_ours
from devtools.corpus import mixed
from inboxsync.mail.parse import parse_header, parse_message

_ROUNDS_MIN = 10
_ROUNDS_MAX = 60
_BATCH = 5
_KIB = 1024
_HUGE_MB = 50
_COSTLY = ("base64 file", "quoted-printable file", "html", "plain text", "unknown boundaries")
_HOSTILE: dict[str, bytes] = {
    "semicolons": b"Content-Type: text/plain" + b";",
    "quotes": b'To: "a" "',
    "parentheses": b"To: a (",
    "angles": b"From: <@a,<",
    "words": b"Subject: =?utf-8?Q?=C3?= ",
    "segments": b"Content-Disposition: x; filename*1*=%C3; filename*",
    "ids": b"References: <a@b> <",
    "dates": b"Date: 1 Jan 1, ",
    "folds": b"X-Folded: a\r\n \t",
    "junk": b"no field here\r\n",
}


def rows(*, full: bool) -> list[Row]:
    """Measure all of it; `full` takes the sizes of the promises."""
    return [*against_stdlib(), hostile(10_000 if full else 300), of_fifty_megabytes(full=full)]


def against_stdlib() -> list[Row]:
    """Small and large mail of the mix, with equal output asserted before it is timed."""
    kinds = {"small": (4, "parse mail of 3-15 KB"), "large": (10, "parse mail over 1 MB")}
    made = [s for s in mixed(300, seed=7) if s.kind in kinds]
    return [_compared(what, goal, [s.octets for s in made if s.kind == kind]) for kind, (goal, what) in kinds.items()]


def _compared(what: str, goal: int, messages: Sequence[bytes]) -> Row:
    for octets in messages:
        ours, theirs = of_ours(parse_message(octets)), by_stdlib(octets)
        if ours != theirs:
            raise SystemExit(f"{what}: the two parsers disagree\n{ours}\n{theirs}")
    ours_s, theirs_s = _best_s(messages, parse_message, by_stdlib)
    ratio = theirs_s / ours_s
    shown = f"{ours_s * 1e6:,.0f} µs, stdlib {theirs_s * 1e6:,.0f} µs: {ratio:.1f} ×"
    return Row(f"{what}, against stdlib compat32", f"≥ {goal} ×", shown, ratio >= goal)


def _best_s(messages: Sequence[bytes], *parsers: Callable[[bytes], object]) -> list[float]:
    """Time each parser on all messages in turn, and give the mean of the best time of each, seconds for one message.

    A few messages at a time: to read the clock is a system call, which slows down what runs right after it.
    """
    rounds = min(max(_ROUNDS_MIN, 4_000 // len(messages)), _ROUNDS_MAX)
    batches = [messages[at : at + _BATCH] for at in range(0, len(messages), _BATCH)]
    best = [[float("inf")] * len(batches) for _ in parsers]
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for taken, parse in zip(best, parsers, strict=True):
            for index, batch in enumerate(batches):
                taken[index] = min(taken[index], _time_of(parse, batch))
    gc.enable()
    return [sum(taken) / len(messages) for taken in best]


def _time_of(parse: Callable[[bytes], object], batch: Sequence[bytes]) -> float:
    began = time.process_time()
    for octets in batch:
        parse(octets)
    return time.process_time() - began


def hostile(count: int) -> Row:
    """Headers of 16, 32 and 64 KB that made other parsers quadratic: twice the size in about twice the time."""
    sizes = (16 * _KIB, 32 * _KIB, 64 * _KIB)
    taken = [
        sum(_time_of_headers(piece, size, count // len(_HOSTILE)) for piece in _HOSTILE.values()) for size in sizes
    ]
    growth = taken[2] / taken[0]
    shown = f"{taken[2] / count * 1e6:,.0f} µs each; 16:32:64 KB as 1:{taken[1] / taken[0]:.1f}:{growth:.1f}"
    return Row(f"{count:,} hostile headers of 64 KB", "linear (1:2:4)", shown, growth < 6)


def _time_of_headers(piece: bytes, size_bytes: int, count: int) -> float:
    name, colon, value = piece.partition(b":")
    repeated = value * (size_bytes // len(value)) if colon else piece * (size_bytes // len(piece))
    octets = name + colon + repeated + b"\r\n\r\n" if colon else repeated + b"\r\n"
    began = time.process_time()
    for _ in range(count):
        parse_header(octets)
    return time.process_time() - began


def of_fifty_megabytes(*, full: bool) -> Row:
    """Messages of 50 MB in the shapes that cost most, or in all, each in a process of its own; the worst is shown."""
    shapes = SHAPES if full else _COSTLY
    taken = {shape: _taken_by(shape) for shape in shapes}
    cpu_s, slowest = max((one["cpu_s"], shape) for shape, one in taken.items())
    times, largest = max((one["times_its_size"], shape) for shape, one in taken.items())
    shown = f"{cpu_s:.2f} s ({slowest}), {times:.2f} × ({largest})"
    return Row(f"{len(shapes)} messages of {_HUGE_MB} MB", "≤ 2 s, ≤ 3 × their size", shown, cpu_s <= 2 and times <= 3)


def _taken_by(shape: str) -> dict[str, float]:
    program = [sys.executable, "-m", "benchmarks.huge_mail", shape, str(_HUGE_MB)]
    shown = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    taken: dict[str, float] = json.loads(shown)
    return taken
