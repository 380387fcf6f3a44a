"""A deliverer over a real store, with a feed that tests write and an endpoint that they decide about."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from inboxsync.delivery.deliverer import Deliverer, DeliveryReport, Tools
from inboxsync.delivery.post import Outgoing
from inboxsync.delivery.retry import Answer, Fault
from inboxsync.model.secret import Secret
from inboxsync.model.state import Owner
from inboxsync.model.webhook import Webhook
from inboxsync.store.outbox import outbox_of
from inboxsync.store.sql import SqlStore
from inboxsync.store.webhooks import Webhooks, webhooks_of

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
US = Owner("here", 1, "100")
SECRET = Secret("whsec_" + "c2lnbmluZyBzZWNyZXQgb2YgdGhlIHRlc3RzIQ==")
_TELL = "INSERT INTO inboxsync_events (type, at, integration_id, data) VALUES (?, ?, NULL, ?)"


@dataclass
class Endpoint:
    """Takes what is sent and answers as told; `events` are the ids it was sent, in order."""

    answer: Callable[[int], Answer | Fault] = lambda _event_id: Answer(200)
    sent: list[Outgoing] = field(default_factory=list)
    events: list[int] = field(default_factory=list)

    def __call__(self, outgoing: Outgoing) -> Answer | Fault:
        event_id = int(outgoing.headers["webhook-id"].rpartition("_")[2])
        self.sent.append(outgoing)
        self.events.append(event_id)
        return self.answer(event_id)


@dataclass
class DeliveryBench:
    """The store, a clock that stands until it is moved, and one endpoint for all webhooks."""

    store: SqlStore
    endpoint: Endpoint = field(default_factory=Endpoint)
    now: datetime = START
    monotonic_s: float = 0.0
    messages: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    secrets_of: Callable[[Webhook], Sequence[Secret]] = lambda _webhook: [SECRET]
    stopped: bool = False

    @property
    def webhooks(self) -> Webhooks:
        return webhooks_of(self.store.control)

    def hook(self, name: str = "crm", **more: Any) -> Webhook:
        """Add a webhook."""
        plain = Webhook(uuid=str(uuid.uuid4()), name=name, url="https://crm.example.com/hooks", created_at=START)
        return self.webhooks.add(replace(plain, **more), b"sealed")

    def happen(self, *tickets: int | None, kind: str = "ticket.updated", **data: Any) -> list[int]:
        """Tell an event about each ticket, or about none."""
        with self.store.control._database.transaction() as work:
            about: list[dict[str, Any]] = [{} if one is None else {"ticket_id": one} for one in tickets]
            return [work.insert(_TELL, (kind, START, {**data, **one})) for one in about]

    def tools(self) -> Tools:
        """What the deliverer works with."""
        return Tools(
            outbox=outbox_of(self.store.control),
            post=self.endpoint,
            secrets_of=self.secrets_of,
            message_of=self.messages.get,
            store_uuid="3f2c1b4e-0000-4000-8000-000000000000",
            now=lambda: self.now,
            monotonic_s=lambda: self.monotonic_s,
            jitter=lambda: 0.5,
            owner=US,
            owner_is_dead=lambda _owner: False,
            stopped=lambda: self.stopped,
        )

    def deliver(self, *, after: timedelta = timedelta(), for_s: float = 60.0) -> DeliveryReport:
        """Do a turn, some time after the one before."""
        self.now += after
        return Deliverer(self.tools()).run(self.monotonic_s + for_s)
