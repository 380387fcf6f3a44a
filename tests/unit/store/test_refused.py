"""What drivers raise when a value cannot be stored, told apart from bugs of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert
from sqlalchemy.exc import StatementError

from inboxsync.errors import StoreError, StoreLost, StoreRefused
from inboxsync.store.errors import translate

TABLE = Table("t", MetaData(), Column("number", Integer, unique=True), Column("word", String, nullable=False))


class DataError(Exception):
    """Looks like psycopg's, of which no module need be there."""

    __module__ = "psycopg"

    def __init__(self, text: str, sqlstate: str | None = None) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


class OperationalError(Exception):
    """Looks like psycopg's without a state."""

    __module__ = "psycopg"


def raised_by(work: Callable[[], object]) -> BaseException:
    with pytest.raises(Exception) as caught:
        work()
    return caught.value


def stored(number: object, word: object) -> Callable[[], object]:
    def work() -> None:
        engine = create_engine("sqlite://", hide_parameters=True)
        try:
            with engine.begin() as connection:
                TABLE.create(connection)
                connection.execute(insert(TABLE), [{"number": number, "word": word}] * 2)
        finally:
            engine.dispose()

    return work


@pytest.mark.parametrize(
    ("number", "word"),
    [(1, "twice"), (None, None), (2**63, "too long"), (1, "half \ud83d pair")],
    ids=["unique", "not null", "integer", "surrogate"],
)
def test_what_sqlite_refuses_through_sqlalchemy(number: object, word: object) -> None:
    error = translate(raised_by(stored(number, word)), "here")
    assert type(error) is StoreRefused
    assert error.message.startswith("the database refuses it: ")
    assert "twice" not in error.message


def test_what_is_too_big_for_sqlite() -> None:
    def work() -> None:
        connection = sqlite3.connect(":memory:")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1000)
        try:
            connection.execute("SELECT ?", ("x" * 2000,))
        finally:
            connection.close()

    assert type(translate(raised_by(work), "here")) is StoreRefused


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DataError("a NUL", None), StoreRefused),
        (DataError("invalid byte sequence", "22021"), StoreRefused),
        (DataError("duplicate key", "23505"), StoreRefused),
        (DataError("index row size exceeds", "54000"), StoreRefused),
        (DataError("syntax error", "42601"), None),
        (StatementError("x", "INSERT", None, OverflowError("too large")), StoreRefused),
        (StatementError("x", "INSERT", None, TypeError("not serializable")), None),
        (sqlite3.ProgrammingError("type 'object' is not supported"), None),
        (sqlite3.DataError("string or blob too big"), StoreRefused),
        (sqlite3.IntegrityError("constraint failed"), StoreRefused),
    ],
)
def test_refusals_are_told_from_bugs(error: Exception, expected: type[StoreError] | None) -> None:
    known = translate(error, "here")
    assert (None if known is None else type(known)) is expected


def test_a_lost_connection_refuses_nothing() -> None:
    assert type(translate(OperationalError("the connection is closed"), "here")) is StoreLost


@pytest.mark.parametrize("work", [lambda: (2**70).to_bytes(2, "big"), lambda: "\ud83d".encode()])
def test_the_same_error_out_of_our_own_code_stays_a_bug(work: Callable[[], object]) -> None:
    assert translate(raised_by(work), "here") is None
