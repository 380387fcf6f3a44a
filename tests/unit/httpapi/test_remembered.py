"""Cheap answers are always new; dear ones are kept in proportion."""

from __future__ import annotations

from dataclasses import dataclass

from inboxsync.httpapi.remembered import Remembered


@dataclass
class Clock:
    now_s: float = 100.0
    asked: int = 0

    def __call__(self) -> float:
        return self.now_s

    def ask(self, cost_s: float) -> int:
        self.now_s += cost_s
        self.asked += 1
        return self.asked


def test_what_is_cheap_is_asked_each_time() -> None:
    clock = Clock()
    remembered = Remembered(clock)
    assert [remembered.answer("k", lambda: clock.ask(0.001)) for _ in range(3)] == [1, 2, 3]


def test_what_is_dear_is_kept_for_fifty_times_its_cost_and_no_longer() -> None:
    clock = Clock()
    remembered = Remembered(clock)
    assert remembered.answer("k", lambda: clock.ask(0.1)) == 1
    clock.now_s += 4.9
    assert remembered.answer("k", lambda: clock.ask(0.1)) == 1
    assert remembered.answer("other", lambda: clock.ask(0.0)) == 2
    clock.now_s += 0.2
    assert remembered.answer("k", lambda: clock.ask(0.1)) == 3


def test_keys_are_bounded() -> None:
    clock = Clock()
    remembered = Remembered(clock, keys=5)
    for key in range(20):
        remembered.answer(key, lambda: clock.ask(1.0))
    assert len(remembered._kept) == 5
