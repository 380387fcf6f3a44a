"""What the engine decides about a message and hands to the store: data only, one batch one transaction (design §5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from inboxsync.model.placement import Fate, MessageMeta, SeenAction

if TYPE_CHECKING:
    from inboxsync.model.message import Address, ParsedMessage
    from inboxsync.model.state import FolderCursor
    from inboxsync.model.ticketing import TicketKey


@dataclass(frozen=True, slots=True)
class Known:
    """A content that a dedup scope already has."""

    message_id: int
    external_id: str
    fingerprint: str
    ticket_id: int | None = None


class TicketEffect(StrEnum):
    """What a placement did to tickets (P3)."""

    CREATED = "created"
    APPENDED = "appended"
    REOPENED = "reopened"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class TicketDecision:
    """What should happen; `reason` says why, for `explain` and the ledger.

    `ticket` is the one to be appended to, and `seen_status` the status it had when this was decided. `watchers` are
    added to it. `is_quiet`: nobody is told of the mail, for there is too much of it. `related` are tickets that a new
    one may belong to. All else matters for `CREATED` only.
    """

    effect: TicketEffect
    reason: str
    subject: str = ""
    priority: str = "normal"
    category: str | None = None
    tags: tuple[str, ...] = ()
    company: str | None = None
    requester: Address | None = None
    assignee: str | None = None
    ticket: TicketKey | None = None
    seen_status: str | None = None
    watchers: tuple[str, ...] = ()
    related: tuple[TicketKey, ...] = ()
    is_quiet: bool = False
    is_unverified: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A parsed message whose files are already published: raw octets and attachment contents have an address.

    `raw_data` is the encoded octets when they live in the database, None when they are the file `raw_path`.
    `attachment_paths` is parallel to `parsed.attachments`, relative to the data directory.
    Files published for a batch that is then rolled back are harmless: content-addressed, found again by the next try.
    """

    parsed: ParsedMessage
    raw_encoding: str
    raw_data: bytes | None = field(repr=False)
    raw_path: str | None
    attachment_paths: tuple[str, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """The decision about one placement.

    `stored`: `prepared` and `external_id` are set. `duplicate`: `external_id` names the stored content of the scope.
    `filtered`, `unknown_sender`, `too_large`: `header` holds the header octets where they were fetched (P8).
    `quarantined`: `error` says why and `octets` holds what there is. `pending`: `error` says why it stays open.
    `rule_trace` is JSON text of what the message met among filter and rules, None where there are none.
    `header_sha256` is the hash of its header block, by which it is found again under a new UID.
    `move_to` is the folder of the server into which it is to be moved once all this is committed.
    `company` is whom a stored mail is from; `is_unverified`: a trusted server said that its author is forged.
    """

    meta: MessageMeta
    fate: Fate
    reason: str | None = None
    external_id: str | None = None
    prepared: Prepared | None = None
    header: bytes | None = field(default=None, repr=False)
    octets: bytes | None = field(default=None, repr=False)
    from_address: str | None = None
    error: str | None = None
    ticket: TicketDecision | None = None
    seen: SeenAction = SeenAction.NONE
    rule_trace: str | None = None
    next_attempt_at: datetime | None = None
    header_sha256: str | None = None
    move_to: str | None = None
    company: str | None = None
    is_unverified: bool = False


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """All that one transaction writes for one folder. `cursor` moves in the same transaction, when it is set."""

    integration_id: int
    folder_id: int
    uidvalidity: int
    scope: str
    at: datetime
    outcomes: tuple[Outcome, ...] = ()
    listed: tuple[MessageMeta, ...] = ()
    cursor: FolderCursor | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the transaction really did: under overlap a wanted ticket may have existed already."""

    tickets_created: int = 0
    tickets_updated: int = 0


@dataclass(frozen=True, slots=True)
class OpenPlacement:
    """A placement that still waits for its fate."""

    meta: MessageMeta
    attempts: int = 0
    next_attempt_at: datetime | None = None
