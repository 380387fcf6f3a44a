"""`sync` and `sync-all` as typer declares them; what they do is in `syncing`."""

from __future__ import annotations

from typing import Annotated

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.syncing import Request, carry_out

app = typer.Typer()

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan; change nothing here or on the server.")]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, max=1000, metavar="N", help="Accounts at once; 32 without.")]
Deadline = Annotated[str | None, typer.Option("--deadline", metavar="10m", help="End after this time at the latest.")]


@app.command(
    "sync", cls=Command, epilog=example("sync support", "sync support sales --wait 2m", "sync support --dry-run")
)
def sync(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of integrations.")],
    dry_run: DryRun = False,
    wait: Annotated[str, typer.Option("--wait", metavar="30s", help="Wait so long for another run to end.")] = "30s",
    jobs: Jobs = None,
    deadline: Deadline = None,
    json: Json = False,
) -> int:
    """Sync the named integrations now, due or not."""
    request = Request(names, dry_run=dry_run, wait=wait, jobs=jobs, deadline=deadline, as_json=json)
    return carry_out(shell_of(ctx), request)


@app.command(
    "sync-all", cls=Command, epilog=example("sync-all", "sync-all --force --jobs 4 --deadline 10m", "sync-all --json")
)
def sync_all(
    ctx: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="All that are active, due or not.")] = False,
    dry_run: DryRun = False,
    jobs: Jobs = None,
    deadline: Deadline = None,
    json: Json = False,
) -> int:
    """Sync the integrations that are due.

    Lowest priority number first. Made for cron and timers: when nothing is due it costs next to nothing.
    """
    request = Request(force=force, dry_run=dry_run, jobs=jobs, deadline=deadline, as_json=json)
    return carry_out(shell_of(ctx), request)
