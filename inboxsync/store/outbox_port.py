"""What the deliverer may ask of the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from inboxsync.model.state import Owner
    from inboxsync.model.webhook import Delivery, Verdict, Webhook, WebhookLease


class Outbox(Protocol):
    """Events on their way to webhooks. All methods but `due` want the lease of the webhook."""

    def due(self, now: datetime) -> Sequence[Webhook]:
        """Active webhooks with a delivery to try now, or with events that have none yet."""

    def acquire(
        self, webhook: Webhook, owner: Owner, *, lifetime_s: float, owner_is_dead: Callable[[Owner], bool]
    ) -> WebhookLease | None:
        """Take a webhook for this process; None while another has it, by the store's own clock."""

    def fan_out(self, lease: WebhookLease, *, at: datetime) -> bool:
        """Give the next events their deliveries; tells whether there may be more. Bounded by what already waits."""

    def waiting(self, lease: WebhookLease, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """What may be sent now, oldest event first: of each order key the oldest event only."""

    def record(
        self, lease: WebhookLease, delivery: Delivery, verdict: Verdict, *, at: datetime, lifetime_s: float
    ) -> bool:
        """Write down an attempt and prolong the lease; False where that is no longer ours."""

    def hold(self, lease: WebhookLease, error: str, *, at: datetime, until: datetime) -> None:
        """Leave a webhook alone until then, for a fault that is not the endpoint's."""

    def release(self, lease: WebhookLease, *, at: datetime) -> None:
        """Give the webhook back and write down when it is due next."""
