"""What `companies` and `contacts` share: the way to the directory, importing a file, asking before a removal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inboxsync.commands.ports import Application
from inboxsync.commands.settings_given import read_file
from inboxsync.commands.shell import Shell
from inboxsync.errors import EXIT_OK, EXIT_USAGE, Problem, UsageError
from inboxsync.model.directory import ChangeKind, ImportSummary
from inboxsync.render.tables import Table

if TYPE_CHECKING:
    from inboxsync.config.directory_file import FileContents, FileKind
    from inboxsync.store.directory import Directory

File = Annotated[Path, typer.Argument(metavar="FILE", help="File that ends in .csv or .json.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Csv = Annotated[bool, typer.Option("--csv", help="As CSV, which a spreadsheet opens and `import` takes.")]


def directory_of(application: Application) -> Directory:
    """Open the directory of the application's store."""
    from inboxsync.store import directory

    return directory.directory_of(application.store.content)


def one_format(*, as_json: bool, as_csv: bool) -> None:
    """Refuse two formats at once with UsageError."""
    if as_json and as_csv:
        raise UsageError("--json and --csv are both given", hint="give one of them")


def confirm(shell: Shell, question: str, what: str, *, yes: bool) -> None:
    """Ask before a removal, unless `yes`. UsageError where nobody is there to answer."""
    if yes:
        return
    if not shell.stdin.isatty():
        raise UsageError(f"removing {what!r} needs a confirmation", hint="add --yes")
    typer.confirm(question, abort=True, err=True)


# --- import --------------------------------------------------------------------------------------------------------


def import_file(shell: Shell, path: Path, kind: FileKind, *, dry_run: bool, as_json: bool) -> int:
    """Import a file, tell what changed and every fault; answers 2 where a line had one. UsageError for no such file."""
    contents = _read(path, kind)
    with shell.application() as application:
        summary = directory_of(application).apply(contents.entries, at=application.now(), dry_run=dry_run)
    faults = sorted((*contents.faults, *summary.faults), key=_place)
    if as_json:
        shell.output.document(import_json(summary, faults, dry_run=dry_run))
    else:
        _tell(shell, path, summary, faults, dry_run=dry_run)
    return EXIT_USAGE if faults else EXIT_OK


def _read(path: Path, kind: FileKind) -> FileContents:
    from inboxsync.config.directory_file import read_directory_file

    suffix = path.suffix.lower()
    if suffix not in (".csv", ".json"):
        raise UsageError(f"{path} ends neither in .csv nor in .json", hint="name it for what it holds")
    try:
        return read_directory_file(read_file(path, "FILE"), kind, is_json=suffix == ".json")
    except UsageError as error:
        error.message = error.message.replace("the file", str(path), 1)
        raise


def _place(fault: Problem) -> list[int]:
    """Order faults as their lines stand in the file."""
    return [int(digits) for digits in re.findall(r"\d+", fault.where)]


def import_json(summary: ImportSummary, faults: list[Problem], *, dry_run: bool) -> dict[str, Any]:
    """Give what an import did under its public keys."""
    return {
        "dry_run": dry_run,
        "added": summary.count(ChangeKind.ADDED),
        "changed": summary.count(ChangeKind.CHANGED),
        "unchanged": summary.unchanged,
        "changes": [
            {"where": one.where, "subject": one.subject, "change": one.kind.value, "fields": list(one.fields)}
            for one in summary.changes
        ],
        "faults": [{"where": one.where, "message": one.message, "hint": one.hint} for one in faults],
    }


def _tell(shell: Shell, path: Path, summary: ImportSummary, faults: list[Problem], *, dry_run: bool) -> None:
    output = shell.output
    if dry_run:
        rows = [(one.where, one.subject, one.kind.value, ", ".join(one.fields)) for one in summary.changes]
        output.table(Table.of(("where", "what", "change", "fields"), rows), empty="nothing would change")
    output.line(_sentence(summary, len(faults), dry_run=dry_run))
    if faults:
        output.error(f"{path}: {len(faults)} faults; their lines were left out")
    for fault in faults:
        output.fault(fault.where, fault.message, fault.hint)


def _sentence(summary: ImportSummary, faults: int, *, dry_run: bool) -> str:
    counts = ", ".join(f"{summary.count(kind)} {kind}" for kind in ChangeKind)
    told = f"{counts}, {summary.unchanged} unchanged, {faults} faults"
    return f"would be: {told}" if dry_run else told
