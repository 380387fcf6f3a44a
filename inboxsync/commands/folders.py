"""`folders`: the folders that are read, and what their last listing found."""

from __future__ import annotations

import typer

from inboxsync.commands.arguments import IntegrationOption, Json, OptionalName, chosen
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.errors import UsageError
from inboxsync.render.json_shapes import folder_json, listing
from inboxsync.render.tables import Table

app = typer.Typer()


@app.command("folders", cls=Command, epilog=example("folders support", "folders --integration support --json"))
def folders(
    ctx: typer.Context, name: OptionalName = None, integration: IntegrationOption = None, json: Json = False
) -> None:
    """List the folders that integrations read, and what each is for.

    `inboxsync test NAME` lists all that an account has.
    """
    shell = shell_of(ctx)
    if name is not None and integration not in (None, name):
        raise UsageError(f"{name!r} and --integration {integration!r} are two integrations", hint="name one of them")
    from inboxsync.providers.presets import folder_role

    with shell.application() as application:
        control = application.store.control
        shapes = [
            folder_json(folder, integration=one.name, role=folder.role or folder_role(one.provider, folder.name))
            for one in chosen(application, name or integration)
            for folder in control.folders(one.id or 0)
        ]
    if json:
        shell.output.document(listing("folders", shapes))
        return
    rows = [
        (s["integration"], s["name"], s["role"], s["total_count"], s["unread_count"], s["last_sync_at"]) for s in shapes
    ]
    headings = ("integration", "folder", "role", "messages", "unread", "last listed")
    shell.output.table(Table.of(headings, rows, right=(3, 4)), empty="no folder has been read yet")
