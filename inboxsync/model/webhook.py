"""Webhooks: endpoints that are sent events, and what became of each sending."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from inboxsync.model.state import Owner

if TYPE_CHECKING:
    from inboxsync.model.event import Event


class DeliveryState(StrEnum):
    """What became of one event for one webhook. `dead`: tried often enough, and kept for a person to replay."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class WebhookStanding:
    """How an endpoint stands. `hold_until`: it is left alone as a whole until then."""

    event_cursor: int = 0
    due_at: datetime | None = None
    hold_until: datetime | None = None
    failures: int = 0
    last_attempt_at: datetime | None = None
    last_success_at: datetime | None = None
    failing_since: datetime | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint as configured. `integrations` holds uuids, which outlive a rename; empty filters take everything."""

    uuid: str
    name: str
    url: str
    event_types: tuple[str, ...] = ()
    integrations: tuple[str, ...] = ()
    with_message: bool = False
    allow_private: bool = False
    allow_http: bool = False
    ca_file: str | None = None
    active: bool = True
    disabled_reason: str | None = None
    created_at: datetime | None = None
    id: int = 0
    standing: WebhookStanding = field(default_factory=WebhookStanding)

    @property
    def secret_place(self) -> tuple[str, ...]:
        """What its signing secret is bound to: nobody can point it at another URL beside us and keep the secret."""
        return ("inboxsync_webhooks", self.uuid, "secret", self.url)

    def wants(self, event_type: str, integration_uuid: str | None) -> bool:
        """Whether its filters take an event of this type from this integration; None is one that was purged."""
        type_fits = not self.event_types or event_type in self.event_types
        return type_fits and (not self.integrations or integration_uuid in self.integrations)


@dataclass(frozen=True, slots=True)
class SealedSecrets:
    """The signing secrets of a webhook as ciphertext; the one before signs as well until it is given up."""

    current: bytes = field(repr=False)
    previous: bytes | None = field(default=None, repr=False)
    previous_until: datetime | None = None

    def valid(self, now: datetime) -> tuple[bytes, ...]:
        """The records that sign at this time, the current one first."""
        is_kept = self.previous is not None and self.previous_until is not None and now < self.previous_until
        return (self.current, self.previous) if is_kept and self.previous is not None else (self.current,)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one webhook."""

    id: int
    event: Event
    attempts: int


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One event for one webhook as `webhooks log` shows it."""

    id: int
    webhook: str
    event_id: int
    event_type: str
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    finished_at: datetime | None
    status_code: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one attempt means. `retry_at` is set while the event is pending, `hold_until` where the endpoint is down,
    `disabled_reason` where it wants nothing any more.
    """

    state: DeliveryState
    status_code: int | None = None
    error: str | None = None
    retry_at: datetime | None = None
    hold_until: datetime | None = None
    disabled_reason: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookLease:
    """The right to work on a webhook; at most one process has it."""

    webhook_id: int
    token: str
    owner: Owner


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """How many deliveries of a webhook are in each state."""

    pending: int = 0
    delivered: int = 0
    dead: int = 0
