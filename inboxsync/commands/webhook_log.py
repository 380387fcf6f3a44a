"""`webhooks log|replay`: what webhooks were sent, and sending it again."""

from __future__ import annotations

from typing import Annotated

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.webhook_store import named, webhooks_of
from inboxsync.errors import UsageError
from inboxsync.model.webhook import DeliveryState
from inboxsync.render.json_shapes import listing
from inboxsync.render.webhooks import delivery_json, delivery_table

app = typer.Typer()

STATES = ", ".join(DeliveryState)


@app.command("log", cls=Command, epilog=example("webhooks log", "webhooks log crm --state dead --json"))
def log(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Name of the webhook. All without.")] = None,
    state: Annotated[str | None, typer.Option("--state", metavar="S", help=f"{STATES}.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, metavar="N", help="So many.")] = 50,
    json: Json = False,
) -> None:
    """Show what webhooks were sent, newest event first.

    pending waits or is tried again, dead was given up. What arrived is shown for 30 days.
    """
    if state is not None and state not in {one.value for one in DeliveryState}:
        raise UsageError(f"{state!r} is no state of a delivery", hint=f"there are {STATES}")
    shell = shell_of(ctx)
    with shell.application() as application:
        webhook = None if name is None else named(application, name)
        wanted = None if state is None else DeliveryState(state)
        found = webhooks_of(application).log(webhook=webhook, state=wanted, limit=limit)
    if json:
        shell.output.document(listing("deliveries", map(delivery_json, found)))
    else:
        shell.output.table(delivery_table(found), empty="nothing was sent")


@app.command(
    "replay", cls=Command, epilog=example("webhooks replay crm --dead", "webhooks replay crm --event 120 --event 121")
)
def replay(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the webhook.")],
    dead: Annotated[bool, typer.Option("--dead", help="All events that were given up.")] = False,
    event: Annotated[
        list[int] | None, typer.Option("--event", min=1, metavar="ID", help="This event, delivered or not; repeatable.")
    ] = None,
    json: Json = False,
) -> None:
    """Send events again, under the ids they had; the next `sync-all` or `deliver` does it."""
    if dead == bool(event):
        raise UsageError("say which events", hint="give --dead, or --event ID as `inboxsync webhooks log` shows it")
    shell = shell_of(ctx)
    with shell.application() as application:
        store, webhook, now = webhooks_of(application), named(application, name), application.now()
        events = list(dict.fromkeys(event or ()))
        count = store.replay_dead(webhook, at=now) if dead else store.replay_events(webhook, events, at=now)
    if json:
        shell.output.document({"name": name, "replayed": count})
    else:
        shell.output.line(f"{name}: {count} events are sent again")
