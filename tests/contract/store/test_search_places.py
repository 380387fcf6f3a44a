"""What a search finds by folder, flags and words together: the same as looking at every message, on either database."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from inboxsync.model.following import FollowRecord
from inboxsync.model.ingest import Outcome
from inboxsync.model.placement import Fate, FlagsSeen
from inboxsync.model.search import SearchQuery, Term, read_query
from inboxsync.store.sql import SqlStore
from tests.contract.store.rows import Rows
from tests.unit.store.content_builders import NOW, Bench, mail, meta

SEED = 20261120
WORDS = ("red", "green", "blue", "the", "of")
FLAGS = ((), ("\\Seen",), ("\\Flagged",), ("\\Seen", "\\Flagged"))
PLACES = (("support", "INBOX"), ("support", "Archive"), ("sales", "INBOX"))
PIECES = (
    *WORDS, *(f"-{word}" for word in WORDS), '"red green"', '-"the of"', "subject:blue", "-subject:the", "from:ann",
    "in:INBOX", "in:archive", "-in:INBOX", "in:nowhere", "is:read", "is:unread", "is:starred", "-is:starred",
    "before:2026-03-10", "after:2026-03-10", "has:attachment", "-has:attachment", "a*", "absent", "-absent",
)  # fmt: skip


@dataclass
class Known:
    """A message as this test knows it: what it says, when it came, and its flags by place."""

    key: str
    subject: str
    body: str
    received_at: datetime
    flags: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


def meets(message: Known, query: SearchQuery) -> bool:
    """Whether a message is to be found, by looking at it."""
    if query.after is not None and message.received_at < query.after:
        return False
    if query.before is not None and message.received_at >= query.before:
        return False
    has_place = any(_is_place(query, place, flags) for place, flags in message.flags.items())
    return has_place and all(_says(message, term) != term.negated for term in query.terms)


def _is_place(query: SearchQuery, place: tuple[str, str], flags: Sequence[str]) -> bool:
    integration, folder = place[0], place[1].casefold()
    return (
        query.integration in (None, integration)
        and (not query.folders or folder in query.folders)
        and folder not in query.not_folders
        and query.is_read in (None, "\\Seen" in flags)
        and query.is_starred in (None, "\\Flagged" in flags)
    )


def _says(message: Known, term: Term) -> bool:
    texts = {"subject": message.subject, "from": "ann ann example com", "text": message.body}
    asked = f" {' '.join(term.words)} "
    looked_at = texts.values() if term.part is None else [texts.get(term.part.value, "")]
    return any(asked in f" {text.lower()} " for text in looked_at)


@dataclass
class World:
    """A store filled by chance, and what is in it."""

    store: SqlStore
    benches: dict[tuple[str, str], Bench]
    messages: list[Known]

    def found(self, query: SearchQuery) -> list[str]:
        """The keys of what the store finds, newest first."""
        page = self.store.content.search.find(query, limit=100, page=1)
        assert page.total == len(page.items)
        assert [view.id for view in page.items] == list(self.store.content.search.ids(query))
        return [view.external_id.partition("@")[0] for view in page.items]

    def check(self, chance: random.Random, count: int) -> None:
        """Compare so many queries by chance with looking at every message."""
        for _ in range(count):
            text = " ".join(chance.choices(PIECES, k=chance.randint(1, 4)))
            integration = chance.choice((None, None, "support", "sales", "none"))
            query = replace(read_query(text, datetime(2026, 4, 1, tzinfo=UTC)), integration=integration)
            expected = [one.key for one in reversed(self.messages) if meets(one, query)]
            assert self.found(query) == expected, (SEED, text, integration)


@pytest.fixture
def world(store: SqlStore) -> World:
    """Forty messages, an hour apart, in one to three places each."""
    chance = random.Random(SEED)
    benches = {place: Bench.on(store, *place) for place in PLACES}
    messages = []
    stored: dict[tuple[str, str], list[Outcome]] = {place: [] for place in PLACES}
    copies: dict[tuple[str, str], list[Outcome]] = {place: [] for place in PLACES}
    for number in range(40):
        subject, body = (" ".join(chance.choices(WORDS, k=3)) for _ in range(2))
        one = Known(f"m{number}", subject, body, NOW + timedelta(hours=12 * number))
        first, *others = chance.sample(PLACES, k=chance.choice((1, 1, 2, 3)))
        for place in (first, *others):
            one.flags[place] = chance.choice(FLAGS)
        octets = mail(one.key, body, subject=subject)
        outcome = benches[first].stored(number + 1, octets, received_at=one.received_at)
        stored[first].append(replace(outcome, meta=meta(number + 1, flags=one.flags[first])))
        for place in others:
            copies[place].append(_copy(number + 1, one, place))
        messages.append(one)
    for outcomes in (stored, copies):
        for place in PLACES:
            benches[place].record(*outcomes[place])
    store.content.search.index(100)
    return World(store, benches, messages)


def _copy(uid: int, message: Known, place: tuple[str, str]) -> Outcome:
    return Outcome(meta(uid, flags=message.flags[place]), Fate.DUPLICATE, external_id=f"{message.key}@example.com")


def _change_flags(world: World, chance: random.Random) -> None:
    for number in chance.sample(range(len(world.messages)), k=8):
        message = world.messages[number]
        place = chance.choice(list(message.flags))
        message.flags[place] = chance.choice(FLAGS)
        seen = FlagsSeen(number + 1, message.flags[place])
        world.store.content.follow(FollowRecord(world.benches[place].folder_id, 7, NOW, flags=(seen,)))


def _copy_some(world: World, chance: random.Random) -> None:
    for number, message in enumerate(world.messages):
        place = chance.choice(PLACES)
        if place not in message.flags and chance.random() < 0.3:
            message.flags[place] = chance.choice(FLAGS)
            world.benches[place].record(_copy(number + 1, message, place))


@pytest.mark.parametrize("change", [None, _change_flags, _copy_some])
def test_queries_by_chance_find_what_looking_finds(
    world: World, change: Callable[[World, random.Random], None] | None
) -> None:
    chance = random.Random(SEED)
    world.check(chance, 50 if change is None else 5)
    if change is None:
        return
    change(world, chance)
    assert world.store.content.search.waiting() > 0
    world.check(chance, 20)  # the index does not know yet
    world.store.content.search.index(100)
    assert world.store.content.search.waiting() == 0
    world.check(chance, 20)


def test_flags_that_are_seen_again_as_they_were_make_no_work(world: World) -> None:
    place, flags = next(iter(world.messages[0].flags.items()))
    seen = FlagsSeen(1, flags)
    world.store.content.follow(FollowRecord(world.benches[place].folder_id, 7, NOW, flags=(seen,)))
    assert world.store.content.search.waiting() == 0


def test_a_placement_taken_over_by_a_new_uidvalidity_is_searched_by_its_flags(store: SqlStore, rows: Rows) -> None:
    bench = Bench.on(store)
    bench.record(bench.stored(1, mail("m", "word")))
    store.content.search.index(10)
    with rows.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE inboxsync_placements SET message_id = NULL")
        connection.exec_driver_sql(r"""UPDATE inboxsync_placements SET message_id = 1, flags = '["\\Flagged"]'""")
    for _ in range(2):
        (found,) = store.content.search.find(read_query("word is:starred", NOW), limit=5, page=1).items
        assert found.id == 1
        store.content.search.index(10)


@pytest.mark.parametrize("waits_already", [False, True])
def test_a_change_that_is_not_committed_keeps_its_place_in_the_queue(
    store: SqlStore, rows: Rows, waits_already: bool
) -> None:
    if rows.engine.dialect.name == "sqlite":
        return  # one writer at a time
    bench, search = Bench.on(store), store.content.search
    bench.record(bench.stored(1, mail("m", "word")))
    if not waits_already:
        search.index(10)
    with rows.engine.begin() as connection:
        connection.exec_driver_sql(r"""UPDATE inboxsync_placements SET flags = '["\\Flagged"]'""")
        assert search.index(10) == 0
    assert search.waiting() == 1
    for _ in range(2):
        assert len(search.find(read_query("is:starred", NOW), limit=5, page=1).items) == (0 if waits_already else 1)
        search.index(10)
        waits_already = False
    assert search.waiting() == 0


def test_more_folders_than_the_index_is_asked_for_are_looked_through_all_the_same(store: SqlStore) -> None:
    names = [f"F{number}" for number in range(70)]
    benches = [Bench.on(store, "support" if number % 2 else "sales", name) for number, name in enumerate(names)]
    benches[0].record(benches[0].stored(1, mail("m", "word")))
    for bench in benches[1:3]:
        bench.record(Outcome(meta(1, flags=("\\Flagged",)), Fate.DUPLICATE, external_id="m@example.com"))
    store.content.search.index(10)
    for text, count in (("-in:f0 is:starred", 1), ("-in:f0 -in:f1 -in:f2", 0), ("-in:f9 word", 1)):
        assert len(store.content.search.find(read_query(text, NOW), limit=5, page=1).items) == count, text
