"""Transactions that did not happen are done again, a bounded number of times."""

from __future__ import annotations

import pytest

from inboxsync.errors import (
    DiskFull,
    StoreBusy,
    StoreConflict,
    StoreError,
    StoreIoFailed,
    StoreLost,
    StoreStandby,
    StoreUnreachable,
)
from inboxsync.store.retrying import WAITS_S, by_transaction, retried

LONGEST_STOP_S = 10.0  # within which SIGTERM has to end a batch


class Failing:
    """Raises one fault after the other, then answers."""

    def __init__(self, *faults: StoreError) -> None:
        self.faults = list(faults)
        self.pauses: list[float] = []
        self.tries = 0

    def work(self) -> str:
        self.tries += 1
        if self.faults:
            raise self.faults.pop(0)
        return "done"

    def run(self) -> str:
        return by_transaction(self.work, pause=self.pauses.append)


@pytest.mark.parametrize("fault", [StoreConflict("x"), StoreLost("x"), StoreStandby("x")], ids=lambda one: one.code)
def test_what_did_not_happen_is_done_again(fault: StoreError) -> None:
    failing = Failing(fault, fault)
    assert failing.run() == "done"
    assert (failing.tries, failing.pauses) == (3, list(WAITS_S[:2]))


def test_a_server_that_is_starting_is_waited_for_but_not_one_that_never_answered() -> None:
    assert Failing(StoreLost("cut"), StoreUnreachable("refused"), StoreUnreachable("refused")).run() == "done"
    never = Failing(StoreUnreachable("refused"))
    with pytest.raises(StoreUnreachable):
        never.run()
    assert never.tries == 1


@pytest.mark.parametrize("fault", [StoreIoFailed("x"), DiskFull("x"), StoreBusy("x")], ids=lambda one: one.code)
@pytest.mark.parametrize("before", [(), (StoreLost("cut"),)])
def test_what_a_disk_said_is_final(before: tuple[StoreError, ...], fault: StoreError) -> None:
    failing = Failing(*before, fault)
    with pytest.raises(type(fault)):
        failing.run()
    assert failing.tries == len(before) + 1


def test_it_ends_and_soon_enough_for_a_stop() -> None:
    last = StoreStandby("last")
    failing = Failing(*[StoreLost("cut")] * len(WAITS_S), last)
    with pytest.raises(StoreStandby) as raised:
        failing.run()
    assert raised.value is last
    assert failing.tries == len(WAITS_S) + 1
    assert sum(WAITS_S) < LONGEST_STOP_S


def test_a_method_keeps_its_name_and_its_answer() -> None:
    class Store:
        @retried
        def add(self, one: int, *, to: int) -> int:
            """Add."""
            return one + to

    assert Store().add(1, to=2) == 3
    assert Store.add.__doc__ == "Add."
