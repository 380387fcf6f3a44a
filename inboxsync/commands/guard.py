"""Carry out one command line so that it always ends in words and an exit code (design §6). Knows nothing of typer."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from inboxsync import logs
from inboxsync.commands.shell import OpenApplication, Options, Shell
from inboxsync.errors import EXIT_BUG, EXIT_OK, ConfigError, InboxsyncError
from inboxsync.render.output import Output, never_fail_to_encode

if TYPE_CHECKING:
    from inboxsync.commands.ports import Application

EXIT_INTERRUPTED = 130
Work = Callable[[list[str], Shell], int]


def open_application(shell: Shell) -> Application:
    """Build the application from options, environment and settings file. Raises ConfigError with every fault."""
    from inboxsync.commands.application import CommandLineApp

    return CommandLineApp.of(shell)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a command line is carried out in; tests give their own. None is the process's own stream."""

    open_application: OpenApplication = open_application
    stdin: TextIO | None = None
    stdout: TextIO | None = None
    stderr: TextIO | None = None


def guarded(work: Work, argv: Sequence[str], around: Surroundings) -> int:
    """Do the work and answer its exit code; never raises, never exits."""
    arguments = list(argv)
    output = Output(around.stdout or sys.stdout, around.stderr or sys.stderr, colour=not os.getenv("NO_COLOR"))
    never_fail_to_encode(*(s for s in (output.stdout, output.stderr) if isinstance(s, io.TextIOWrapper)))
    redactor = logs.Redactor()
    shell = Shell(Options(), output, around.stdin or sys.stdin, around.open_application, redactor)
    debug = "--debug" in arguments
    logs.guard_hooks(redactor, debug=debug, stream=output.stderr)
    try:
        return _told(work, arguments, shell)
    except BrokenPipeError:
        _drop_stdout(output)
        return EXIT_OK
    except KeyboardInterrupt:
        output.stderr.write("interrupted\n")
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001  the one place where a bug becomes words and exit code 1
        output.stderr.write(redactor.clean(logs.bug_text(error, debug=debug)))
        if "--json" in arguments:
            output.document({"error": {"code": "internal", "message": type(error).__name__, "hint": "add --debug"}})
        return EXIT_BUG


def _told(work: Work, arguments: list[str], shell: Shell) -> int:
    """Say expected errors to people on stderr and, with --json, to programs on stdout."""
    try:
        return work(arguments, shell)
    except InboxsyncError as error:
        _tell(error, shell, as_json="--json" in arguments)
        return error.exit_code


def _tell(error: InboxsyncError, shell: Shell, *, as_json: bool) -> None:
    """Say what went wrong, every fault of it, and what to do."""
    clean, streams = shell.redactor.clean, shell.streams
    problems = error.problems if isinstance(error, ConfigError) and len(error.problems) > 1 else ()
    is_list_of_them = bool(problems) and all(problem.message in error.message for problem in problems)
    streams.error(f"{len(problems)} faults" if is_list_of_them else clean(error.message))
    for problem in problems:
        streams.fault(clean(problem.where), clean(problem.message), clean(problem.hint))
    if error.hint and not any(problem.hint and problem.hint in error.hint for problem in problems):
        streams.hint(clean(error.hint))
    if as_json:
        streams.document(error_document(error, clean=clean))


def error_document(error: InboxsyncError, *, clean: Callable[[str], str] = str) -> dict[str, Any]:
    """Give an error as the one document that --json promises."""
    shape: dict[str, Any] = {"code": error.code, "message": clean(error.message), "hint": clean(error.hint)}
    if isinstance(error, ConfigError) and error.problems:
        shape["problems"] = [
            {"where": clean(problem.where), "message": clean(problem.message), "hint": clean(problem.hint)}
            for problem in error.problems
        ]
    return {"error": shape}


def _drop_stdout(output: Output) -> None:
    """Nobody reads any more: point stdout at nothing, so that Python's own flush at exit stays quiet too."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, output.stdout.fileno())
        os.close(nowhere)
