"""The command line: puts the commands together, and is the one place that turns errors into words and exit codes."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

from inboxsync import __version__, logs
from inboxsync.commands import (
    companies,
    contacts,
    db,
    doctor,
    folders,
    integrations,
    keys,
    manual,
    messages,
    providers,
    quarantine,
    rules,
    status,
    sync,
    tickets,
)
from inboxsync.commands.context import OpenApplication, Options, Shell, example, global_options
from inboxsync.commands.ports import Application
from inboxsync.errors import EXIT_BUG, EXIT_OK, EXIT_USAGE, ConfigError, InboxsyncError
from inboxsync.render.output import Output, never_fail_to_encode

PROGRAM = "inboxsync"
COMPLETION_VARIABLE = "_INBOXSYNC_COMPLETE"
EXIT_INTERRUPTED = 130


class Root(TyperGroup):
    """The program itself, with the global options."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.params = [*global_options(hidden=False), *self.params]


app = typer.Typer(
    name=PROGRAM,
    cls=Root,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=example("add support --email support@example.com", "sync-all", "status"),
)
for part in (integrations.app, sync.app, status.app, folders.app, providers.app, doctor.app, manual.app):
    app.add_typer(part)
for name, group in (
    ("messages", messages.app),
    ("tickets", tickets.app),
    ("quarantine", quarantine.app),
    ("companies", companies.app),
    ("contacts", contacts.app),
    ("rules", rules.app),
    ("key", keys.app),
    ("db", db.app),
):
    app.add_typer(group, name=name)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Turn every mail of many IMAP mailboxes into database records and tickets."""


def open_application(shell: Shell) -> Application:
    """Build the application from options, environment and settings file. Raises ConfigError with every fault."""
    from inboxsync.commands.application import CommandLineApp

    return CommandLineApp.of(shell)


def run(
    argv: Sequence[str] | None = None,
    *,
    open_application: OpenApplication = open_application,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Carry out one command line and answer its exit code (design §6); never raises, never exits."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    output = Output(stdout or sys.stdout, stderr or sys.stderr, colour=not os.getenv("NO_COLOR"))
    never_fail_to_encode(*(s for s in (output.stdout, output.stderr) if isinstance(s, io.TextIOWrapper)))
    redactor = logs.Redactor()
    shell = Shell(Options(), output, stdin or sys.stdin, open_application, redactor)
    debug = "--debug" in arguments
    logs.guard_hooks(redactor, debug=debug, stream=output.stderr)
    try:
        return _told(arguments, shell)
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


def _told(arguments: list[str], shell: Shell) -> int:
    """Run the command; say expected errors to people on stderr and, with --json, to programs on stdout."""
    as_json = "--json" in arguments
    try:
        return _carried_out(arguments, shell)
    except InboxsyncError as error:
        _tell(error, shell, as_json=as_json)
        return error.exit_code
    except typer.TyperException as error:
        _tell_usage(error, shell, as_json=as_json)
        return EXIT_USAGE
    except (typer.Abort, EOFError):  # a prompt was left or answered with no
        shell.streams.stderr.write("aborted: nothing was changed\n")
        return EXIT_INTERRUPTED


def _carried_out(arguments: list[str], shell: Shell) -> int:
    """Parse and invoke, as typer's own `main` does but for interrupts and closed pipes, which are ours to answer."""
    command = typer.main.get_command(app)
    try:
        if os.getenv(COMPLETION_VARIABLE):
            command.main(args=arguments, prog_name=PROGRAM, complete_var=COMPLETION_VARIABLE)
        with command.make_context(PROGRAM, arguments, obj=shell) as context:
            answer = command.invoke(context)
    except typer.Exit as finished:
        answer = finished.exit_code
    except SystemExit as finished:  # completion ends the process by itself
        answer = finished.code
    shell.streams.stdout.flush()
    return answer if isinstance(answer, int) else EXIT_OK


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


def _tell_usage(error: typer.TyperException, shell: Shell, *, as_json: bool) -> None:
    """Say how a command line was wrong. No command at all is answered with the help itself."""
    context = getattr(error, "ctx", None)
    message = error.format_message()
    hint = f"`{context.command_path if context else PROGRAM} --help` shows how"
    if type(error).__name__ == "NoArgsIsHelpError":
        shell.streams.stderr.write(message.rstrip() + "\n")
        message = "a command is missing"
    else:
        shell.streams.error(message, hint=hint)
    if as_json:
        shell.streams.document({"error": {"code": "usage", "message": message, "hint": hint}})


def _drop_stdout(output: Output) -> None:
    """Nobody reads any more: point stdout at nothing, so that Python's own flush at exit stays quiet too."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, output.stdout.fileno())
        os.close(nowhere)
