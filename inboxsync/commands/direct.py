"""`sync` and `sync-all` with the options known here, without typer: 60 ms of every run that cron starts.

Any other command line, however little it differs, is the command line's.
"""

from __future__ import annotations

from collections.abc import Sequence

from inboxsync.commands.guard import Surroundings, guarded
from inboxsync.commands.shell import Shell, with_options
from inboxsync.commands.syncing import Request, carry_out

QUIET = frozenset({"-q", "--quiet"})
SWITCHES = QUIET | {"--json", "--force", "--dry-run"}


def read(argv: Sequence[str]) -> Request | None:
    """Answer what a line known by heart asks, None for any other."""
    command, words = (argv[0], list(argv[1:])) if argv else ("", [])
    given = {word for word in words if word.startswith("-")}
    names = [word for word in words if not word.startswith("-")]
    is_known = (command == "sync-all" and not names) or (command == "sync" and names and "--force" not in given)
    if not is_known or not given <= SWITCHES:
        return None
    return Request(names, force="--force" in given, dry_run="--dry-run" in given, as_json="--json" in given)


def run(request: Request, argv: Sequence[str]) -> int:
    """Carry the request out; answers the exit code."""

    def work(arguments: list[str], shell: Shell) -> int:
        return carry_out(with_options(shell, {"quiet": bool(QUIET & set(arguments))}), request)

    return guarded(work, argv, Surroundings())
