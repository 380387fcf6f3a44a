"""Where a password comes from: a prompt that shows nothing, one line of stdin, or a file. Never an argument."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from inboxsync.commands.shell import Shell
from inboxsync.errors import ConfigError, UsageError
from inboxsync.model.secret import Secret

HOW = "give it with --password-file FILE or --password-stdin, or run this on a terminal"
_MAX_LINE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class SecretSource:
    """What a person said about where the password is."""

    from_stdin: bool = False
    file: Path | None = None

    @property
    def is_given(self) -> bool:
        """Whether a source was named."""
        return self.from_stdin or self.file is not None


def read_secret(source: SecretSource, shell: Shell, *, who: str) -> Secret:
    """Read a password from where it was said to be, else ask on the terminal; from now on logs hide it.

    Raises UsageError where two sources are named, none is there, or it cannot be read.
    """
    secret = _read(source, shell, who)
    shell.redactor.add(secret)
    return secret


def _read(source: SecretSource, shell: Shell, who: str) -> Secret:
    if source.from_stdin and source.file is not None:
        raise UsageError("--password-stdin and --password-file are both given", hint="give one of them")
    if source.from_stdin:
        return _first_line(shell)
    if source.file is not None:
        return _from_file(source.file)
    if not shell.stdin.isatty():
        raise UsageError("no password is given", hint=HOW)
    return Secret(str(typer.prompt(f"Password of {who}", hide_input=True, err=True)))


def _first_line(shell: Shell) -> Secret:
    """Read octets where stdin has them: a password is UTF-8 whatever the locale says."""
    buffer = getattr(shell.stdin, "buffer", None)
    try:
        line = shell.stdin.readline() if buffer is None else buffer.readline(_MAX_LINE_BYTES).decode()
    except UnicodeDecodeError:
        raise UsageError("the password on stdin is not UTF-8 text", hint="send it as UTF-8, as one line") from None
    text = line.removesuffix("\n").removesuffix("\r")
    if not text:
        raise UsageError("stdin holds no password", hint="the first line of stdin is taken")
    return Secret(text)


def _from_file(path: Path) -> Secret:
    from inboxsync.config.secret_file import read_secret_file

    try:
        return read_secret_file(path, "--password-file")
    except ConfigError as error:  # here it was an option that was wrong, not a setting
        raise UsageError(error.message, hint=error.hint) from error
