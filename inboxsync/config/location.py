"""Where the store is: the few settings that answering "nothing is due" needs, read without what makes imports dear.

Standard library only, and of that only what Python has loaded anyway; `tomllib` (6 ms) is imported where a settings
file exists, `pathlib` where a Path is asked for. `settings` takes the same three values from the same functions.
"""

from __future__ import annotations

from inboxsync import system
from inboxsync.config import database

TYPE_CHECKING = False  # `typing` is not cheap
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any, NoReturn

CONFIG_VARIABLE = "INBOXSYNC_CONFIG"
DATA_DIR_VARIABLE = "INBOXSYNC_DATA_DIR"
DATABASE_URL_VARIABLE = "INBOXSYNC_DATABASE_URL"
PING_VARIABLES = ("INBOXSYNC_PING_URL", "INBOXSYNC_PING_URL_FILE")
PING_KEYS = ("ping_url", "ping_url_file")


class Location:
    """The database, the data directory and the settings file; a plain class because dataclasses cost 8 ms to import.

    `database_url` None means the SQLite file `inboxsync.sqlite3` in the data directory. A URL of SQLite is absolute.
    `pings` is whether a monitor is to be told of each run.
    """

    __slots__ = ("config_file_text", "data_dir_text", "database_url", "pings")

    def __init__(self, database_url: str | None, data_dir: str, config_file: str | None, *, pings: bool) -> None:
        self.database_url = database_url
        self.data_dir_text = data_dir
        self.config_file_text = config_file
        self.pings = pings

    @property
    def data_dir(self) -> Path:
        """The data directory, absolute."""
        from pathlib import Path

        return Path(self.data_dir_text)

    @property
    def config_file(self) -> Path | None:
        """The settings file that was read, absolute; None where there is none."""
        from pathlib import Path

        return None if self.config_file_text is None else Path(self.config_file_text)

    @property
    def database_file(self) -> str | None:
        """The path of the SQLite file as text; None where the database is a server's."""
        return database.sqlite_file(self.database_url, self.data_dir_text)

    def __repr__(self) -> str:
        url = None if self.database_url is None else database.redacted(self.database_url)
        return f"Location(database_url={url!r}, data_dir={self.data_dir_text!r}, config_file={self.config_file_text!r})"


def locate(
    environ: Mapping[str, str],
    data_dir: str | Path | None = None,
    database_url: str | None = None,
    config: str | Path | None = None,
) -> Location:
    """Answer where the store is: options over environment over settings file over the platform's places.

    Raises ConfigError where the settings file that was named is not there or one of the values cannot be used.
    """
    config_file, table = read_config(environ, config)
    folder = config_folder(config_file)
    place = _given(data_dir) or environ.get(DATA_DIR_VARIABLE)
    in_file = data_dir_of(_text(table, "data_dir"), environ, folder)
    place = system.absolute_path(place, environ) if place else in_file
    url = database_url or environ.get(DATABASE_URL_VARIABLE) or _text(table, "database_url")
    fault = database.url_fault(url) if url else None
    if fault:
        _refuse("", fault, database.HINT)
    pings = any(map(environ.get, PING_VARIABLES)) or any(map(table.get, PING_KEYS))
    return Location(absolute_url(url, place, environ), place, config_file, pings=pings)


def data_dir_of(text: str | None, environ: Mapping[str, str], folder: str | None) -> str:
    """Answer the data directory as the settings file gives it (relative to its own folder), else the platform's."""
    return system.absolute_path(text, environ, folder) if text else system.default_data_dir_text(environ)


def absolute_url(url: str | None, data_dir: str, environ: Mapping[str, str]) -> str | None:
    """Make the URL of an SQLite file absolute: relative to the data directory, not to where cron happens to start."""
    if not url or not url.startswith(database.SQLITE):
        return url or None
    file = system.absolute_path(url.removeprefix(database.SQLITE), environ, data_dir)
    return database.SQLITE + file.replace("\\", "/") if system.IS_WINDOWS else database.SQLITE + file


def config_folder(config_file: str | None) -> str | None:
    """Answer the folder from which paths in the settings file count."""
    return None if config_file is None else system.absolute_path("..", {}, config_file)


def read_config(environ: Mapping[str, str], config: str | Path | None = None) -> tuple[str | None, dict[str, Any]]:
    """Answer the settings file's absolute path and its table; (None, {}) where none is named and none is in its place.

    Raises ConfigError where it is named and missing, cannot be read, or is not TOML.
    """
    named = _given(config) or environ.get(CONFIG_VARIABLE) or ""
    path = system.absolute_path(named, environ) if named else system.default_config_file_text(environ)
    try:
        with open(path, "rb") as file:
            content = file.read()
    except (FileNotFoundError, NotADirectoryError):
        if not named:
            return None, {}
        _refuse(path, "there is no such settings file", f"make it, or take {CONFIG_VARIABLE} or --config away")
    except OSError as error:
        _refuse(path, f"cannot be read: {error.strerror}", "let the user who runs inboxsync read it")
    return path, _parse(path, content)


def _parse(path: str, content: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError; the latter's text quotes an octet only
        _refuse(path, f"is not TOML: {error}", 'text stands in quotes, like data_dir = "/srv/inboxsync"')


def _given(value: str | Path | None) -> str:
    return "" if value is None else str(value)


def _text(table: Mapping[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        _refuse(f"config.toml: {key}", "must be text", f'write {key} = "…"')
    return value


def _refuse(where: str, message: str, hint: str) -> NoReturn:
    from inboxsync.errors import ConfigError, Problem

    problem = Problem(where, message, hint)
    raise ConfigError(str(problem), hint=hint, problems=[problem])
