"""`serve` with the options known here, without typer and all that other commands bring: a third of its start.

Any other command line, however little it differs, is the command line's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from inboxsync.commands.guard import Surroundings, guarded
from inboxsync.commands.serving import carry_out
from inboxsync.commands.shell import Shell, with_options
from inboxsync.httpapi.listening import Listening

QUIET = frozenset({"-q", "--quiet"})


def read(argv: Sequence[str]) -> Listening | None:
    """Answer what a line known by heart asks, None for any other."""
    words = [word for word in argv[1:] if word not in QUIET]
    names, values = words[::2], words[1::2]
    if argv[:1] != ["serve"] or len(names) != len(values) or len(set(names)) != len(names):
        return None
    given: dict[str, object] = {}
    for name, text in zip(names, values, strict=True):
        value = _READERS[name](text) if name in _READERS and text and not text.startswith("-") else None
        if value is None:
            return None
        given[name.removeprefix("--").replace("-", "_")] = value
    return Listening(**given)  # type: ignore[arg-type]  # each reader gives the type of its field


def _number(least: int, most: int) -> Callable[[str], int | None]:
    def read(text: str) -> int | None:
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else -1
        return number if least <= number <= most else None

    return read


_READERS: dict[str, Callable[[str], object]] = {
    "--host": str,
    "--unix-socket": Path,
    "--port": _number(0, 65_535),
    "--workers": _number(1, 64),
}


def run(request: Listening, argv: Sequence[str]) -> int:
    """Carry the request out; answers the exit code."""

    def work(arguments: list[str], shell: Shell) -> int:
        asked = with_options(shell, {"quiet": bool(QUIET & set(arguments))})
        return carry_out(asked, asked.settings(), request)

    return guarded(work, argv, Surroundings())
