"""`folders`: the folders that are read, and what their last listing found."""

from __future__ import annotations

import typer

from inboxsync.commands.arguments import IntegrationOption, Json, chosen
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.model.integration import Integration
from inboxsync.render.json_shapes import folder_json, listing
from inboxsync.render.tables import Table

app = typer.Typer()


@app.command("folders", cls=Command, epilog=example("folders --integration support --json"))
def folders(ctx: typer.Context, integration: IntegrationOption = None, json: Json = False) -> None:
    """List the folders that integrations read. `inboxsync test NAME` lists all that an account has."""
    shell = shell_of(ctx)
    with shell.application() as application:
        control = application.store.control
        shapes = [
            folder_json(folder, integration=one.name, role=folder_role(one, folder.name))
            for one in chosen(application, integration)
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


def folder_role(integration: Integration, folder: str) -> str | None:
    """Tell what a folder is for by the provider's names (words of RFC 6154), `inbox` for INBOX, None if unknown."""
    from inboxsync.providers.presets import preset

    if folder.casefold() == "inbox":
        return "inbox"
    known = preset(integration.provider) if integration.provider else None
    role = known.role_of(folder) if known else None
    return role.value if role else None
