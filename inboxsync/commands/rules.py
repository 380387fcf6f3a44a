"""`rules check|fields|test|explain|diff`: filters and rules, checked and tried before they are switched on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inboxsync.commands.arguments import IntegrationOption, Json
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.rules_options import (
    Chosen,
    Documents,
    Eml,
    FilterFile,
    Last,
    Message,
    OptionalFile,
    RulesFile,
    Since,
)
from inboxsync.errors import EXIT_CONFIG, EXIT_OK, FilterInvalid
from inboxsync.render.json_shapes import listing
from inboxsync.render.tables import Table

app = typer.Typer(help="Filters and rules.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="JSON file: a filter (object) or rules (array).")]


@app.command("check", cls=Command, epilog=example("rules check filter.json", "rules check rules.json --json"))
def check(ctx: typer.Context, file: File, json: Json = False) -> int:
    """Decode a filter or a list of rules and show every fault with its place."""
    from inboxsync.commands.rules_documents import judge_of_file

    shell = shell_of(ctx)
    try:
        judge_of_file(file)
        problems = []
    except FilterInvalid as error:
        problems = list(error.problems)
    if json:
        faults = [{"pointer": p.where, "message": p.message, "hint": p.hint} for p in problems]
        shell.output.document({"valid": not problems, "faults": faults})
        return EXIT_CONFIG if problems else EXIT_OK
    if not problems:
        shell.output.line(f"{file}: valid")
        return EXIT_OK
    shell.output.error(f"{file}: {len(problems)} faults")
    for problem in problems:
        shell.output.fault(problem.where or "/", problem.message, problem.hint)
    return EXIT_CONFIG


@app.command("fields", cls=Command, epilog=example("rules fields"))
def fields(ctx: typer.Context, json: Json = False) -> None:
    """List the fields that filters can name."""
    from inboxsync.rules.fields import FIELDS, HEADER_FIELD

    shell, every = shell_of(ctx), (*FIELDS, HEADER_FIELD)
    if json:
        shapes = [{"name": f.name, "kind": f.kind.value, "description": f.description} for f in every]
        shell.output.document(listing("fields", shapes))
    else:
        rows = [(", ".join((f.name, *f.aliases)), f.kind.value, f.description) for f in every]
        shell.output.table(Table.of(("field", "kind", "content"), rows))


@app.command(
    "test",
    cls=Command,
    epilog=example(
        "rules test filter.json --integration support --last 1000",
        "rules test --integration support --since 14d",
        "rules test filter.json --eml old-mail.mbox --json",
    ),
)
def try_out(
    ctx: typer.Context,
    file: OptionalFile = None,
    filter_file: FilterFile = None,
    rules_file: RulesFile = None,
    eml: Eml = None,
    message: Message = None,
    integration: IntegrationOption = None,
    since: Since = None,
    last: Last = None,
    json: Json = False,
) -> None:
    """Show what a filter and rules would decide on real mail; nothing is changed.

    FILE is tried alone. Without it, what --filter and --rules do not name is the integration's own.
    """
    from inboxsync.commands import rules_trying

    chosen = Chosen(message, integration, since, last)
    rules_trying.try_out(shell_of(ctx), Documents(file, filter_file, rules_file), eml or [], chosen, as_json=json)


@app.command(
    "explain",
    cls=Command,
    epilog=example("rules explain 42", "rules explain 42 --filter new.json", "rules explain mail.eml --rules r.json"),
)
def explain(
    ctx: typer.Context,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="Id of a stored message, or a message file.")],
    filter_file: FilterFile = None,
    rules_file: RulesFile = None,
    json: Json = False,
) -> None:
    """Show why a message is taken or left, with each condition's answer and the value it saw.

    What --filter and --rules do not name is the integration's own.
    """
    from inboxsync.commands.rules_explaining import explain_message

    explain_message(shell_of(ctx), message, Documents(None, filter_file, rules_file), as_json=json)


@app.command(
    "diff",
    cls=Command,
    epilog=example(
        "rules diff support new-filter.json",
        "rules diff support --filter new.json --rules new-rules.json --since 30d",
        "rules diff old.json new.json --integration support --json",
    ),
)
def diff(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(metavar="NAME", help="An integration, or the old file.")],
    new: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The new filter or rules.")] = None,
    filter_file: FilterFile = None,
    rules_file: RulesFile = None,
    integration: IntegrationOption = None,
    since: Since = None,
    last: Last = None,
    json: Json = False,
) -> None:
    """Show which stored messages would be decided otherwise; nothing is changed."""
    from inboxsync.commands.rules_comparing import compare

    chosen = Chosen(None, integration, since, last)
    compare(shell_of(ctx), old, new, Documents(None, filter_file, rules_file), chosen, as_json=json)
