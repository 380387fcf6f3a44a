"""The settings: options over environment over the settings file over defaults, every fault reported at once.

`KEYS` is the one list of what can be set; docs/configuration.md is checked against it. A key `x` is the variable
INBOXSYNC_X and the line `x = …` in config.toml. Nothing here shows a password: neither a fault nor `repr(Settings)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inboxsync import system
from inboxsync.config import database, location, values
from inboxsync.config.secret_file import read_secret_file
from inboxsync.errors import ConfigError, Problem, UsageError

PREFIX = "INBOXSYNC_"
DAY_S = 86_400
OTHER_VARIABLES = ("CONFIG", "KEY")  # read elsewhere: config.location, credentials.keys
FOREIGN_PREFIX = "IMAP_"  # INBOXSYNC_IMAP_*: config.environment


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked, in the program's units; paths are absolute.

    `database_url` None is the SQLite file `inboxsync.sqlite3` in `data_dir`; it may hold a password, so it is not in
    the repr and is printed by `redacted_url` only; nor is `ping_url`, which is a secret whole. `timezone` None is the
    machine's own, `connections_per_host` None is no bound but the provider's and `jobs`.
    """

    data_dir: Path
    database_url: str | None = field(default=None, repr=False)
    database_password_file: Path | None = None
    key_file: Path | None = None
    config_file: Path | None = None
    jobs: int = 32
    connections_per_host: int | None = None
    connections_per_account: int = 1
    deadline_s: int = 600
    lease_s: int = 60
    command_timeout_s: int = 120
    connect_timeout_s: int = 15
    message_size_limit_bytes: int = 50_000_000
    batch_messages: int = 500
    batch_bytes: int = 8_000_000
    trusted_authserv_ids: tuple[str, ...] = ()
    timezone: str | None = None
    log_format: str = "text"
    log_level: str = "warning"
    progress: str = "auto"
    ping_url: str | None = field(default=None, repr=False)
    ping_url_file: Path | None = None

    def redacted_url(self) -> str:
        """Say which database is used, so that it can be printed; SQLite's default by its URL too."""
        file = database.sqlite_file(None, str(self.data_dir))
        return database.redacted(self.database_url) if self.database_url else f"{database.SQLITE}{file}"

    def connection_url(self) -> str | None:
        """Answer the database URL with the password from `database_password_file` in it, if that is set.

        The result is a secret. Raises ConfigError where the file cannot be read or is not one line.
        """
        if self.database_url is None or self.database_password_file is None:
            return self.database_url
        secret = read_secret_file(self.database_password_file, "database_password_file")
        return database.with_password(self.database_url, secret.reveal())

    def monitor_url(self) -> str | None:
        """Answer the URL of the monitor that is told of runs, the file's if one is set; None where there is none.

        The result is a secret. Raises ConfigError where the file cannot be read or is not one line.
        """
        if self.ping_url_file is None:
            return self.ping_url
        return read_secret_file(self.ping_url_file, "ping_url_file").reveal()


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that can be set: its name, how it is read, the field of Settings it fills, whether it is a path."""

    name: str
    read: values.Reader
    field: str
    is_path: bool = False

    @property
    def variable(self) -> str:
        """The environment variable of this key."""
        return PREFIX + self.name.upper()


def _path(name: str) -> Key:
    return Key(name, values.text, name, is_path=True)


KEYS: tuple[Key, ...] = (
    Key("database_url", values.text, "database_url"),
    _path("database_password_file"),
    _path("data_dir"),
    _path("key_file"),
    Key("jobs", values.integer(1, 1000), "jobs"),
    Key("connections_per_host", values.integer(1, 1000), "connections_per_host"),
    Key("connections_per_account", values.integer(1, 100), "connections_per_account"),
    Key("deadline", values.duration_s(1, 7 * DAY_S), "deadline_s"),
    Key("lease", values.duration_s(2, 3600), "lease_s"),
    Key("command_timeout", values.duration_s(1, 3600), "command_timeout_s"),
    Key("connect_timeout", values.duration_s(1, 600), "connect_timeout_s"),
    Key("message_size_limit", values.size_bytes(1000, 2 * 10**9), "message_size_limit_bytes"),
    Key("batch_messages", values.integer(1, 10_000), "batch_messages"),
    Key("batch_bytes", values.size_bytes(64_000, 10**9), "batch_bytes"),
    Key("trusted_authserv_ids", values.texts, "trusted_authserv_ids"),
    Key("timezone", values.zone_name, "timezone"),
    Key("log_format", values.choice("text", "json"), "log_format"),
    Key("log_level", values.choice("debug", "info", "warning", "error"), "log_level"),
    Key("progress", values.choice("auto", "always", "never"), "progress"),
    Key("ping_url", values.web_address, "ping_url"),
    _path("ping_url_file"),
)
_BY_NAME = {key.name: key for key in KEYS}


@dataclass(frozen=True, slots=True)
class _Layer:
    """One place where settings are written: raw values by key, how to name each in a fault, where paths count from."""

    raw: Mapping[str, object]
    where: Mapping[str, str]
    folder: str | None = None


def load_settings(environ: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> Settings:
    """Read and check all settings. `overrides` are the options by key name (and `config`); None is "not given".

    Raises ConfigError with every Problem of the settings file and the environment, UsageError where only options are
    wrong.
    """
    options = {name: value for name, value in (overrides or {}).items() if value is not None}
    config = options.pop("config", None)
    config_file, table = location.read_config(environ, None if config is None else str(config))
    layers = (_options(options), _environment(environ), _file(table, location.config_folder(config_file)))
    problems = [*_unknown_keys(table), *_unknown_variables(environ)]
    merged = _merge(layers, environ, problems)
    problems += _database_problems(merged, layers)
    _raise_if_any(problems)
    return _assemble(merged, environ, config_file)


def _options(options: Mapping[str, object]) -> _Layer:
    return _Layer(
        {name: str(value) if isinstance(value, Path) else value for name, value in options.items()},
        {name: f"option --{name.replace('_', '-')}" for name in options},
    )


def _environment(environ: Mapping[str, str]) -> _Layer:
    """An empty variable is one that is not set: so compose files and unit files write "no value"."""
    raw = {key.name: environ[key.variable] for key in KEYS if environ.get(key.variable)}
    return _Layer(raw, {key.name: f"environment: {key.variable}" for key in KEYS})


def _file(table: Mapping[str, object], folder: str | None) -> _Layer:
    return _Layer(table, {name: f"config.toml: {name}" for name in table}, folder)


def _unknown_keys(table: Mapping[str, object]) -> Iterator[Problem]:
    for name in table:
        if name not in _BY_NAME:
            yield Problem(f"config.toml: {_shown(name)}", "is not a setting", _nearest(name, tuple(_BY_NAME)))


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[Problem]:
    """Report variables that nearly spell a setting. Others are left alone: Kubernetes sets INBOXSYNC_SERVICE_HOST and
    INBOXSYNC_PORT by itself where a service is called inboxsync.
    """
    known = {key.name.upper(): key.variable for key in KEYS} | {name: PREFIX + name for name in OTHER_VARIABLES}
    for variable in environ:
        name = variable.removeprefix(PREFIX)
        if name == variable or name in known or name.startswith(FOREIGN_PREFIX):
            continue
        hint = _nearest(name, tuple(known), cutoff=0.8, prefix=PREFIX)
        if hint:
            yield Problem(f"environment: {_shown(variable)}", "is not a setting", hint)


def _shown(name: str) -> str:
    return name if name.isprintable() else ascii(name)


def _nearest(name: str, known: Sequence[str], *, cutoff: float = 0.6, prefix: str = "") -> str:
    from difflib import get_close_matches

    found = get_close_matches(name, known, n=1, cutoff=cutoff)
    return f"did you mean {prefix}{found[0]}?" if found else ""


def _merge(layers: Sequence[_Layer], environ: Mapping[str, str], problems: list[Problem]) -> dict[str, Any]:
    """Read every value of every layer, so that each fault is found; the first layer that has a key wins."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for name in (name for name in _BY_NAME if name in layer.raw):
            try:
                value = _read(_BY_NAME[name], layer, environ)
            except ValueError as error:
                problems.append(Problem(layer.where[name], str(error)))
            else:
                merged.setdefault(name, value)
    return merged


