"""The pure comparison: every UID of either side once, every difference found, memory that does not grow."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inboxsync.model.following import KnownPlacement
from inboxsync.model.placement import Fate, FlagsSeen
from inboxsync.sync.compare import Finding, Pair, changes, finding, in_order, paired, spread

UIDS = st.integers(1, 60)
FLAGS = st.lists(st.sampled_from(["\\Seen", "\\Flagged", "$Work"]), max_size=3, unique=True).map(tuple)
SERVERS = st.dictionaries(UIDS, FLAGS)
LEDGERS = st.dictionaries(UIDS, st.tuples(FLAGS, st.sampled_from(Fate), st.booleans()))


def listed(server: dict[int, tuple[str, ...]]) -> list[FlagsSeen]:
    return [FlagsSeen(uid, server[uid]) for uid in sorted(server)]


def known(ledger: dict[int, tuple[tuple[str, ...], Fate, bool]]) -> list[KnownPlacement]:
    return [KnownPlacement(uid, *ledger[uid]) for uid in sorted(ledger)]


@given(SERVERS, LEDGERS)
def test_each_uid_of_either_side_comes_once_with_what_both_say(
    server: dict[int, tuple[str, ...]], ledger: dict[int, tuple[tuple[str, ...], Fate, bool]]
) -> None:
    pairs = list(paired(listed(server), known(ledger)))
    assert [pair.uid for pair in pairs] == sorted({*server, *ledger})
    assert [pair.listed for pair in pairs if pair.listed] == listed(server)
    assert [pair.known for pair in pairs if pair.known] == known(ledger)
    assert all(side is None or side.uid == pair.uid for pair in pairs for side in (pair.listed, pair.known))


@given(SERVERS, LEDGERS)
def test_applying_the_changes_leaves_none(
    server: dict[int, tuple[str, ...]], ledger: dict[int, tuple[tuple[str, ...], Fate, bool]]
) -> None:
    found = changes(listed(server), known(ledger))
    for seen in found.flags:
        ledger[seen.uid] = (seen.flags, *ledger[seen.uid][1:])
    for uid in found.missing:
        ledger[uid] = (*ledger[uid][:2], True)
    for uid in found.returned:
        flags, fate, _ = ledger[uid]
        ledger[uid] = (flags, Fate.PENDING if fate is Fate.VANISHED else fate, False)
    assert changes(listed(server), known(ledger)) == changes([], [])
    live = {line.uid for line in known(ledger) if line.is_live}
    assert live == server.keys() & ledger.keys()
    assert all(set(server[uid]) == set(ledger[uid][0]) for uid in live)


def test_flags_in_another_order_are_no_change() -> None:
    told, line = FlagsSeen(1, ("a", "b")), KnownPlacement(1, ("b", "a"), Fate.STORED, False)
    assert changes([told], [line]).flags == []


@given(SERVERS, LEDGERS)
def test_findings_are_what_sets_say(
    server: dict[int, tuple[str, ...]], ledger: dict[int, tuple[tuple[str, ...], Fate, bool]]
) -> None:
    lines = known(ledger)
    live = {line.uid for line in lines if line.is_live}
    found = {pair.uid: finding(pair) for pair in paired(listed(server), lines)}
    by_kind = {kind: {uid for uid, one in found.items() if one is kind} for kind in Finding}
    assert by_kind[Finding.MISSING] == server.keys() - ledger.keys()
    assert by_kind[Finding.EXTRA] == live - server.keys()
    assert by_kind[Finding.RETURNED] == (ledger.keys() & server.keys()) - live
    pending = {line.uid for line in lines if line.fate is Fate.PENDING and line.is_live}
    assert by_kind[Finding.PENDING] == pending & server.keys()


@pytest.mark.parametrize("fate", list(Fate))
def test_a_line_that_is_gone_on_both_sides_agrees(fate: Fate) -> None:
    assert finding(Pair(1, None, KnownPlacement(1, (), fate, True))) is None


def test_a_window_told_out_of_order_is_put_in_order() -> None:
    told = [FlagsSeen(9, ()), FlagsSeen(2, ()), FlagsSeen(9, ("\\Seen",))]
    assert in_order(told) == [FlagsSeen(2, ()), FlagsSeen(9, ("\\Seen",))]


def test_a_hundred_thousand_are_compared_in_memory_that_does_not_grow() -> None:
    def on_server() -> Iterator[FlagsSeen]:
        return (FlagsSeen(uid, ()) for uid in range(1, 100_001) if uid % 1_000)

    def in_ledger() -> Iterator[KnownPlacement]:
        return (KnownPlacement(uid, (), Fate.STORED, False) for uid in range(1, 100_001) if (uid + 1) % 1_000)

    tracemalloc.start()
    try:
        found = [pair.uid for pair in paired(on_server(), in_ledger()) if finding(pair)]
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == 200
    assert peak_bytes < 100_000


@given(st.integers(1, 5_000), st.integers(1, 50), st.integers(0, 800_000))
def test_a_sample_lies_in_the_folder_and_moves_on(uidnext: int, count: int, turn: int) -> None:
    chosen = spread(uidnext, count, turn)
    assert len(chosen) <= count
    assert chosen == sorted(set(chosen))
    assert all(1 <= uid < uidnext for uid in chosen)
    assert bool(chosen) == (uidnext > 1)


def test_in_time_every_uid_is_chosen() -> None:
    assert {uid for turn in range(40) for uid in spread(101, 4, turn)} == set(range(1, 101))
