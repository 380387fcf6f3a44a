"""Options and arguments that several commands share, and how their texts are read."""

from __future__ import annotations

from typing import Annotated

import typer

from inboxsync.commands.ports import Application
from inboxsync.errors import UsageError
from inboxsync.model.integration import Integration

NAME_HELP = "Name of the integration."

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help=NAME_HELP)]
OptionalName = Annotated[str | None, typer.Argument(metavar="[NAME]", help=NAME_HELP + " All without.")]
IntegrationOption = Annotated[
    str | None, typer.Option("--integration", metavar="NAME", help="Of this integration only.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100, metavar="N", help="So many a page, at most 100.")]
PageNumber = Annotated[int, typer.Option("--page", min=1, metavar="P", help="Which page, from 1.")]


def chosen(application: Application, name: str | None) -> list[Integration]:
    """Give the integration of this name, or all without one. UsageError for an unknown name."""
    return list(application.integrations()) if name is None else [application.integration(name)]


def check_name(application: Application, name: str | None) -> None:
    """Accept None and the name of an integration; UsageError for an unknown one."""
    if name is not None:
        application.integration(name)


def record_id(text: str, what: str) -> int:
    """Read an id as listings show it; UsageError for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise UsageError(f"{text!r} is not the id of a {what}", hint=f"`inboxsync {what}s list` shows the ids")
    return int(text)
