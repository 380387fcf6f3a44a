"""`db …`: schema, files and full text of the database, its contents; `db_upkeep`, `db_moving` have the rest."""

from __future__ import annotations

from typing import Annotated

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.db_moving import backup, copy, restore
from inboxsync.commands.db_upkeep import stats, vacuum
from inboxsync.commands.indexing import catch_up
from inboxsync.errors import EXIT_CONFIG, EXIT_OK, UsageError
from inboxsync.render.sweep import sweep_json, sweep_lines

app = typer.Typer(help="The database: schema, size, copies, backups.", no_args_is_help=True)


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


@app.command("sweep", cls=Command, epilog=example("db sweep --dry-run", "db sweep --json"))
def sweep(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be deleted; delete nothing.")] = False,
    json: Json = False,
) -> int:
    """Delete files of mail that nothing refers to any more, and look for files that are missing.

    They are what a process that died leaves behind. Files of the last hour stay: a run may be about to refer to them.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        swept = application.store.control.sweep_files(now=application.now(), dry_run=dry_run)
    if json:
        shell.output.document(sweep_json(swept))
    else:
        for line in sweep_lines(swept):
            shell.output.line(line)
    return EXIT_CONFIG if swept.missing else EXIT_OK


@app.command("reindex", cls=Command, epilog=example("db reindex"))
def reindex(ctx: typer.Context, json: Json = False) -> None:
    """Make the full text of all mail anew, for `search`; what is searchable stays so meanwhile.

    It can be stopped at any time: what is left is done by later runs, by `search`, or when it is called again.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        queued = application.store.content.search.queue_all()
        left = catch_up(application, shell.output)
    if json:
        shell.output.document({"indexed": queued - left, "not_indexed": left})
    else:
        shell.output.line(f"{queued - left} messages indexed" + (f", {left} wait" if left else ""))


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


app.command("stats", cls=Command, epilog=example("db stats", "db stats --json"))(stats)
app.command("vacuum", cls=Command, epilog=example("db vacuum", "db vacuum --light"))(vacuum)
app.command(
    "copy",
    cls=Command,
    epilog=example(
        "db copy configured postgresql://inboxsync@db.example.com/inboxsync --target-password-file /run/secrets/db",
        "db copy env:OLD_URL /srv/inboxsync --copy-files-to /srv/inboxsync --json",
    ),
)(copy)
app.command("backup", cls=Command, epilog=example("db backup /backup", "db backup /backup/today.tar --json"))(backup)
app.command("restore", cls=Command, epilog=example("db restore /backup/inboxsync-20260302T120000Z --replace"))(restore)
