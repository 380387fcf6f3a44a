"""Stored mail as filters and rules look at it: a message through one placement, with as much of it as they ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from inboxsync.model.placement import Fate

if TYPE_CHECKING:
    from inboxsync.model.message import ParsedMessage


SEEN = "\\Seen"


class Part(StrEnum):
    """What of a stored message is read only where something asks for it; the rest is small and always read."""

    PEOPLE = "people"
    HEADERS = "headers"
    LINKS = "links"
    BODIES = "bodies"
    ATTACHMENTS = "attachments"


@dataclass(frozen=True, slots=True)
class MailQuery:
    """Which stored mail: of one integration by our id, or of all; arrived since; the newest so many."""

    integration_id: int | None = None
    since: datetime | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a placement lies on its server. `uidvalidity` is the ledger's."""

    placement_id: int
    integration_id: int
    folder_id: int
    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A stored message seen through one placement.

    `parsed` is rebuilt from columns with the parts that were asked for; it is None where they cannot say exactly what
    the octets say (another parser made them, or a database could not hold a character), and then `id` leads to those.
    `flags` are those at fetch as far as is known: without the `\\Seen` that we set ourselves (`seen_by_us`).
    `size_bytes` is what the server said. `has_ticket`: its content had its one ticket effect in its scope.
    `stored_at` judges its Date.
    """

    id: int
    place: Place
    fate: Fate
    subject: str
    sender: str
    flags: tuple[str, ...]
    size_bytes: int
    internal_date: datetime | None
    stored_at: datetime
    scope: str
    external_id: str
    has_ticket: bool
    ticket_reason: str | None
    rule_trace: str | None
    seen_by_us: bool
    parsed: ParsedMessage | None = field(repr=False)

    @property
    def current_flags(self) -> tuple[str, ...]:
        """Flags as they were last seen."""
        return (*self.flags, SEEN) if self.seen_by_us else self.flags


@dataclass(frozen=True, slots=True)
class RefusedMail:
    """A placement that a filter refused, and the header that was kept of it."""

    place: Place
    flags: tuple[str, ...]
    size_bytes: int
    internal_date: datetime | None
    settled_at: datetime | None
    header: bytes = field(repr=False)
