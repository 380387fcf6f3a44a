"""Mail: contents, their bodies, raw octets and attachments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from inboxsync.store.column_types import JSON_OR_NULL
from inboxsync.store.tables.columns import NEVER_REUSED, key, ref


class MessageRow(SQLModel, table=True):
    """A content, stored once in its dedup scope. All but the identity columns is derived from raw (P8)."""

    __tablename__ = "inboxsync_messages"
    __table_args__ = (
        UniqueConstraint("scope", "external_id"),
        Index("ix_inboxsync_messages_received", "received_at", "id"),
        Index("ix_inboxsync_messages_message_id", "message_id"),
        Index("ix_inboxsync_messages_thread", "thread_id"),
        Index("ix_inboxsync_messages_subject_key", "subject_key"),
        # Who else needs the octets: asked before they are given up.
        Index("ix_inboxsync_messages_raw", "raw_sha256"),
        NEVER_REUSED,
    )
    id: int | None = key()
    scope: str = Field(sa_type=Text, description="Dedup scope: integration:UUID, company:NAME or store.")
    external_id: str = Field(
        sa_type=Text, description="Identity in the scope: Message-ID, or sha256:fingerprint, or ID#fingerprint."
    )
    fingerprint: str = Field(sa_type=Text, description="Frozen content fingerprint.")
    fingerprint_version: int = Field(description="Version of that algorithm.")
    raw_sha256: str = Field(sa_type=Text, description="Hash of the octets as received; key of inboxsync_raw.")
    size_bytes: int = Field(sa_type=BigInteger, description="Size of the octets.")
    message_id: str | None = Field(default=None, sa_type=Text, description="Message-ID without angle brackets.")
    subject: str = Field(sa_type=Text, description="Decoded subject.")
    from_address: str = Field(sa_type=Text, description="First author's address.")
    from_name: str = Field(sa_type=Text, description="First author's display name.")
    from_raw: str = Field(sa_type=Text, description="The From header, decoded.")
    recipients: dict[str, list[list[str]]] = Field(
        sa_type=JSON, description="from, sender, reply_to, to, cc, bcc: arrays of [name, address]."
    )
    sent_at: datetime | None = Field(default=None, description="Date header where it is sane.")
    date_raw: str | None = Field(default=None, sa_type=Text, description="Date header as sent.")
    received_at: datetime = Field(
        description="INTERNALDATE where sane, else the Date header, else when it was fetched."
    )
    in_reply_to: list[str] = Field(sa_type=JSON, description="Ids without brackets.")
    reference_ids: list[str] = Field(sa_type=JSON, description="References header: ids without brackets, oldest first.")
    thread_id: str | None = Field(default=None, sa_type=Text, description="Conversation.")
    subject_key: int | None = Field(
        default=None, sa_type=BigInteger, description="Where a reply without references looks for it: a hash."
    )
    headers: dict[str, list[str]] = Field(sa_type=JSON, description="Every header, decoded, by lower-case name.")
    snippet: str = Field(sa_type=Text, description="First words of the text.")
    has_attachments: bool = Field(description="Attachments other than inline images.")
    is_auto_reply: bool = Field(description="RFC 3834 automatic reply.")
    is_bounce: bool = Field(description="RFC 3464 delivery report.")
    is_bulk: bool = Field(description="List or bulk mail.")
    machine_signal: str | None = Field(default=None, sa_type=Text, description="What told so.")
    report: str | None = Field(
        default=None, sa_type=Text, description="dsn_failed, dsn_delayed, dsn_delivered, mdn or arf, where it is one."
    )
    delivery_reports: list[dict[str, str | None]] = Field(
        sa_type=JSON, description="Of a report: address, action, status, diagnostic, original_address of each."
    )
    authentication: dict[str, str] = Field(
        sa_type=JSON, description="Verdicts by method (spf, dkim, dmarc) of a trusted server; empty where none spoke."
    )
    defects: list[str] = Field(sa_type=JSON, description="Repairs and limits met while parsing.")
    parser_version: int = Field(description="Parser that derived all this.")
    company: str | None = Field(
        default=None, sa_type=Text, description="Whose mail it is: of the contact, the domain or the mailbox."
    )
    is_unverified: bool = Field(description="A trusted server said that its author is forged.")
    stored_at: datetime = Field(description="When it was stored.")
    raw_pruned_at: datetime | None = Field(default=None, description="When its octets were given up (`prune`).")
    body_pruned_at: datetime | None = Field(
        default=None, description="When its texts were given up (`prune`); its row of inboxsync_bodies went then."
    )


class BodyRow(SQLModel, table=True):
    """Texts of a message, apart from its row so that lists stay fast."""

    __tablename__ = "inboxsync_bodies"
    message_id: int = ref("inboxsync_messages.id", "Whose texts.", primary_key=True, on_delete="CASCADE")
    body_text: str | None = Field(
        default=None, sa_type=Text, description="Plain text, made from the HTML where there is none."
    )
    reply_text: str | None = Field(
        default=None, sa_type=Text, description="Text without quotes and signature; null where that is all of it."
    )
    body_html: str | None = Field(
        default=None, sa_type=Text, description="HTML source as sent: sanitise before showing."
    )


class RawRow(SQLModel, table=True):
    """Octets as received, once per content of the whole store."""

    __tablename__ = "inboxsync_raw"
    __table_args__ = (
        # The few that have a file: without it SQLite reads past the octets of all to find them.
        Index(
            "ix_inboxsync_raw_path",
            "path",
            sqlite_where=text("path IS NOT NULL"),
            postgresql_where=text("path IS NOT NULL"),
        ),
    )
    sha256: str = Field(primary_key=True, sa_type=Text, description="SHA-256 of the octets, hex.")
    encoding: str = Field(sa_type=Text, description="zstd or identity.")
    size_bytes: int = Field(sa_type=BigInteger, description="Size of the octets, decoded.")
    data: bytes | None = Field(default=None, sa_type=LargeBinary, description="Encoded octets of small mail.")
    path: str | None = Field(
        default=None, sa_type=Text, description="File of large mail, relative to the data directory."
    )


class AttachmentRow(SQLModel, table=True):
    """An attachment; its content is a file under the data directory."""

    __tablename__ = "inboxsync_attachments"
    __table_args__ = (UniqueConstraint("message_id", "position"), NEVER_REUSED)
    id: int | None = key()
    message_id: int = ref("inboxsync_messages.id", "Whose attachment.", on_delete="CASCADE")
    position: int = Field(description="Order in the message, from 0.")
    filename: str | None = Field(
        default=None, sa_type=Text, description="Name as sent, decoded; metadata only, never a path."
    )
    content_type: str = Field(sa_type=Text, description="type/subtype in lower case.")
    size_bytes: int = Field(sa_type=BigInteger, description="Decoded size.")
    sha256: str = Field(sa_type=Text, description="Hash of the decoded content.")
    is_inline: bool = Field(description="Shown inside the HTML body.")
    content_id: str | None = Field(default=None, sa_type=Text, description="Content-ID without brackets.")
    safe_name: str = Field(
        sa_type=Text,
        description="A name that any file system takes, made from the one as sent, else an attached message's subject.",
    )
    other_names: list[str] | None = Field(
        default=None, sa_type=JSON_OR_NULL, description="Further names the part has, where there are any."
    )
    detected_type: str | None = Field(
        default=None, sa_type=Text, description="What the octets say they are; null where they say nothing."
    )
    summary: dict[str, object] | None = Field(
        default=None, sa_type=JSON_OR_NULL, description="Of an attached message: subject, from, date, message_id."
    )
    path: str = Field(sa_type=Text, description="attachments/YYYY/MM/DD/<sha256>, relative to the data directory.")
    file_pruned_at: datetime | None = Field(
        default=None, description="When its file was given up (`prune`); it is made of the octets while those are kept."
    )
