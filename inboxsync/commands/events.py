"""`events list|follow|read|ack|consumers|forget`: the ordered feed of what happened."""

from __future__ import annotations

import json as json_module
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from inboxsync import system
from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.durations import duration_s
from inboxsync.commands.ports import Application
from inboxsync.commands.shell import Shell
from inboxsync.errors import UsageError
from inboxsync.model.event import EVENT_TYPES, Event, EventPage
from inboxsync.render.document import time_text
from inboxsync.render.json_shapes import listing
from inboxsync.render.printable import json_safe
from inboxsync.render.tables import Table
from inboxsync.render.webhooks import event_line, event_table
from inboxsync.system.service import on_terminate

if TYPE_CHECKING:
    from inboxsync.store.events import EventFeed

app = typer.Typer(help="The feed of what happened, in order.", no_args_is_help=True)

FOLLOWED_AT_ONCE = 500
MAX_NAME_CHARACTERS = 100

Types = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="T", help="Only of this type; repeatable.", show_default=False),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, metavar="N", help="So many, at most 1000.")]
ConsumerName = Annotated[str, typer.Option("--consumer", metavar="NAME", help="Who reads; any name.")]


@app.command("list", cls=Command, epilog=example("events list", "events list --after 120 --type ticket.created --json"))
def list_events(
    ctx: typer.Context,
    after: Annotated[int, typer.Option("--after", min=0, metavar="N", help="Only events with a higher id.")] = 0,
    types: Types = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List events, oldest first.

    Ids grow in the order of commits: who has seen one never misses a lower one.
    """
    chosen, shell = checked_types(types), shell_of(ctx)
    with shell.application() as application:
        page = feed(application).page(after, limit=limit, types=chosen)
    _show(shell, page, as_json=json)


@app.command(
    "follow", cls=Command, epilog=example("events follow", "events follow --after 0 --json --deadline 1h | consumer")
)
def follow(
    ctx: typer.Context,
    after: Annotated[
        int | None, typer.Option("--after", min=0, metavar="N", help="Begin behind this id; at the end without.")
    ] = None,
    types: Types = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="End after so many.")] = None,
    every: Annotated[str, typer.Option("--every", metavar="1s", help="How often to look.")] = "1s",
    deadline: Annotated[str | None, typer.Option("--deadline", metavar="1h", help="End after this time.")] = None,
    json: Json = False,
) -> None:
    """Write events as they come, until stopped. With --json each is one document on a line of its own."""
    chosen, shell = checked_types(types), shell_of(ctx)
    wait_s = max(duration_s(every), 0.1)
    end_s = None if deadline is None else system.monotonic_s() + duration_s(deadline)
    with shell.application() as application:
        _stop_on_signals(application)
        place = feed(application).newest_id() if after is None else after
        for count, event in enumerate(_followed(application, place, chosen, wait_s, end_s), 1):
            _write(shell, event, as_json=json)
            if count == limit:
                return


@app.command("read", cls=Command, epilog=example("events read --consumer crm --limit 100 --json"))
def read(
    ctx: typer.Context, consumer: ConsumerName, types: Types = None, limit: Limit = 50, json: Json = False
) -> None:
    """List the events that a consumer has not acknowledged, oldest first.

    Reading moves nothing: `events ack` does, when the work is done. So each event is read at least once.
    """
    name, chosen, shell = checked_name(consumer), checked_types(types), shell_of(ctx)
    with shell.application() as application:
        events = feed(application)
        page = events.page(events.place_of(name), limit=limit, types=chosen)
    _show(shell, page, as_json=json)


@app.command("ack", cls=Command, epilog=example("events ack --consumer crm 120"))
def acknowledge(
    ctx: typer.Context,
    event: Annotated[int, typer.Argument(metavar="ID", min=0, help="The last event that is done.")],
    consumer: ConsumerName,
    json: Json = False,
) -> None:
    """Note that a consumer is done with all events up to this one. Its place never goes back."""
    name, shell = checked_name(consumer), shell_of(ctx)
    with shell.application() as application:
        place = feed(application).acknowledge(name, event, at=application.now())
    if json:
        shell.output.document({"consumer": name, "event_id": place})
    else:
        shell.output.line(f"{name}: done up to event {place}")


@app.command("consumers", cls=Command, epilog=example("events consumers"))
def consumers(ctx: typer.Context, json: Json = False) -> None:
    """List consumers: how far each has come, and how many events wait for it."""
    shell = shell_of(ctx)
    with shell.application() as application:
        found = feed(application).consumers()
    if json:
        shapes = [
            {"name": c.name, "event_id": c.event_id, "updated_at": time_text(c.updated_at), "behind": c.behind}
            for c in found
        ]
        shell.output.document(listing("consumers", shapes))
    else:
        rows = [(c.name, c.event_id, time_text(c.updated_at), c.behind) for c in found]
        headings = ("name", "done up to", "at", "behind")
        shell.output.table(Table.of(headings, rows, right=(1, 3)), empty="no consumer has acknowledged anything")


@app.command("forget", cls=Command, epilog=example("events forget --consumer crm"))
def forget(ctx: typer.Context, consumer: ConsumerName, json: Json = False) -> None:
    """Remove a consumer; under its name everything is unread again."""
    name, shell = checked_name(consumer), shell_of(ctx)
    with shell.application() as application:
        if not feed(application).forget(name):
            raise UsageError(f"there is no consumer {name!r}", hint="`inboxsync events consumers` shows them")
    if json:
        shell.output.document({"forgotten": name})
    else:
        shell.output.line(f"{name}: forgotten")


# --- parts ---------------------------------------------------------------------------------------------------------


def feed(application: Application) -> EventFeed:
    """Open the feed of the application's store."""
    from inboxsync.store.events import feed_of

    return feed_of(application.store.control)


def checked_types(types: list[str] | None) -> tuple[str, ...]:
    """Accept types of events that there are; UsageError for another."""
    for kind in types or ():
        if kind not in EVENT_TYPES:
            raise UsageError(f"{kind!r} is no type of event", hint=f"there are {', '.join(EVENT_TYPES)}")
    return tuple(dict.fromkeys(types or ()))


def checked_name(name: str) -> str:
    """Accept a name of a consumer or webhook; UsageError where nobody could type or read it."""
    if not name.strip() or not name.isprintable() or len(name) > MAX_NAME_CHARACTERS:
        raise UsageError(f"a name has 1 to {MAX_NAME_CHARACTERS} printable characters")
    return name


def _show(shell: Shell, page: EventPage, *, as_json: bool) -> None:
    if as_json:
        shell.output.document(page.as_dict())
        return
    shell.output.table(event_table(page.events), empty="no events")
    if page.has_more:
        shell.output.note(f"there are more: --after {page.next_after}")


def _followed(
    application: Application, place: int, types: tuple[str, ...], wait_s: float, end_s: float | None
) -> Iterator[Event]:
    """Yield events as they come until stopped or `end_s` on the monotonic clock."""
    events = feed(application)
    while True:
        page = events.page(place, limit=FOLLOWED_AT_ONCE, types=types)
        yield from page.events
        place = page.next_after
        if page.has_more:
            continue
        left_s = wait_s if end_s is None else min(wait_s, end_s - system.monotonic_s())
        if left_s <= 0 or application.stop.wait(left_s):
            return


def _stop_on_signals(application: Application) -> None:
    if threading.current_thread() is threading.main_thread():  # only there can signals be handled
        on_terminate(application.stop.set)


def _write(shell: Shell, event: Event, *, as_json: bool) -> None:
    if as_json:
        line = json_module.dumps(event.as_dict(), ensure_ascii=False)
        shell.output.octets(json_safe(line).encode() + b"\n")
    else:
        shell.output.line(event_line(event))
        shell.output.stdout.flush()
