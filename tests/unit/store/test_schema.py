"""What SQLite alone promises: private files, WAL, migrations killed with the process, starts at once."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from inboxsync.errors import StoreBusy
from inboxsync.store.address import DatabaseAddress
from inboxsync.store.connection import Database
from inboxsync.store.migrate import SCRIPTS, migrate
from inboxsync.store.schema import SqlSchema
from inboxsync.store.sql import open_store
from inboxsync.store.tables import Meta
from inboxsync.store.version import SCHEMA_VERSION
from inboxsync.system.locking import file_lock

KILL = 97


def sqlite_schema(file: Path) -> dict[str, str]:
    with sqlite3.connect(file) as connection:
        found = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'index')"
        ).fetchall()
    connection.close()
    return {name: " ".join(sql.split()) for name, sql in found if name.startswith(("inboxsync_", "ix_inboxsync_"))}


def test_the_version_is_that_of_the_newest_revision() -> None:
    assert int(ScriptDirectory(str(SCRIPTS)).get_current_head() or 0) == SCHEMA_VERSION


def test_the_migrated_schema_is_that_of_the_tables_to_the_letter(tmp_path: Path) -> None:
    # compare_metadata does not look at partial indexes' conditions, AUTOINCREMENT or what happens on deletion.
    open_store(None, tmp_path).schema.ensure()
    engine = create_engine(f"sqlite:///{tmp_path / 'made.sqlite3'}")
    Meta.metadata.create_all(engine)
    engine.dispose()
    migrated = sqlite_schema(tmp_path / "inboxsync.sqlite3")
    del migrated["inboxsync_alembic_version"]
    assert migrated == sqlite_schema(tmp_path / "made.sqlite3")


def test_the_file_is_private_and_in_wal_mode(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "data"
    store = open_store(None, data)
    store.schema.ensure()
    store.control.set_canary(b"x")
    names = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()}
    assert "inboxsync.sqlite3-wal" in names
    assert set(names.values()) == {0o600}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    store.close()


def test_looking_makes_no_file(tmp_path: Path) -> None:
    store = open_store(None, tmp_path / "data")
    assert store.schema.current() is None
    store.schema.check()
    assert not (tmp_path / "data").exists()


def test_a_copy_that_lost_its_journal_mode_gets_it_back(tmp_path: Path) -> None:
    store = open_store(None, tmp_path)
    store.schema.ensure()
    store.close()
    with sqlite3.connect(tmp_path / "inboxsync.sqlite3") as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    store.schema.ensure()
    with sqlite3.connect(tmp_path / "inboxsync.sqlite3") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    store.close()


def test_check_finds_rows_that_refer_to_nothing(tmp_path: Path) -> None:
    store = open_store(None, tmp_path)
    store.schema.ensure()
    with sqlite3.connect(tmp_path / "inboxsync.sqlite3") as connection:
        connection.execute("INSERT INTO inboxsync_folders (integration_id, name) VALUES (4711, 'INBOX')")
    connection.close()
    assert store.schema.check() == [
        "Row 1 of inboxsync_folders refers to a row of inboxsync_integrations that is not there."
    ]
    store.close()


def test_a_migration_that_another_process_keeps_is_busy(tmp_path: Path) -> None:
    address = DatabaseAddress(tmp_path / "x.sqlite3")
    with file_lock(tmp_path / "x.sqlite3.migration-lock", timeout_s=0), pytest.raises(StoreBusy):
        migrate(address, only_empty=False, step=lambda _: None, lock_timeout_s=0)


def _killed_at(file: Path, number: int) -> bool:
    """Migrate in a child that dies before statement `number`; tells whether it got there."""
    child = os.fork()
    if child == 0:
        left = [number]

        def step(_statement: str) -> None:
            left[0] -= 1
            if left[0] < 0:
                os._exit(KILL)

        SqlSchema(Database(DatabaseAddress(file)), step=step).ensure()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, KILL)
    return code == KILL


def test_a_migration_killed_with_its_process_did_not_happen(tmp_path: Path) -> None:
    """Dies before every fifth statement up to the commit; the last child meets no fault, so the sweep was whole."""
    number, kills = 0, 0
    while True:
        file = tmp_path / f"{number}.sqlite3"
        if not _killed_at(file, number):
            break
        kills += 1
        assert SqlSchema(Database(DatabaseAddress(file))).current() is None
        database = Database(DatabaseAddress(file))
        SqlSchema(database).ensure()
        assert SqlSchema(database).check() == []
        database.close()
        number += 5
    assert kills > 8


def test_two_processes_starting_at_once_both_succeed(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\nfrom inboxsync.store.sql import open_store\n"
        "store = open_store(None, pathlib.Path(sys.argv[1]))\nstore.schema.ensure()\nprint(store.control.store_uuid)\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    answers = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len(set(answers)) == 1


def test_a_current_schema_is_told_without_alembic(tmp_path: Path) -> None:
    open_store(None, tmp_path).schema.ensure()
    code = (
        "import sys, pathlib\nfrom inboxsync.store.sql import open_store\n"
        "store = open_store(None, pathlib.Path(sys.argv[1]))\nstore.schema.ensure()\nstore.control.integrations()\n"
        "heavy = {'alembic', 'sqlalchemy', 'sqlmodel', 'pydantic', 'psycopg', 'typer', 'ssl'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
