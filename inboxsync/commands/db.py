"""`db upgrade|current|check|dump`: the schema of the database, and its canonical contents."""

from __future__ import annotations

from typing import Annotated

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.errors import EXIT_CONFIG, EXIT_OK, UsageError

app = typer.Typer(help="The database's schema.", no_args_is_help=True)


@app.command("upgrade", cls=Command, epilog=example("db upgrade"))
def upgrade(ctx: typer.Context, json: Json = False) -> None:
    """Bring the schema to the newest version. Back a Postgres up before."""
    shell = shell_of(ctx)
    with shell.application() as application:
        store = application.open_store()
        try:
            before = store.schema.current()
            store.schema.upgrade()
            version = store.schema.current()
        finally:
            store.close()
    if json:
        shell.output.document({"version": version, "upgraded_from": before})
    else:
        shell.output.line(f"schema version {version}" + ("" if before == version else f", was {before or 'empty'}"))


@app.command("current", cls=Command, epilog=example("db current --json"))
def current(ctx: typer.Context, json: Json = False) -> None:
    """Show the schema version found; nothing is changed."""
    shell = shell_of(ctx)
    with shell.application() as application:
        store = application.open_store()
        try:
            version = store.schema.current()
        finally:
            store.close()
    if json:
        shell.output.document({"version": version})
    else:
        shell.output.line("the database is empty" if version is None else f"schema version {version}")


@app.command("check", cls=Command, epilog=example("db check"))
def check(ctx: typer.Context, json: Json = False) -> int:
    """Look for every fault in the database; nothing is changed."""
    shell = shell_of(ctx)
    with shell.application() as application:
        store = application.open_store()
        try:
            faults = store.schema.check()
        finally:
            store.close()
    if json:
        shell.output.document({"ok": not faults, "faults": list(faults)})
    else:
        for fault in faults or ["the database is well"]:
            shell.output.line(fault)
    return EXIT_CONFIG if faults else EXIT_OK


@app.command("dump", cls=Command, epilog=example("db dump --canonical > dump.txt"))
def dump(
    ctx: typer.Context,
    canonical: Annotated[
        bool, typer.Option("--canonical", help="All but run rows, our own clock times and surrogate ids.")
    ] = False,
) -> None:
    """Write the contents in a form that two equal stores share, to compare them."""
    if not canonical:
        raise UsageError(
            "only the canonical form is offered", hint="add --canonical; use the database's own tools to back it up"
        )
    shell = shell_of(ctx)
    with shell.application() as application:
        for line in application.store.content.dump():
            shell.output.octets((line.rstrip("\n") + "\n").encode("utf-8", "backslashreplace"))
