"""`db stats` and `db vacuum`: how large the store is, and keeping it small."""

from __future__ import annotations

from typing import Annotated

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import shell_of
from inboxsync.commands.durations import duration_s
from inboxsync.commands.occupied import wait_until_idle
from inboxsync.render.upkeep import (
    figures_json,
    figures_lines,
    files_table,
    shown_table,
    tables_table,
    vacuumed_json,
    vacuumed_line,
)

Wait = Annotated[str, typer.Option("--wait", metavar="30s", help="Wait so long for runs to end.")]


def stats(ctx: typer.Context, json: Json = False) -> None:
    """Show how large the store is: tables, files, and what each integration shows.

    All is counted, which takes some seconds in a large store. A message that two integrations show counts for both.
    """
    from inboxsync.store.statistics import statistics_of

    shell = shell_of(ctx)
    with shell.application() as application:
        figures = statistics_of(application.store)
    if json:
        shell.output.document(figures_json(figures))
        return
    for line in figures_lines(figures):
        shell.output.line(line)
    for table in (tables_table(figures), files_table(figures), shown_table(figures)):
        if table.rows:
            if not shell.output.on_terminal:  # there a table has room around it
                shell.output.line("")
            shell.output.table(table)


def vacuum(
    ctx: typer.Context,
    light: Annotated[bool, typer.Option("--light", help="SQLite: do not rewrite the file.")] = False,
    wait: Wait = "30s",
    json: Json = False,
) -> None:
    """Give unused room back, tidy the full text up, and count anew for the database's planner.

    SQLite's file is rewritten, for which it needs twice its size in free space, and who wants to write waits so long.
    Postgres keeps its files and uses the room again; others work on meanwhile.
    """
    from inboxsync.store.vacuum import vacuum_store

    shell = shell_of(ctx)
    wait_s = duration_s(wait)
    with shell.application() as application:
        store = application.store
        wait_until_idle(store.control, "tidying up", application.now(), wait_s=wait_s, stop=application.stop)
        done = vacuum_store(store, rewrites=not light, step=lambda what: shell.output.note(f"{what} …"))
    if json:
        shell.output.document(vacuumed_json(done))
    else:
        shell.output.line(vacuumed_line(done))
