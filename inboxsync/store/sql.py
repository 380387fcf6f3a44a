"""The concrete store: two planes and a schema over one database, each opened when it is first used."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync.store.address import DatabaseAddress, read_address
from inboxsync.store.connection import Database
from inboxsync.store.control import SqlControlStore
from inboxsync.store.schema import SqlSchema

if TYPE_CHECKING:
    from inboxsync.store.content_port import ContentStore


class SqlStore:
    """Implements `ports.Store`. Making one touches nothing; what fails, fails at first use, as a StoreError."""

    def __init__(self, address: DatabaseAddress, data_dir: Path) -> None:
        self._address = address
        self._data_dir = data_dir
        self._database = Database(address)
        self._content: ContentStore | None = None

    @cached_property
    def control(self) -> SqlControlStore:
        """The light plane."""
        return SqlControlStore(self._database, self._data_dir)

    @cached_property
    def schema(self) -> SqlSchema:
        """The schema."""
        return SqlSchema(self._database)

    @property
    def content(self) -> ContentStore:
        """The heavy plane: SQLAlchemy and SQLModel are imported when it is first asked for."""
        if self._content is None:
            from inboxsync.store.content import open_content

            self._content = open_content(self._address.url, self._data_dir)
        return self._content

    @property
    def database(self) -> Database:
        """The light plane's connection, for upkeep of the whole database."""
        return self._database

    @property
    def data_dir(self) -> Path:
        """Where files live."""
        return self._data_dir

    @property
    def place(self) -> str:
        """Names the database to people: the file, or the server and database without login and password."""
        return self._address.place

    def rest(self) -> None:
        """Close the heavy plane and its connections while nobody uses it; the next use opens it again."""
        content, self._content = self._content, None
        if content is not None:
            content.close()

    def close(self) -> None:
        """Close both planes; the next use opens them again."""
        self.rest()
        self._database.close()


def open_store(database_url: str | None, data_dir: Path) -> SqlStore:
    """Answer the store of this database; None is the SQLite file in the data directory. ConfigError on a bad URL."""
    return SqlStore(read_address(database_url, data_dir), data_dir)
