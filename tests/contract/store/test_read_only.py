"""A store opened for reading: the database itself refuses every write, and reading goes on while others write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from inboxsync.errors import SchemaOlder, StoreError, StoreStandby, StoreUnwritable
from inboxsync.model.api_query import MessageFilter, Stretch, TicketFilter
from inboxsync.model.token import AccessToken, Sight
from inboxsync.store.address import read_address
from inboxsync.store.connections import Connections
from inboxsync.store.read_only import ReadOnlyStore, open_read_only
from inboxsync.store.sql import SqlStore
from inboxsync.store.tokens import tokens_of
from tests.unit.store.content_builders import CREATE, NOW, Bench, mail

EVERYTHING = Sight()


@pytest.fixture
def read(migrated_url: str, store: SqlStore, tmp_path: Path) -> Iterator[ReadOnlyStore]:
    opened = open_read_only(migrated_url, tmp_path)
    yield opened
    opened.close()


def test_the_database_refuses_every_write(store: SqlStore, read: ReadOnlyStore) -> None:
    bench = Bench.on(store)
    with pytest.raises((StoreUnwritable, StoreStandby)):
        read.tokens.add(AccessToken("t", "i", "0", NOW))
    with pytest.raises((StoreUnwritable, StoreStandby)):
        read.control.remove_integration(bench.integration, purge=True)
    assert store.control.integration("support") is not None


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM inboxsync_tokens", "CREATE TABLE t (x INTEGER)", "DROP TABLE inboxsync_events"],
)
def test_so_it_does_where_messages_are_read(migrated_url: str, store: SqlStore, tmp_path: Path, statement: str) -> None:
    connections = Connections(read_address(migrated_url, tmp_path), read_timeout_s=20)
    with pytest.raises((StoreUnwritable, StoreStandby)), connections.reading() as work:
        work.alchemy.execute(text(statement))
    with pytest.raises((StoreUnwritable, StoreStandby)), connections.writing(durable=True) as work:
        work.alchemy.execute(text(statement))
    connections.close()


def test_what_takes_too_long_is_broken_off_and_the_next_question_answered(
    migrated_url: str, store: SqlStore, tmp_path: Path
) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    connections = Connections(read_address(migrated_url, tmp_path), read_timeout_s=0.2)
    with pytest.raises(StoreError), connections.reading() as work:
        work.alchemy.execute(text(endless))
    with connections.reading() as work:
        assert work.alchemy.execute(text("SELECT 1")).scalar_one() == 1
    connections.close()


def test_reading_goes_on_while_a_batch_is_written(store: SqlStore, read: ReadOnlyStore) -> None:
    bench = Bench.on(store)
    bench.record(bench.stored(1, mail("m1")))
    with bench.content.transaction(bench.scope) as transaction:
        transaction.record(bench.batch(bench.stored(2, mail("m2"))))
        assert read.content.count(MessageFilter()) == 1
        assert len(read.control.integrations()) == 1
    assert read.content.count(MessageFilter()) == 2


def test_lists_agree_with_counts_on_every_filter(store: SqlStore, read: ReadOnlyStore) -> None:
    bench, other = Bench.on(store), Bench.on(store, "other")
    for uid in range(1, 6):
        bench.record(bench.stored(uid, mail(f"m{uid}"), ticket=CREATE if uid == 1 else None))
    other.record(other.stored(1, mail("o1")))
    own = Sight(frozenset({bench.integration.id or 0}))
    for wanted in (
        MessageFilter(),
        MessageFilter(own),
        MessageFilter(Sight(frozenset())),
        MessageFilter(own, folder="INBOX"),
        MessageFilter(unread=True),
        MessageFilter(own, text="m3"),
        MessageFilter(fate="stored", until=NOW),
    ):
        places = read.content.places(wanted, Stretch(limit=100))
        assert len(places) == read.content.count(wanted), wanted
        walked, after = [], None
        while found := read.content.places(wanted, Stretch(limit=1, after=after)):
            walked.append(found[0])
            after = found[0]
        assert walked == list(places)
    total, tickets = read.content.tickets(TicketFilter(own), Stretch())
    assert (total, len(tickets)) == (1, 1)
    history = read.history.events(own, 0, limit=100)
    assert {event.integration_id for event in history.events} == {bench.integration.id}
    assert read.figures().of(bench.integration.id).fates == {"stored": 5}


def test_tokens_come_back_as_they_were_stored(store: SqlStore, read: ReadOnlyStore) -> None:
    tokens = tokens_of(store.control)
    for token in (
        AccessToken("all", "a" * 12, "1" * 64, NOW),
        AccessToken("few", "b" * 12, "2" * 64, NOW, ("u",), NOW),
    ):
        tokens.add(token)
        found = read.tokens.by_token_id(token.token_id)
        assert found is not None
        assert (found.name, found.sha256, found.integrations, found.expires_at) == (
            token.name, token.sha256, token.integrations, token.expires_at,
        )  # fmt: skip
    assert tokens.remove("all")
    assert not tokens.remove("all")
    assert read.tokens.by_token_id("a" * 12) is None


def test_an_older_schema_is_not_read(store: SqlStore, read: ReadOnlyStore) -> None:
    read.check_schema()
    with store._database.transaction() as work:
        work.run("UPDATE inboxsync_meta SET value = '0' WHERE name = 'schema_version'")
    try:
        with pytest.raises(SchemaOlder):
            read.check_schema()
    finally:
        with store._database.transaction() as work:
            work.run("UPDATE inboxsync_meta SET value = '1' WHERE name = 'schema_version'")
