"""Buckets fill with time."""

from __future__ import annotations

from inboxsync.httpapi.rates import Buckets, Rate


def test_a_burst_then_so_many_a_second() -> None:
    buckets = Buckets(Rate(per_s=2, burst=3))
    assert [buckets.wait_s("a", 0.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.wait_s("b", 0.0) == 0
    assert buckets.wait_s("a", 0.5) == 0
    assert buckets.wait_s("a", 0.5) == 0.5


def test_it_never_holds_more_than_a_burst() -> None:
    buckets = Buckets(Rate(per_s=2, burst=2))
    assert [buckets.wait_s("a", 1_000.0) for _ in range(3)] == [0, 0, 0.5]


def test_names_are_bounded() -> None:
    buckets = Buckets(Rate(per_s=1, burst=1), names=10)
    for number in range(1_000):
        buckets.wait_s(str(number), 0.0)
    assert len(buckets._levels) == 10
