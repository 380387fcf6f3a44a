"""Where a webhook's signing secret comes from: a file, a line of stdin, or made here. Never an argument."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from inboxsync.commands.shell import Shell
from inboxsync.errors import ConfigError, UsageError
from inboxsync.model.secret import Secret

SecretFile = Annotated[
    Path | None, typer.Option("--secret-file", metavar="FILE", help="File that holds the signing secret as one line.")
]
SecretStdin = Annotated[bool, typer.Option("--secret-stdin", help="Take the signing secret from one line of stdin.")]


def given_secret(shell: Shell, file: Path | None, *, from_stdin: bool) -> Secret | None:
    """Answer the secret that a person gives, checked, or None where one is to be made; from now on logs hide it.

    Raises UsageError that never quotes it.
    """
    from inboxsync.delivery.signing import check_secret

    if from_stdin and file is not None:
        raise UsageError("--secret-stdin and --secret-file are both given", hint="give one of them")
    if not from_stdin and file is None:
        return None
    secret = Secret(shell.stdin.readline().strip()) if file is None else _from_file(file)
    shell.redactor.add(secret)
    check_secret(secret)
    return secret


def new_secret(shell: Shell) -> Secret:
    """Make a secret that nobody has seen."""
    from inboxsync.delivery.signing import NEW_BYTES, format_secret

    secret = format_secret(os.urandom(NEW_BYTES))
    shell.redactor.add(secret)
    return secret


def _from_file(path: Path) -> Secret:
    from inboxsync.config.secret_file import read_secret_file

    try:
        return read_secret_file(path, "--secret-file")
    except ConfigError as error:  # here it was an option that was wrong, not a setting
        raise UsageError(error.message, hint=error.hint) from error
