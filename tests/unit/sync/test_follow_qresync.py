"""A server that tells which messages are gone (QRESYNC) saves commands and changes no result, not even when it lies."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.model.following import FollowLimits
from inboxsync.model.report import RunStatus
from inboxsync.store.ports import Store
from inboxsync.sync.context import EngineLimits
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import NOW, START, Rig, mail, rig_in

EVERYTHING = 2**32 - 1
_numbers = itertools.count(1)


def filled(rig: Rig, count: int = 10, **limits: int) -> Rig:
    rig.limits = EngineLimits(following=FollowLimits(walk_messages=2, **limits))
    rig.server.keep_modseqs()
    rig.server.tells_gone = True
    rig.add()
    for number in range(count):
        rig.server.append(mail(number), internal_date=START - timedelta(hours=1))
    rig.run()
    rig.server.calls.clear()
    return rig


def gone(rig: Rig) -> list[int]:
    lines = rig.store.content.known_placements(1, 1, 1, EVERYTHING)
    return [line.uid for line in lines if line.is_expunged]


def asked(rig: Rig) -> list[tuple[str, object]]:
    return [call for call in rig.server.calls if call[0].startswith("fetch_flags")]


def since(rig: Rig) -> int | None:
    followed = rig.store.control.folder(1, "INBOX").followed
    return followed.modseq if followed else None


def test_what_is_gone_is_looked_at_and_nothing_else(rig: Rig) -> None:
    filled(rig)
    modseq = since(rig)
    rig.server.expunge(1)
    rig.server.expunge(4)
    rig.server.set_flags(2, "\\Seen")
    assert rig.one().status is RunStatus.SUCCESS
    assert gone(rig) == [1, 4]
    assert asked(rig) == [("fetch_flags", (1, 10, modseq)), ("fetch_flags_of", (1, 4))]
    rig.server.calls.clear()
    rig.run()
    assert [method for method, _ in rig.server.calls] == ["connect", "examine", "close"]


def test_a_message_that_is_said_to_be_gone_and_is_still_there_stays(rig: Rig) -> None:
    filled(rig)
    rig.server.expunge(9)
    rig.server.folders["INBOX"].gone_told = (range(3, 4),)
    rig.run()
    assert gone(rig) == [9]


@pytest.mark.parametrize(
    "told",
    [
        (range(1, EVERYTHING + 1),),
        (range(2, 9), range(1, 11)),
        (range(500, 600),),
        (),
        tuple(range(uid, uid + 1) for uid in range(1, 9)),
    ],
    ids=["all", "overlapping", "never there", "nothing", "too many"],
)
def test_a_huge_or_wrong_set_is_no_proof_and_the_walk_finds_out(rig: Rig, told: tuple[range, ...]) -> None:
    filled(rig)
    rig.server.expunge(5)
    rig.server.folders["INBOX"].gone_told = told
    rig.run()
    assert gone(rig) == [5]
    assert "fetch_flags_of" not in dict(asked(rig))
    assert (9, 10, None) in [argument for _, argument in asked(rig)]


@pytest.mark.parametrize("limits", [{"told_messages": 1}, {"told_ranges": 1}, {"told_ranges": 0}])
def test_more_than_the_limits_is_found_by_the_walk(rig: Rig, limits: dict[str, int]) -> None:
    filled(rig, **limits)
    rig.server.expunge(2)
    rig.server.expunge(6)
    rig.run()
    assert gone(rig) == [2, 6]


def test_expunges_without_a_hint_are_still_found(rig: Rig) -> None:
    filled(rig)
    rig.server.expunge(1)
    rig.server.expunge(8)
    rig.server.folders["INBOX"].gone_told = (range(1, 2),)
    rig.run()
    assert gone(rig) == [1, 8]


def test_nothing_is_taken_away_where_exists_says_that_all_is_there(rig: Rig) -> None:
    filled(rig)
    inbox = rig.server.folders["INBOX"]
    inbox.gone_told = (range(1, 11),)
    inbox.changed()
    rig.run()
    assert gone(rig) == []
    assert [method for method, _ in asked(rig)] == ["fetch_flags"]


def test_an_emptied_folder_is_believed_after_a_second_look(rig: Rig) -> None:
    filled(rig, 3)
    rig.server.folders["INBOX"].exists_told = [0, 3]
    rig.server.folders["INBOX"].changed()
    rig.server.folders["INBOX"].gone_told = (range(1, 4),)
    rig.run()
    assert gone(rig) == []


# --- the same with and without -------------------------------------------------------------------------------------

Steps = Sequence[tuple[str, int]]
_steps = st.lists(
    st.tuples(st.sampled_from(["deliver", "expunge", "expunge", "flag", "sync"]), st.integers(0, 9)), max_size=14
)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Store]]:
    """Four stores for all examples; each example has an integration of its own in each."""
    with ExitStack() as stack:
        yield [stack.enter_context(rig_in(tmp_path_factory.mktemp("store"))).store for _ in range(4)]


def _play(store: Store, server: FakeServer, steps: Steps) -> list[str]:
    """Carry the steps out against a server of its own and answer what the ledger says in the end."""
    rig = Rig(store, server)
    integration = rig.add(f"n{next(_numbers)}")
    for number in range(6):
        server.append(mail(number))
    for number, (step, place) in enumerate([("sync", 0), *steps, ("sync", 0)]):
        uids = sorted(server.folders["INBOX"].messages)
        if step == "deliver":
            server.append(mail(100 + number))
        elif step == "expunge" and uids:
            server.expunge(uids[place % len(uids)])
        elif step == "flag" and uids:
            server.set_flags(uids[place % len(uids)], ("\\Seen", "\\Flagged", "$Work")[place % 3])
        elif step == "sync":
            rig.later(minutes=40)
            assert rig.engine().run([integration], NOW).status is RunStatus.SUCCESS
    return _ledger(store, integration.id or 0)


def _ledger(store: Store, integration_id: int) -> list[str]:
    (folder,) = store.control.folders(integration_id)
    lines = store.content.known_placements(folder.id, 1, 1, EVERYTHING)
    counts = store.content.live_counts(folder.id, 1)
    return [*(f"{line.uid} {sorted(line.flags)} {line.fate} {line.is_expunged}" for line in lines), str(counts)]


@settings(max_examples=15, deadline=None)
@given(steps=_steps, lies=st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=4))
def test_plain_condstore_and_qresync_servers_give_the_same_ledger(
    stores: list[Store], steps: Steps, lies: Sequence[tuple[int, int]]
) -> None:
    servers = [FakeServer() for _ in stores]
    for server in servers[1:]:
        server.keep_modseqs()
    servers[2].tells_gone = servers[3].tells_gone = True
    servers[3].folders["INBOX"].gone_told = tuple(range(first, first + length) for first, length in lies)
    plain, *others = (_play(store, server, steps) for store, server in zip(stores, servers, strict=True))
    assert others == [plain] * 3
