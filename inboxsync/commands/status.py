"""`status` and `runs`: how integrations stand, and what runs did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from inboxsync.commands.arguments import IntegrationOption, Json, OptionalName, check_name, chosen
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.ports import Application
from inboxsync.commands.textfile import write_metrics
from inboxsync.commands.webhook_store import shape_of, standing_of
from inboxsync.model.integration import Integration
from inboxsync.model.state import Lease, RunRecord, Totals
from inboxsync.render.document import time_text
from inboxsync.render.json_shapes import listing, run_json
from inboxsync.render.standing import standing
from inboxsync.render.status import Holder, StatusLine, status_json, status_table, status_text
from inboxsync.render.tables import Table
from inboxsync.render.webhooks import needs_a_person, webhook_sentence
from inboxsync.system.processes import owner_is_dead

app = typer.Typer()


@app.command(
    "status", cls=Command, epilog=example("status", "status support", "status --json", "status --prometheus FILE")
)
def status(
    ctx: typer.Context,
    name: OptionalName = None,
    prometheus: Annotated[
        Path | None, typer.Option("--prometheus", metavar="FILE", help="Write metrics to this file as well.")
    ] = None,
    json: Json = False,
) -> None:
    """Show how each integration stands.

    State, cause, next action, last success, counts and next run.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        lines = status_lines(application, name)
        if prometheus is not None:
            write_metrics(prometheus, application, lines)
        now = application.now()
        hooks = [] if name else list(standing_of(application))
        if json:
            shapes = [shape_of(application, webhook, counts) for webhook, counts in hooks]
            more = {"webhooks": shapes} if hooks else {}
            shell.output.document(listing("integrations", map(status_json, lines)) | more)
        elif name:
            shell.output.block(status_text(lines[0], now))
        else:
            shell.output.table(status_table(lines, now), empty=NO_INTEGRATION)
            for line in lines:
                if line.standing.next_action:
                    shell.output.note(f"{line.integration.name}: {line.standing.next_action}")
            for webhook, counts in hooks:
                if needs_a_person(webhook, counts):
                    shell.output.note(webhook_sentence(webhook, counts, now))


NO_INTEGRATION = "there is no integration yet: `inboxsync add NAME --email ADDRESS` makes one"


def status_lines(application: Application, name: str | None) -> list[StatusLine]:
    """Gather what status tells, of all integrations or of one."""
    control = application.store.control
    integrations = chosen(application, name)
    states, totals, leases = control.states(), control.totals(), control.leases()
    held, live = {lease.integration_id: lease for lease in leases}, live_leases(leases)
    now, zone = application.now(), application.zone
    return [
        StatusLine(
            integration,
            states.get(_id(integration)),
            standing(integration, states.get(_id(integration)), live.get(_id(integration)), now, zone),
            totals.get(_id(integration), Totals()),
            _holder(held.get(_id(integration)), live, now),
        )
        for integration in integrations
    ]


def _holder(lease: Lease | None, live: Mapping[int, Lease], now: datetime) -> Holder | None:
    if lease is None:
        return None
    return Holder(lease, is_live=lease.integration_id in live and lease.expires_at > now)


def live_leases(leases: Sequence[Lease]) -> Mapping[int, Lease]:
    """Pick the leases whose owner is not surely gone, by integration."""
    return {lease.integration_id: lease for lease in leases if not _is_dead(lease)}


def _is_dead(lease: Lease) -> bool:
    owner = lease.owner
    return owner_is_dead(owner.host, owner.pid, owner.process_start)


def _id(integration: Integration) -> int:
    return integration.id or 0


@app.command("runs", cls=Command, epilog=example("runs", "runs --integration support --limit 50 --json"))
def runs(
    ctx: typer.Context,
    integration: IntegrationOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, metavar="N", help="So many.")] = 20,
    json: Json = False,
) -> None:
    """Show what runs did, newest first."""
    shell = shell_of(ctx)
    with shell.application() as application:
        control = application.store.control
        check_name(application, integration)
        records = control.runs(integration=integration, limit=limit)
        if json:
            shell.output.document(listing("runs", map(run_json, records)))
        else:
            shell.output.table(_runs_table(records), empty="nothing has run yet")


def _runs_table(records: Sequence[RunRecord]) -> Table:
    headings = ("run", "started", "seconds", "name", "status", "fetched", "stored", "tickets", "error")
    return Table.of(headings, [_run_row(record) for record in records], right=(0, 2, 5, 6, 7))


def _run_row(record: RunRecord) -> tuple[object, ...]:
    counts = record.counts
    return (
        record.run_id,
        time_text(record.started_at.replace(microsecond=0)),
        f"{(record.finished_at - record.started_at).total_seconds():.1f}",
        record.integration,
        record.status.value,
        counts.fetched,
        counts.stored,
        counts.tickets_created + counts.tickets_updated,
        record.error.message if record.error else record.reason,
    )
