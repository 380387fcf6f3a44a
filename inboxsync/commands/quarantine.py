"""`quarantine list|show|retry|export`: messages that were set aside because something in them broke."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from inboxsync.commands.arguments import IntegrationOption, Json, check_name
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.output_files import write_file
from inboxsync.commands.ports import Application
from inboxsync.errors import UsageError
from inboxsync.model.views import QuarantineView
from inboxsync.render.document import time_text
from inboxsync.render.json_shapes import listing, quarantine_json
from inboxsync.render.status import facts_text
from inboxsync.render.tables import Table

app = typer.Typer(help="Messages that were set aside.", no_args_is_help=True)

MAX_ID_DIGITS = 18  # what 64 bits hold
ItemId = Annotated[str, typer.Argument(metavar="ID", help="Id, as `quarantine list` shows it.")]


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
def show(ctx: typer.Context, item: ItemId, json: Json = False) -> None:
    """Show why a message was set aside."""
    shell = shell_of(ctx)
    with shell.application() as application:
        found = _find(application, item)
        if json:
            shell.output.document(quarantine_json(found))
        else:
            shape = quarantine_json(found)
            shell.output.block(facts_text(tuple((name.replace("_", " "), str(value)) for name, value in shape.items())))


@app.command(
    "retry", cls=Command, epilog=example("quarantine retry 3 4", "quarantine retry --all --integration support")
)
def retry(
    ctx: typer.Context,
    items: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids, as the list shows them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is set aside.")] = False,
    integration: IntegrationOption = None,
    json: Json = False,
) -> None:
    """Ask the server for messages again, with the next run.

    What was kept of them stays until they are had. A message is never asked for again by itself.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        check_name(application, integration)
        chosen = _chosen(application, items or [], integration, everything=everything)
        opened = application.store.content.reopen([one.id for one in chosen], at=application.now())
    names = sorted({one.integration for one in chosen})
    if json:
        shell.output.document({"asked": len(chosen), "reopened": opened, "integrations": names})
        return
    if not chosen:
        shell.output.note("nothing is set aside")
        return
    shell.output.line(f"{opened} to be fetched again with the next run of {', '.join(names)}")
    if opened < len(chosen):
        shell.output.note(
            f"{len(chosen) - opened} cannot be fetched any more: the server has renumbered their folder, or their"
            " integration was removed; `inboxsync quarantine export ID` writes what is kept"
        )


def _chosen(
    application: Application, ids: Sequence[str], integration: str | None, *, everything: bool
) -> Sequence[QuarantineView]:
    """Pick by id, or all (of an integration); UsageError for an id that is not there, or not of the integration."""
    if everything and ids:
        raise UsageError("ids and --all exclude each other", hint="give one of them")
    if not (everything or ids or integration):
        raise UsageError("it is not said what to retry", hint="give ids, or --all")
    items = application.store.content.quarantined(integration)
    return [_pick(items, text) for text in dict.fromkeys(ids)] if ids else items


@app.command("export", cls=Command, epilog=example("quarantine export 3 --output mail.eml"))
def export(
    ctx: typer.Context,
    item: ItemId,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is stdout.")],
) -> None:
    """Write the octets of a message that was set aside exactly as the server sent them.

    Also of one that is being asked for again.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        octets = _octets(application, item)
    if output == "-":
        shell.output.octets(octets)
    else:
        write_file(Path(output), octets)
        shell.output.note(f"{len(octets)} octets written to {output}")


def _octets(application: Application, text: str) -> bytes:
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_ID_DIGITS
    octets = application.store.content.quarantined_octets(int(text)) if is_number else None
    if octets is None:
        found = _find(application, text)
        raise UsageError(
            f"there are no octets of {found.id}: the server gave none ({found.reason})",
            hint=f"`inboxsync quarantine retry {found.id}` asks for it again",
        )
    return octets


def _find(application: Application, text: str) -> QuarantineView:
    return _pick(application.store.content.quarantined(), text)


def _pick(items: Sequence[QuarantineView], text: str) -> QuarantineView:
    found = next((item for item in items if str(item.id) == text), None)
    if found is None:
        raise UsageError(f"nothing in quarantine has the id {text!r}", hint="`inboxsync quarantine list` shows the ids")
    return found
