"""`messages reparse`: derived data of stored mail made anew from its octets."""

from __future__ import annotations

from typing import Annotated

import typer

from inboxsync.commands.arguments import IntegrationOption, Json, check_name
from inboxsync.commands.context import shell_of
from inboxsync.commands.ports import Application
from inboxsync.errors import EXIT_OK, EXIT_TEMPORARY, StoreCorrupt
from inboxsync.model.message import PARSER_VERSION
from inboxsync.model.reparsing import ReparseOrder, ReparseReport
from inboxsync.render.output import Output
from inboxsync.render.progress import counted
from inboxsync.render.tables import Table


def reparse(
    ctx: typer.Context,
    integration: IntegrationOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what this version has parsed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change; change nothing.")] = False,
    json: Json = False,
) -> int:
    """Derive stored messages anew from their octets, after an upgrade that reads mail better.

    Columns, bodies, attachments with their files, conversations and the text that `search` finds are replaced.
    Fates, identity and tickets stay. It can be stopped at any time and goes on when it is called again.
    """
    shell = shell_of(ctx)
    order = ReparseOrder(PARSER_VERSION, everything, integration, dry_run)
    with shell.application() as application:
        check_name(application, integration)
        report = _run(application, order, shell.output)
    if json:
        shell.output.document(_shape(report, dry_run=dry_run))
    else:
        _tell(report, shell.output, dry_run=dry_run)
    if report.unreadable:
        return StoreCorrupt.exit_code
    return EXIT_OK if report.finished else EXIT_TEMPORARY


def _run(application: Application, order: ReparseOrder, output: Output) -> ReparseReport:
    from inboxsync.sync.reparse import Reparse

    content = application.store.content
    after_id = 0 if order.dry_run else content.reparsing.resumed_at(order)
    total = content.reparsing.count(order, after_id)
    with counted(output.stderr, "parsing", total, quiet=output.quiet, colour=output.colour) as advance:
        trusted = frozenset(application.settings.trusted_authserv_ids)
        return Reparse(content, order, trusted, application.stop.is_set, advance).run(after_id)


def _shape(report: ReparseReport, *, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "looked_at": report.looked_at,
        "changed": report.changed,
        "unreadable": report.unreadable,
        "pruned": report.pruned,
        "fields": dict(sorted(report.fields.items())),
        "resumed": report.resumed,
        "finished": report.finished,
    }


def _tell(report: ReparseReport, output: Output, *, dry_run: bool) -> None:
    verb = "would change" if dry_run else "changed"
    output.line(f"{report.looked_at} messages looked at, {report.changed} {verb}")
    rows = sorted(report.fields.items(), key=lambda item: (-item[1], item[0]))
    if rows:
        output.table(Table.of(("field", "messages"), rows, right=(1,)))
    if report.resumed:
        output.note("went on where an earlier call was stopped")
    if report.pruned:
        output.note(f"{report.pruned} were passed over: their octets were pruned")
    if report.unreadable:
        output.note(f"{report.unreadable} have no sound octets and stay as they are; `inboxsync db sweep` tells more")
