"""`deliver` as typer declares it: send to webhooks what is due, apart from any sync."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated

import typer

from inboxsync import system
from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.delivering import deliver_once
from inboxsync.commands.durations import duration_s
from inboxsync.commands.ports import Application
from inboxsync.errors import EXIT_OK, EXIT_TEMPORARY, UsageError
from inboxsync.render.webhooks import delivery_report_json, delivery_report_table
from inboxsync.system.service import on_terminate

if TYPE_CHECKING:
    from inboxsync.delivery.deliverer import DeliveryReport

app = typer.Typer()

ONCE_S = 600.0
LOOK_EVERY_S = 1.0


@app.command("deliver", cls=Command, epilog=example("deliver", "deliver --deadline 1h"))
def deliver(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Send what is due now and end; so without options.")] = False,
    deadline: Annotated[
        str | None, typer.Option("--deadline", metavar="10m", help="Go on sending what becomes due until then.")
    ] = None,
    json: Json = False,
) -> int:
    """Send to webhooks what is due.

    `sync-all` does it after its work, for 20 seconds at most; this is for more than that. Answers 75 where an attempt
    failed and is made again.
    """
    if once and deadline is not None:
        raise UsageError("--once and --deadline are both given", hint="give one of them")
    shell = shell_of(ctx)
    with shell.application() as application:
        if threading.current_thread() is threading.main_thread():  # only there can signals be handled
            on_terminate(application.stop.set)
        if deadline is None:
            report = deliver_once(application, system.monotonic_s() + ONCE_S)
        else:
            report = _until(application, system.monotonic_s() + duration_s(deadline))
    if json:
        shell.output.document(delivery_report_json(report))
    else:
        shell.output.table(delivery_report_table(report), empty="nothing is due")
    return EXIT_TEMPORARY if report.failed else EXIT_OK


def _until(application: Application, end_s: float) -> DeliveryReport:
    """Send what is due, look again, until time is up or a person stops it."""
    report = deliver_once(application, end_s)
    while (left_s := end_s - system.monotonic_s()) > 0:
        if application.stop.wait(min(LOOK_EVERY_S, left_s)):
            break
        report += deliver_once(application, end_s)
    return report
