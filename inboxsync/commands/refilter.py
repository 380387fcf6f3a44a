"""`refilter`: stored mail judged by filter and rules as they are now, what is missing fetched and ticketed."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inboxsync.commands.arguments import Json, Name
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.errors import EXIT_OK, EXIT_TEMPORARY
from inboxsync.render.progress import counted
from inboxsync.render.tables import Table
from inboxsync.system.service import on_terminate

if TYPE_CHECKING:
    from inboxsync.commands.ports import Application
    from inboxsync.model.refiltering import RefilterReport
    from inboxsync.render.output import Output

app = typer.Typer()


@app.command(
    "refilter", cls=Command, epilog=example("refilter support", "refilter support --apply", "refilter support --json")
)
def refilter(
    ctx: typer.Context,
    name: Name,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without, only tell what would be done.")] = False,
    json: Json = False,
) -> int:
    """Judge by today's filter and rules what earlier ones refused or stored.

    Mail that the filter takes now is fetched with the next run; tickets that settings or rules kept away are made.
    Nothing is deleted: what the filter would refuse now is told and stays. It can be stopped at any time and goes on
    when it is called again.
    """
    shell = shell_of(ctx)
    with shell.application() as application:
        if threading.current_thread() is threading.main_thread():  # only there can signals be handled
            on_terminate(application.stop.set)
        report = _run(application, name, shell.output, apply=apply)
    if json:
        shell.output.document({"name": name, "apply": apply, **_shape(report)})
    else:
        _tell(report, shell.output, name, apply=apply)
    return EXIT_OK if report.finished else EXIT_TEMPORARY


def _run(application: Application, name: str, output: Output, *, apply: bool) -> RefilterReport:
    from inboxsync.commands.rules_documents import judge_of
    from inboxsync.commands.rules_mail import surroundings
    from inboxsync.commands.rules_options import Documents
    from inboxsync.model.judging import MailQuery
    from inboxsync.sync.refiltering import Refilter

    integration = application.integration(name)
    judge = judge_of(integration, Documents())
    judging = application.store.content.judging
    total = judging.refused_count(integration.id or 0) + len(judging.placements(MailQuery(integration.id)))
    around, tools = surroundings(application, [judge]), application.engine_tools()
    with counted(output.stderr, "judging", total, quiet=output.quiet, colour=output.colour) as advance:
        return Refilter(tools, integration, judge, around, apply, advance).run()


def _shape(report: RefilterReport) -> dict[str, Any]:
    shape = asdict(report)
    shape["examples"] = [asdict(one) for one in report.examples]
    return shape


def _tell(report: RefilterReport, output: Output, name: str, *, apply: bool) -> None:
    done = "to be fetched again" if apply else "would be fetched again"
    fetched = report.reopened if apply else report.wanted + report.undecided
    output.line(f"{report.filtered} refused before: {fetched} {done}, of {report.undecided} only the body tells")
    output.line(f"{report.stored} stored: {report.refused_now} the filter would refuse now; they stay")
    if apply:
        output.line(f"{report.tickets_created} tickets made, {report.tickets_updated} added to")
    else:
        output.line(f"{report.tickets_wanted} tickets would come at most")
    if report.faults:
        output.note(f"{report.faults} could not be judged")
    rows = [(one.kind, one.id or f"{one.folder} uid {one.uid}", one.subject, one.why) for one in report.examples]
    if rows:
        output.table(Table.of(("what", "message", "subject", "why"), rows))
    if not report.finished:
        output.note("stopped; called again it goes on")
    elif apply and report.reopened:
        output.note(f"`inboxsync sync {name}` fetches them now")
    elif not apply:
        output.note("nothing was changed; --apply does it")
