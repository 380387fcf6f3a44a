"""The feed of what happened, and who reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

MESSAGE_STORED = "message.stored"
TICKET_CREATED = "ticket.created"
TICKET_UPDATED = "ticket.updated"
TICKET_REOPENED = "ticket.reopened"
SYNC_FAILED = "sync.failed"
SYNC_RECOVERED = "sync.recovered"
EVENT_TYPES = (MESSAGE_STORED, TICKET_CREATED, TICKET_UPDATED, TICKET_REOPENED, SYNC_FAILED, SYNC_RECOVERED)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. Ids grow in the order of commits: who has seen one never misses a lower one later."""

    id: int
    type: str
    at: datetime
    data: Mapping[str, Any]
    integration_id: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give it under its public keys, the same in the feed, on the command line and to webhooks."""
        at = self.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return {"id": self.id, "type": self.type, "at": at, "data": dict(self.data)}


@dataclass(frozen=True, slots=True)
class EventPage:
    """A stretch of the feed, oldest first. `next_after` is where the next one begins."""

    events: tuple[Event, ...]
    next_after: int
    has_more: bool

    def as_dict(self) -> dict[str, Any]:
        """Give it under its public keys."""
        shapes = [event.as_dict() for event in self.events]
        return {"events": shapes, "next_after": self.next_after, "has_more": self.has_more}


@dataclass(frozen=True, slots=True)
class Consumer:
    """A reader of the feed whose place the store keeps: it has acknowledged all events up to `event_id`."""

    name: str
    event_id: int
    updated_at: datetime | None = None
    behind: int = 0


def order_key(event: Event) -> str | None:
    """Name what an event is about, where events about the same thing are to be told in their order; else None."""
    ticket_id = event.data.get("ticket_id")
    if ticket_id is not None:
        return f"ticket:{ticket_id}"
    if event.type in (SYNC_FAILED, SYNC_RECOVERED):
        return f"integration:{event.integration_id}"
    return None
