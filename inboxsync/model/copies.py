"""Mail that an account is known to have already, under the id that its server gave it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.model.ingest import TicketDecision
    from inboxsync.model.placement import Fate


@dataclass(frozen=True, slots=True)
class KnownCopy:
    """A settled placement, of whatever folder, whose octets or header the store keeps.

    `message_id` is our content, known as `external_id` in `scope`; None where there is only a header. `reason` and
    `settled_at` are those of its fate, `ticket` is what it did to tickets.
    """

    placement_id: int
    email_id: str
    size_bytes: int
    internal_date: datetime | None
    fate: Fate
    reason: str | None
    settled_at: datetime | None
    header_sha256: str | None
    message_id: int | None
    from_address: str | None = None
    external_id: str | None = None
    scope: str | None = None
    ticket: TicketDecision | None = None
