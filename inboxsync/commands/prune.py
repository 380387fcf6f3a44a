"""`prune`: giving up octets, files, texts and history that are old or large enough."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import typer

from inboxsync.commands.ages import instant_before
from inboxsync.commands.arguments import IntegrationOption, Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.ports import Application
from inboxsync.commands.shell import Shell
from inboxsync.config import values
from inboxsync.errors import EXIT_OK, EXIT_TEMPORARY, UsageError
from inboxsync.model.placement import Fate
from inboxsync.model.pruning import (
    DEFAULT_FATES,
    PRUNED_FATES,
    Log,
    LogOrder,
    MailOrder,
    Part,
    PruneOrder,
    PruneReport,
    Watch,
)
from inboxsync.render.progress import counted
from inboxsync.render.pruning import prune_json, prune_table
from inboxsync.system.service import on_terminate

app = typer.Typer()

_LARGEST = 2**40


def _age(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(name, metavar="AGE", help=what)
    return option


@app.command(
    "prune",
    cls=Command,
    epilog=example(
        "prune --raw-older-than 2y --attachments-older-than 180d",
        "prune --attachments-older-than 30d --larger-than 10MB --integration support --apply",
        "prune --raw-older-than 90d --fate filtered --fate unknown_sender --apply",
        "prune --runs-older-than 90d --events-older-than 90d --deliveries-older-than 30d --apply",
    ),
)
def prune(
    ctx: typer.Context,
    raw: Annotated[str | None, _age("--raw-older-than", "Octets of mail; of mail not taken its header.")] = None,
    attachments: Annotated[str | None, _age("--attachments-older-than", "Files of attachments.")] = None,
    bodies: Annotated[str | None, _age("--bodies-older-than", "Texts, from lists and search as well.")] = None,
    runs: Annotated[str | None, _age("--runs-older-than", "What runs did.")] = None,
    events: Annotated[str | None, _age("--events-older-than", "Events that every reader has read.")] = None,
    deliveries: Annotated[str | None, _age("--deliveries-older-than", "Deliveries that are over.")] = None,
    fates: Annotated[
        list[Fate] | None,
        typer.Option("--fate", metavar="FATE", help="Mail of this fate only; all but quarantined without."),
    ] = None,
    larger_than: Annotated[
        str | None, typer.Option("--larger-than", metavar="SIZE", help="Mail, or attachments, above this: 10MB.")
    ] = None,
    integration: IntegrationOption = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without, only tell what would go.")] = False,
    json: Json = False,
) -> int:
    """Give up what is old or large enough. Without --apply only tells what would go.

    An age is like 180d, 26w, 1y, or a date; it counts from when mail was received. Messages stay with their headers,
    and so does the ledger: nothing is imported again. What another message or integration needs stays.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        now = application.now()
        mail = _mail(application, {Part.RAW: raw, Part.ATTACHMENTS: attachments, Part.BODIES: bodies}, fates)
        narrowed = _narrowed(application, mail, integration, larger_than)
        logs = _logs(now, {Log.RUNS: runs, Log.DELIVERIES: deliveries, Log.EVENTS: events})
        if not narrowed and not logs:
            raise UsageError("say what is to go", hint="`inboxsync prune --raw-older-than 2y` tells what would")
        report = _run(application, PruneOrder(now, narrowed, logs, apply), shell)
    if json:
        shell.output.document(prune_json(report))
    else:
        _tell(shell, report)
    return EXIT_OK if report.finished else EXIT_TEMPORARY


def _mail(application: Application, ages: Mapping[Part, str | None], fates: list[Fate] | None) -> list[MailOrder]:
    for fate in fates or ():
        if fate not in PRUNED_FATES:
            hint = f"there are {', '.join(sorted(PRUNED_FATES))}"
            raise UsageError(f"of mail of fate {fate.value!r} nothing is kept that could be pruned", hint=hint)
    chosen = frozenset(fates or DEFAULT_FATES)
    now = application.now().astimezone(application.zone)
    return [MailOrder(part, instant_before(age, now), chosen) for part, age in ages.items() if age is not None]


def _narrowed(
    application: Application, orders: list[MailOrder], integration: str | None, larger_than: str | None
) -> tuple[MailOrder, ...]:
    if (integration or larger_than) and not orders:
        raise UsageError("--integration and --larger-than choose among mail", hint="add --raw-older-than 1y")
    size_bytes = -1 if larger_than is None else _size(larger_than)
    integration_id = None if integration is None else application.integration(integration).id
    return tuple(MailOrder(one.part, one.before, one.fates, size_bytes, integration_id) for one in orders)


def _size(text: str) -> int:
    try:
        size = values.size_bytes(0, _LARGEST)(text)
    except ValueError as error:
        raise UsageError(f"--larger-than {error}", hint="write a number and its unit, like 10MB or 64KiB") from error
    assert isinstance(size, int)
    return size


def _logs(now: datetime, ages: Mapping[Log, str | None]) -> tuple[LogOrder, ...]:
    return tuple(LogOrder(log, instant_before(age, now)) for log, age in ages.items() if age is not None)


def _run(application: Application, order: PruneOrder, shell: Shell) -> PruneReport:
    from inboxsync.store.pruning import pruning_of

    if threading.current_thread() is threading.main_thread():  # only there can signals be handled
        on_terminate(application.stop.set)
    pruning, output = pruning_of(application.store), shell.output
    total = 0
    if order.applies and output.stderr.isatty() and not output.quiet:  # a bar needs to know how much there is
        counted_first = pruning.run(PruneOrder(order.at, order.mail, order.logs), Watch(application.stop.is_set))
        total = sum(line.items for line in counted_first.lines)
    quiet = output.quiet or not order.applies
    with counted(output.stderr, "pruning", total, quiet=quiet, colour=output.colour) as advance:
        return pruning.run(order, Watch(application.stop.is_set, advance))


def _tell(shell: Shell, report: PruneReport) -> None:
    shell.output.table(prune_table(report))
    for line in report.lines:
        if line.held:
            shell.output.note(f"{line.what}: {line.held}")
    if not report.finished:
        shell.output.note("stopped; call it again to go on")
    elif not report.applied:
        shell.output.note("nothing was changed; add --apply to do it")
    elif any(line.items for line in report.lines):
        shell.output.note("the database keeps its size and uses the room again; `inboxsync db vacuum` gives it back")
