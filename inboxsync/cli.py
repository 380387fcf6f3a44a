"""The command line: puts the commands together, and says in words where a line was typed wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

from inboxsync import __version__
from inboxsync.commands import (
    companies,
    contacts,
    db,
    deliver,
    doctor,
    events,
    folders,
    integrations,
    keys,
    manual,
    messages,
    providers,
    prune,
    quarantine,
    refilter,
    rules,
    search,
    serve,
    status,
    sync,
    tickets,
    token,
    verify,
    webhooks,
)
from inboxsync.commands.context import example, global_options
from inboxsync.commands.guard import EXIT_INTERRUPTED, Surroundings, guarded, open_application
from inboxsync.commands.shell import OpenApplication, Shell
from inboxsync.errors import EXIT_OK, EXIT_USAGE

PROGRAM = "inboxsync"
COMPLETION_VARIABLE = "_INBOXSYNC_COMPLETE"


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
for part in (integrations.app, sync.app, deliver.app, status.app, verify.app, refilter.app, prune.app):
    app.add_typer(part)
for part in (search.app, folders.app, providers.app, doctor.app, serve.app, manual.app):
    app.add_typer(part)
for name, group in (
    ("messages", messages.app),
    ("tickets", tickets.app),
    ("quarantine", quarantine.app),
    ("companies", companies.app),
    ("contacts", contacts.app),
    ("rules", rules.app),
    ("events", events.app),
    ("webhooks", webhooks.app),
    ("token", token.app),
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


def run(
    argv: Sequence[str] | None = None,
    *,
    open_application: OpenApplication = open_application,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Carry out one command line and answer its exit code (design §6); never raises, never exits."""
    around = Surroundings(open_application, stdin, stdout, stderr)
    return guarded(_work, sys.argv[1:] if argv is None else argv, around)


def _work(arguments: list[str], shell: Shell) -> int:
    """Run the command; what typer raises about the line itself is told here."""
    try:
        return _carried_out(arguments, shell)
    except typer.TyperException as error:
        _tell_usage(error, shell, as_json="--json" in arguments)
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
