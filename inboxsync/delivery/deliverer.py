"""Sends what is due to webhooks: one thread for each, within a time that is given, so that none waits for another.

At least once: an attempt is written down after it was made, so a death between the two makes it again, with the same
webhook-id. A webhook is worked on under a lease, so that two deliverers do not double.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from inboxsync import __version__
from inboxsync.delivery import payload
from inboxsync.delivery.post import Outgoing
from inboxsync.delivery.retry import Answer, Attempt, Fault, FaultKind, judge
from inboxsync.delivery.signing import headers
from inboxsync.delivery.target import read_target
from inboxsync.errors import SecretUnreadable, UsageError
from inboxsync.model.event import Event
from inboxsync.model.secret import Secret
from inboxsync.model.state import Owner
from inboxsync.model.webhook import Delivery, DeliveryState, Verdict, Webhook, WebhookLease
from inboxsync.store.outbox_port import Outbox

LEASE_S = 60.0  # an attempt takes 20 s at the most
AT_ONCE = 8
BATCH = 50
HOLD_FOR_A_PERSON_S = 3600
USER_AGENT = f"inboxsync/{__version__}"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a deliverer works with. `secrets_of` answers a webhook's signing secrets and raises ConfigError.
    `message_of` answers a message by our id as the public shape, None where it is gone; `jitter` a number from 0 to 1.
    """

    outbox: Outbox
    post: Callable[[Outgoing], Answer | Fault]
    secrets_of: Callable[[Webhook], Sequence[Secret]]
    message_of: Callable[[int], Mapping[str, Any] | None]
    store_uuid: str
    now: Callable[[], datetime]
    monotonic_s: Callable[[], float]
    jitter: Callable[[], float]
    owner: Owner
    owner_is_dead: Callable[[Owner], bool]
    stopped: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn did with one webhook."""

    webhook: str
    delivered: int = 0
    failed: int = 0
    dead: int = 0
    error: str | None = None
    disabled: bool = False

    def after(self, verdict: Verdict) -> Turn:
        """Count an attempt."""
        if verdict.state is DeliveryState.DELIVERED:
            return replace(self, delivered=self.delivered + 1)
        dead = self.dead + (verdict.state is DeliveryState.DEAD)
        disabled = self.disabled or verdict.disabled_reason is not None
        return replace(self, failed=self.failed + 1, dead=dead, error=verdict.error, disabled=disabled)

    def and_then(self, later: Turn) -> Turn:
        """Sum this turn and a later one of the same webhook."""
        return Turn(
            self.webhook,
            delivered=self.delivered + later.delivered,
            failed=self.failed + later.failed,
            dead=self.dead + later.dead,
            error=later.error or self.error,
            disabled=later.disabled,
        )


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one or several turns did, by webhook."""

    turns: tuple[Turn, ...] = ()

    def __add__(self, later: DeliveryReport) -> DeliveryReport:
        """Sum this report and one of later turns."""
        turns = {turn.webhook: turn for turn in self.turns}
        for turn in later.turns:
            before = turns.get(turn.webhook)
            turns[turn.webhook] = turn if before is None else before.and_then(turn)
        return DeliveryReport(tuple(turns.values()))

    @property
    def delivered(self) -> int:
        """How many events arrived."""
        return sum(turn.delivered for turn in self.turns)

    @property
    def failed(self) -> int:
        """How many attempts failed."""
        return sum(turn.failed + (turn.failed == 0 and turn.error is not None) for turn in self.turns)


