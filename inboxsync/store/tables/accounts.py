"""Accounts: the store's own facts, integrations, their secrets, state, leases and folders."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from inboxsync.store.tables.columns import NEVER_REUSED, key, ref


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
    routing_json: str | None = Field(
        default=None, sa_type=Text, description="How mail finds its ticket, where it differs from the defaults: JSON."
    )
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
    worker: str | None = Field(default=None, sa_type=Text, description="Name of the worker; null where it has none.")
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
    stored_count: int | None = Field(
        default=None, sa_type=BigInteger, description="Live mail that was stored here; null while it is not counted."
    )
    duplicate_count: int | None = Field(
        default=None,
        sa_type=BigInteger,
        description="Live copies of mail that was stored elsewhere; null while they are not counted.",
    )
    retired_count: int | None = Field(
        default=None,
        sa_type=BigInteger,
        description="Mail of ended UIDVALIDITYs that is shown still; null while it is not counted.",
    )
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
