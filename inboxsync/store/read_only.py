"""The store as the HTTP endpoint opens it: the database itself refuses every write, and no schema is made.

Each concern has a connection of its own, so that a dear question never keeps a token from being checked or health
from being judged.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync.errors import SchemaNewer, SchemaOlder, StoreUnwritable
from inboxsync.store.address import DatabaseAddress, read_address
from inboxsync.store.api_events import History
from inboxsync.store.api_figures import read_figures
from inboxsync.store.connection import Database
from inboxsync.store.control import SqlControlStore
from inboxsync.store.page_reading import PageReading
from inboxsync.store.schema import SqlSchema
from inboxsync.store.tokens import Tokens
from inboxsync.store.version import SCHEMA_VERSION

if TYPE_CHECKING:
    from inboxsync.model.figures import Figures
    from inboxsync.store.api_content import ApiContent


class ReadOnlyStore:
    """What can be read of a store; usable from several threads. Making one touches nothing; raises StoreError later."""

    def __init__(self, address: DatabaseAddress, data_dir: Path) -> None:
        self._address = address
        self._data_dir = data_dir
        uses = ("access", "control", "health", "figures", "pages")
        self._databases = {use: Database(address, read_only=True) for use in uses}

    @cached_property
    def tokens(self) -> Tokens:
        """Who may read."""
        return Tokens(self._databases["access"])

    @cached_property
    def control(self) -> SqlControlStore:
        """Integrations, their state, folders."""
        return SqlControlStore(self._databases["control"], self._data_dir)

    @cached_property
    def health(self) -> SqlControlStore:
        """The same for judging health, which waits for nobody else."""
        return SqlControlStore(self._databases["health"], self._data_dir)

    @cached_property
    def history(self) -> History:
        """Events and runs."""
        return History(self._databases["control"])

    @cached_property
    def pages(self) -> PageReading:
        """What the status page alone asks."""
        return PageReading(self._databases["pages"])

    @cached_property
    def content(self) -> ApiContent:
        """Messages and tickets: SQLAlchemy is imported when it is first asked for."""
        from inboxsync.store.api_content import ApiContent

        return ApiContent(self._address, self._data_dir)

    def figures(self) -> Figures:
        """Numbers about the whole store; dear."""
        return read_figures(self._databases["figures"])

    def check_schema(self) -> None:
        """Refuse a store that is not there or not of this version: StoreUnwritable, SchemaOlder, SchemaNewer."""
        found = SqlSchema(self._databases["health"]).current()
        if found is None:
            raise StoreUnwritable(f"{self._address.place}: there is no database yet", hint="`inboxsync add` makes it")
        if found != SCHEMA_VERSION:
            kind = SchemaOlder if found < SCHEMA_VERSION else SchemaNewer
            raise kind(f"{self._address.place} has schema version {found}, this inboxsync knows {SCHEMA_VERSION}")

    def close(self) -> None:
        """Give all connections back."""
        if "content" in self.__dict__:
            self.content.close()
        for database in self._databases.values():
            database.close()


def open_read_only(database_url: str | None, data_dir: Path) -> ReadOnlyStore:
    """Answer this database for reading; None is the SQLite file in the data directory. ConfigError on a bad URL."""
    return ReadOnlyStore(read_address(database_url, data_dir), data_dir)
