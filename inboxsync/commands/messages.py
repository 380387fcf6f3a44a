"""`messages list|show|export`: what is stored; `messages refetch`: asking again for what was not."""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from typing import Annotated

import typer

from inboxsync import schedule
from inboxsync.commands.arguments import IntegrationOption, Json, Limit, PageNumber, check_name, record_id
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.export import export
from inboxsync.commands.ports import Application
from inboxsync.commands.reparse import reparse
from inboxsync.errors import UsageError
from inboxsync.model.placement import Fate
from inboxsync.model.structure import PartStructure
from inboxsync.model.views import MessageQuery, MessageView
from inboxsync.render.json_shapes import message_json, page_json
from inboxsync.render.messages import message_text, messages_table
from inboxsync.render.structure import structure_json, structure_text

app = typer.Typer(help="Stored messages.", no_args_is_help=True)

REFETCHED = (Fate.FILTERED.value, Fate.UNKNOWN_SENDER.value, Fate.TOO_LARGE.value, Fate.VANISHED.value)

MessageId = Annotated[str, typer.Argument(metavar="ID", help="Id of the message, as `messages list` shows it.")]


@app.command("list", cls=Command, epilog=example("messages list --integration support --limit 20 --page 2 --json"))
def list_messages(
    ctx: typer.Context,
    integration: IntegrationOption = None,
    folder: Annotated[str | None, typer.Option("--folder", metavar="F", help="In this folder only.")] = None,
    fate: Annotated[str | None, typer.Option("--fate", help="With this fate only, like duplicate.")] = None,
    limit: Limit = 50,
    page: PageNumber = 1,
    json: Json = False,
) -> None:
    """List stored messages, newest first."""
    shell = shell_of(ctx)
    with shell.application() as application:
        check_name(application, integration)
        query = MessageQuery(integration=integration, folder=folder, fate=_fate(fate), limit=limit, page=page)
        found = application.store.content.messages(query)
        if json:
            shell.output.document(page_json("messages", found, message_json))
        else:
            shell.output.table(messages_table(found.items), empty="no messages")
            shell.output.note(f"page {found.page}, {found.total} in all")


def _fate(text: str | None) -> str | None:
    if text is not None and text not in set(Fate):
        raise UsageError(f"{text!r} is not a fate", hint=f"there are {', '.join(Fate)}")
    return text


@app.command(
    "show",
    cls=Command,
    epilog=example("messages show 42", "messages show 42 --json", "messages show 42 --structure"),
)
def show(
    ctx: typer.Context,
    message: MessageId,
    structure: Annotated[bool, typer.Option("--structure", help="Show its MIME parts, as a tree.")] = False,
    json: Json = False,
) -> None:
    """Show one message with its bodies, attachments and headers; --structure shows which parts it is made of."""
    shell = shell_of(ctx)
    with shell.application() as application:
        found = _find(application, message)
        parts = _structure(application, found) if structure else None
    if json:
        told = {} if parts is None else {"structure": structure_json(parts)}
        shell.output.document({**message_json(found, whole=True), **_decided(found), **told})
    else:
        shell.output.block(message_text(found) if parts is None else structure_text(parts))


def _structure(application: Application, message: MessageView) -> PartStructure:
    from inboxsync.mail.part_structure import structure_of  # only who asks for it pays for the parser

    octets = application.store.content.raw(message.id)
    if octets is None:
        raise UsageError(f"of message {message.id} nothing is kept but what is shown", hint="its fate says why")
    return structure_of(octets)


def _decided(message: MessageView) -> dict[str, object]:
    """Give what was decided about it when it came: for who runs this, not for readers over HTTP."""
    trace = json_module.loads(message.rule_trace) if message.rule_trace else None
    return {"rule_trace": trace, "ticket_reason": message.ticket_reason}


app.command(
    "export",
    cls=Command,
    epilog=example(
        "messages export 42 --output mail.eml",
        "messages export --integration support --since 2026-01-01 --output support.mbox",
        "messages export --query from:ann --format jsonl --output -",
    ),
)(export)
app.command(
    "reparse",
    cls=Command,
    epilog=example("messages reparse --dry-run", "messages reparse --all --integration support --json"),
)(reparse)


@app.command(
    "refetch",
    cls=Command,
    epilog=example(
        "messages refetch --integration support --fate too_large --dry-run",
        "messages refetch --integration support --fate filtered --since 14d",
    ),
)
def refetch(
    ctx: typer.Context,
    integration: Annotated[str, typer.Option("--integration", metavar="NAME", help="Of this integration.")],
    fate: Annotated[str, typer.Option("--fate", metavar="FATE", help=f"Which: {', '.join(REFETCHED)}.")],
    since: Annotated[str | None, typer.Option("--since", metavar="WHEN", help="Arrived since: 14d, a date.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell how many; change nothing.")] = False,
    json: Json = False,
) -> None:
    """Ask the server again for messages that were not taken, with the next run.

    They are judged anew, by the settings of then: what its filter still refuses is refused again. Left alone is what
    is too large still, or from before the integration's own start.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        ids = _asked_for(application, integration, fate, since)
        opened = 0 if dry_run else application.store.content.reopen(ids, at=application.now())
    if json:
        shell.output.document({"integration": integration, "fate": fate, "asked": len(ids), "reopened": opened})
    elif dry_run:
        shell.output.line(f"{len(ids)} would be fetched again")
    else:
        shell.output.line(f"{opened} to be fetched again with the next run of {integration}")


def _asked_for(application: Application, name: str, fate: str, since: str | None) -> Sequence[int]:
    integration = application.integration(name)
    if fate not in REFETCHED:
        hint = (
            "`inboxsync quarantine retry` does that" if fate == Fate.QUARANTINED else f"one of {', '.join(REFETCHED)}"
        )
        raise UsageError(f"messages of fate {fate!r} cannot be fetched again here", hint=hint)
    start = None if since is None else schedule.parse_since(since, application.now())
    limit = application.settings.message_size_limit_bytes if fate == Fate.TOO_LARGE else None
    return application.store.content.settled(integration, Fate(fate), since=start, max_size_bytes=limit)


def _find(application: Application, text: str) -> MessageView:
    found = application.store.content.message(record_id(text, "message"))
    if found is None:
        raise UsageError(f"there is no message {text}", hint="`inboxsync messages list` shows the ids")
    return found
