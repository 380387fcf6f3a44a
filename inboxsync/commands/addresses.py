"""How a database is named as an argument: never with a password in it, which every process could read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from inboxsync.config import database
from inboxsync.config.process import read_environ
from inboxsync.config.secret_file import read_secret_file
from inboxsync.errors import UsageError
from inboxsync.store.address import SQLITE_FILE_NAME, DatabaseAddress, read_address

if TYPE_CHECKING:
    from pathlib import Path

    from inboxsync.config.settings import Settings

CONFIGURED = "configured"
_VARIABLE = "env:"
ADDRESS_HELP = f"`{CONFIGURED}`, a file or directory, a URL without a password, or {_VARIABLE}VARIABLE that holds one."


def named_address(text: str, settings: Settings, password_file: Path | None) -> DatabaseAddress:
    """Read the name of a database. UsageError, or ConfigError for an URL that cannot be used."""
    if text == CONFIGURED:
        return read_address(settings.connection_url(), settings.data_dir)
    if text.startswith(_VARIABLE):
        url = read_environ().get(text.removeprefix(_VARIABLE), "")
        if not url:
            raise UsageError(f"the environment has no {text.removeprefix(_VARIABLE)}")
        return read_address(_with_password(url, password_file), settings.data_dir)
    if "://" not in text:
        return read_address(f"{database.SQLITE}{_file(text)}", settings.data_dir)
    if _holds_password(text):
        raise UsageError(
            "a password in an argument can be read by every process",
            hint=f"leave it out and give it by a password file option or ~/.pgpass, or write {_VARIABLE}VARIABLE",
        )
    return read_address(_with_password(text, password_file), settings.data_dir)


def _file(text: str) -> str:
    path = os.path.abspath(os.path.expanduser(text))
    return os.path.join(path, SQLITE_FILE_NAME) if os.path.isdir(path) else path


def _holds_password(url: str) -> bool:
    try:
        return urlsplit(url).password is not None or "password=" in url.partition("?")[2]
    except ValueError:  # what cannot be read might be one
        return True


def _with_password(url: str, password_file: Path | None) -> str:
    if password_file is None:
        return url
    return database.with_password(url, read_secret_file(password_file, "password file").reveal())
