"""`man`: the manual page and the reference, both made from the commands themselves, so that they never disagree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from inboxsync.commands.context import Command, example, shell_of
from inboxsync.errors import UsageError

app = typer.Typer()

EXIT_CODES = (
    ("0", "done, or nothing was due"),
    ("1", "a bug in inboxsync"),
    ("2", "the command line is wrong"),
    ("69", "permanently unavailable: TLS, a folder that is gone"),
    ("75", "temporary or partial: the next run tries again"),
    ("77", "credentials need a person"),
    ("78", "configuration, key, schema or a stored filter is invalid"),
)
# What every command has; the reference names it once.
_EVERYWHERE = ("--help", "--install-completion", "--show-completion")


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: the words that call it, its usage, help, examples, and its arguments and options with their help."""

    path: str
    usage: str
    help: str
    examples: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]


@app.command("man", cls=Command, epilog=example("man | man -l -", "man --format markdown > docs/cli.md"))
def man(
    ctx: typer.Context,
    form: Annotated[
        str, typer.Option("--format", metavar="roff|markdown", help="As manual page or as reference.")
    ] = "roff",
) -> None:
    """Write the manual page of inboxsync."""
    if form not in ("roff", "markdown"):
        raise UsageError(f"{form!r} is not a format", hint="write roff or markdown")
    root = ctx.find_root()
    entries = list(walk(root.command, root.info_name or "inboxsync"))
    shell_of(ctx).output.octets((roff(entries) if form == "roff" else markdown(entries)).encode())


def walk(command: Any, path: str, parent: Any = None) -> Iterator[Entry]:
    """Yield the command itself and all below it that are not hidden, in the order in which help lists them."""
    context = typer.Context(command, info_name=path if parent is None else path.rpartition(" ")[2], parent=parent)
    yield _entry(command, context, path)
    for name, child in getattr(command, "commands", {}).items():
        if not child.hidden:
            yield from walk(child, f"{path} {name}", context)


def _entry(command: Any, context: Any, path: str) -> Entry:
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    shown = tuple((names, text) for names, text in filter(None, records) if not names.endswith(_EVERYWHERE))
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    return Entry(
        path, usage, " ".join((command.help or command.short_help or "").split()), _examples(command.epilog), shown
    )


def _examples(epilog: str | None) -> tuple[str, ...]:
    lines = (line.strip() for line in (epilog or "").splitlines())
    return tuple(line for line in lines if line.startswith("inboxsync "))


# --- Markdown ------------------------------------------------------------------------------------------------------


def markdown(entries: list[Entry]) -> str:
    """Write the reference, as docs/cli.md holds it."""
    head = (
        "# The command line\n\nMade by `inboxsync man --format markdown` from the commands themselves; do not edit.\n"
    )
    parts = [head, *(_markdown_entry(entry) for entry in entries), _markdown_exit_codes()]
    return "\n".join(parts)


def _markdown_entry(entry: Entry) -> str:
    lines = [f"## {entry.path}", "", entry.help, "", "```", entry.usage, "```"]
    if entry.parameters:
        lines += ["", "| argument or option | |", "| --- | --- |"]
        lines += [f"| `{_cell(names)}` | {_cell(text)} |" for names, text in entry.parameters]
    if entry.examples:
        lines += ["", "```sh", *entry.examples, "```"]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _markdown_exit_codes() -> str:
    rows = [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES]
    return "\n".join(["## Exit codes", "", "| code | meaning |", "| --- | --- |", *rows]) + "\n"


# --- roff ----------------------------------------------------------------------------------------------------------


def roff(entries: list[Entry]) -> str:
    """Write a manual page in section 1 with the macros of man(7)."""
    root, commands = entries[0], entries[1:]
    lines = ['.TH INBOXSYNC 1 "" "inboxsync" "User commands"', ".SH NAME", f"inboxsync \\- {_escaped(root.help)}"]
    lines += [".SH SYNOPSIS", f".B {_escaped(root.usage)}", ".SH OPTIONS", *_roff_parameters(root)]
    lines.append(".SH COMMANDS")
    for entry in commands:
        lines += [
            f'.SS "{_escaped(entry.usage)}"',
            _escaped(entry.help),
            *_roff_parameters(entry),
            *_roff_examples(entry),
        ]
    lines.append(".SH EXIT STATUS")
    for code, meaning in EXIT_CODES:
        lines += [".TP", f".B {code}", _escaped(meaning)]
    return "\n".join(line for line in lines if line) + "\n"


def _roff_parameters(entry: Entry) -> Iterator[str]:
    for names, text in entry.parameters:
        yield from (".TP", f'.B "{_escaped(names)}"', _escaped(" ".join(text.split())))


def _roff_examples(entry: Entry) -> Iterator[str]:
    if entry.examples:
        yield from (".PP", "Example:", ".nf", *(_escaped(line) for line in entry.examples), ".fi")


def _escaped(text: str) -> str:
    """Make text literal in roff: backslash, hyphens that must stay hyphens, quotes in arguments, a leading dot."""
    safe = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return "\\&" + safe if safe.startswith((".", "'")) else safe
