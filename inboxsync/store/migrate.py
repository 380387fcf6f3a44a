"""Running Alembic's revisions on either database, all in one transaction: a killed migration did not happen (P14).

Imported only when there is something to migrate: Alembic and SQLAlchemy cost twenty times Python's own start.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, inspect, make_url, text

from inboxsync.errors import SchemaNewer, SchemaOlder
from inboxsync.store.connection import BUSY_TIMEOUT_S, CONNECT_TIMEOUT_S
from inboxsync.store.errors import translated
from inboxsync.store.sqlite import open_sqlite, set_wal
from inboxsync.store.version import SCHEMA_VERSION
from inboxsync.system.locking import file_lock

if TYPE_CHECKING:
    from inboxsync.store.address import DatabaseAddress

# Not `alembic_version`: the database may be an application's own, which then may use Alembic itself.
VERSION_TABLE = "inboxsync_alembic_version"
SCRIPTS = Path(__file__).parent / "migrations"
LOCK_TIMEOUT_S = 60.0
# Any constant; it names the lock among all advisory locks of the database ("inbox" in ASCII).
ADVISORY_LOCK = 0x696E626F78


def migrate(
    address: DatabaseAddress, *, only_empty: bool, step: Callable[[str], None], lock_timeout_s: float = LOCK_TIMEOUT_S
) -> None:
    """Bring the database to the newest version; whoever waited for the lock finds it done.

    `only_empty` refuses a database that already has an older schema, with SchemaOlder. `step` is called before each
    statement. Raises StoreError subclasses.
    """
    with translated(address.place), _exclusive(address, lock_timeout_s):
        engine = _engine(address)
        event.listen(engine, "before_cursor_execute", lambda *details: step(str(details[2])))
        event.listen(engine, "commit", lambda _connection: step("COMMIT"))
        with engine.begin() as connection:
            _lock(connection, address)
            if _version(connection, address, only_empty=only_empty) != SCHEMA_VERSION:
                _run(connection)


@contextmanager
def _exclusive(address: DatabaseAddress, timeout_s: float) -> Iterator[None]:
    """Keep other processes from migrating the same file; Postgres is locked within the transaction instead."""
    if address.file is None:
        yield
        return
    with file_lock(address.file.with_name(f"{address.file.name}.migration-lock"), timeout_s=timeout_s):
        yield


def _engine(address: DatabaseAddress) -> Engine:
    if address.file is None:
        url = make_url(address.url).set(drivername="postgresql+psycopg")
        arguments = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "inboxsync"}
        return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=arguments)
    file = address.file
    engine = create_engine("sqlite://", creator=lambda: _open(file), poolclass=NullPool, hide_parameters=True)
    # sqlite3's own transaction control commits before some statements; ours begins once and holds the write lock.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _open(file: Path) -> Any:
    connection = open_sqlite(file, timeout_s=BUSY_TIMEOUT_S)
    # Refused while another process reads the file in its old mode; the next `ensure` does it then.
    with suppress(sqlite3.OperationalError):
        set_wal(connection)
    # Changing a table on SQLite means rebuilding it, which must not cascade into the tables that refer to it.
    connection.execute("PRAGMA foreign_keys = OFF")
    return connection


def _lock(connection: Connection, address: DatabaseAddress) -> None:
    if not address.is_sqlite:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


def _version(connection: Connection, address: DatabaseAddress, *, only_empty: bool) -> int | None:
    """Read the version again under the lock: another process may have migrated while we waited."""
    if not inspect(connection).has_table("inboxsync_meta"):
        return None
    found = int(connection.execute(text("SELECT value FROM inboxsync_meta WHERE name = 'schema_version'")).scalar_one())
    if found > SCHEMA_VERSION:
        raise SchemaNewer(f"{address.place} has schema version {found}, this inboxsync knows {SCHEMA_VERSION}")
    if only_empty and found < SCHEMA_VERSION:
        raise SchemaOlder(f"{address.place} has schema version {found}, this inboxsync needs {SCHEMA_VERSION}")
    return found


def _run(connection: Connection) -> None:
    scripts = ScriptDirectory(str(SCRIPTS))

    def revisions(current: Any, _context: Any) -> Any:
        return scripts._upgrade_revs("head", current)

    with EnvironmentContext(Config(), scripts, fn=revisions, destination_rev="head") as environment:
        environment.configure(
            connection=connection,
            version_table=VERSION_TABLE,
            transactional_ddl=True,
            on_version_apply=_record_version,
        )
        environment.run_migrations()
    if connection.dialect.name == "sqlite":
        _check_references(connection)


def _record_version(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
    ctx.connection.execute(text("DELETE FROM inboxsync_meta WHERE name = 'schema_version'"))
    ctx.connection.execute(
        text("INSERT INTO inboxsync_meta (name, value) VALUES ('schema_version', :version)"),
        {"version": str(int(step.up_revision_id))},
    )


def _check_references(connection: Connection) -> None:
    """References were not enforced while tables were rebuilt; a bug in a revision must not be committed."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise AssertionError(f"the migration left a dangling reference in {broken[0]}")
