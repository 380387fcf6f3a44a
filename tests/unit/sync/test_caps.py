"""Caps and budgets: who may begin, and how many octets a day."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.provider import NO_LIMITS, ProviderLimits
from inboxsync.model.report import RunStatus
from inboxsync.sync.caps import (
    ByteBudget,
    ByteBudgetSpent,
    Caps,
    Download,
    Turns,
    downloaded_bytes,
    wait_for_bytes_s,
)
from inboxsync.sync.context import EngineLimits
from inboxsync.sync.engine import Order
from tests.unit.sync.rig import NOW, START, Rig, mail

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def integration(name: str, host: str = "imap.example.com", login: str = "") -> Integration:
    endpoint = Endpoint(host, 993, TlsMode.IMPLICIT, login or f"{name}@example.com")
    return Integration(str(uuid4()), name, f"{name}@example.com", endpoint, created_at=AT, updated_at=AT)


def take(turns: Turns) -> str:
    turn = turns.take()
    assert turn is not None
    return turn.integration.name


# --- turns ---------------------------------------------------------------------------------------------------------


def test_turns_come_in_order_and_end() -> None:
    turns = Turns([integration(name) for name in "abc"])
    assert [take(turns) for _ in range(3)] == ["a", "b", "c"]
    assert turns.take() is None


def test_a_busy_host_is_passed_over() -> None:
    turns = Turns([integration("a"), integration("b"), integration("c", "other.example.com")], Caps(per_host=1))
    first = turns.take()
    assert first is not None
    assert take(turns) == "c"
    turns.give_back(first)
    assert take(turns) == "b"


def test_one_login_is_used_once_at_a_time() -> None:
    turns = Turns([integration("a", login="x@example.com"), integration("b", login="X@example.com"), integration("c")])
    first = turns.take()
    assert first is not None
    assert take(turns) == "c"
    turns.give_back(first)
    assert take(turns) == "b"


@pytest.mark.parametrize(
    ("caps", "limits", "hosts", "accounts"),
    [
        (Caps(), NO_LIMITS, 99, 1),
        (Caps(per_host=3, per_account=2), NO_LIMITS, 3, 2),
        (Caps(per_host=3, per_account=2), ProviderLimits(connections_per_host=2, connections_per_account=15), 2, 2),
        (Caps(per_account=20), ProviderLimits(connections_per_host=5, connections_per_account=15), 5, 15),
        (Caps(per_account=20), ProviderLimits(connections_per_account=15, daily_bytes=1), 99, 1),
    ],
)
def test_the_lower_of_setting_and_provider_counts(
    caps: Caps, limits: ProviderLimits, hosts: int, accounts: int
) -> None:
    assert [busy for busy in range(99) if caps.host_has_room(busy, limits)] == list(range(hosts))
    assert [busy for busy in range(99) if caps.account_has_room(busy, limits)] == list(range(accounts))


def test_a_provider_that_allows_one_connection_a_host_gets_one(rig: Rig) -> None:
    rig.provider_limits = {"strict": ProviderLimits(connections_per_host=1)}
    for name in "abc":
        added = rig.add(name, provider="strict")
        rig.store.control.update_integration(replace(added, endpoint=replace(added.endpoint, port=900 + ord(name))))
    assert rig.run(replace(NOW, jobs=3)).status is RunStatus.SUCCESS
    assert rig.server.most_connected == 1


def test_a_turn_that_cannot_begin_is_waited_for() -> None:
    turns = Turns([integration("a"), integration("b")], Caps(per_host=1))
    first = turns.take()
    assert first is not None
    threading.Timer(0.05, turns.give_back, [first]).start()
    assert take(turns) == "b"


def test_ended_turns_are_told_once_and_wake_who_waits() -> None:
    turns = Turns([integration("a"), integration("b")], Caps(per_host=1))
    turns.take()
    found: list[object] = []
    waiting = threading.Thread(target=lambda: found.append(turns.take()))
    waiting.start()
    assert [turn.position for turn in turns.end()] == [1]
    waiting.join(5)
    assert found == [None]
    assert turns.end() == ()


@pytest.mark.parametrize(("per_host", "most"), [(1, 1), (2, 2)])
def test_no_more_connections_to_a_host_than_its_cap(rig: Rig, per_host: int, most: int) -> None:
    rig.limits = EngineLimits(per_host=per_host)
    for name in "abcdef":
        added = rig.add(name)
        endpoint = replace(added.endpoint, port=900 + ord(name))  # the fake server has one login: the port parts them
        rig.store.control.update_integration(replace(added, endpoint=endpoint))
    rig.server.append(mail(1))
    reports = rig.run(replace(NOW, jobs=6)).integrations
    assert [report.name for report in reports] == list("abcdef")
    assert {report.status for report in reports} == {RunStatus.SUCCESS}
    assert 1 <= rig.server.most_connected <= most


# --- octets a day --------------------------------------------------------------------------------------------------


def test_only_the_last_day_counts() -> None:
    downloads = [Download(AT - timedelta(hours=25), 100), Download(AT - timedelta(hours=23), 7), Download(AT, 3)]
    assert downloaded_bytes(downloads, AT) == 10


@pytest.mark.parametrize(
    ("downloads", "wait_h"),
    [
        ([], 0),
        ([(2, 90)], 0),
        ([(2, 100)], 22),
        ([(20, 5), (10, 5), (2, 90)], 14),
        ([(20, 1), (2, 99)], 22),
        ([(0, 250)], 24),
    ],
)
def test_the_wait_ends_when_a_tenth_may_be_had_again(downloads: list[tuple[int, int]], wait_h: int) -> None:
    found = [Download(AT - timedelta(hours=hours), size) for hours, size in downloads]
    wait_s = wait_for_bytes_s(found, 100, AT)
    assert wait_s == wait_h * 3600
    later = AT + timedelta(seconds=wait_s)
    assert downloaded_bytes(found, later) <= 90


def test_the_budget_lets_the_last_message_pass_and_stops_the_next() -> None:
    budget = ByteBudget(100, lambda: [Download(AT, 50)], lambda: AT)
    budget.spend(49)
    budget.spend(30)
    with pytest.raises(ByteBudgetSpent) as raised:
        budget.spend(1)
    assert (raised.value.code, raised.value.exit_code) == ("byte_budget", 75)
    assert raised.value.retry_after_s == 24 * 3600


def test_history_is_asked_once_and_only_when_something_is_downloaded() -> None:
    asked: list[Download] = []

    def earlier() -> list[Download]:
        asked.append(Download(AT, 1))
        return asked

    budget = ByteBudget(100, earlier, lambda: AT)
    assert asked == []
    budget.spend(1)
    budget.spend(1)
    assert len(asked) == 1


def metered(rig: Rig, count: int, limit_messages: float) -> int:
    rig.add(provider="gmail")
    sizes = [len(mail(number)) for number in range(count)]
    for number in range(count):
        rig.server.append(mail(number), internal_date=START - timedelta(hours=1))
    rig.limits = EngineLimits(chunk_messages=1)
    rig.provider_limits = {"gmail": ProviderLimits(daily_bytes=int(limit_messages * sizes[0]))}
    return sizes[0]


def test_a_spent_budget_ends_the_run_in_words_and_the_next_goes_on(rig: Rig) -> None:
    metered(rig, 6, 2.5)
    report = rig.one(Order())
    assert (report.status, report.exit_code) == (RunStatus.PARTIAL, 75)
    assert report.error is not None
    assert report.error.code == "byte_budget"
    assert (report.counts.stored, report.counts.pending) == (4, 2), "what had come when it was spent is kept"
    state = rig.store.control.states()[1]
    assert state.next_attempt_at == rig.now + timedelta(hours=24)
    rig.later(hours=23)
    assert rig.run(Order()).integrations == ()
    rig.later(hours=1, minutes=1)
    report = rig.one(Order())
    assert (report.status, report.counts.stored, rig.fates().stored) == (RunStatus.SUCCESS, 2, 6)


def test_a_spent_budget_is_not_touched_by_asking_again(rig: Rig) -> None:
    metered(rig, 6, 2.5)
    rig.run()
    rig.later(hours=1)
    rig.server.calls.clear()
    report = rig.one()
    assert (report.error and report.error.code, report.status) == ("byte_budget", RunStatus.PARTIAL)
    assert "fetch_messages" not in {method for method, _ in rig.server.calls}
    assert rig.store.control.states()[1].next_attempt_at == rig.now + timedelta(hours=23)


def test_other_providers_have_no_budget(rig: Rig) -> None:
    rig.provider_limits = {"gmail": ProviderLimits(daily_bytes=1)}
    rig.add(provider="ovh")
    for number in range(3):
        rig.server.append(mail(number))
    assert rig.one().status is RunStatus.SUCCESS


def test_integrations_on_one_login_share_its_budget(rig: Rig) -> None:
    size = metered(rig, 4, 3.5)
    rig.add("second", provider="gmail", priority=200)
    first, second = rig.run().integrations
    assert first.status is RunStatus.SUCCESS
    assert (second.error and second.error.code, second.counts.stored) == ("byte_budget", 0)
    assert size > 0
