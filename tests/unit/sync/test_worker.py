"""What a worker takes next: within caps, by priority, and nobody is left waiting for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.model.provider import NO_LIMITS, ProviderLimits
from inboxsync.model.working import DueIntegration
from inboxsync.sync.caps import Caps
from inboxsync.sync.worker import LONGEST_RETRY_S, TURN_OF_THE_OLDEST, choose, rest_s, retry_s

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANY = Caps(None, 1)


def due(
    number: int, *, priority: int = 100, waits_s: float = 0, host: str = "", user: str = "", provider: str | None = None
) -> DueIntegration:
    host, user = host or f"h{number}.example.com", user or f"u{number}"
    since = NOW - timedelta(seconds=waits_s)
    return DueIntegration(number, f"i{number}", priority, since, NOW, host, 993, user, provider)


def ids(
    waiting: Sequence[DueIntegration],
    at_work: Sequence[DueIntegration] = (),
    *,
    places: int = 100,
    taken_before: int = 0,
    caps: Caps = ANY,
    limits: ProviderLimits = NO_LIMITS,
) -> list[int]:
    chosen = choose(
        waiting, at_work, places=places, taken_before=taken_before, caps=caps,
        limits_of=lambda key: limits if key else NO_LIMITS,
    )  # fmt: skip
    return [one.id for one in chosen]


def test_lowest_priority_number_then_oldest_success_then_name() -> None:
    never = due(1)._replace(last_success_at=None)
    old = due(2)._replace(last_success_at=NOW - timedelta(days=1))
    assert ids([due(4), due(3), old, never, due(5, priority=1)], places=3) == [5, 1, 2]


def test_every_fourth_is_the_one_that_waits_longest() -> None:
    urgent = [due(number, priority=1) for number in range(1, 9)]
    patient = [due(20, priority=900, waits_s=60), due(21, priority=900, waits_s=600)]
    assert ids([*urgent, *patient], places=8) == [1, 2, 3, 21, 4, 5, 6, 20]
    assert ids([*urgent, *patient], places=1, taken_before=TURN_OF_THE_OLDEST - 1) == [21]


def test_one_login_is_used_once_at_a_time() -> None:
    first, second = due(1, host="Mail.example.com", user="Ana"), due(2, host="mail.example.com", user="ana")
    assert ids([first, second, due(3)]) == [1, 3]
    assert ids([second, due(3)], [first]) == [3]
    assert ids([first, second], caps=Caps(None, 2)) == [1, 2]


def test_hosts_are_capped_over_what_is_at_work_too() -> None:
    same = [due(number, host="mail.example.com") for number in range(1, 6)]
    assert ids(same, caps=Caps(2, 1)) == [1, 2]
    assert ids(same[1:], same[:1], caps=Caps(2, 1)) == [2]
    of_a_provider = [due(number, host="mail.example.com", provider="p") for number in range(1, 6)]
    assert ids(of_a_provider, limits=ProviderLimits(connections_per_host=3)) == [1, 2, 3]


def test_what_has_no_room_does_not_stand_in_the_way_of_others() -> None:
    blocked = [due(number, priority=1, host="full.example.com") for number in range(1, 50)]
    assert ids([*blocked, due(99)], blocked[:1], caps=Caps(1, 1)) == [99]


@given(
    priorities=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    places=st.integers(1, 3),
)
@settings(deadline=None, max_examples=60)
def test_nobody_starves_though_all_are_always_due(priorities: list[int], places: int) -> None:
    """Each is due again as soon as it was served; each is served again within four rounds of all."""
    since = dict.fromkeys(range(len(priorities)), 0)
    taken, longest = 0, TURN_OF_THE_OLDEST * len(priorities)
    for tick in range(1, 6 * longest):
        waiting = [
            due(number, priority=priority, waits_s=tick - since[number]) for number, priority in enumerate(priorities)
        ]
        for number in ids(waiting, places=places, taken_before=taken):
            since[number] = tick
            taken += 1
        assert max(tick - begun for begun in since.values()) <= longest


@given(
    waiting=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 9)), max_size=30),
    places=st.integers(0, 12),
    per_host=st.none() | st.integers(1, 3),
)
@settings(deadline=None, max_examples=100)
def test_caps_hold_and_no_place_is_left_empty_without_need(
    waiting: list[tuple[int, int, int]], places: int, per_host: int | None
) -> None:
    all_due = [due(n, priority=p, host=f"h{h}", user=f"u{u}") for n, (p, h, u) in enumerate(waiting)]
    chosen = set(ids(all_due, places=places, caps=Caps(per_host, 1)))
    picked = [one for one in all_due if one.id in chosen]
    assert len(picked) <= places
    assert len({one.account for one in picked}) == len(picked)
    hosts = [one.host for one in picked]
    assert all(hosts.count(host) <= (per_host or len(hosts)) for host in hosts)
    if len(picked) < places:
        for one in all_due:
            is_full = per_host is not None and hosts.count(one.host) >= per_host
            assert one.id in chosen or is_full or one.account in {other.account for other in picked}


def test_rests_differ_by_a_quarter() -> None:
    assert [rest_s(20, draw) for draw in (0, 0.5, 1)] == [15, 20, 25]


def test_a_failing_store_is_left_alone_ever_longer_but_not_for_ever() -> None:
    assert [retry_s(failures, 1.0) for failures in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert (retry_s(1, 0.0), retry_s(10_000, 1.0)) == (0.5, LONGEST_RETRY_S)
