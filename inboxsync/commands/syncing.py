"""Carry out `sync` and `sync-all`, and tell how it went. Imports no typer: cron runs this every five minutes."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from inboxsync import system
from inboxsync.commands.delivering import deliver_after_sync
from inboxsync.commands.durations import duration_s
from inboxsync.commands.heartbeat import Heartbeat
from inboxsync.commands.observers import LoggingObserver
from inboxsync.errors import EXIT_CONFIG, EXIT_CREDENTIALS, worst_exit_code
from inboxsync.render.json_shapes import report_json
from inboxsync.render.progress import observed
from inboxsync.render.report import failures, plan_table, report_table
from inboxsync.system.service import on_terminate

if TYPE_CHECKING:
    from inboxsync.commands.ports import Application
    from inboxsync.commands.shell import Shell
    from inboxsync.model.report import IntegrationReport, SyncReport
    from inboxsync.model.state import SyncState
    from inboxsync.render.output import Output
    from inboxsync.sync.engine import Order

TELL_AGAIN_AFTER = timedelta(hours=24)
NOTHING_SET_UP = (
    "nothing to sync: there is no integration (`inboxsync add NAME --email ADDRESS` makes one), and"
    " INBOXSYNC_IMAP_HOST, INBOXSYNC_IMAP_USER and INBOXSYNC_IMAP_PASSWORD_FILE are not set"
)


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked: names (none for all that are due), the options given, None for those left out."""

    names: Sequence[str] = ()
    force: bool = False
    dry_run: bool = False
    wait: str = "30s"
    jobs: int | None = None
    deadline: str | None = None
    as_json: bool = False
    ping: str | None = field(default=None, repr=False)

    def order(self) -> Order:
        """Put the request into the engine's terms. Raises UsageError for a span of time that cannot be read."""
        from inboxsync.sync.engine import Order

        if not self.names:
            return Order(trigger="sync-all", force=self.force, dry_run=self.dry_run)
        wait_s = duration_s(self.wait)
        return Order(trigger="sync", force=True, dry_run=self.dry_run, wait_s=wait_s, busy_is_fault=True)


def carry_out(shell: Shell, request: Request) -> int:
    """Do the run and tell how it went; answers its exit code."""
    order, jobs, deadline = request.order(), request.jobs, request.deadline
    started_s = system.monotonic_s()
    with Heartbeat(shell.redactor, request.ping) as heartbeat, shell.application() as application:
        settings = application.settings
        if order.trigger == "sync-all":
            heartbeat.goes_by(settings)
        deadline_s = duration_s(deadline) if deadline else settings.deadline_s
        order = replace(order, jobs=jobs or settings.jobs, deadline_s=float(deadline_s))
        if threading.current_thread() is threading.main_thread():  # only there can signals be handled
            on_terminate(application.stop.set)
        quiet = shell.options.quiet or settings.progress == "never"
        with observed(shell.streams.stderr, quiet=quiet, colour=shell.streams.colour) as drawing:
            report = application.sync(request.names, order, LoggingObserver(drawing))
        exit_code = worst_exit_code([part.exit_code for part in report.integrations])
        heartbeat.ended(None if order.dry_run else exit_code)
        if request.as_json:
            shell.output.document(report_json(report))
        else:
            _tell(shell, application, report, order)
        if order.trigger == "sync-all" and not order.dry_run:
            deliver_after_sync(shell, application, started_s + order.deadline_s)
    return exit_code


def _tell(shell: Shell, application: Application, report: SyncReport, order: Order) -> None:
    output = shell.output
    if order.dry_run:
        output.table(plan_table(report), empty="nothing is due")
    elif not report.integrations and not application.integrations():
        output.note(NOTHING_SET_UP)
    elif not shell.options.quiet:
        output.table(report_table(worked(report)), empty="nothing is due")
    if order.trigger == "sync":
        _tell_failures(output, report.integrations)
    else:
        tell_news(shell, application, report)


def tell_news(shell: Shell, application: Application, report: SyncReport) -> None:
    """Say what failed; to a log, or a mail from cron, what outlasts runs only when it is news."""
    if failures(report.integrations):
        _tell_failures(shell.output, report.integrations if shell.output.on_terminal else _news(application, report))


def _tell_failures(output: Output, parts: Sequence[IntegrationReport]) -> None:
    for part in failures(parts):
        if part.error:
            output.error(f"{part.name}: {part.error.message}", hint=part.error.hint.replace(" NAME", f" {part.name}"))


def worked(report: SyncReport) -> list[IntegrationReport]:
    """Pick what a run had to do with; what merely waits for a person is told apart."""
    return [part for part in report.integrations if part.reason not in ("waiting", "paused", "not_due")]


def _news(application: Application, report: SyncReport) -> list[IntegrationReport]:
    """Pick what to tell a log or a mail from cron, and remember that it was told."""
    control, now = application.store.control, application.now()
    ids = {integration.name: integration.id or 0 for integration in application.integrations()}
    states = control.states()
    by_name = {name: states[number] for name, number in ids.items() if number in states}
    told = to_tell(report, by_name, now)
    for part in told:
        if part.error and part.name in by_name:
            control.save_state(replace(by_name[part.name], told_at=now))
    return told


def to_tell(report: SyncReport, states: Mapping[str, SyncState], now: datetime) -> list[IntegrationReport]:
    """Pick the parts whose error is to be told: what outlasts runs (77, 78) when it changes and once a day (design §5).

    The engine forgets `told_at` when the error changes.
    """
    return [part for part in report.integrations if part.error is None or _is_news(part, states.get(part.name), now)]


def _is_news(part: IntegrationReport, state: SyncState | None, now: datetime) -> bool:
    lasting = part.exit_code in (EXIT_CREDENTIALS, EXIT_CONFIG)
    told_at = state.told_at if state else None
    return not lasting or told_at is None or now - told_at >= TELL_AGAIN_AFTER
