"""The tables: one definition for SQLite and Postgres, read by migrations, both planes and docs/schema.md.

Times are aware UTC (on SQLite the text `YYYY-MM-DD HH:MM:SS.ffffff` in UTC). Lists and maps are JSON.
A column's description here is its public documentation: other applications read these tables.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from inboxsync.store.column_types import BIG

# SQLite gives the highest freed rowid out again unless told not to; events, messages and tickets are referred to by
# other applications, which must not find other content under an id they kept. Postgres sequences never go back.
NEVER_REUSED = {"sqlite_autoincrement": True}


def key() -> Any:
    """Declare a surrogate primary key; its table carries NEVER_REUSED."""
    return Field(
        default=None, primary_key=True, sa_type=BIG, description="Surrogate id; stable, never reused for other content."
    )


def ref(target: str, description: str, *, primary_key: bool = False, on_delete: str | None = None, **more: Any) -> Any:
    """Declare a foreign key."""
    return Field(
        primary_key=primary_key,
        sa_type=BIG,
        sa_column_args=[ForeignKey(target, ondelete=on_delete)],
        description=description,
        **more,
    )


class Meta(SQLModel, table=True):
    """Facts about the store itself: `schema_version`, `store_uuid`, `key_canary`."""

    __tablename__ = "inboxsync_meta"
    name: str = Field(primary_key=True, sa_type=Text, description="Which fact.")
    value: str = Field(sa_type=Text, description="Its value as text; binary values in base64.")


class IntegrationRow(SQLModel, table=True):
    """One configured account. The secret is not here but in `inboxsync_secrets`, encrypted."""

    __tablename__ = "inboxsync_integrations"
    __table_args__ = (UniqueConstraint("uuid"), UniqueConstraint("name"), NEVER_REUSED)
    id: int | None = key()
    uuid: str = Field(sa_type=Text, description="Never changes; dedup scopes and encryption are bound to it.")
    name: str = Field(sa_type=Text, description="What people call it; unique.")
    email: str = Field(sa_type=Text, description="The address of the account.")
    provider: str | None = Field(default=None, sa_type=Text, description="Key of the provider preset it was made from.")
    host: str = Field(sa_type=Text, description="IMAP host.")
    port: int = Field(description="IMAP port.")
    tls: str = Field(sa_type=Text, description="implicit, starttls or none.")
    username: str = Field(sa_type=Text, description="Login name.")
    ca_file: str | None = Field(default=None, sa_type=Text, description="CA file to trust instead of the system's.")
    pin_sha256: str | None = Field(default=None, sa_type=Text, description="SHA-256 of the server certificate, hex.")
    folders: list[str] = Field(sa_type=JSON, description="Folders to read, decoded names.")
    interval_s: int | None = Field(
        default=None, description="Seconds from one start to the next; null where cron is set."
    )
    cron: str | None = Field(default=None, sa_type=Text, description="Cron expression; null where interval_s is set.")
    priority: int = Field(description="Lower numbers run first.")
    filter_json: str | None = Field(
        default=None, sa_type=Text, description="Filter as canonical JSON text; null takes all."
    )
    rules_json: str | None = Field(default=None, sa_type=Text, description="Rules as canonical JSON text.")
    dedup: str | None = Field(
        default=None, sa_type=Text, description="integration, company, store; null is the default."
    )
    unread_only: bool = Field(description="Take only mail that is unread when it is first met.")
    mark_read: bool = Field(description="Mark mail read on the server after it is stored.")
    known_senders_only: bool = Field(description="Take only mail from contacts.")
    company: str | None = Field(default=None, sa_type=Text, description="Company the mailbox belongs to.")
    since: datetime | None = Field(default=None, description="Mail received before this is not taken; null takes all.")
    tickets_since: datetime | None = Field(
        default=None, description="Mail received before this makes no ticket; null: all may."
    )
    makes_tickets: bool = Field(description="Whether stored mail makes tickets.")
    active: bool = Field(description="Whether sync-all considers it.")
    removed_at: datetime | None = Field(
        default=None,
        description="Removed by a person; the row stays as the owner of its ledger, its name is free again.",
    )
    created_at: datetime = Field(description="When it was added.")
    updated_at: datetime = Field(description="When a setting last changed.")


class SecretRow(SQLModel, table=True):
    """Encrypted passwords: AES-256-GCM records bound to integration, host, port, TLS mode and login."""

    __tablename__ = "inboxsync_secrets"
    integration_id: int = ref("inboxsync_integrations.id", "Whose secret.", primary_key=True, on_delete="CASCADE")
    record: bytes = Field(sa_type=LargeBinary, description="Version, key id, nonce, ciphertext and tag.")
    updated_at: datetime = Field(description="When it was last written.")


class SyncStateRow(SQLModel, table=True):
    """How each integration stands; rewritten by every run, small."""

    __tablename__ = "inboxsync_sync_states"
    integration_id: int = ref("inboxsync_integrations.id", "Whose state.", primary_key=True, on_delete="CASCADE")
    last_started_at: datetime | None = Field(default=None, description="Start of the last run.")
    last_finished_at: datetime | None = Field(default=None, description="End of the last run.")
    last_success_at: datetime | None = Field(
        default=None, description="End of the last run that was success or partial."
    )
    last_status: str | None = Field(default=None, sa_type=Text, description="success, partial or error.")
    error_code: str | None = Field(
        default=None, sa_type=Text, description="Stable word of the last error; null after a success."
    )
    error_message: str | None = Field(default=None, sa_type=Text, description="What happened.")
    error_hint: str | None = Field(default=None, sa_type=Text, description="What to do.")
    error_exit_code: int | None = Field(default=None, description="Exit code class of the last error.")
    failures: int = Field(default=0, description="Failed runs in a row.")
    auth_failures: int = Field(default=0, description="Refused logins in a row.")
    paused: bool = Field(default=False, description="Waits for a person after refused logins; probed every six hours.")
    next_attempt_at: datetime | None = Field(default=None, description="Not tried before this, after a failure.")
    due_at: datetime | None = Field(default=None, description="The instant from which it is due.", index=True)
    told_at: datetime | None = Field(default=None, description="When an outstanding fault was last told on stderr.")


class LeaseRow(SQLModel, table=True):
    """Who works on an integration right now."""

    __tablename__ = "inboxsync_leases"
    integration_id: int = ref("inboxsync_integrations.id", "What is worked on.", primary_key=True, on_delete="CASCADE")
    token: str = Field(sa_type=Text, description="Random; tells this lease from a later one of the same process.")
    host: str = Field(sa_type=Text, description="Host of the owner.")
    pid: int = Field(description="Process id of the owner.")
    process_start: str = Field(sa_type=Text, description="When that process started.")
    acquired_at: datetime = Field(description="Taken at.")
    heartbeat_at: datetime = Field(description="Last renewed at.")
    expires_at: datetime = Field(description="Free for others from then on.")


class FolderRow(SQLModel, table=True):
    """A folder of an integration and its cursor: all UIDs below `uidnext` are in `inboxsync_placements`."""

    __tablename__ = "inboxsync_folders"
    __table_args__ = (UniqueConstraint("integration_id", "name"), NEVER_REUSED)
    id: int | None = key()
    integration_id: int = ref("inboxsync_integrations.id", "Whose folder.", on_delete="CASCADE")
    name: str = Field(sa_type=Text, description="Decoded name.")
    role: str | None = Field(default=None, sa_type=Text, description="inbox, sent, archive … where known (RFC 6154).")
    uidvalidity: int | None = Field(default=None, sa_type=BigInteger, description="UIDVALIDITY of the cursor.")
    uidnext: int | None = Field(
        default=None, sa_type=BigInteger, description="First UID not yet listed; null before the first listing."
    )
    exists_count: int | None = Field(
        default=None, sa_type=BigInteger, description="Messages on the server at the last listing."
    )
    unread_count: int | None = Field(
        default=None, sa_type=BigInteger, description="Unread messages at the last listing."
    )
    highestmodseq: int | None = Field(
        default=None, sa_type=BigInteger, description="HIGHESTMODSEQ at the last listing (RFC 7162)."
    )
    mailbox_id: str | None = Field(default=None, sa_type=Text, description="MAILBOXID (RFC 8474) where offered.")
    listed_at: datetime | None = Field(default=None, description="When the cursor last moved.")
    followed_uidvalidity: int | None = Field(
        default=None, sa_type=BigInteger, description="UIDVALIDITY that the columns of following belong to."
    )
    followed_modseq: int | None = Field(
        default=None, sa_type=BigInteger, description="HIGHESTMODSEQ up to which flags are known."
    )
    followed_exists: int | None = Field(
        default=None, sa_type=BigInteger, description="Messages on the server when all expunges were known."
    )
    followed_below_uid: int | None = Field(
        default=None, sa_type=BigInteger, description="UID below which older mail is looked at next."
    )
    swept_at: datetime | None = Field(default=None, description="When older mail was last looked at.")


class MessageRow(SQLModel, table=True):
    """A content, stored once in its dedup scope. All but the identity columns is derived from raw (P8)."""

    __tablename__ = "inboxsync_messages"
    __table_args__ = (
        UniqueConstraint("scope", "external_id"),
        Index("ix_inboxsync_messages_received", "received_at", "id"),
        Index("ix_inboxsync_messages_message_id", "message_id"),
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
    headers: dict[str, list[str]] = Field(sa_type=JSON, description="Every header, decoded, by lower-case name.")
    snippet: str = Field(sa_type=Text, description="First words of the text.")
    has_attachments: bool = Field(description="Attachments other than inline images.")
    is_auto_reply: bool = Field(description="RFC 3834 automatic reply.")
    is_bounce: bool = Field(description="RFC 3464 delivery report.")
    is_bulk: bool = Field(description="List or bulk mail.")
    machine_signal: str | None = Field(default=None, sa_type=Text, description="What told so.")
    defects: list[str] = Field(sa_type=JSON, description="Repairs and limits met while parsing.")
    parser_version: int = Field(description="Parser that derived all this.")
    stored_at: datetime = Field(description="When it was stored.")


class BodyRow(SQLModel, table=True):
    """Texts of a message, apart from its row so that lists stay fast."""

    __tablename__ = "inboxsync_bodies"
    message_id: int = ref("inboxsync_messages.id", "Whose texts.", primary_key=True, on_delete="CASCADE")
    body_text: str | None = Field(
        default=None, sa_type=Text, description="Plain text, made from the HTML where there is none."
    )
    body_html: str | None = Field(
        default=None, sa_type=Text, description="HTML source as sent: sanitise before showing."
    )


class RawRow(SQLModel, table=True):
    """Octets as received, once per content of the whole store."""

    __tablename__ = "inboxsync_raw"
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
    path: str = Field(sa_type=Text, description="attachments/YYYY/MM/DD/<sha256>, relative to the data directory.")


class PlacementRow(SQLModel, table=True):
    """The ledger: each UID that a server ever listed, and its one fate (P2)."""

    __tablename__ = "inboxsync_placements"
    __table_args__ = (
        UniqueConstraint("folder_id", "uidvalidity", "uid"),
        Index(
            "ix_inboxsync_placements_open",
            "folder_id",
            "uid",
            sqlite_where=text("fate = 'pending'"),
            postgresql_where=text("fate = 'pending'"),
        ),
        Index(
            "ix_inboxsync_placements_seen_wanted",
            "folder_id",
            "uid",
            sqlite_where=text("seen_action = 'wanted'"),
            postgresql_where=text("seen_action = 'wanted'"),
        ),
        # What status counts: read from the index alone, so that it stays fast with millions of placements.
        Index(
            "ix_inboxsync_placements_live",
            "folder_id",
            sqlite_where=text("fate IN ('stored', 'duplicate') AND retired_at IS NULL"),
            postgresql_where=text("fate IN ('stored', 'duplicate') AND retired_at IS NULL"),
        ),
        # Where a new UIDVALIDITY looks for its mail: holds retired placements alone, so it costs nothing before.
        Index(
            "ix_inboxsync_placements_former",
            "folder_id",
            "size_bytes",
            sqlite_where=text("retired_at IS NOT NULL AND remapped_uid IS NULL"),
            postgresql_where=text("retired_at IS NOT NULL AND remapped_uid IS NULL"),
        ),
        Index("ix_inboxsync_placements_message", "message_id"),
        NEVER_REUSED,
    )
    id: int | None = key()
    folder_id: int = ref("inboxsync_folders.id", "Which folder.", on_delete="CASCADE")
    uidvalidity: int = Field(
        sa_type=BigInteger,
        description="UIDVALIDITY the UID belongs to, plus a multiple of 2^32 where the server used it for other UIDs.",
    )
    uid: int = Field(sa_type=BigInteger, description="UID on the server.")
    fate: str = Field(
        sa_type=Text,
        description="pending, stored, duplicate, filtered, unknown_sender, too_large, quarantined or vanished.",
    )
    reason: str | None = Field(default=None, sa_type=Text, description="Why this fate, as a stable word.")
    message_id: int | None = ref(
        "inboxsync_messages.id", "The content (stored, duplicate).", default=None, on_delete="SET NULL"
    )
    external_id: str | None = Field(default=None, sa_type=Text, description="Its identity in the scope.")
    size_bytes: int = Field(sa_type=BigInteger, description="RFC822.SIZE as the server said.")
    internal_date: datetime | None = Field(default=None, description="INTERNALDATE where usable.")
    flags: list[str] = Field(sa_type=JSON, description="Flags when last seen.")
    from_address: str | None = Field(default=None, sa_type=Text, description="Author of mail that was not stored.")
    ticket_effect: str | None = Field(default=None, sa_type=Text, description="created, appended or none.")
    ticket_reason: str | None = Field(default=None, sa_type=Text, description="Why.")
    rule_trace: str | None = Field(
        default=None, sa_type=Text, description="JSON text: what it met among filter and rules."
    )
    header_sha256: str | None = Field(
        default=None, sa_type=Text, description="Hash of its header block, by which a new UIDVALIDITY finds it again."
    )
    remapped_uid: int | None = Field(
        default=None, sa_type=BigInteger, description="UID that took its fate over when its UIDVALIDITY had ended."
    )
    seen_action: str = Field(sa_type=Text, description="Marking read on the server: none, wanted or done.")
    attempts: int = Field(default=0, description="Failed tries so far.")
    error: str | None = Field(default=None, sa_type=Text, description="The last try's error.")
    next_attempt_at: datetime | None = Field(default=None, description="Not tried before this.")
    listed_at: datetime = Field(description="When the UID was first listed.")
    settled_at: datetime | None = Field(default=None, description="When its fate became final.")
    retired_at: datetime | None = Field(default=None, description="When its UIDVALIDITY ended.")
    expunged_at: datetime | None = Field(default=None, description="When it was found gone from the server.")


class PlacementHeaderRow(SQLModel, table=True):
    """Header octets of mail that was met but not stored (filtered, unknown sender, too large)."""

    __tablename__ = "inboxsync_placement_headers"
    placement_id: int = ref("inboxsync_placements.id", "Whose header.", primary_key=True, on_delete="CASCADE")
    encoding: str = Field(sa_type=Text, description="zstd or identity.")
    data: bytes = Field(sa_type=LargeBinary, description="Encoded header block.")


class QuarantineRow(SQLModel, table=True):
    """Mail that could not be fetched, parsed or stored, with the octets there are."""

    __tablename__ = "inboxsync_quarantine"
    placement_id: int = ref("inboxsync_placements.id", "Which placement.", primary_key=True, on_delete="CASCADE")
    reason: str = Field(sa_type=Text, description="Stable word.")
    error: str = Field(sa_type=Text, description="What happened.")
    raw_sha256: str | None = Field(
        default=None, sa_type=Text, description="Octets in inboxsync_raw, where there are any."
    )
    at: datetime = Field(description="When it was set aside.")


class CompanyRow(SQLModel, table=True):
    """A company that mailboxes, contacts and tickets belong to."""

    __tablename__ = "inboxsync_companies"
    __table_args__ = (UniqueConstraint("name"), NEVER_REUSED)
    id: int | None = key()
    name: str = Field(sa_type=Text, description="Unique name.")
    created_at: datetime = Field(description="When it was added.")


class CompanyDomainRow(SQLModel, table=True):
    """A mail domain of a company, matched exactly."""

    __tablename__ = "inboxsync_company_domains"
    domain: str = Field(primary_key=True, sa_type=Text, description="Domain in lower case.")
    company_id: int = ref("inboxsync_companies.id", "Whose domain.", on_delete="CASCADE")


class ContactRow(SQLModel, table=True):
    """A known person; known-senders-only integrations take mail from these alone."""

    __tablename__ = "inboxsync_contacts"
    __table_args__ = (UniqueConstraint("email"), NEVER_REUSED)
    id: int | None = key()
    email: str = Field(sa_type=Text, description="Address in lower case.")
    name: str = Field(sa_type=Text, description="Display name.")
    kind: str = Field(sa_type=Text, description="user or staff.")
    company_id: int | None = ref("inboxsync_companies.id", "Company.", default=None, on_delete="SET NULL")
    created_at: datetime = Field(description="When it was added.")


class TicketRow(SQLModel, table=True):
    """A ticket."""

    __tablename__ = "inboxsync_tickets"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_inboxsync_tickets_updated", "updated_at", "id"),
        Index("ix_inboxsync_tickets_integration", "integration_id"),
        NEVER_REUSED,
    )
    id: int | None = key()
    number: str = Field(sa_type=Text, description="What people quote.")
    integration_id: int | None = ref(
        "inboxsync_integrations.id", "Where it came from.", default=None, on_delete="SET NULL"
    )
    subject: str = Field(sa_type=Text, description="Subject of its first mail.")
    status: str = Field(sa_type=Text, description="open, in_progress, pending, resolved or closed.")
    priority: str = Field(sa_type=Text, description="low, normal, high or urgent.")
    category: str | None = Field(default=None, sa_type=Text, description="From rules.")
    tags: list[str] = Field(sa_type=JSON, description="From rules.")
    company: str | None = Field(default=None, sa_type=Text, description="Company name.")
    requester_name: str = Field(sa_type=Text, description="Who asks.")
    requester_email: str = Field(sa_type=Text, description="Their address.")
    requester_contact_id: int | None = ref(
        "inboxsync_contacts.id", "Their contact.", default=None, on_delete="SET NULL"
    )
    watchers: list[str] = Field(sa_type=JSON, description="Addresses kept informed.")
    assignee: str | None = Field(default=None, sa_type=Text, description="From rules or set by people.")
    external_reference: str | None = Field(default=None, sa_type=Text, description="Message-ID of its first mail.")
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it last changed.")
    last_message_at: datetime = Field(description="received_at of its newest mail.")


class TicketMessageRow(SQLModel, table=True):
    """Which messages a ticket has."""

    __tablename__ = "inboxsync_ticket_messages"
    ticket_id: int = ref("inboxsync_tickets.id", "The ticket.", primary_key=True, on_delete="CASCADE")
    message_id: int = ref("inboxsync_messages.id", "The message.", primary_key=True, on_delete="CASCADE", index=True)


class TicketEffectRow(SQLModel, table=True):
    """At most one ticket effect per content and scope (P3): the primary key is the guarantee."""

    __tablename__ = "inboxsync_ticket_effects"
    scope: str = Field(primary_key=True, sa_type=Text, description="Dedup scope.")
    external_id: str = Field(primary_key=True, sa_type=Text, description="Content in the scope.")
    effect: str = Field(sa_type=Text, description="created or appended.")
    ticket_id: int | None = ref(
        "inboxsync_tickets.id",
        "The ticket; null where it was removed.",
        default=None,
        on_delete="SET NULL",
        index=True,
    )
    at: datetime = Field(description="When.")


class EventRow(SQLModel, table=True):
    """Ordered feed of what happened, written in the transaction that made it happen."""

    __tablename__ = "inboxsync_events"
    __table_args__ = NEVER_REUSED
    id: int | None = key()
    type: str = Field(sa_type=Text, description="message.stored, ticket.created, …")
    at: datetime = Field(description="When it was written.")
    data: dict[str, Any] = Field(sa_type=JSON, description="What it tells: ids and names, no mail text.")


class RunRow(SQLModel, table=True):
    """One process's run."""

    __tablename__ = "inboxsync_runs"
    __table_args__ = NEVER_REUSED
    id: int | None = key()
    started_at: datetime = Field(description="Start.", index=True)
    finished_at: datetime | None = Field(default=None, description="End; null while it runs or when it was killed.")
    status: str | None = Field(default=None, sa_type=Text, description="success, partial or error.")
    trigger: str = Field(sa_type=Text, description="sync or sync-all.")
    host: str = Field(sa_type=Text, description="Where.")
    pid: int = Field(description="Process id.")


class RunPartRow(SQLModel, table=True):
    """What a run did with one integration."""

    __tablename__ = "inboxsync_run_parts"
    __table_args__ = (Index("ix_inboxsync_run_parts_integration", "integration_id", "id"), NEVER_REUSED)
    id: int | None = key()
    run_id: int = ref("inboxsync_runs.id", "The run.", on_delete="CASCADE", index=True)
    integration_id: int = ref("inboxsync_integrations.id", "The integration.", on_delete="CASCADE")
    status: str = Field(sa_type=Text, description="success, partial, error or skipped.")
    reason: str | None = Field(default=None, sa_type=Text, description="Why it was skipped.")
    error_code: str | None = Field(default=None, sa_type=Text, description="Stable word.")
    error_message: str | None = Field(default=None, sa_type=Text, description="What happened.")
    error_hint: str | None = Field(default=None, sa_type=Text, description="What to do.")
    error_exit_code: int | None = Field(default=None, description="Exit code class.")
    counts: dict[str, int] = Field(sa_type=JSON, description="The counts of the sync report.")
    started_at: datetime = Field(description="Start.")
    finished_at: datetime = Field(description="End.")
