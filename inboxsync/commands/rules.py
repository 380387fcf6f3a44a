"""`rules check|fields|test`: filters and rules, checked before they are switched on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inboxsync import system
from inboxsync.commands.arguments import IntegrationOption, Json, record_id
from inboxsync.commands.context import Command, example, shell_of
from inboxsync.commands.ports import Application
from inboxsync.commands.settings_given import read_file
from inboxsync.commands.shell import Shell
from inboxsync.errors import EXIT_CONFIG, EXIT_OK, FilterInvalid, UsageError
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.views import MessageQuery, MessageView
from inboxsync.render.json_shapes import listing
from inboxsync.render.tables import Table

if TYPE_CHECKING:
    from inboxsync.rules.facts import Facts

app = typer.Typer(help="Filters and rules.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="JSON file: a filter (object) or rules (array).")]
# A message from a file belongs to no integration: fields of it are missing.
NOBODY = Integration(uuid="", name="", email="", endpoint=Endpoint("", 0, TlsMode.IMPLICIT, ""))


@app.command("check", cls=Command, epilog=example("rules check filter.json", "rules check rules.json --json"))
def check(ctx: typer.Context, file: File, json: Json = False) -> int:
    """Decode a filter or a list of rules and show every fault with its place."""
    shell = shell_of(ctx)
    try:
        _compiled(file)
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
    from inboxsync.rules.fields import FIELDS

    shell = shell_of(ctx)
    if json:
        shapes = [{"name": f.name, "kind": f.kind.value, "description": f.description} for f in FIELDS]
        shell.output.document(listing("fields", shapes))
    else:
        rows = [(f.name, f.kind.value, f.description) for f in FIELDS]
        shell.output.table(Table.of(("field", "kind", "content"), rows))


@dataclass(frozen=True, slots=True)
class Decided:
    """What a filter or rules would do with one message."""

    id: str
    taken: bool
    fault: str | None

    def as_json(self) -> dict[str, Any]:
        """Give it under its public keys."""
        return {"id": self.id, "taken": self.taken, "fault": self.fault}


Decide = Callable[["Facts"], tuple[bool, str | None]]


def _compiled(file: Path) -> Decide:
    """Compile a file: an array is rules, which take every message; else it is a filter. Raises FilterInvalid."""
    from inboxsync.rules.decode import decode_filter, decode_rules
    from inboxsync.rules.evaluate import compile_filter, compile_rules

    octets = read_file(file, "FILE")
    if octets.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        rules = compile_rules(decode_rules(octets), system.monotonic_s)
        return lambda facts: (True, rules.route(facts).fault)
    compiled = compile_filter(decode_filter(octets), system.monotonic_s)

    def decide(facts: Facts) -> tuple[bool, str | None]:
        verdict = compiled.decide(facts)
        return verdict.taken, verdict.fault

    return decide


@app.command(
    "test",
    cls=Command,
    epilog=example("rules test filter.json --integration support --last 100", "rules test filter.json --eml mail.eml"),
)
def try_out(
    ctx: typer.Context,
    file: File,
    eml: Annotated[list[Path] | None, typer.Option("--eml", metavar="FILE", help="On these message files.")] = None,
    message: Annotated[str | None, typer.Option("--message", metavar="ID", help="On this stored message.")] = None,
    integration: IntegrationOption = None,
    last: Annotated[int | None, typer.Option("--last", min=1, metavar="N", help="On the newest N only.")] = None,
    json: Json = False,
) -> None:
    """Show what a filter would decide on real mail; nothing is changed."""
    shell = shell_of(ctx)
    decide = _compiled(file)
    if eml:
        decided = [Decided(path.name, *decide(_facts_of_file(path, system.utc_now()))) for path in eml]
    else:
        with shell.application() as application:
            decided = [
                Decided(str(view.id), *decide(_facts_of_stored(application, view, octets)))
                for view, octets in _stored(application, message, integration, last)
            ]
    _tell(shell, decided, as_json=json)


def _tell(shell: Shell, decided: list[Decided], *, as_json: bool) -> None:
    counts = {
        "tested": len(decided),
        "taken": sum(one.taken and one.fault is None for one in decided),
        "refused": sum(not one.taken and one.fault is None for one in decided),
        "faults": sum(one.fault is not None for one in decided),
    }
    if as_json:
        shell.output.document({**counts, "results": [one.as_json() for one in decided]})
        return
    rows = [(one.id, "fault" if one.fault else "taken" if one.taken else "refused", one.fault) for one in decided]
    shell.output.table(Table.of(("message", "verdict", "fault"), rows), empty="no messages to test on")
    shell.output.note(", ".join(f"{count} {what}" for what, count in counts.items()))


def _facts_of_file(path: Path, now: datetime) -> Facts:
    from inboxsync.mail.parse import parse_message
    from inboxsync.rules.facts import Facts

    octets = read_file(path, "--eml")
    parsed = parse_message(octets)
    return Facts.of(
        parsed, flags=(), folder="", integration=NOBODY, size_bytes=len(octets), received_at=parsed.sent_at, now=now
    )


def _facts_of_stored(application: Application, view: MessageView, octets: bytes) -> Facts:
    from inboxsync.mail.parse import parse_message
    from inboxsync.rules.facts import Facts

    return Facts.of(
        parse_message(octets, trusted_authserv_ids=application.settings.trusted_authserv_ids),
        flags=view.flags,
        folder=view.folder,
        integration=application.integration(view.integration),
        size_bytes=view.size_bytes,
        received_at=view.date_received,
        now=application.now(),
    )


def _stored(
    application: Application, message: str | None, integration: str | None, last: int | None
) -> Iterator[tuple[MessageView, bytes]]:
    """Walk through stored messages whose octets are kept, newest first."""
    content = application.store.content
    if message is not None:
        found = content.message(record_id(message, "message"))
        if found is None:
            raise UsageError(f"there is no message {message}", hint="`inboxsync messages list` shows the ids")
        views: Iterator[MessageView] = iter([found])
    else:
        views = itertools.islice(_listed(application, integration), last)
    for view in views:
        octets = content.raw(view.id)
        if octets is not None:
            yield view, octets


def _listed(application: Application, integration: str | None) -> Iterator[MessageView]:
    if integration is not None:
        application.integration(integration)
    for page in itertools.count(1):
        found = application.store.content.messages(MessageQuery(integration=integration, limit=100, page=page))
        yield from found.items
        if not found.has_next:
            return
