"""The options of `tickets set`, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from inboxsync.commands.shell import Shell
from inboxsync.errors import UsageError
from inboxsync.model.directory import normal_address
from inboxsync.model.ticketing import PRIORITIES, STATUSES, TicketEdit

# More than these are not changed by a slip of the hand.
ASKED_FROM = 10


def _option(name: str, metavar: str, text: str) -> Any:
    return typer.Option(name, metavar=metavar, help=text, show_default=False)


Status = Annotated[str | None, _option("--status", "S", f"{', '.join(STATUSES)}.")]
Priority = Annotated[str | None, _option("--priority", "P", f"{', '.join(PRIORITIES)}.")]
Category = Annotated[str | None, _option("--category", "C", "Category.")]
Assignee = Annotated[str | None, _option("--assignee", "A", "Whose it is.")]
Company = Annotated[str | None, _option("--company", "NAME", "Company.")]
Tags = Annotated[list[str] | None, _option("--tag", "T", "Its tags, all of them; repeatable.")]
Watch = Annotated[list[str] | None, _option("--watch", "A", "Add a watcher; repeatable.")]
Unwatch = Annotated[list[str] | None, _option("--unwatch", "A", "Take a watcher away; repeatable.")]


def one_of(word: str | None, what: str, words: Sequence[str]) -> str | None:
    """Accept None and one of the words; UsageError for any other."""
    if word is not None and word not in words:
        raise UsageError(f"{word!r} is not a {what} of a ticket", hint=f"there are {', '.join(words)}")
    return word


def read_edit(given: Mapping[str, Any]) -> TicketEdit:
    """Read what is to be changed; UsageError for a word that is none, for no address, and where nothing is given."""
    edit = TicketEdit(
        status=one_of(given["status"], "status", STATUSES),
        priority=one_of(given["priority"], "priority", PRIORITIES),
        category=given["category"],
        assignee=given["assignee"],
        company=given["company"],
        tags=tuple(filter(None, given["tag"])) if given["tag"] else None,
        add_watchers=tuple(map(normal_address, given["watch"] or ())),
        remove_watchers=tuple(map(normal_address, given["unwatch"] or ())),
    )
    if edit == TicketEdit():
        raise UsageError("nothing to change is given", hint="`inboxsync tickets set --help` lists what can be")
    return edit


def confirm_many(shell: Shell, count: int, *, yes: bool) -> None:
    """Ask before many tickets are changed at once, unless `yes`. UsageError where nobody is there to answer."""
    if yes or count <= ASKED_FROM:
        return
    if not shell.stdin.isatty():
        raise UsageError(f"changing {count} tickets needs a confirmation", hint="add --yes")
    typer.confirm(f"Change {count} tickets?", abort=True, err=True)
