"""What re-mapping compares: mail known under former UIDs, mail met under new ones, and which is which (design §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.model.placement import Fate, MessageMeta


@dataclass(frozen=True, slots=True)
class Former:
    """A placement whose fate is known and whose UID means nothing any more. `header_sha256` is that of its header.

    `email_id` is what the server called it.
    """

    uidvalidity: int
    uid: int
    size_bytes: int
    internal_date: datetime | None
    header_sha256: str | None
    fate: Fate
    email_id: str | None = None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A message under its new UID. `has_message_id` tells whether its header names it, or only describes it."""

    meta: MessageMeta
    header_sha256: str | None
    has_message_id: bool


@dataclass(frozen=True, slots=True)
class Takeover:
    """The message that was `former` is now `uid`."""

    former: Former
    uid: int


@dataclass(frozen=True, slots=True)
class Mapped:
    """What one transaction writes of a re-mapping. `headers` are the hashes, by UID, of new mail that matched nothing.

    They are kept so that a re-mapping that was cut need not ask for these headers again.
    """

    takeovers: tuple[Takeover, ...] = ()
    headers: Mapping[int, str] = field(default_factory=dict)
