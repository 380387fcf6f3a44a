"""The schema's promises, the same on SQLite and Postgres unless a test's name says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from devtools.postgres import Postgres
from inboxsync.errors import SchemaNewer, SchemaOlder, StoreCorrupt
from inboxsync.store.address import read_address
from inboxsync.store.connection import Database
from inboxsync.store.migrate import VERSION_TABLE
from inboxsync.store.schema import SqlSchema
from inboxsync.store.sql import SqlStore, open_store
from inboxsync.store.tables import Meta
from inboxsync.store.version import SCHEMA_VERSION
from tests.contract.store.rows import Rows, rows_of


class Killed(Exception):
    """Stands for the end of the process in the middle of a migration."""


@pytest.fixture
def empty(database_url: str, tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(database_url, tmp_path)
    yield store
    store.close()


def set_version(rows: Rows, version: str) -> None:
    with rows.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE inboxsync_meta SET value = '{version}' WHERE name = 'schema_version'")


def version(rows: Rows) -> str:
    return str(rows.read("SELECT value FROM inboxsync_meta WHERE name = 'schema_version'")[0]["value"])


def test_an_empty_database_has_no_version(empty: SqlStore) -> None:
    assert empty.schema.current() is None
    (fault,) = empty.schema.check()
    assert "inboxsync db upgrade" in fault


def test_the_first_use_makes_it_and_the_second_changes_nothing(empty: SqlStore, database_url: str) -> None:
    empty.schema.ensure()
    assert empty.schema.current() == SCHEMA_VERSION
    name = empty.control.store_uuid
    empty.schema.ensure()
    empty.schema.upgrade()
    assert empty.control.store_uuid == name
    assert empty.schema.check() == []


def test_the_migration_makes_what_the_tables_say(empty: SqlStore, database_url: str) -> None:
    empty.schema.ensure()
    with rows_of(database_url) as rows, rows.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, Meta.metadata) == []


def test_many_at_once_all_succeed(database_url: str, tmp_path: Path) -> None:
    stores = [open_store(database_url, tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda store: store.schema.ensure(), stores))
    assert len({store.control.store_uuid for store in stores}) == 1
    for store in stores:
        store.close()


@pytest.mark.parametrize("at", [0, 1, 7, 20, 35, "INSERT INTO inboxsync_meta", "CREATE VIEW", "COMMIT"])
def test_a_migration_that_stops_anywhere_did_not_happen(database_url: str, tmp_path: Path, at: int | str) -> None:
    reached: list[str] = []

    def step(statement: str) -> None:
        reached.append(statement)
        if len(reached) - 1 == at or (isinstance(at, str) and statement.strip().startswith(at)):
            raise Killed

    database = Database(read_address(database_url, tmp_path))
    with pytest.raises(Killed):
        SqlSchema(database, step=step).ensure()
    assert SqlSchema(database).current() is None
    SqlSchema(database).ensure()
    assert SqlSchema(database).check() == []
    database.close()


def test_a_newer_schema_is_refused_and_left_alone(empty: SqlStore, database_url: str) -> None:
    empty.schema.ensure()
    with rows_of(database_url) as rows:
        set_version(rows, str(SCHEMA_VERSION + 1))
        for refused in (empty.schema.ensure, empty.schema.upgrade):
            with pytest.raises(SchemaNewer) as raised:
                refused()
            assert raised.value.exit_code == 78
        assert version(rows) == str(SCHEMA_VERSION + 1)
    (fault,) = empty.schema.check()
    assert "newer inboxsync" in fault


def test_a_version_that_is_no_number_is_damage(empty: SqlStore, database_url: str) -> None:
    empty.schema.ensure()
    with rows_of(database_url) as rows:
        set_version(rows, "one")
    with pytest.raises(StoreCorrupt):
        empty.schema.ensure()
    assert len(empty.schema.check()) == 1


def test_an_older_schema_is_upgraded_by_itself_on_sqlite_only(empty: SqlStore, database_url: str) -> None:
    empty.schema.ensure()
    with rows_of(database_url) as rows:
        set_version(rows, "0")
        if database_url.startswith("sqlite"):
            # There is no older revision yet; the attempt itself is what is looked for.
            empty.schema.ensure()
        else:
            with pytest.raises(SchemaOlder) as raised:
                empty.schema.ensure()
            assert "inboxsync db upgrade" in raised.value.hint
            assert version(rows) == "0"
            assert any("inboxsync db upgrade" in fault for fault in empty.schema.check())


def test_missing_tables_and_views_are_named(empty: SqlStore, database_url: str) -> None:
    empty.schema.ensure()
    with rows_of(database_url) as rows, rows.engine.begin() as connection:
        connection.exec_driver_sql("DROP VIEW inboxsync_tickets_v1")
        connection.exec_driver_sql("DROP TABLE inboxsync_quarantine")
    assert list(empty.schema.check()) == [
        "The table inboxsync_quarantine is missing.",
        "The view inboxsync_tickets_v1 is missing.",
    ]


def test_a_database_shared_with_an_application_is_taken_as_empty(empty: SqlStore, database_url: str) -> None:
    with rows_of(database_url) as rows, rows.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num text)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('theirs')")
    empty.schema.ensure()
    with rows_of(database_url) as rows:
        assert rows.read("SELECT version_num FROM alembic_version") == [{"version_num": "theirs"}]


@pytest.mark.postgres
def test_a_connection_that_died_idle_is_replaced(postgres: object, tmp_path: Path) -> None:
    assert isinstance(postgres, Postgres)
    url = postgres.fresh_database()
    store = open_store(url, tmp_path)
    store.schema.ensure()
    name = store.control.store_uuid
    postgres.empty_tables(url, keeping=("inboxsync_meta", "inboxsync_alembic_version"))  # cuts every connection
    assert store.control.store_uuid == name
    postgres.empty_tables(url, keeping=("inboxsync_meta", "inboxsync_alembic_version"))
    store.control.set_canary(b"written")
    assert store.control.canary() == b"written"
    store.close()
    postgres.drop_database(url)


@pytest.mark.postgres
def test_check_tells_of_what_postgres_itself_calls_invalid(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.fresh_database()
    store = open_store(url, tmp_path)
    store.schema.ensure()
    with rows_of(url) as rows, rows.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_inboxsync_messages_received'::regclass"
        )
        connection.exec_driver_sql("ALTER TABLE inboxsync_folders ADD CONSTRAINT odd CHECK (id > 0) NOT VALID")
    index, constraint = store.schema.check()
    assert "ix_inboxsync_messages_received" in index
    assert "odd of inboxsync_folders" in constraint
    store.close()
    postgres.drop_database(url)
