"""What a search finds, the same on SQLite and Postgres."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inboxsync.model.ingest import Outcome
from inboxsync.model.message import Address, MessageSummary
from inboxsync.model.placement import Fate
from inboxsync.model.search import read_query
from inboxsync.store.sql import SqlStore
from tests.contract.store.rows import Rows
from tests.unit.store.content_builders import LATER, NOW, Bench, attachment, mail, meta

DAY = timedelta(days=1)
ANN, BOB = Address("Ann Müller", "ann@example.com"), Address("Bob", "bob@example.org")
MAILS: dict[str, dict[str, Any]] = {
    "printer": {"subject": "Printer broken", "body_text": "The printer in room 5 is on fire."},
    "invoice": {"subject": "Invoice 4711", "body_text": "Please pay the invoice, Grüße aus Köln", "from_": (BOB,)},
    "lunch": {"subject": "Lunch?", "body_text": "Room 5 at noon", "to": (ANN,), "cc": (BOB,)},
    "chinese": {"subject": "会议通知", "body_text": "明天下午开会"},
    "report": {"subject": "Report", "body_text": None, "attachments": (attachment(filename="Umsatz-März.pdf"),)},
    "shout": {"subject": "PRINTER", "body_text": "fire on printer the"},
}


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


@pytest.fixture
def full(bench: Bench) -> Bench:
    """All mails, a day apart, the first the oldest; indexed."""
    outcomes = [
        bench.stored(number, mail(key, from_raw="", **fields), received_at=NOW + number * DAY)
        for number, (key, fields) in enumerate(MAILS.items(), 1)
    ]
    bench.record(*outcomes)
    assert bench.content.search.index(100) == len(MAILS)
    return bench


def found(bench: Bench, text: str, *, integration: str | None = None) -> list[str]:
    query = replace(read_query(text, NOW + 10 * DAY), integration=integration)
    page = bench.content.search.find(query, limit=20, page=1)
    keys = [view.external_id.partition("@")[0] for view in page.items]
    assert (page.total, page.limited, page.has_next) == (len(keys), False, False)
    ids = {view.id for view in page.items}
    assert set(bench.content.search.ids(query)) == ids
    return keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("printer", ["shout", "printer"]),
        ("PRINTER fire", ["shout", "printer"]),
        ('"printer on fire"', []),
        ('"on fire"', ["printer"]),
        ("printer -room", ["shout"]),
        ("-printer", ["report", "chinese", "lunch", "invoice"]),
        ('-"room 5" -has:attachment', ["shout", "chinese", "invoice"]),
        ("from:bob", ["invoice"]),
        ("from:bob@example.org invoice", ["invoice"]),
        ("from:muller", []),
        ("to:MULLER", ["lunch"]),
        ("to:bob", ["lunch"]),
        ("subject:printer", ["shout", "printer"]),
        ("subject:fire", []),
        ("-subject:printer fire", []),
        ("grusse koln", ["invoice"]),
        ("Grüsse", ["invoice"]),
        ("议通", ["chinese"]),
        ("通议", []),
        ("has:attachment", ["report"]),
        ("marz", ["report"]),
        ("umsatz-märz.pdf", ["report"]),
        ("before:2026-03-03 printer", ["printer"]),
        ("after:2026-03-03 printer", ["shout"]),
        ("after:2026-03-03 before:2026-03-05", ["lunch", "invoice"]),
        ("after:6d", ["shout", "report", "chinese"]),
        ("-after:2026-03-03", ["printer"]),
        ("in:inbox printer", ["shout", "printer"]),
        ("in:archive printer", []),
        ("-in:INBOX printer", []),
        ("is:unread invoice", ["invoice"]),
        ("is:read", []),
        ("room 5", ["lunch", "printer"]),
        ("broken the", ["printer"]),
        ("ann müller", ["lunch"]),
    ],
)
def test_what_is_found_newest_first(full: Bench, text: str, keys: list[str]) -> None:
    assert found(full, text) == keys


def test_a_phrase_does_not_reach_from_one_person_part_or_attachment_to_the_next(bench: Bench) -> None:
    fields: dict[str, Any] = {
        "to": (ANN, BOB),
        "attachments": (attachment(filename="a b"), attachment(b"2", position=1, filename="c")),
    }
    bench.record(bench.stored(1, mail("x", "d e", subject="s t", **fields)))
    bench.content.search.index(10)
    for phrase in ('"com bob"', '"t ann"', '"b c"', '"c d"'):
        assert found(bench, phrase) == [], phrase
    for phrase in ('"s t"', '"a b"', '"d e"', '"bob bob example"'):
        assert found(bench, phrase) == ["x"], phrase


def test_an_attached_message_without_a_name_is_found_by_its_subject(bench: Bench) -> None:
    inner = replace(
        attachment(filename=None), safe_name="Quarterly figures.eml", summary=MessageSummary("Quarterly figures")
    )
    unnamed = replace(attachment(filename=None, position=1), safe_name="attachment-2")
    bench.record(bench.stored(1, mail("x", attachments=(inner, unnamed))))
    bench.content.search.index(10)
    assert (found(bench, '"quarterly figures"'), found(bench, '"attachment 2"')) == (["x"], [])
    (view,) = bench.content.search.find(read_query("quarterly", NOW), limit=1, page=1).items
    names = [(one.filename, one.safe_name) for one in view.attachments]
    assert names == [(None, "Quarterly figures.eml"), (None, "attachment-2")]


def test_new_mail_waits_and_is_found_once_indexed_newest_first(bench: Bench) -> None:
    for number in range(1, 6):
        bench.record(bench.stored(number, mail(f"m{number}", "same"), received_at=NOW + number * DAY))
    search = bench.content.search
    assert (search.waiting(), found(bench, "same")) == (5, [])
    assert (search.index(2), search.waiting(), found(bench, "same")) == (2, 3, ["m5", "m4"])
    assert (search.index(10), search.index(10), search.waiting()) == (3, 0, 0)
    assert search.queue_all() == 5
    assert (search.index(10), found(bench, "same")) == (5, ["m5", "m4", "m3", "m2", "m1"])


def test_pages_and_a_bounded_total(bench: Bench) -> None:
    outcomes = [
        bench.stored(number, mail(f"m{number}", "same"), received_at=NOW + timedelta(seconds=number % 7))
        for number in range(1, 251)
    ]
    bench.record(*outcomes)
    assert bench.content.search.index(1000) == 250
    query = read_query("same", NOW)
    page = bench.content.search.find(query, limit=100, page=1)
    assert (page.total, page.limited, page.has_next, len(page.items)) == (200, True, True, 100)
    last = bench.content.search.find(query, limit=100, page=3)
    assert (last.total, last.limited, last.has_next, len(last.items)) == (250, False, False, 50)
    dates = [view.date_received for view in page.items]
    assert dates == sorted(dates, reverse=True)
    assert len(set(bench.content.search.ids(query))) == 250


def test_a_message_is_found_once_and_shown_through_a_place_that_meets_the_query(store: SqlStore) -> None:
    inbox, archive = Bench.on(store), Bench.on(store, folder="Archive")
    other = Bench.on(store, name="other", folder="INBOX")
    inbox.record(inbox.stored(1, mail("m", "words"), meta=meta(1, flags=("\\Seen",))))
    places: list[tuple[Bench, tuple[str, ...]]] = [(archive, ()), (other, ("\\Flagged",))]
    for bench, flags in places:
        bench.record(Outcome(meta(9, flags=flags), Fate.DUPLICATE, external_id="m@example.com"))
    store.content.search.index(10)
    for text, place in (
        ("words", ("support", "INBOX")),
        ("words is:read", ("support", "INBOX")),
        ("words in:archive", ("support", "Archive")),
        ("words is:starred", ("other", "INBOX")),
        ("words -in:inbox", ("support", "Archive")),
        ("is:unread -is:starred", ("support", "Archive")),
    ):
        (view,) = store.content.search.find(read_query(text, NOW), limit=5, page=1).items
        assert (view.integration, view.folder) == place, text
    assert found(other, "words", integration="other") == ["m"]
    assert found(other, "words", integration="none") == []


def test_what_is_purged_cannot_be_found(full: Bench, rows: Rows) -> None:
    full.store.control.remove_integration(full.integration, purge=True)
    assert found(full, "printer") == []
    for table in ("inboxsync_search", "inboxsync_search_queue"):
        assert rows.read(f"SELECT * FROM {table}") == []
    if rows.engine.dialect.name == "sqlite":
        assert rows.read("SELECT rowid FROM inboxsync_search_words") == []


def test_long_and_repetitive_bodies_are_found_within_the_same_bounds(bench: Bench) -> None:
    words = ["again"] * 300 + ["tail"] + [f"w{number}" for number in range(30_000)]
    bench.record(bench.stored(1, mail("long", " ".join(words))))
    bench.content.search.index(1)
    for text in ("again", '"again tail"', "tail", '"tail w0"', "w3000", "w29999", '"w1 w2"'):
        assert found(bench, text) == (["long"] if text in ("again", "tail", '"tail w0"', "w3000", '"w1 w2"') else [])


def test_many_and_huge_words_fit_either_index(bench: Bench) -> None:
    random.seed(4)
    text = " ".join("".join(chr(random.randrange(0x10000, 0x2FFFF)) for _ in range(70)) for _ in range(3000))
    bench.record(bench.stored(1, mail("odd", text + " \x00 \ud800 '\\:*&|!<->\"", subject="'; DROP")))
    assert bench.content.search.index(1) == 1
    assert found(bench, "drop") == ["odd"]


SYNTAX = st.text(
    alphabet="abfrom:tosubjecthasin-\"'*()&|!<>^~\\{}+ \t\n\x00\ue000\ue001é会AND OR NOT NEAR", max_size=40
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(SYNTAX, st.text(max_size=60)))
def test_no_text_is_a_syntax_error(full: Bench, text: str) -> None:
    query = read_query(text, datetime(2026, 3, 1, tzinfo=UTC))
    page = full.content.search.find(query, limit=5, page=1)
    assert len(page.items) <= 5


def test_an_index_that_another_one_fills_is_left_to_it(store: SqlStore, rows: Rows) -> None:
    bench = Bench.on(store)
    bench.record(bench.stored(1, mail("m")), at=LATER)
    if rows.engine.dialect.name == "sqlite":
        return
    from inboxsync.store.locks import lock_number

    with rows.engine.begin() as connection:
        number = lock_number("the full-text index")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({number})")
        assert bench.content.search.index(10) == 0
    assert bench.content.search.index(10) == 1
