"""`messages export`: stored mail as .eml, mbox or JSON lines, streamed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from inboxsync import schedule
from inboxsync.commands.arguments import check_name, record_id
from inboxsync.commands.context import shell_of
from inboxsync.commands.indexing import catch_up
from inboxsync.commands.output_files import opened
from inboxsync.errors import EXIT_OK, OctetsPruned, StoreCorrupt, UsageError
from inboxsync.model.search import read_query
from inboxsync.render.document import encode_line
from inboxsync.render.json_shapes import message_json

if TYPE_CHECKING:
    from inboxsync.commands.ports import Application
    from inboxsync.render.output import Output


class Format(StrEnum):
    """How messages are written."""

    EML = "eml"
    MBOX = "mbox"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which messages: by id, or those that meet all else."""

    ids: Sequence[str]
    everything: bool
    integration: str | None
    query: str | None
    since: str | None
    until: str | None

    @property
    def is_by_place(self) -> bool:
        return self.everything or any(
            text is not None for text in (self.integration, self.query, self.since, self.until)
        )


def export(
    ctx: typer.Context,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is stdout.")],
    messages: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids, as `messages list` shows them.")
    ] = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="eml for one message; else by the file's ending.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All stored messages.")] = False,
    integration: Annotated[str | None, typer.Option("--integration", metavar="NAME", help="Of this one only.")] = None,
    query: Annotated[str | None, typer.Option("--query", metavar="QUERY", help="What `search` finds.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="WHEN", help="Received since: 14d, a date.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Received before.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
) -> int:
    """Write messages: octets exactly as the server sent them (eml), an mbox (mboxrd), or JSON lines.

    An mbox has bare line feeds and quotes `From ` at the start of lines; JSON lines have what `messages show --json`
    has. Without ids all conditions given must be met. The file appears when all is written.
    """
    shell = shell_of(ctx)
    choice = _Choice(messages or [], everything, integration, query, since, until)
    as_format = format_ or _format_of(output)
    _check(choice, as_format)
    with shell.application() as application:
        ids = _ids(application, choice, shell.output)
        with opened(output, shell.output, force=force) as write:
            run = _Export(application, as_format, shell.output)
            for message_id in ids:
                write(run.message(message_id))
    if output != "-":
        pruned = f"; {run.pruned} left out, their octets were pruned" if run.pruned else ""
        shell.output.note(f"{run.written} messages, {run.size_bytes} octets written to {output}{pruned}")
    return StoreCorrupt.exit_code if run.failed else EXIT_OK


def _format_of(output: str) -> Format:
    ending = PurePath(output).suffix.lower().removeprefix(".")
    return Format(ending) if ending in set(Format) else Format.EML


def _check(choice: _Choice, as_format: Format) -> None:
    if bool(choice.ids) == choice.is_by_place:
        raise UsageError(
            "say which messages: either ids, or conditions",
            hint="`messages export 42 -o one.eml`, or `messages export --integration support -o all.mbox`",
        )
    if as_format is Format.EML and len(choice.ids) != 1:
        raise UsageError("an .eml file holds one message", hint="add --format mbox or --format jsonl for several")


def _ids(application: Application, choice: _Choice, output: Output) -> Iterable[int]:
    if choice.ids:
        return [record_id(text, "message") for text in dict.fromkeys(choice.ids)]
    check_name(application, choice.integration)
    after, before = (_moment(application, text) for text in (choice.since, choice.until))
    content = application.store.content
    if choice.query is None:
        return content.stored_ids(integration=choice.integration, after=after, before=before)
    catch_up(application, output)
    query = read_query(choice.query, application.now().astimezone(application.zone))
    return content.search.ids(
        replace(
            query,
            integration=choice.integration,
            after=max((one for one in (query.after, after) if one), default=None),
            before=min((one for one in (query.before, before) if one), default=None),
        )
    )


def _moment(application: Application, text: str | None) -> datetime | None:
    return None if text is None else schedule.parse_since(text, application.now().astimezone(application.zone))


class _Export:
    """Messages as octets of the export, one at a time in memory, and what became of them."""

    def __init__(self, application: Application, as_format: Format, output: Output) -> None:
        self._content = application.store.content
        self._format = as_format
        self._output = output
        self.written = self.size_bytes = self.failed = self.pruned = 0

    def message(self, message_id: int) -> bytes:
        """Give a message as it is written; nothing where its octets are damaged or pruned, unless it is alone."""
        try:
            octets = self._written_as(message_id)
        except (StoreCorrupt, OctetsPruned) as error:
            if self._format is Format.EML:
                raise
            self.failed += isinstance(error, StoreCorrupt)
            self.pruned += isinstance(error, OctetsPruned)
            self._output.note(f"message {message_id} is left out: {error.message}")
            return b""
        self.written += 1
        self.size_bytes += len(octets)
        return octets

    def _written_as(self, message_id: int) -> bytes:
        if self._format is Format.EML:
            return self._raw(message_id)
        found = self._content.message(message_id)
        if found is None:
            raise _unknown(message_id)
        if self._format is Format.JSONL:
            return encode_line(message_json(found, whole=True))
        from inboxsync.mail.mbox import mbox_entry

        return mbox_entry(self._raw(message_id), found.sender, found.date_received)

    def _raw(self, message_id: int) -> bytes:
        octets = self._content.raw(message_id)
        if octets is None:
            raise _unknown(message_id)
        return octets


def _unknown(message_id: int) -> UsageError:
    return UsageError(f"there is no message {message_id}", hint="`inboxsync messages list` shows the ids")