def _read(key: Key, layer: _Layer, environ: Mapping[str, str]) -> object:
    value = key.read(layer.raw[key.name])
    return Path(system.absolute_path(str(value), environ, layer.folder)) if key.is_path else value


def _database_problems(merged: Mapping[str, Any], layers: Sequence[_Layer]) -> Iterator[Problem]:
    url: str | None = merged.get("database_url")
    fault = database.url_fault(url) if url else None
    if fault:
        yield Problem(_where("database_url", layers), fault, database.HINT)
    elif "database_password_file" in merged and not (url or "").startswith(database.POSTGRES):
        yield Problem(
            _where("database_password_file", layers),
            f"is for a database URL that begins with {database.POSTGRES}",
            "set database_url, or take this away",
        )


def _where(name: str, layers: Sequence[_Layer]) -> str:
    return next((layer.where[name] for layer in layers if name in layer.raw), name)


def _raise_if_any(problems: Sequence[Problem]) -> None:
    if not problems:
        return
    message = "; ".join(map(str, problems))
    hint = "; ".join(dict.fromkeys(problem.hint for problem in problems if problem.hint))
    if all(problem.where.startswith("option ") for problem in problems):
        raise UsageError(message, hint=hint)
    raise ConfigError(message, hint=hint, problems=problems)


def _assemble(merged: Mapping[str, Any], environ: Mapping[str, str], config_file: str | None) -> Settings:
    given = {_BY_NAME[name].field: value for name, value in merged.items()}
    data_dir = str(given.pop("data_dir", "")) or location.data_dir_of(None, environ, None)
    url = location.absolute_url(given.pop("database_url", None), data_dir, environ)
    config_path = None if config_file is None else Path(config_file)
    return Settings(Path(data_dir), url, config_file=config_path, **given)
