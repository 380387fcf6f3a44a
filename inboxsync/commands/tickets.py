"""`tickets list|show|set|reply-token|link|split`: what mail was turned into, and what people make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from inboxsync.commands.arguments import IntegrationOption, Json, Limit, PageNumber, check_name, record_id
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.directory import Yes
from inboxsync.commands.ports import Application
from inboxsync.commands.ticket_editing import (
    Assignee,
    Category,
    Company,
    Priority,
    Status,
    Tags,
    Unwatch,
    Watch,
    confirm_many,
    one_of,
    read_edit,
)
from inboxsync.commands.ticket_shapes import detail_json, detail_text, ticket_table, token_json
from inboxsync.model.ticketing import PRIORITIES, STATUSES, TicketQuery
from inboxsync.render.json_shapes import listing, page_json, ticket_json

if TYPE_CHECKING:
    from inboxsync.store.ticket_desk import TicketDesk

app = typer.Typer(help="Tickets.", no_args_is_help=True)

TicketId = Annotated[str, typer.Argument(metavar="TICKET", help="Id of the ticket, as `tickets list` shows it.")]


def _desk(application: Application) -> TicketDesk:
    from inboxsync.store import ticket_desk

    return ticket_desk.tickets_of(application.store.content)


@app.command("list", cls=Command, epilog=example("tickets list", "tickets list --status open --q printer --json"))
def list_tickets(
    ctx: typer.Context,
    integration: IntegrationOption = None,
    status: Annotated[str | None, typer.Option("--status", metavar="S", help=f"{', '.join(STATUSES)}.")] = None,
    priority: Annotated[str | None, typer.Option("--priority", metavar="P", help=f"{', '.join(PRIORITIES)}.")] = None,
    assignee: Annotated[str | None, typer.Option("--assignee", metavar="A", help="Assigned to this one.")] = None,
    q: Annotated[
        str | None, typer.Option("--q", metavar="TEXT", help="In subject or requester, or the number.")
    ] = None,
    limit: Limit = 50,
    page: PageNumber = 1,
    json: Json = False,
) -> None:
    """List tickets, newest first."""
    query = TicketQuery(
        limit, page, one_of(status, "status", STATUSES), one_of(priority, "priority", PRIORITIES), integration,
        assignee, q,
    )  # fmt: skip
    shell = shell_of(ctx)
    with shell.application() as application:
        check_name(application, integration)
        found = _desk(application).page(query)
        if json:
            shell.output.document(page_json("tickets", found, ticket_json))
        else:
            shell.output.table(ticket_table(found.items), empty="no tickets")
            shell.output.note(f"page {found.page}, {found.total} in all")


@app.command("show", cls=Command, epilog=example("tickets show 7 --json"))
def show(ctx: typer.Context, ticket: TicketId, json: Json = False) -> None:
    """Show one ticket."""
    shell = shell_of(ctx)
    with shell.application() as application:
        found = _desk(application).detail(record_id(ticket, "ticket"))
        if json:
            shell.output.document(detail_json(found))
        else:
            shell.output.block(detail_text(found))


@app.command(
    "set",
    cls=Command,
    epilog=example("tickets set 7 --status resolved", "tickets set 7 8 --priority high --assignee ana --tag vip"),
)
def set_tickets(
    ctx: typer.Context,
    tickets: Annotated[list[str], typer.Argument(metavar="TICKET...", help="Ids of tickets.")],
    status: Status = None,
    priority: Priority = None,
    category: Category = None,
    assignee: Assignee = None,
    company: Company = None,
    tag: Tags = None,
    watch: Watch = None,
    unwatch: Unwatch = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Change tickets: what is given, and all or none of them.

    An empty text takes a value away. An ended ticket that is opened tells `ticket.reopened`, all else `ticket.updated`.
    """
    shell = shell_of(ctx)
    change = read_edit(ctx.params)
    ids = [record_id(one, "ticket") for one in tickets]
    confirm_many(shell, len(ids), yes=yes)
    with shell.application() as application:
        changed = _desk(application).edit(ids, change, at=application.now())
    if json:
        shell.output.document(listing("tickets", map(ticket_json, changed)))
    else:
        shell.output.table(ticket_table(tuple(changed)), empty="no tickets")


@app.command("reply-token", cls=Command, epilog=example("tickets reply-token 7", "tickets reply-token 7 --json"))
def reply_token(ctx: typer.Context, ticket: TicketId, json: Json = False) -> None:
    """Sign a ticket's id for mail that you write to its people.

    Put the Message-ID into your mail: the answer finds the ticket by it, whoever writes it.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        found = _desk(application).detail(record_id(ticket, "ticket"))
        shape = token_json(application, found.ticket)
    if json:
        shell.output.document(shape)
    else:
        shell.output.line(shape["message_id"])


@app.command("link", cls=Command, epilog=example("tickets link 7 9", "tickets link 7 9 --remove"))
def link(
    ctx: typer.Context,
    ticket: TicketId,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="Id of the other ticket.")],
    remove: Annotated[bool, typer.Option("--remove", help="Say that they do not belong together.")] = False,
    json: Json = False,
) -> None:
    """Say that two tickets belong together."""
    shell = shell_of(ctx)
    ids = record_id(ticket, "ticket"), record_id(other, "ticket")
    with shell.application() as application:
        found = _desk(application).link(*ids, at=application.now(), remove=remove)
    if json:
        shell.output.document(detail_json(found))
    else:
        shell.output.line(f"{ticket}: {'no longer ' if remove else ''}linked to {other}")


@app.command("split", cls=Command, epilog=example("tickets split 7 --message 41 --message 42"))
def split(
    ctx: typer.Context,
    ticket: TicketId,
    message: Annotated[list[str], typer.Option("--message", metavar="ID", help="Id of a message; repeatable.")],
    json: Json = False,
) -> None:
    """Take messages out of a ticket into a new one, linked to it."""
    shell = shell_of(ctx)
    ids = [record_id(one, "message") for one in message]
    with shell.application() as application:
        desk = _desk(application)
        made = desk.split(record_id(ticket, "ticket"), ids, at=application.now())
        found = desk.detail(made.ticket_id)
    if json:
        shell.output.document(detail_json(found))
    else:
        shell.output.line(f"{made.ticket_id}: made of {len(ids)} of ticket {ticket}, number {made.number}")
