"""`sync` and `sync-all` as typer declares them; what they do is in `syncing`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from inboxsync.commands.arguments import Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.shell import Shell
from inboxsync.commands.syncing import Request, carry_out
from inboxsync.errors import UsageError

app = typer.Typer()

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan; change nothing here or on the server.")]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, max=1000, metavar="N", help="Accounts at once; 32 without.")]
Ping = Annotated[
    str | None,
    typer.Option("--ping", metavar="URL", help="Tell this monitor of the run; better by INBOXSYNC_PING_URL_FILE."),
]
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
    ping: Ping = None,
    json: Json = False,
) -> int:
    """Sync the named integrations now, due or not."""
    request = Request(names, dry_run=dry_run, wait=wait, jobs=jobs, deadline=deadline, as_json=json, ping=ping)
    return carry_out(shell_of(ctx), request)


Worker = Annotated[bool, typer.Option("--worker", help="Go on for ever: take what is due until a signal ends it.")]
Poll = Annotated[str | None, typer.Option("--poll", metavar="15s", help="With --worker: look for due work so often.")]
WorkerName = Annotated[
    str | None,
    typer.Option("--name", metavar="WORKER", help="With --worker: what status calls it; its process without."),
]
MaxRuntime = Annotated[
    str | None, typer.Option("--max-runtime", metavar="24h", help="With --worker: end by itself after this time.")
]


@app.command(
    "sync-all",
    cls=Command,
    epilog=example("sync-all", "sync-all --force --jobs 4 --deadline 10m", "sync-all --json", "sync-all --worker"),
)
def sync_all(
    ctx: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="All that are active, due or not.")] = False,
    dry_run: DryRun = False,
    jobs: Jobs = None,
    deadline: Deadline = None,
    worker: Worker = False,
    poll: Poll = None,
    name: WorkerName = None,
    max_runtime: MaxRuntime = None,
    ping: Ping = None,
    json: Json = False,
) -> int:
    """Sync the integrations that are due.

    Lowest priority number first. Made for cron and timers: when nothing is due it costs next to nothing. With --worker
    it stays and does so again and again, beside other workers and machines on the same database.
    """
    if worker:
        _refuse({"--force": force, "--dry-run": dry_run, "--json": json, "--ping": ping})
        return _work(shell_of(ctx), poll, name, max_runtime, jobs, deadline)
    if poll or name or max_runtime:
        raise UsageError("--poll, --name and --max-runtime are for workers", hint="add --worker")
    request = Request(force=force, dry_run=dry_run, jobs=jobs, deadline=deadline, as_json=json, ping=ping)
    return carry_out(shell_of(ctx), request)


def _refuse(given: Mapping[str, object]) -> None:
    """Refuse what has no meaning for a run without end."""
    for option in (option for option, value in given.items() if value):
        hint = "`inboxsync runs --json` and `inboxsync status --json` tell what workers do"
        raise UsageError(f"{option} does not go with --worker", hint=hint)


def _work(
    shell: Shell, poll: str | None, name: str | None, max_runtime: str | None, jobs: int | None, deadline: str | None
) -> int:
    from inboxsync.commands.worker import DEFAULT_POLL, WorkerRequest, work  # no other run needs it

    return work(shell, WorkerRequest(poll or DEFAULT_POLL, name, max_runtime, jobs, deadline))
