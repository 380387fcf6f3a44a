"""What every command of the command line is made of: the global options, its shell, examples in its help."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperOption

from inboxsync import logs
from inboxsync.commands.shell import Shell, with_options


def shell_of(ctx: typer.Context) -> Shell:
    """Give the shell of a running command."""
    shell = ctx.obj
    assert isinstance(shell, Shell)
    return shell


# Declared once: the root command and every command take these, so that they may stand anywhere on the line.
GLOBAL_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("-v", "--verbose"), {"count": True, "type": int, "help": "Tell on stderr what is done; twice for everything."}),
    (("-q", "--quiet"), {"is_flag": True, "help": "Say nothing but results and errors."}),
    (("--debug",), {"is_flag": True, "help": "Log everything, and show the traceback of a bug."}),
    (("--log-format",), {"metavar": "text|json", "help": "How log lines on stderr look."}),
    (("--config",), {"metavar": "FILE", "help": "Settings file (INBOXSYNC_CONFIG)."}),
    (("--database-url",), {"metavar": "URL", "help": "Database (INBOXSYNC_DATABASE_URL); SQLite without."}),
    (("--data-dir",), {"metavar": "DIR", "help": "Where data lives (INBOXSYNC_DATA_DIR)."}),
    (("--key-file",), {"metavar": "FILE", "help": "File of the master key (INBOXSYNC_KEY_FILE)."}),
)


def _remember(ctx: Any, param: Any, value: Any) -> Any:
    if value and isinstance(ctx.obj, Shell):
        if param.name == "log_format" and value not in logs.LOG_FORMATS:
            raise typer.BadParameter("'text' or 'json'", ctx=ctx)
        ctx.obj = with_options(ctx.obj, {param.name: value})
    return value


def global_options(*, hidden: bool) -> list[TyperOption]:
    """Make the global options; `hidden` keeps them out of the help of single commands."""
    return [
        TyperOption(
            param_decls=list(names),
            expose_value=False,
            hidden=hidden,
            callback=_remember,
            default=0 if "count" in attributes else None,
            **attributes,
        )
        for names, attributes in GLOBAL_OPTIONS
    ]


class Command(TyperCommand):
    """A command that also takes the global options, wherever a person types them."""

    def __init__(self, name: str | None, **attributes: Any) -> None:
        super().__init__(name, **attributes)
        self.params = [*self.params, *global_options(hidden=True)]

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Name required arguments as manuals do, without the braces that typer puts around them."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]


def example(*lines: str) -> str:
    """Write the examples at the end of a command's help; `\\b` keeps their line breaks."""
    return "\b\nExample:\n" + "\n".join(f"  inboxsync {line}" for line in lines)
