from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.delivery.retry import (
    DELAYS_S,
    JITTER,
    MAX_ATTEMPTS,
    MAX_HOLD_S,
    MAX_RETRY_AFTER_S,
    Answer,
    Attempt,
    Fault,
    FaultKind,
    judge,
    retry_after_s,
)
from inboxsync.model.webhook import DeliveryState

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DOWN = Fault(FaultKind.UNREACHABLE, "crm.example.com port 443 cannot be reached")


def attempt(number: int = 1, failures: int = 0, jitter: float = 0.5) -> Attempt:
    return Attempt(number, failures, NOW, jitter)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_delivery(status: int) -> None:
    verdict = judge(Answer(status), attempt())
    assert (verdict.state, verdict.error, verdict.hold_until) == (DeliveryState.DELIVERED, None, None)


@pytest.mark.parametrize("status", [100, 301, 302, 307, 308, 400, 401, 404, 413, 422, 500, 501])
def test_an_answer_about_this_event_holds_back_this_event_alone(status: int) -> None:
    verdict = judge(Answer(status), attempt())
    assert (verdict.state, verdict.status_code, verdict.hold_until) == (DeliveryState.PENDING, status, None)
    assert verdict.retry_at == NOW + timedelta(seconds=DELAYS_S[0])


@pytest.mark.parametrize("answer", [Answer(429), Answer(502), Answer(503), Answer(504), DOWN])
def test_an_endpoint_that_does_not_serve_is_left_alone_as_a_whole(answer: Answer | Fault) -> None:
    verdict = judge(answer, attempt())
    assert verdict.state is DeliveryState.PENDING
    assert verdict.hold_until == NOW + timedelta(seconds=30)


def test_410_switches_it_off_and_gives_no_event_up() -> None:
    verdict = judge(Answer(410), attempt(number=MAX_ATTEMPTS))
    assert verdict.state is DeliveryState.PENDING
    assert verdict.disabled_reason is not None


def test_a_redirect_says_that_it_is_not_followed() -> None:
    assert "not followed" in (judge(Answer(302), attempt()).error or "")


def test_waits_grow_to_a_day_and_then_the_event_is_given_up() -> None:
    waits = []
    for number in range(1, MAX_ATTEMPTS):
        retry_at = judge(Answer(500), attempt(number)).retry_at
        assert retry_at is not None
        waits.append((retry_at - NOW).total_seconds())
    assert waits == [pytest.approx(one) for one in DELAYS_S]
    assert waits == sorted(waits)
    last = judge(Answer(500), attempt(MAX_ATTEMPTS))
    assert (last.state, last.retry_at) == (DeliveryState.DEAD, None)


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(0, 10_000), st.floats(0, 1))
def test_jitter_is_bounded_and_the_hold_is_capped(number: int, failures: int, jitter: float) -> None:
    verdict = judge(DOWN, attempt(number, failures, jitter))
    assert verdict.hold_until is not None
    assert 0 < (verdict.hold_until - NOW).total_seconds() <= MAX_HOLD_S * (1 + JITTER)
    if verdict.retry_at is not None:
        own_s = DELAYS_S[min(number, len(DELAYS_S)) - 1]
        wait_s = (verdict.retry_at - NOW).total_seconds()
        assert own_s * (1 - JITTER) - 1e-5 <= wait_s <= own_s * (1 + JITTER) + 1e-5


def test_a_wish_to_be_asked_later_is_honoured_for_event_and_endpoint() -> None:
    verdict = judge(Answer(503, "7200"), attempt())
    assert verdict.retry_at == verdict.hold_until == NOW + timedelta(hours=2)


def test_a_wish_to_be_asked_at_once_for_ever_is_not() -> None:
    assert judge(Answer(429, "0"), attempt()).hold_until == NOW + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        *(("120", 120), (" 5 ", 5), ("999999999999999999999", MAX_RETRY_AFTER_S), ("86401", MAX_RETRY_AFTER_S)),
        *(("-1", 0), ("soon", 0), ("", 0), ("\u0661", 0), ("1.5", 0)),
        *(("Mon, 02 Mar 2026 12:01:00 GMT", 60), ("Mon, 02 Mar 2026 11:00:00 GMT", 0)),
        ("Wed, 01 Jan 3000 00:00:00 GMT", MAX_RETRY_AFTER_S),
        ("Mon, 02 Mar 2026 12:01:00 -0000", 60),
    ],
)
def test_retry_after_is_read_and_capped(text: str, wait_s: float) -> None:
    assert retry_after_s(text, NOW) == wait_s


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_retry_after_header_breaks_it(text: str) -> None:
    assert 0 <= retry_after_s(text, NOW) <= MAX_RETRY_AFTER_S
