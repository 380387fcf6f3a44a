"""Health answers in time whatever the store does."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from inboxsync.errors import StoreBusy
from inboxsync.httpapi.health import PATIENCE_S, Health, HealthWord, judge
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.state import Totals
from inboxsync.render.standing import Standing, StateWord
from inboxsync.render.status import StatusLine


def line(state: StateWord, *, active: bool = True) -> StatusLine:
    endpoint = Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "a@example.com")
    one = Integration(uuid="u", name="n", email="a@example.com", endpoint=endpoint, active=active)
    return StatusLine(one, None, Standing(state, None, None, datetime(2026, 3, 1, tzinfo=UTC)), Totals())


def verdict_of(look: Callable[[], Sequence[StatusLine]]) -> HealthWord:
    return asyncio.run(Health(look, time.monotonic).verdict()).word


def test_what_does_not_bring_its_mail_degrades_unless_it_is_off() -> None:
    assert judge([line(StateWord.OK), line(StateWord.NEVER), line(StateWord.RUNNING)]).word is HealthWord.HEALTHY
    for bad in (StateWord.FAILING, StateWord.PAUSED, StateWord.STALE):
        assert judge([line(StateWord.OK), line(bad)]).word is HealthWord.DEGRADED
        assert judge([line(bad, active=False)]).word is HealthWord.HEALTHY


def test_a_store_that_fails_is_unhealthy() -> None:
    def look() -> Sequence[StatusLine]:
        raise StoreBusy("held")

    assert verdict_of(look) is HealthWord.UNHEALTHY


def test_a_store_that_never_answers_delays_nobody_for_long() -> None:
    release, looks = threading.Event(), []

    def look() -> Sequence[StatusLine]:
        looks.append(1)
        release.wait(20)
        return []

    health = Health(look, time.monotonic)

    async def ask_many() -> tuple[set[HealthWord], float]:
        began = time.monotonic()
        found = await asyncio.gather(*(health.verdict() for _ in range(50)))
        return {one.word for one in found}, time.monotonic() - began

    words, took_s = asyncio.run(ask_many())
    release.set()
    assert words == {HealthWord.UNHEALTHY}
    assert took_s < PATIENCE_S + 2
    assert len(looks) == 1, "however many ask, the store is asked once"


def test_what_was_known_holds_for_a_while() -> None:
    clock = [100.0]
    answers: list[Sequence[StatusLine] | None] = [[line(StateWord.FAILING)], None]

    def look() -> Sequence[StatusLine]:
        answer = answers.pop(0)
        if answer is None:
            clock[0] += 100
            raise StoreBusy("held")
        return answer

    health = Health(look, lambda: clock[0])
    assert asyncio.run(health.verdict()).word is HealthWord.DEGRADED
    clock[0] += 1.9
    assert asyncio.run(health.verdict()).word is HealthWord.DEGRADED
    clock[0] += 0.2
    assert asyncio.run(health.verdict()).word is HealthWord.UNHEALTHY
