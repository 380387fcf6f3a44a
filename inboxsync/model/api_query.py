"""What a reader over HTTP asks of the store: who asks, what for, and from where on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inboxsync.model.token import EVERYTHING, Sight


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list that goes from newest to oldest: behind this message, seen through this placement."""

    received_at: datetime
    message_id: int
    placement_id: int


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages are wanted. Times bound `received_at`: from `since` on, before `until`; `text` is a substring."""

    sight: Sight = EVERYTHING
    integration_id: int | None = None
    folder: str | None = None
    fate: str | None = None
    unread: bool | None = None
    has_attachments: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None

    @property
    def asks_of_content(self) -> bool:
        """Whether more than the place of a message decides."""
        return any(
            one is not None for one in (self.fate, self.unread, self.has_attachments, self.since, self.until, self.text)
        )


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets are wanted; `updated_since` is inclusive."""

    sight: Sight = EVERYTHING
    integration_id: int | None = None
    status: str | None = None
    company: str | None = None
    updated_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which part of a list: page `page` (from 1) of `limit` items, or, with `after`, the `limit` items behind it."""

    limit: int = 50
    page: int = 1
    after: Place | int | None = None
