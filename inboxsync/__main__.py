"""Entry of `inboxsync` and `python -m inboxsync`: the fast path first, the command line for all else."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the program with the arguments and environment of this process; answers its exit code (design §6)."""
    argv = sys.argv[1:]
    if "sync-all" in argv:
        import os

        from inboxsync.fastpath import nothing_due

        answer = nothing_due(argv, os.environ)  # noqa: TID251  the fast path's one reading of the environment
        if answer is not None:
            sys.stdout.write(answer)
            return 0
    if argv[:1] in (["sync"], ["sync-all"]):
        from inboxsync.system.processes import collect_rarely, leave

        collect_rarely()
        from inboxsync.commands import direct

        request = direct.read(argv)
        if request is not None:
            return leave(direct.run(request, argv))
    if argv[:1] == ["serve"]:
        from inboxsync.commands import direct_serve

        serve = direct_serve.read(argv)
        if serve is not None:
            return direct_serve.run(serve, argv)
    from inboxsync.cli import run

    return run(argv)


if __name__ == "__main__":
    sys.exit(main())
