"""What every command is handed: global options, streams, and the way to the application."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TextIO

import typer
from typer.core import TyperCommand, TyperOption

from inboxsync import logs
from inboxsync.commands.ports import Application
from inboxsync.render.output import Output

if TYPE_CHECKING:
    from inboxsync.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Options:
    """The options that every command takes. `overrides` are settings given as options, under the settings' names."""

    verbose: int = 0
    quiet: bool = False
    debug: bool = False
    log_format: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shell:
    """The world around a command. Tests give their own streams and application."""

    options: Options
    streams: Output
    stdin: TextIO
    open_application: Callable[[Shell], Application]
    redactor: logs.Redactor

    @property
    def output(self) -> Output:
        """Where to write, as quiet as asked."""
        return replace(self.streams, quiet=self.options.quiet)

    @contextmanager
    def application(self) -> Iterator[Application]:
        """Open the application for the time of a command; logging is set up as options and settings say."""
        application = self.open_application(self)
        try:
            self._set_up_logging(application.settings)
            yield application
        finally:
            application.close()

    def _set_up_logging(self, settings: Settings) -> None:
        options = self.options
        level = logs.level_for(
            verbose=options.verbose, quiet=options.quiet, debug=options.debug, default=settings.log_level
        )
        log_format = options.log_format or settings.log_format
        logs.configure(level=level, log_format=log_format, stream=self.streams.stderr, redactor=self.redactor)


OpenApplication = Callable[[Shell], Application]


def shell_of(ctx: typer.Context) -> Shell:
    """Give the shell of a running command."""
    shell = ctx.obj
    assert isinstance(shell, Shell)
    return shell


def with_options(shell: Shell, given: Mapping[str, Any]) -> Shell:
    """Add options to those already given; what is None, False or 0 says nothing."""
    said = {name: value for name, value in given.items() if value}
    own = {name: said.pop(name) for name in ("verbose", "quiet", "debug", "log_format") if name in said}
    overrides = {**shell.options.overrides, **{name: str(value) for name, value in said.items()}}
    return replace(shell, options=replace(shell.options, **own, overrides=overrides))


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
