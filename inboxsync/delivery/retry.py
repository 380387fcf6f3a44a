"""What an answer, or none, means for an event and for its endpoint: delivered, again later, or given up. Pure.

An event that its endpoint refuses waits alone, longer each time; an endpoint that does not serve at all is left alone
as a whole, so that one dead address costs one attempt a turn, however many events wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from inboxsync.model.webhook import DeliveryState, Verdict

# The schedule that Standard Webhooks 1.0 recommends ("Retry schedule"): three days, the last waits a day apart.
DELAYS_S = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
MAX_ATTEMPTS = len(DELAYS_S) + 1
FIRST_HOLD_S, MAX_HOLD_S = 30, 3600
MAX_RETRY_AFTER_S = 86400
JITTER = 0.1
GONE = 410
# Not about this event: too many requests, or nothing behind the proxy that answers.
_ENDPOINT_IS_DOWN = frozenset({429, 502, 503, 504})


class FaultKind(StrEnum):
    """Why no usable answer came."""

    UNREACHABLE = "unreachable"
    FORBIDDEN = "address_forbidden"
    TLS = "tls_failed"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    SECRET = "secret_unreadable"  # noqa: S105  the name of a fault


@dataclass(frozen=True, slots=True)
class Fault:
    """No usable answer; `message` names the place and the cause, never the path of the URL."""

    kind: FaultKind
    message: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answered: its status, and its wish of when to be asked again (RFC 9110 §10.2.3)."""

    status: int
    retry_after: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether the event was taken."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Attempt:
    """The circumstances of an attempt. `number` counts this event's from 1, `failures` the endpoint's before it;
    `jitter` is a random number from 0 to 1.
    """

    number: int
    failures: int
    at: datetime
    jitter: float


def judge(answer: Answer | Fault, attempt: Attempt) -> Verdict:
    """Decide what an attempt means."""
    status = answer.status if isinstance(answer, Answer) else None
    if isinstance(answer, Answer) and answer.is_success:
        return Verdict(DeliveryState.DELIVERED, status)
    error = str(answer) if isinstance(answer, Fault) else _told(answer)
    if status == GONE:
        return Verdict(DeliveryState.PENDING, status, error, retry_at=attempt.at, disabled_reason=error)
    retry_at = _later(answer, attempt, _delay_s(attempt.number))
    is_down = status is None or status in _ENDPOINT_IS_DOWN
    hold_until = _later(answer, attempt, _hold_s(attempt.failures)) if is_down else None
    if attempt.number >= MAX_ATTEMPTS:
        return Verdict(DeliveryState.DEAD, status, error, hold_until=hold_until)
    return Verdict(DeliveryState.PENDING, status, error, retry_at=retry_at, hold_until=hold_until)


def _told(answer: Answer) -> str:
    if 300 <= answer.status < 400:
        return f"the endpoint answers {answer.status}: redirects are not followed; set the URL it points at"
    if answer.status == GONE:
        return "the endpoint answers 410 Gone: it wants nothing any more"
    return f"the endpoint answers {answer.status}"


def _delay_s(number: int) -> float:
    return DELAYS_S[min(number, len(DELAYS_S)) - 1]


def _hold_s(failures: int) -> float:
    return min(FIRST_HOLD_S * 2.0 ** min(failures, 10), MAX_HOLD_S)


def _later(answer: Answer | Fault, attempt: Attempt, own_s: float) -> datetime:
    """Our own wait, or the endpoint's wish where that is longer: a wish is no way to be asked more often."""
    wish = answer.retry_after if isinstance(answer, Answer) else None
    asked_s = 0.0 if wish is None else retry_after_s(wish, attempt.at)
    return attempt.at + timedelta(seconds=max(own_s * (1 - JITTER + 2 * JITTER * attempt.jitter), asked_s))


def retry_after_s(text: str, now: datetime) -> float:
    """Read Retry-After, seconds or an HTTP date, as a wait from 0 s to a day; what cannot be read is no wish."""
    word = text.strip()
    if word.isascii() and word.isdigit():
        return float(min(int(word[:9]) if len(word) <= 9 else MAX_RETRY_AFTER_S, MAX_RETRY_AFTER_S))
    try:
        at = parsedate_to_datetime(word)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    wait_s = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(wait_s.total_seconds(), 0.0), float(MAX_RETRY_AFTER_S))
