"""A parsed message: all of it derived from raw octets, all of it can be rebuilt (P8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

PARSER_VERSION = 2


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of an address header. `address` keeps its local part and has its domain in lower case; '' if none."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The part after the last @ in lower case, '' where there is none."""
        return self.address.rpartition("@")[2].lower() if "@" in self.address else ""

    @property
    def localpart(self) -> str:
        """The part before the last @, in lower case as filters see it."""
        return self.address.rpartition("@")[0].lower()


@dataclass(frozen=True, slots=True)
class MessageSummary:
    """What the header of an attached message says. `date_raw` is its Date as sent, `sent_at` that date where sane."""

    subject: str = ""
    from_: tuple[Address, ...] = ()
    message_id: str | None = None
    date_raw: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A leaf part that is not a body. `filename` is decoded, as sent, for display; never a path on our disk.

    `size_bytes` and `sha256` are those of the decoded content, which is let go (b"") once its file is published. Lines
    of content sent as text end in LF. `safe_name` can be written on any file system; it is the subject for an attached
    message without a name. `other_names` are names the part has besides. `content_type` is the label, `detected_type`
    what the octets themselves say, None where they say nothing. `summary` is there for an attached message.
    """

    position: int
    filename: str | None
    content_type: str
    size_bytes: int
    sha256: str
    content: bytes = field(default=b"", repr=False)
    is_inline: bool = False
    content_id: str | None = None
    safe_name: str = ""
    other_names: tuple[str, ...] = ()
    detected_type: str | None = None
    summary: MessageSummary | None = None


class Report(StrEnum):
    """What a report says that a machine sent: of delivery (RFC 3464), of reading (RFC 8098), of abuse (RFC 5965)."""

    FAILED = "dsn_failed"
    DELAYED = "dsn_delayed"
    DELIVERED = "dsn_delivered"
    READ = "mdn"
    ABUSE = "arf"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of the mail to one recipient (RFC 3464 §2.3), as the report says.

    `address` is where it finally went, `original_address` what the sender wrote, where that is told and differs.
    `action` is failed, delayed, delivered, relayed or expanded, complained in a report of abuse (RFC 5965), displayed,
    deleted, dispatched, processed or denied in a receipt (RFC 8098); `status` an enhanced code like 5.1.1 (RFC 3463),
    '' where none is given; `diagnostic` the words of the server that said so.
    """

    address: str
    action: str
    status: str = ""
    diagnostic: str = ""
    original_address: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """What the octets of one message mean (RFC 5322, RFC 2045 ff.), decoded as far as they can be.

    `message_id`, `in_reply_to` and `references` hold ids without angle brackets. `headers` maps each lower-case name
    to every occurrence in order, decoded. `sent_at` is the Date header where it is sane (1980 to a bounded future is
    judged by the caller, who knows the time); `date_raw` its text. `defects` names every repair and limit hit.
    `reply_text` is `body_text` without quotes and signature, `body_text` itself where there are none. `authentication`
    maps methods (spf, dkim, dmarc) to the verdict of a trusted server, empty where none has spoken (RFC 8601).
    """

    size_bytes: int
    raw_sha256: str
    fingerprint: str
    message_id: str | None = None
    subject: str = ""
    from_: tuple[Address, ...] = ()
    from_raw: str = ""
    sender: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    sent_at: datetime | None = None
    date_raw: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    body_text: str | None = None
    body_html: str | None = None
    reply_text: str | None = None
    snippet: str = ""
    attachments: tuple[Attachment, ...] = ()
    is_auto_reply: bool = False
    is_bounce: bool = False
    is_bulk: bool = False
    machine_signal: str | None = None
    report: Report | None = None
    delivery_reports: tuple[DeliveryReport, ...] = ()
    authentication: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    defects: tuple[str, ...] = ()
    parser_version: int = PARSER_VERSION

    @property
    def has_attachments(self) -> bool:
        """Whether a person would say it has attachments: inline images of an HTML body do not count."""
        return any(not a.is_inline for a in self.attachments)

    @property
    def failed_recipients(self) -> tuple[DeliveryReport, ...]:
        """The recipients that a bounce says were not reached, in the order of the report."""
        return tuple(report for report in self.delivery_reports if report.action == "failed")

    def without_contents(self) -> ParsedMessage:
        """Let go of the attachments' octets, so that a batch in memory weighs what its texts weigh."""
        if not self.attachments:
            return self  # four of five messages: a copy of fifty fields takes as long as reading a date header
        return replace(self, attachments=tuple(replace(a, content=b"") for a in self.attachments))

    @property
    def first_author(self) -> Address | None:
        """The first address of From, if there is one."""
        return self.from_[0] if self.from_ else None
