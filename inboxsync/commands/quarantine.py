"""`quarantine list|show`: messages that were set aside because something in them broke."""

from __future__ import annotations

from typing import Annotated

import typer

from inboxsync.commands.arguments import IntegrationOption, Json, check_name
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.ports import Application
from inboxsync.errors import UsageError
from inboxsync.model.views import QuarantineView
from inboxsync.render.document import time_text
from inboxsync.render.json_shapes import listing, quarantine_json
from inboxsync.render.status import facts_text
from inboxsync.render.tables import Table

app = typer.Typer(help="Messages that were set aside.", no_args_is_help=True)


@app.command("list", cls=Command, epilog=example("quarantine list --integration support"))
def list_quarantine(ctx: typer.Context, integration: IntegrationOption = None, json: Json = False) -> None:
    """List what was set aside, newest first."""
    shell = shell_of(ctx)
    with shell.application() as application:
        check_name(application, integration)
        items = application.store.content.quarantined(integration)
        if json:
            shell.output.document(listing("quarantine", map(quarantine_json, items)))
        else:
            rows = [(i.id, time_text(i.at), i.integration, i.folder, i.uid, i.reason, i.error) for i in items]
            headings = ("id", "at", "integration", "folder", "uid", "reason", "error")
            shell.output.table(Table.of(headings, rows, right=(0, 4)), empty="nothing is set aside")


@app.command("show", cls=Command, epilog=example("quarantine show 3 --json"))
def show(
    ctx: typer.Context,
    item: Annotated[str, typer.Argument(metavar="ID", help="Id, as `quarantine list` shows it.")],
    json: Json = False,
) -> None:
    """Show why a message was set aside."""
    shell = shell_of(ctx)
    with shell.application() as application:
        found = _find(application, item)
        if json:
            shell.output.document(quarantine_json(found))
        else:
            shape = quarantine_json(found)
            shell.output.block(facts_text(tuple((name.replace("_", " "), str(value)) for name, value in shape.items())))


def _find(application: Application, text: str) -> QuarantineView:
    items = application.store.content.quarantined()
    found = next((item for item in items if str(item.id) == text), None)
    if found is None:
        raise UsageError(f"nothing in quarantine has the id {text!r}", hint="`inboxsync quarantine list` shows the ids")
    return found
