"""What workers ask and take, the same on SQLite and Postgres: what is due and free, and leases without waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devtools.postgres import Postgres
from inboxsync import schedule
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.report import ErrorInfo
from inboxsync.model.state import Owner, SyncState
from inboxsync.model.working import MAX_CLOCK_SKEW
from inboxsync.store import lease
from inboxsync.store.control import SqlControlStore
from inboxsync.store.sql import SqlStore, open_store

NOW = datetime.now(UTC)
US = Owner("here", 1, "100", "w1")
THEM = Owner("there", 2, "200")
NEIGHBOUR = Owner("here", 3, "300")


@pytest.fixture
def control(store: SqlStore) -> SqlControlStore:
    return store.control


def add(control: SqlControlStore, name: str, *, user: str | None = None, **more: Any) -> int:
    endpoint = Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, user or name)
    plain = Integration(uuid=f"{name}-uuid", name=name, email=f"{name}@example.com", endpoint=endpoint)
    return control.add_integration(replace(plain, **more), None).id or 0


def note(control: SqlControlStore, number: int, *, due_in_s: float, **more: Any) -> None:
    control.save_state(SyncState(number, due_at=NOW + timedelta(seconds=due_in_s), **more))


def alive(_owner: Owner) -> bool:
    return False


def due(control: SqlControlStore, *, is_dead: Callable[[Owner], bool] = alive, now: datetime = NOW) -> set[str]:
    return {one.name for one in control.poll(now, host=US.host, owner_is_dead=is_dead).due}


def take(control: SqlControlStore, numbers: list[int], owner: Owner = US, lifetime_s: float = 60) -> set[int]:
    leases = control.acquire_leases(numbers, owner, lifetime_s=lifetime_s, owner_is_dead=alive)
    assert all(one.owner == owner for one in leases)
    return {one.integration_id for one in leases}


def test_due_is_what_never_ran_what_was_changed_and_what_has_come_due(control: SqlControlStore) -> None:
    add(control, "never")
    note(control, add(control, "past"), due_in_s=-5)
    note(control, add(control, "future"), due_in_s=600)
    note(control, add(control, "off", active=False), due_in_s=-5)
    note(control, add(control, "ahead"), due_in_s=86_400, last_started_at=NOW + timedelta(days=1))
    gone = add(control, "gone")
    control.remove_integration(next(i for i in control.integrations() if i.id == gone), purge=False)
    assert due(control) == {"never", "past", "ahead"}


def test_it_tells_what_choosing_needs(control: SqlControlStore) -> None:
    number = add(control, "support", user="Ana", priority=7, provider="gmail")
    success = NOW - timedelta(hours=1)
    note(control, number, due_in_s=-30, last_success_at=success)
    (one,) = control.poll(NOW, host="here", owner_is_dead=alive).due
    assert (one.id, one.priority, one.last_success_at, one.provider) == (number, 7, success, "gmail")
    assert (one.due_since, one.account) == (NOW - timedelta(seconds=30), ("imap.example.com", 993, "ana"))


def test_what_others_hold_is_not_due_until_their_lease_ends(control: SqlControlStore) -> None:
    held, silent, beside = (add(control, name) for name in ("held", "silent", "beside"))
    take(control, [held], THEM)
    take(control, [silent], THEM, lifetime_s=0)
    take(control, [beside], NEIGHBOUR)
    assert due(control) == {"silent"}
    assert due(control, is_dead=lambda owner: owner in (NEIGHBOUR, THEM)) == {"silent", "beside"}


def test_a_login_that_was_put_off_is_left_alone_under_every_name(control: SqlControlStore) -> None:
    first = add(control, "first", user="ana")
    add(control, "second", user="ANA")
    add(control, "other", user="bob")
    throttled = ErrorInfo("throttled", "slow down", "", 75)
    note(control, first, due_in_s=600, last_error=throttled, next_attempt_at=NOW + timedelta(minutes=10))
    assert due(control) == {"other"}
    note(control, first, due_in_s=600, last_error=throttled, next_attempt_at=NOW - timedelta(seconds=1))
    assert due(control) == {"second", "other"}


def test_the_clock_is_the_servers_where_there_is_one(control: SqlControlStore, migrated_url: str) -> None:
    wrong = NOW + timedelta(days=400)
    note(control, add(control, "tomorrow"), due_in_s=86_400)
    polled = control.poll(wrong, host="here", owner_is_dead=alive)
    if migrated_url.startswith("sqlite"):
        assert (polled.at, len(polled.due)) == (wrong, 1)
    else:
        assert abs(polled.at - datetime.now(UTC)) < timedelta(minutes=1)
        assert polled.due == ()


def test_a_start_that_far_ahead_is_nobodys(control: SqlControlStore) -> None:
    assert timedelta(seconds=schedule.MAX_CLOCK_SKEW_S) == MAX_CLOCK_SKEW


def test_of_several_leases_those_that_are_free_are_taken(control: SqlControlStore) -> None:
    first, second, third = (add(control, name) for name in "abc")
    take(control, [second], THEM)
    assert take(control, [first, second, third, 4711]) == {first, third}
    assert take(control, [first, third], NEIGHBOUR) == set()
    assert take(control, []) == set()
    assert {held.owner.worker for held in control.leases()} == {"w1", None}


def test_each_is_given_to_one_of_many_that_reach_for_all(
    control: SqlControlStore, migrated_url: str, tmp_path: Path
) -> None:
    numbers = [add(control, f"i{number}") for number in range(30)]
    others = [open_store(migrated_url, tmp_path) for _ in range(3)]
    barrier = threading.Barrier(3)

    def reach(number: int) -> set[int]:
        barrier.wait()
        return take(others[number].control, numbers, replace(US, pid=100 + number))

    with ThreadPoolExecutor(3) as pool:
        taken = list(pool.map(reach, range(3)))
    assert sorted(number for some in taken for number in some) == numbers
    for other in others:
        other.close()


@pytest.mark.postgres
def test_nobody_waits_for_who_is_taking(postgres: Postgres, migrated_postgres: str, tmp_path: Path) -> None:
    """Without SKIP LOCKED the second would wait for the first to commit, here for 30 s."""
    postgres.empty_tables(migrated_postgres, keeping=("inboxsync_meta", "inboxsync_alembic_version"))
    one, other = (open_store(migrated_postgres, tmp_path) for _ in range(2))
    first, second = add(one.control, "a"), add(one.control, "b")
    with one.control._database.transaction() as work:
        lease._take_free(work, [first], ("token", "there", 2, "200", None), 60)
        assert take(other.control, [first, second]) == {second}
    assert {held.integration_id: held.owner.host for held in one.control.leases()} == {first: "there", second: "here"}
    one.close()
    other.close()


def test_states_are_read_by_id(control: SqlControlStore) -> None:
    first, second, third = add(control, "a"), add(control, "b"), add(control, "c")
    for integration_id in (first, second):
        control.save_state(SyncState(integration_id=integration_id))
    assert set(control.states([second, third, 4711])) == {second}
    assert dict(control.states([])) == {}
    assert set(control.states()) == {first, second}


def test_settings_are_read_by_id_in_order(control: SqlControlStore) -> None:
    first, second = add(control, "a"), add(control, "b")
    assert [one.name for one in control.integrations_of([second, 4711, first])] == ["b", "a"]
    assert list(control.integrations_of([])) == []
