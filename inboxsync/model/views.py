"""What readers of the store are shown: messages and tickets under their public keys (http-api.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from inboxsync.model.message import DeliveryReport

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a listing, newest first. `page` counts from 1."""

    items: tuple[T, ...]
    total: int
    page: int
    has_next: bool

    @property
    def has_prev(self) -> bool:
        """Whether there is a page before this one."""
        return self.page > 1


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """An attachment as readers see it; `path` is relative to the data directory and not shown in JSON.

    `safe_name` is one that every file system takes, and there where none was sent.
    `file_pruned_at`: its file was given up then; while the message's octets are kept it is made of them.
    """

    id: int
    filename: str | None
    content_type: str
    size_bytes: int
    is_inline: bool
    content_id: str | None
    sha256: str
    path: str
    file_pruned_at: datetime | None = None
    safe_name: str = ""


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message seen through one of its placements. Bodies and headers are None in lists.

    `rule_trace` is JSON text of what it met among the rules, `ticket_reason` what that did to tickets; None in lists.
    `raw_pruned_at` and `body_pruned_at`: since then its octets, its texts are no longer kept.
    """

    id: int
    subject: str
    sender: str
    sender_name: str
    from_display: str
    to_recipients: tuple[str, ...]
    cc_recipients: tuple[str, ...]
    bcc_recipients: tuple[str, ...]
    date_received: datetime
    date_sent: datetime | None
    is_read: bool
    is_starred: bool
    has_attachments: bool
    size_bytes: int
    snippet: str
    folder: str
    message_id: str | None
    uid: int
    external_id: str
    integration: str
    flags: tuple[str, ...]
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    thread_id: str | None
    ticket_id: int | None
    fate: str
    body_text: str | None = None
    reply_text: str | None = None
    body_html: str | None = None
    report: str | None = None
    delivery_reports: tuple[DeliveryReport, ...] = ()
    authentication: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[AttachmentView, ...] = ()
    headers: Mapping[str, Sequence[str]] | None = None
    defects: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    rule_trace: str | None = None
    ticket_reason: str | None = None
    raw_pruned_at: datetime | None = None
    body_pruned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket as readers see it."""

    id: int
    number: str
    subject: str
    status: str
    priority: str
    category: str | None
    tags: tuple[str, ...]
    company: str | None
    requester_name: str
    requester_email: str
    requester_contact_id: int | None
    watchers: tuple[str, ...]
    assignee: str | None
    integration: str
    message_ids: tuple[int, ...]
    external_reference: str | None
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime


@dataclass(frozen=True, slots=True)
class QuarantineView:
    """A message that was set aside."""

    id: int
    integration: str
    folder: str
    uid: int
    reason: str
    error: str
    attempts: int
    size_bytes: int
    has_octets: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class MessageQuery:
    """What `messages list` asks. `limit` 1 to 100, `page` from 1."""

    integration: str | None = None
    folder: str | None = None
    limit: int = 50
    page: int = 1
    fate: str | None = None
    text: str | None = field(default=None)
