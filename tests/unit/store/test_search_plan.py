"""How much SQLite does for a search: no more the more mail there is, whatever is asked and nothing is found.

Counted in steps of SQLite's virtual machine, of which one reads a row or a field; walking FTS5's own lists costs none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from inboxsync.model.search import read_query
from inboxsync.store import search_reading
from inboxsync.store.address import read_address
from inboxsync.store.sql import SqlStore, open_store
from tests.fakes.engine import open_engine
from tests.unit.store.content_builders import NOW, Bench, mail, meta

FEW, MANY = 250, 750
AT_ONCE = 250
# FTS5 reads its own pages by steps: some more where there is more mail, and far fewer than one for each message.
PAGES = (MANY - FEW) // 3


def filled(directory: Path, count: int) -> SqlStore:
    """Odd mail says `odd` and is read, even mail says `even`; all lies in INBOX, the first few in Archive."""
    store = open_store(None, directory)
    store.schema.ensure()
    inbox, archive = Bench.on(store), Bench.on(store, folder="Archive")
    outcomes = []
    for number in range(1, count + 1):
        says = "every odd" if number % 2 else "every even"
        stored = inbox.stored(number, mail(f"m{number}", says), received_at=NOW + timedelta(minutes=number))
        outcomes.append(replace(stored, meta=meta(number, flags=("\\Seen",) if number % 2 else ())))
    archive.record(*outcomes[:3])
    for first in range(3, count, AT_ONCE):
        inbox.record(*outcomes[first : first + AT_ONCE])
    store.content.search.index(count)
    return store


@pytest.fixture(scope="module")
def connections(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Connection, Connection]]:
    """A store with few messages and one with many."""
    opened = []
    for count in (FEW, MANY):
        store = filled(tmp_path_factory.mktemp(f"of{count}"), count)
        opened.append((store, open_engine(read_address(f"sqlite:///{store.place}", store.data_dir)).connect()))
    yield opened[0][1], opened[1][1]
    for store, connection in opened:
        connection.close()
        connection.engine.dispose()
        store.close()


def steps(connection: Connection, text: str) -> tuple[int, int]:
    """How much SQLite did for the newest five that a text finds, and how many there are."""
    counted = [0]
    driver = connection.connection.dbapi_connection
    assert driver is not None
    query = read_query(text, datetime(2026, 12, 1, tzinfo=UTC))
    search_reading.find(connection, query, limit=5, page=1)  # what is prepared once is not counted

    def step() -> int:
        counted[0] += 1
        return 0

    driver.set_progress_handler(step, 1)
    found = search_reading.find(connection, query, limit=5, page=1)
    driver.set_progress_handler(None, 0)
    return counted[0], found.total


@pytest.mark.parametrize(
    "text",
    [
        "odd even", '"odd every"', "odd is:unread", "in:INBOX odd is:unread", "even is:read", "is:starred",
        "is:starred odd", "in:nowhere", "in:nowhere odd", "-every", "-odd -even", "-every is:unread",
        "nowhere in:INBOX", "from:nobody -odd", "has:attachment", "has:attachment in:INBOX is:unread odd",
        "odd before:2020", "-in:INBOX -in:Archive odd",
    ],
)  # fmt: skip
def test_what_finds_nothing_reads_nothing(connections: tuple[Connection, Connection], text: str) -> None:
    few, many = (steps(connection, text) for connection in connections)
    assert few[1] == many[1] == 0
    assert many[0] <= few[0] + PAGES, (few, many)


@pytest.mark.parametrize("text", ["in:archive", "in:archive odd", "-in:INBOX", "-in:INBOX odd is:read"])
def test_little_among_much_is_found_by_itself(connections: tuple[Connection, Connection], text: str) -> None:
    few, many = (steps(connection, text) for connection in connections)
    assert few[1] == many[1] > 0
    assert many[0] <= few[0] + PAGES, (few, many)


@pytest.mark.parametrize("text", ["every", "odd is:read", "in:INBOX", "-even", "after:2020", "-nowhere -even in:INBOX"])
def test_much_is_read_no_further_than_it_is_counted(connections: tuple[Connection, Connection], text: str) -> None:
    _, many = (steps(connection, text) for connection in connections)
    _, alone = steps(connections[1], "every")
    assert many[1] == alone == search_reading.COUNTED
    # 201 of at most 402 messages are looked at, each with its placement.
    assert many[0] <= 402 * 60 + 5_000, many
