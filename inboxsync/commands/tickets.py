"""`tickets list|show`: what mail was turned into."""

from __future__ import annotations

from typing import Annotated

import typer

from inboxsync.commands.arguments import IntegrationOption, Json, Limit, PageNumber, check_name, record_id
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.errors import UsageError
from inboxsync.model.views import TicketView
from inboxsync.render.document import time_text
from inboxsync.render.json_shapes import page_json, ticket_json
from inboxsync.render.messages import ticket_text
from inboxsync.render.tables import Table

app = typer.Typer(help="Tickets.", no_args_is_help=True)

STATUSES = ("open", "in_progress", "pending", "resolved", "closed")


@app.command("list", cls=Command, epilog=example("tickets list", "tickets list --status open --json"))
def list_tickets(
    ctx: typer.Context,
    integration: IntegrationOption = None,
    status: Annotated[str | None, typer.Option("--status", metavar="S", help=f"{', '.join(STATUSES)}.")] = None,
    limit: Limit = 50,
    page: PageNumber = 1,
    json: Json = False,
) -> None:
    """List tickets, newest first."""
    if status is not None and status not in STATUSES:
        raise UsageError(f"{status!r} is not a status of a ticket", hint=f"there are {', '.join(STATUSES)}")
    shell = shell_of(ctx)
    with shell.application() as application:
        check_name(application, integration)
        found = application.store.content.tickets(limit=limit, page=page, status=status, integration=integration)
        if json:
            shell.output.document(page_json("tickets", found, ticket_json))
        else:
            shell.output.table(_table(found.items), empty="no tickets")
            shell.output.note(f"page {found.page}, {found.total} in all")


def _table(tickets: tuple[TicketView, ...]) -> Table:
    rows = [
        (
            t.id,
            t.number,
            t.status,
            t.priority,
            t.requester_email,
            t.subject,
            t.integration,
            time_text(t.last_message_at),
        )
        for t in tickets
    ]
    headings = ("id", "number", "status", "priority", "requester", "subject", "integration", "last message")
    return Table.of(headings, rows, right=(0,))


@app.command("show", cls=Command, epilog=example("tickets show 7 --json"))
def show(
    ctx: typer.Context,
    ticket: Annotated[str, typer.Argument(metavar="ID", help="Id of the ticket, as `tickets list` shows it.")],
    json: Json = False,
) -> None:
    """Show one ticket."""
    shell = shell_of(ctx)
    with shell.application() as application:
        found = application.store.content.ticket(record_id(ticket, "ticket"))
        if found is None:
            raise UsageError(f"there is no ticket {ticket}", hint="`inboxsync tickets list` shows the ids")
        if json:
            shell.output.document(ticket_json(found))
        else:
            shell.output.block(ticket_text(found))
