"""The world around a command: global options, streams, and the way to the application. Knows nothing of typer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TextIO

from inboxsync import logs
from inboxsync.commands.ports import Application

if TYPE_CHECKING:
    from inboxsync.config.settings import Settings
    from inboxsync.render.output import Output


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

    def settings(self) -> Settings:
        """Read the settings, for a command that needs no application; logging is set up. Raises ConfigError."""
        from inboxsync.config.process import read_environ
        from inboxsync.config.settings import load_settings
        from inboxsync.system.processes import forbid_core_dumps

        forbid_core_dumps()
        settings = load_settings(read_environ(), self.options.overrides)
        self._set_up_logging(settings)
        return settings

    def _set_up_logging(self, settings: Settings) -> None:
        options = self.options
        level = logs.level_for(
            verbose=options.verbose, quiet=options.quiet, debug=options.debug, default=settings.log_level
        )
        log_format = options.log_format or settings.log_format
        logs.configure(level=level, log_format=log_format, stream=self.streams.stderr, redactor=self.redactor)


OpenApplication = Callable[[Shell], Application]


def with_options(shell: Shell, given: Mapping[str, Any]) -> Shell:
    """Add options to those already given; what is None, False or 0 says nothing."""
    said = {name: value for name, value in given.items() if value}
    own = {name: said.pop(name) for name in ("verbose", "quiet", "debug", "log_format") if name in said}
    overrides = {**shell.options.overrides, **{name: str(value) for name, value in said.items()}}
    return replace(shell, options=replace(shell.options, **own, overrides=overrides))
