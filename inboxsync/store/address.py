"""Which database a URL names. Standard library only: every run reads it, the fast one included."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from inboxsync.errors import ConfigError

SQLITE_FILE_NAME = "inboxsync.sqlite3"
_SQLITE = "sqlite:///"
_POSTGRES_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A database: either `file` (SQLite) or `url` (Postgres, `postgresql://…`; it may hold a password, so no repr)."""

    file: Path | None = None
    postgres_url: str = field(default="", repr=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of ours rather than a server."""
        return self.file is not None

    @property
    def url(self) -> str:
        """The canonical URL: `sqlite:////abs/path` or `postgresql://…`."""
        return self.postgres_url if self.file is None else f"{_SQLITE}{self.file.as_posix()}"

    @property
    def place(self) -> str:
        """Names it in messages to people: the file, or host and database without login and password."""
        if self.file is not None:
            return str(self.file)
        host_and_database = self.postgres_url.partition("://")[2].rpartition("@")[2].partition("?")[0]
        return f"Postgres at {host_and_database or 'localhost'}"


def read_address(database_url: str | None, data_dir: Path) -> DatabaseAddress:
    """Read a database URL; None is the SQLite file in the data directory. ConfigError for anything we cannot open.

    A relative SQLite path counts from the working directory. No error repeats the URL: it may hold a password.
    """
    if database_url is None:
        return DatabaseAddress(file=(data_dir / SQLITE_FILE_NAME).absolute())
    scheme, separator, rest = database_url.partition("://")
    if scheme in _POSTGRES_SCHEMES and separator:
        return DatabaseAddress(postgres_url=f"postgresql://{rest}")
    if database_url.startswith(_SQLITE) and len(database_url) > len(_SQLITE):
        return DatabaseAddress(file=_sqlite_file(database_url.removeprefix(_SQLITE)))
    raise ConfigError(
        f"the database URL starts with {scheme!r}, which is neither sqlite nor postgresql"
        if separator
        else "the database URL has no scheme",
        hint="write sqlite:////absolute/path/inboxsync.sqlite3 or postgresql://user@host/database",
    )


def _sqlite_file(path: str) -> Path:
    # SQLAlchemy, which opens the same URL for the content plane, takes what follows as options.
    if "?" in path:
        raise ConfigError("the SQLite URL has options", hint="write sqlite:////absolute/path/inboxsync.sqlite3")
    return Path(path).absolute()
