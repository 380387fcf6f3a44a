"""A parsed message: all of it derived from raw octets, all of it can be rebuilt (P8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

PARSER_VERSION = 1


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
class Attachment:
    """A leaf part that is not a body. `filename` is decoded, as sent, for display; never a path on our disk.

    `size_bytes` and `sha256` are those of the decoded content, which is let go (b"") once its file is published.
    """

    position: int
    filename: str | None
    content_type: str
    size_bytes: int
    sha256: str
    content: bytes = field(default=b"", repr=False)
    is_inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """What the octets of one message mean (RFC 5322, RFC 2045 ff.), decoded as far as they can be.

    `message_id`, `in_reply_to` and `references` hold ids without angle brackets. `headers` maps each lower-case name
    to every occurrence in order, decoded. `sent_at` is the Date header where it is sane (1980 to a bounded future is
    judged by the caller, who knows the time); `date_raw` its text. `defects` names every repair and limit hit.
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
    snippet: str = ""
    attachments: tuple[Attachment, ...] = ()
    is_auto_reply: bool = False
    is_bounce: bool = False
    is_bulk: bool = False
    machine_signal: str | None = None
    defects: tuple[str, ...] = ()
    parser_version: int = PARSER_VERSION

    @property
    def has_attachments(self) -> bool:
        """Whether a person would say it has attachments: inline images of an HTML body do not count."""
        return any(not a.is_inline for a in self.attachments)

    def without_contents(self) -> ParsedMessage:
        """Let go of the attachments' octets, so that a batch in memory weighs what its texts weigh."""
        return replace(self, attachments=tuple(replace(a, content=b"") for a in self.attachments))

    @property
    def first_author(self) -> Address | None:
        """The first address of From, if there is one."""
        return self.from_[0] if self.from_ else None