class Deliverer:
    """Does one turn after the other; usable from one thread."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def run(self, deadline_s: float) -> DeliveryReport:
        """Send what is due, beginning nothing after `deadline_s` on the monotonic clock.

        Raises StoreError, and ConfigError where no secret can be opened.

        The longest overrun is one attempt: 5 s to resolve, 5 s to connect, 10 s for the rest.
        """
        due = self._tools.outbox.due(self._tools.now())
        if not due:
            return DeliveryReport()
        with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(due)), thread_name_prefix="deliver") as pool:
            turns = list(pool.map(lambda webhook: self._turn(webhook, deadline_s), due))
        return DeliveryReport(tuple(turn for turn in turns if turn is not None))

    def _turn(self, webhook: Webhook, deadline_s: float) -> Turn | None:
        """Do what can be done for a webhook; None where another process is at it."""
        tools = self._tools
        lease = tools.outbox.acquire(webhook, tools.owner, lifetime_s=LEASE_S, owner_is_dead=tools.owner_is_dead)
        if lease is None:
            return None
        try:
            return self._under_lease(webhook, lease, deadline_s)
        finally:
            tools.outbox.release(lease, at=tools.now())

    def _under_lease(self, webhook: Webhook, lease: WebhookLease, deadline_s: float) -> Turn:
        tools = self._tools
        try:
            secrets = tools.secrets_of(webhook)
        except SecretUnreadable as error:
            fault = Fault(FaultKind.SECRET, error.message)
            at = tools.now()
            tools.outbox.hold(lease, str(fault), at=at, until=at + timedelta(seconds=HOLD_FOR_A_PERSON_S))
            return Turn(webhook.name, error=str(fault))
        except UsageError:  # removed meanwhile
            return Turn(webhook.name)
        line = _Line(tools, webhook, lease, secrets, deadline_s)
        line.run()
        return line.turn


@dataclass(slots=True)
class _Line:
    """One webhook's turn: events in their order until none is left, time is up or the endpoint is down."""

    tools: Tools
    webhook: Webhook
    lease: WebhookLease
    secrets: Sequence[Secret]
    deadline_s: float
    turn: Turn = field(init=False)
    failures: int = field(init=False)
    goes_on: bool = True

    def __post_init__(self) -> None:
        self.turn = Turn(self.webhook.name)
        self.failures = self.webhook.standing.failures

    def run(self) -> None:
        outbox, tools = self.tools.outbox, self.tools
        while self._may_begin():
            more = outbox.fan_out(self.lease, at=tools.now())
            batch = outbox.waiting(self.lease, now=tools.now(), limit=BATCH)
            for delivery in batch:
                if not self._may_begin():
                    return
                self._attempt(delivery)
            if not batch and not more:
                return

    def _may_begin(self) -> bool:
        return self.goes_on and not self.tools.stopped() and self.tools.monotonic_s() < self.deadline_s

    def _attempt(self, delivery: Delivery) -> None:
        tools = self.tools
        answer = send(tools, self.webhook, delivery.event, self.secrets)
        at = tools.now()
        verdict = judge(answer, Attempt(delivery.attempts + 1, self.failures, at, tools.jitter()))
        is_ours = tools.outbox.record(self.lease, delivery, verdict, at=at, lifetime_s=LEASE_S)
        self.turn = self.turn.after(verdict)
        self.failures = 0 if verdict.state is DeliveryState.DELIVERED else self.failures + 1
        self.goes_on = is_ours and verdict.hold_until is None and verdict.disabled_reason is None
        if verdict.error is not None:
            _LOG.info("webhook_attempt_failed", extra={"webhook": self.webhook.name, "event": delivery.event.id})


def send(tools: Tools, webhook: Webhook, event: Event, secrets: Sequence[Secret]) -> Answer | Fault:
    """Send one event to a webhook, signed at this time; what goes wrong is a Fault."""
    message_id = payload.message_key(event) if webhook.with_message else None
    body = payload.body(event, None if message_id is None else tools.message_of(message_id))
    return _send(tools, webhook, payload.delivery_id(tools.store_uuid, event.id), body, secrets)


def send_test(tools: Tools, webhook: Webhook, secrets: Sequence[Secret]) -> Answer | Fault:
    """Send a trial event that is in no feed; its id is 0, and its webhook-id another each time."""
    at = tools.now()
    body = payload.body(Event(0, payload.TEST_TYPE, at, {"webhook": webhook.name}))
    number = f"test{int(tools.monotonic_s() * 1e6)}"
    return _send(tools, webhook, payload.delivery_id(tools.store_uuid, number), body, secrets)


def _send(tools: Tools, webhook: Webhook, delivery_id: str, body: bytes, secrets: Sequence[Secret]) -> Answer | Fault:
    try:
        target = read_target(webhook.url, allow_http=webhook.allow_http)
    except UsageError as error:  # the row was changed beside us
        return Fault(FaultKind.FORBIDDEN, error.message)
    signed = {"User-Agent": USER_AGENT, **headers(delivery_id, tools.now(), body, secrets)}
    return tools.post(Outgoing(target, signed, body, webhook.allow_private, webhook.ca_file))
