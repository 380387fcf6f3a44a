import errno
import sqlite3
from pathlib import Path

import pytest

from inboxsync.errors import (
    DiskFull,
    StoreBusy,
    StoreConflict,
    StoreCorrupt,
    StoreError,
    StoreIoFailed,
    StoreLost,
    StoreStandby,
    StoreUnreachable,
    StoreUnwritable,
)
from inboxsync.store.errors import translate, translated
from inboxsync.store.sql import open_store
from inboxsync.system.locking import file_lock

SECRET = "hunter2-in-a-parameter"


class OperationalError(Exception):
    """Looks like psycopg's: errors are known by their module, so that psycopg need not be imported."""

    __module__ = "psycopg.errors"

    def __init__(self, text: str, sqlstate: str | None = None) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate
        self.pgconn: object = None


class Wrapped(Exception):
    """Looks like SQLAlchemy's DBAPIError."""

    def __init__(self, orig: BaseException) -> None:
        super().__init__(f"[SQL: INSERT …] [parameters: {SECRET}]")
        self.orig = orig


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("database is locked", StoreBusy),
        ("database table is locked", StoreBusy),
        ("attempt to write a readonly database", StoreUnwritable),
        ("unable to open database file", StoreUnwritable),
        ("database or disk is full", DiskFull),
        ("disk I/O error", StoreIoFailed),
        ("database disk image is malformed", StoreCorrupt),
        ("file is not a database", StoreCorrupt),
    ],
)
def test_sqlite_errors_without_a_code_are_told_by_their_text(text: str, expected: type[StoreError]) -> None:
    assert type(translate(sqlite3.OperationalError(text), "here")) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (5, StoreBusy),
        (5 | 2 << 8, StoreBusy),
        (10 | 4 << 8, StoreIoFailed),
        (10 | 19 << 8, DiskFull),
        (26, StoreCorrupt),
    ],
)
def test_sqlite_codes_decide_over_the_text(code: int, expected: type[StoreError]) -> None:
    error = sqlite3.OperationalError("whatever")
    error.sqlite_errorcode = code
    assert type(translate(error, "here")) is expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (None, StoreLost),
        ("08006", StoreLost),
        ("08001", StoreUnreachable),
        ("28P01", StoreUnreachable),
        ("3D000", StoreUnreachable),
        ("57P01", StoreLost),
        ("57P03", StoreUnreachable),
        ("57014", StoreBusy),
        ("40001", StoreConflict),
        ("40P01", StoreConflict),
        ("53300", StoreBusy),
        ("55P03", StoreBusy),
        ("53100", DiskFull),
        ("58030", StoreIoFailed),
        ("25006", StoreStandby),
        ("42501", StoreUnwritable),
        ("XX001", StoreCorrupt),
    ],
)
def test_postgres_errors_are_told_by_their_state(state: str | None, expected: type[StoreError]) -> None:
    assert type(translate(OperationalError("x", state), "here")) is expected
    assert type(translate(Wrapped(OperationalError("x", state)), "here")) is expected


def test_a_connection_that_cannot_be_made_is_none_that_was_lost() -> None:
    error = OperationalError("connection refused")
    error.pgconn = object()
    assert type(translate(error, "here")) is StoreUnreachable


def test_what_postgres_forbids_is_not_mended_in_the_data_directory() -> None:
    error = translate(OperationalError("permission denied for schema public", "42501"), "here")
    assert error is not None
    assert "this login" in error.hint


@pytest.mark.parametrize("state", ["42P01", "42601", "0A000"])
def test_our_own_faults_on_postgres_are_not_the_worlds(state: str) -> None:
    assert translate(OperationalError("x", state), "here") is None


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EIO, StoreIoFailed),
        (errno.EACCES, StoreUnwritable),
        (errno.EROFS, StoreUnwritable),
        (errno.ENOTDIR, StoreUnwritable),
    ],
)
def test_system_errors(number: int, expected: type[StoreError]) -> None:
    assert type(translate(OSError(number, "words"), "here")) is expected


def test_what_is_not_the_worlds_doing_passes_unchanged() -> None:
    for bug in (
        KeyError("x"),
        OverflowError("of ours"),
        sqlite3.ProgrammingError("closed"),
        BrokenPipeError(32, "x"),
    ):
        with pytest.raises(type(bug)) as raised, translated("here"):
            raise bug
        assert raised.value is bug


def test_our_own_errors_pass_unchanged() -> None:
    mine = StoreBusy("mine")
    with pytest.raises(StoreBusy) as raised, translated("here"):
        raise mine
    assert raised.value is mine


def test_a_message_names_the_place_and_never_a_parameter() -> None:
    with pytest.raises(StoreBusy) as raised, translated("/data/x.sqlite3"):
        raise Wrapped(sqlite3.OperationalError("database is locked"))
    assert str(raised.value) == "/data/x.sqlite3: database is locked"
    assert SECRET not in str(raised.value) + raised.value.hint


def test_a_file_lock_that_others_hold_is_busy(tmp_path: Path) -> None:
    with (
        file_lock(tmp_path / "lock", timeout_s=0),
        pytest.raises(StoreBusy, match="another process"),
        translated("here"),
        file_lock(tmp_path / "lock", timeout_s=0),
    ):
        raise AssertionError("the lock was given twice")


def test_a_file_that_is_no_database_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "inboxsync.sqlite3").write_bytes(b"these are no pages" * 100)
    with pytest.raises(StoreCorrupt, match=r"inboxsync\.sqlite3"):
        open_store(None, tmp_path).schema.ensure()


def test_a_damaged_page_is_corrupt(tmp_path: Path) -> None:
    store = open_store(None, tmp_path)
    store.schema.ensure()
    store.close()
    file = tmp_path / "inboxsync.sqlite3"
    octets = bytearray(file.read_bytes())
    octets[4096 : 4096 * 12] = b"\xff" * (4096 * 11)
    file.write_bytes(octets)
    faults = store.schema.check()
    assert faults
    with pytest.raises(StoreCorrupt):
        store.control.integrations()


def test_a_data_directory_under_a_file_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnwritable) as raised:
        open_store(None, tmp_path / "file" / "data").schema.ensure()
    assert raised.value.exit_code == 78
    assert "INBOXSYNC_DATA_DIR" in raised.value.hint


def test_a_directory_in_the_place_of_the_file_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / "inboxsync.sqlite3").mkdir()
    with pytest.raises(StoreUnwritable):
        open_store(None, tmp_path).schema.ensure()


def test_a_server_that_is_not_there_is_unreachable_and_the_password_is_not_told(tmp_path: Path) -> None:
    store = open_store(f"postgresql://someone:{SECRET}@/x?host={tmp_path}", tmp_path)
    with pytest.raises(StoreUnreachable) as raised:
        store.schema.current()
    assert SECRET not in str(raised.value)
