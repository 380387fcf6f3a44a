"""`search QUERY`: stored mail by its words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from inboxsync.commands.arguments import IntegrationOption, Json, Limit, PageNumber, check_name
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.indexing import catch_up
from inboxsync.errors import StoreError, UsageError
from inboxsync.model.search import SearchQuery, read_query
from inboxsync.render.messages import messages_table
from inboxsync.render.search import search_json

if TYPE_CHECKING:
    from inboxsync.commands.ports import Application
    from inboxsync.render.output import Output

app = typer.Typer()

# A person waits for so long; the newest mail is taken first, so it is there in any case.
CATCH_UP_S = 3.0


@app.command(
    "search",
    cls=Command,
    epilog=example('search "printer fire from:ann"', "search 'subject:invoice has:attachment after:30d' --json"),
)
def search(
    ctx: typer.Context,
    text: Annotated[list[str], typer.Argument(metavar="QUERY...", help="What to look for; quote it for the shell.")],
    integration: IntegrationOption = None,
    folder: Annotated[str | None, typer.Option("--folder", metavar="F", help="In this folder only.")] = None,
    limit: Limit = 20,
    page: PageNumber = 1,
    json: Json = False,
) -> None:
    """Find stored messages by subject, people, text and attachment names, newest first.

    All words must be there; "words in quotes" one after the other; -word must not. from: to: subject: look there
    alone. has:attachment is:unread is:starred in:FOLDER before:2026-01-31 after:14d narrow it down. Case and accents
    do not count.
    """
    shell = shell_of(ctx)
    asked = " ".join(text)
    with shell.application() as application:
        check_name(application, integration)
        query = _query(application, asked, integration, folder)
        waiting = _caught_up(application, shell.output)
        found = application.store.content.search.find(query, limit=limit, page=page)
    if json:
        shell.output.document(search_json(found, query=asked, folder=folder, not_indexed=waiting))
        return
    shell.output.table(messages_table(found.items), empty="nothing found")
    shell.output.note(f"page {found.page}, {'more than ' if found.limited else ''}{found.total} in all")
    if waiting:
        shell.output.note(f"{waiting} older messages are not searchable yet; `inboxsync search` goes on with them")


def _query(application: Application, text: str, integration: str | None, folder: str | None) -> SearchQuery:
    query = read_query(text, application.now().astimezone(application.zone))
    if query.is_empty:
        raise UsageError("there is nothing to look for in the query", hint="write words, like `search printer fire`")
    folders = query.folders if folder is None else frozenset({folder.casefold()})
    return replace(query, integration=integration, folders=folders)


def _caught_up(application: Application, output: Output) -> int:
    """Index what waits; where the database cannot be written now, what is indexed is found all the same."""
    try:
        return catch_up(application, output, within_s=CATCH_UP_S)
    except StoreError as error:
        output.note(f"new mail could not be made searchable: {error.message}")
        return application.store.content.search.waiting()
