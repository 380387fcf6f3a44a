"""Derived data replaced, the same on SQLite and Postgres: conversations that part, attachments that keep their ids."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from inboxsync.model.message import Address, ParsedMessage
from inboxsync.model.reparsing import Rederived
from inboxsync.store.sql import SqlStore
from tests.contract.store.rows import Rows
from tests.unit.store.content_builders import NOW, SCOPE, Bench, attachment, mail


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


def again(bench: Bench, row_id: int, message: tuple[bytes, ParsedMessage], minutes: int = 0) -> Rederived:
    octets, parsed = message
    return Rederived(row_id, SCOPE, bench.content.prepare(octets, parsed, NOW + timedelta(minutes=minutes)))


def threads(rows: Rows) -> list[str]:
    return [str(row["thread_id"]) for row in rows.read("SELECT thread_id FROM inboxsync_messages ORDER BY id")]


def test_conversations_part_and_meet_as_the_ties_say_now(bench: Bench, rows: Rows) -> None:
    """1 ← 2 ← 3, and 4 alone; then 2 answers 4 instead."""
    answers = {2: ("m1@example.com",), 3: ("m2@example.com",)}
    for number in range(1, 5):
        message = mail(f"m{number}", references=answers.get(number, ()))
        bench.record(bench.stored(number, message, received_at=NOW + timedelta(minutes=number)))
    assert threads(rows) == ["m1@example.com"] * 3 + ["m4@example.com"]
    changed = again(bench, 2, mail("m2", references=("m4@example.com",)), 2)
    reparsing = bench.content.reparsing
    references = frozenset({"reference_ids"})
    assert reparsing.compare([changed]) == [references]
    assert reparsing.write([changed], rethread=False) == [references]
    assert threads(rows) == ["m1@example.com", *["m2@example.com"] * 3]
    assert reparsing.write([changed], rethread=True) == [frozenset()]
    assert threads(rows) == ["m1@example.com", *["m2@example.com"] * 3]


def test_attachments_keep_their_ids_by_position(bench: Bench, rows: Rows) -> None:
    first = (attachment(b"1", filename="a"), attachment(b"2", position=1, filename="b"))
    bench.record(bench.stored(1, mail("m", attachments=first)))
    second = (attachment(b"1", filename="A"), attachment(b"2", position=1, filename="b"), attachment(b"3", position=2))
    read = "SELECT id, position, filename FROM inboxsync_attachments ORDER BY position"
    before = rows.read(read)
    for attachments, names in ((second, ["A", "b", "a.pdf"]), (first[:1], ["a"])):
        changes = bench.content.reparsing.write([again(bench, 1, mail("m", attachments=attachments))], rethread=False)
        assert changes == [frozenset({"attachments"})]
        found = rows.read(read)
        assert [row["filename"] for row in found] == names
        assert found[0]["id"] == before[0]["id"]


def test_columns_bodies_and_the_queue_of_search(bench: Bench, rows: Rows) -> None:
    bench.record(bench.stored(1, mail("m", "old")), bench.stored(2, mail("n")))
    bench.content.search.index(9)
    message = mail(
        "m", "old", body_text="new", subject="S\x00", from_=(Address("B", "b@example.com"),), parser_version=7
    )
    (changes,) = bench.content.reparsing.write([again(bench, 1, message)], rethread=False)
    assert changes == {"subject", "body_text", "from_address", "from_name", "recipients"}
    (row,) = rows.read("SELECT subject, parser_version, external_id FROM inboxsync_messages WHERE id = 1")
    assert (row["subject"], row["parser_version"], row["external_id"]) == ("S\u2400", 7, "m@example.com")
    assert bench.content.search.waiting() == 1


def test_what_is_purged_meanwhile_stays_purged(bench: Bench, rows: Rows) -> None:
    message = mail("m", attachments=(attachment(),))
    bench.record(bench.stored(1, message))
    item = again(bench, 1, (message[0], replace(message[1], body_text="new")))
    bench.store.control.remove_integration(bench.integration, purge=True)
    assert bench.content.reparsing.write([item], rethread=True) == []
    assert bench.content.reparsing.compare([item]) == []
    assert rows.read("SELECT * FROM inboxsync_attachments") == []
