"""Parsing alone, by processor time: against the standard library, on hostile headers, on one very large message.

As a program it parses one message of the given megabytes and prints what that took as JSON.
"""

from __future__ import annotations

import base64
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.bench import Row
from benchmarks.stdlib_parse import by_stdlib, of_ours
from devtools.corpus import mixed
from inboxsync.mail.parse import parse_header, parse_message

_ROUNDS = 7
_KIB = 1024
_HUGE_MB = 50
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
    return [*against_stdlib(), hostile(10_000 if full else 300), one_of_fifty_megabytes()]


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
    """Time each parser on all messages in turn, and give the best of several rounds, seconds for one message."""
    best = [float("inf")] * len(parsers)
    repeats = max(1, 60 // len(messages))
    gc.collect()
    gc.disable()
    for _ in range(_ROUNDS):
        for index, parse in enumerate(parsers):
            began = time.process_time()
            for octets in list(messages) * repeats:
                parse(octets)
            best[index] = min(best[index], (time.process_time() - began) / len(messages) / repeats)
    gc.enable()
    return best


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


def one_of_fifty_megabytes() -> Row:
    """One message of 50 MB, in a process of its own."""
    program = [sys.executable, "-m", "benchmarks.parse", str(_HUGE_MB)]
    shown = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    taken = json.loads(shown)
    figures = f"{taken['cpu_s']:.2f} s, {taken['times_its_size']:.1f} ×"
    met = taken["cpu_s"] <= 2 and taken["times_its_size"] <= 3
    return Row(f"one message of {_HUGE_MB} MB", "≤ 2 s, ≤ 3 × its size in memory", figures, met)


def main() -> None:
    """Parse one message of argv[1] megabytes."""
    parse_message(b"Subject: warm\n\n")
    empty_kib = _memory_kib("VmRSS")
    octets = _huge(int(sys.argv[1]) * 1_000_000)
    began = time.process_time()
    parsed = parse_message(octets)
    cpu_s = time.process_time() - began
    assert len(parsed.attachments) == 1
    times = (_memory_kib("VmHWM") - empty_kib) * _KIB / len(octets)
    print(json.dumps({"cpu_s": cpu_s, "times_its_size": times}))


def _memory_kib(name: str) -> int:
    """Read a figure of this process; `getrusage` would count the peak of the process that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _huge(size_bytes: int) -> bytes:
    head = b"Subject: large\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    line = base64.b64encode(bytes(range(57))) + b"\r\n"
    return head + line * ((size_bytes - len(head)) // len(line))


if __name__ == "__main__":
    main()
