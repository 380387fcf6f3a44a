"""SQLAlchemy over a test's database, for looks and changes behind the store's back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from inboxsync.store.address import DatabaseAddress
from inboxsync.store.bulk import dump_json


def open_engine(address: DatabaseAddress) -> Engine:
    """An engine of the test's own; its transactions write at once."""
    if address.file is None:
        url = make_url(address.url).set(drivername="postgresql+psycopg")
        return create_engine(url, json_serializer=dump_json)
    engine = create_engine(URL.create("sqlite", database=str(address.file)), json_serializer=dump_json)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def statements_of(content: Any, *first: str) -> list[str]:
    """Collect what a content store tells SQLite from now on, values filled in; `first` is said to each connection."""
    said: list[str] = []
    connections = content.connections
    opened = connections._opened

    def traced() -> Any:
        connection = opened()
        for statement in first:
            connection.execute(statement)
        connection.set_trace_callback(said.append)
        return connection

    connections._opened = traced
    connections.close()
    return said
