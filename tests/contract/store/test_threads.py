"""Conversations: the same whatever the order in which their messages arrive, on SQLite and Postgres."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inboxsync.model.message import Address, ParsedMessage
from inboxsync.model.placement import ServerIds
from inboxsync.store.sql import SqlStore
from tests.contract.store.rows import Rows
from tests.unit.store.content_builders import NOW, Bench, mail

ANN = (Address("", "ann@example.com"),)


@dataclass(frozen=True)
class Letter:
    """A message by what ties it: its key, what it answers to, when it came, its subject."""

    key: str
    answers: tuple[str, ...] = ()
    minute: int = 0
    subject: str = ""
    thread_id: str | None = None

    @property
    def parsed(self) -> tuple[bytes, ParsedMessage]:
        return mail(self.key, message_id=self.key, references=self.answers, subject=self.subject, from_=ANN)


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench.on(store)


def store_letters(bench: Bench, letters: Sequence[Letter], sizes: Sequence[int] = ()) -> None:
    """Store letters in their order, in batches of these sizes and the rest one by one."""
    uids = itertools.count(1)
    left = list(letters)
    for size in itertools.chain(sizes, itertools.repeat(1)):
        if not left:
            return
        batch, left = left[:size], left[size:]
        outcomes = [
            bench.stored(next(uids), one.parsed, received_at=NOW + timedelta(minutes=one.minute)) for one in batch
        ]
        ids = [ServerIds(f"e{one.key}", one.thread_id) if one.thread_id else None for one in batch]
        bench.record(*(replace(one, meta=replace(one.meta, ids=its)) for one, its in zip(outcomes, ids, strict=True)))


def threads(rows: Rows) -> dict[str, str]:
    """The conversation of each message."""
    found = rows.read("SELECT external_id, thread_id FROM inboxsync_messages")
    return {str(row["external_id"]): str(row["thread_id"]) for row in found}


def forget(bench: Bench) -> Bench:
    """Purge all, for another try in the same database."""
    bench.store.control.remove_integration(bench.integration, purge=True)
    return Bench.on(bench.store)


CONVERSATIONS = (
    Letter("root@x", (), 0, "Printer"),
    Letter("a@x", ("root@x",), 1),
    Letter("b@x", ("root@x", "lost@x"), 2),
    Letter("c@x", ("lost@x",), 3),
    Letter("d@x", ("e@x",), 4),
    Letter("e@x", ("d@x",), 4),
    Letter("guess@x", (), 9, "Re: Printer"),
    Letter("again@x", (), 10, "Printer"),
    Letter("other@x", (), 11, "Scanner"),
    Letter("later@x", (), 12, "Re: Scanner"),
    Letter("alone@x", (), 13, "Lamp"),
    Letter("alike@x", (), 14, "Lamp"),
)
EXPECTED = {
    **dict.fromkeys(("root@x", "a@x", "b@x", "c@x", "guess@x", "again@x"), "root@x"),
    **dict.fromkeys(("d@x", "e@x"), "d@x"),
    **dict.fromkeys(("other@x", "later@x"), "other@x"),
    "alone@x": "alone@x",
    "alike@x": "alike@x",
}


@pytest.mark.parametrize("seed", range(6))
def test_any_order_and_any_batches_give_the_same_conversations(bench: Bench, rows: Rows, seed: int) -> None:
    chance = random.Random(seed)
    letters = list(CONVERSATIONS)
    chance.shuffle(letters)
    store_letters(bench, letters, [chance.randrange(1, 6) for _ in range(4)])
    assert threads(rows) == EXPECTED


def test_a_late_parent_joins_and_gives_its_name(bench: Bench, rows: Rows) -> None:
    store_letters(bench, [Letter("reply@x", ("root@x",), 5), Letter("other@x", ("root@x",), 6)])
    assert set(threads(rows).values()) == {"reply@x"}
    bench.record(bench.stored(9, Letter("root@x").parsed, received_at=NOW))
    assert set(threads(rows).values()) == {"root@x"}


def test_mail_that_came_in_one_second_is_named_by_what_answers_nothing(bench: Bench, rows: Rows) -> None:
    store_letters(bench, [Letter("a@x", ("b@x", "z@x")), Letter("b@x", ("z@x",)), Letter("z@x")])
    assert set(threads(rows).values()) == {"z@x"}


def test_ids_are_compared_in_canonical_form_at_both_ends(bench: Bench, rows: Rows) -> None:
    store_letters(
        bench,
        [
            Letter("<A@PROD.Example.com>", (), 0),
            Letter("b@x", ("A@prod.example.COM",), 1),
            Letter("c@x", ("late@EXAMPLE.com",), 2),
            Letter('"late"@Example.com', ("b@X",), 3),
        ],
    )
    assert set(threads(rows).values()) == {"<A@PROD.Example.com>"}


def test_what_the_server_takes_for_a_conversation_is_one(bench: Bench, rows: Rows) -> None:
    other = Bench.on(bench.store, name="other")
    store_letters(bench, [Letter("a@x", thread_id="17", minute=1), Letter("b@x", thread_id="18", minute=2)])
    store_letters(other, [Letter("c@x", thread_id="17", minute=3)])
    bench.record(
        replace(
            (made := bench.stored(5, Letter("d@x").parsed, received_at=NOW + timedelta(minutes=4))),
            meta=replace(made.meta, ids=ServerIds("ed", "17")),
        )
    )
    assert threads(rows) == {"a@x": "a@x", "b@x": "b@x", "c@x": "c@x", "d@x": "a@x"}


@pytest.mark.parametrize("sizes", [[2], [1, 1]])
def test_one_message_id_on_two_contents_is_one_conversation(bench: Bench, rows: Rows, sizes: list[int]) -> None:
    outcomes = [
        bench.stored(1, mail("one", message_id="same@x")),
        bench.stored(2, mail("two", message_id="same@x"), external_id="same@x#2"),
    ]
    for size in sizes:
        bench.record(*outcomes[:size])
        outcomes = outcomes[size:]
    assert threads(rows) == {"same@x": "same@x", "same@x#2": "same@x"}


def test_scopes_do_not_share_conversations(bench: Bench, rows: Rows) -> None:
    apart = Bench.on(bench.store, name="apart", scope="company:other")
    store_letters(bench, [Letter("a@x")])
    store_letters(apart, [Letter("b@x", ("a@x",))])
    assert threads(rows) == {"a@x": "a@x", "b@x": "b@x"}


def test_mail_that_answers_nothing_is_remembered_by_itself_alone(bench: Bench, rows: Rows) -> None:
    store_letters(bench, [Letter("a@x", (), 0, "Printer"), Letter("b@x", ("a@x",), 1), Letter("c@x", ("b@x",), 2)], [2])
    assert rows.read("SELECT tie FROM inboxsync_thread_ties") == []


def test_a_purged_first_message_leaves_the_name(bench: Bench, rows: Rows) -> None:
    keeper = Bench.on(bench.store, name="keeper")
    store_letters(bench, [Letter("root@x")])
    keeper.record(keeper.stored(1, Letter("a@x", ("root@x",)).parsed, received_at=NOW + timedelta(hours=1)))
    bench.store.control.remove_integration(bench.integration, purge=True)
    keeper.record(keeper.stored(2, Letter("b@x", ("a@x",)).parsed, received_at=NOW - timedelta(hours=1)))
    assert threads(rows) == {"a@x": "root@x", "b@x": "root@x"}
    assert rows.read("SELECT tie FROM inboxsync_thread_ties WHERE tie = 'root@x'") == []


NAMES = [f"{name}@x" for name in "abcdefgh"]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(
            Letter,
            key=st.sampled_from(NAMES),
            answers=st.lists(st.sampled_from([*NAMES, "lost@x"]), max_size=3).map(tuple),
            minute=st.integers(0, 3),
            subject=st.sampled_from(["", "Lamp", "Re: Lamp", "Re: Oven"]),
        ),
        unique_by=lambda letter: letter.key,
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_conversations_do_not_depend_on_the_order(
    store: SqlStore, rows: Rows, letters: list[Letter], chance: random.Random
) -> None:
    bench = Bench.on(store)
    store_letters(bench, letters, [chance.randrange(1, 4) for _ in letters])
    first = threads(rows)
    bench = forget(bench)
    chance.shuffle(letters)
    store_letters(bench, letters, [chance.randrange(1, 4) for _ in letters])
    assert threads(rows) == first
    forget(bench)
