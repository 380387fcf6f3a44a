"""The ledger: every placement and its fate, headers kept of what was not stored, what was set aside."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from inboxsync.store.column_types import JSON_OR_NULL
from inboxsync.store.tables.columns import NEVER_REUSED, key, ref


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
        Index(
            "ix_inboxsync_placements_move_wanted",
            "folder_id",
            "uid",
            sqlite_where=text("move_action IN ('wanted', 'copied')"),
            postgresql_where=text("move_action IN ('wanted', 'copied')"),
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
        # Mail of ended UIDVALIDITYs, which lists show where nothing newer does: empty, and free, before there is any.
        Index(
            "ix_inboxsync_placements_retired",
            "folder_id",
            "message_id",
            sqlite_where=text("retired_at IS NOT NULL AND message_id IS NOT NULL"),
            postgresql_where=text("retired_at IS NOT NULL AND message_id IS NOT NULL"),
        ),
        # Where a copy is looked for by the server's own id: empty, and free, on servers that give none.
        Index(
            "ix_inboxsync_placements_email_id",
            "email_id",
            sqlite_where=text("email_id IS NOT NULL"),
            postgresql_where=text("email_id IS NOT NULL"),
        ),
        # With the folder, so that a list of a few folders need not look into each placement that it walks by.
        Index("ix_inboxsync_placements_message", "message_id", "folder_id"),
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
    email_id: str | None = Field(
        default=None,
        sa_type=Text,
        description="The server's own id for these octets, in any folder: EMAILID (RFC 8474), or `gm:` and X-GM-MSGID.",
    )
    server_thread_id: str | None = Field(
        default=None,
        sa_type=Text,
        description="The server's own id for its conversation: THREADID, or `gm:` and X-GM-THRID.",
    )
    labels: list[str] | None = Field(
        default=None, sa_type=JSON_OR_NULL, description="Gmail's labels when it was listed; null on other servers."
    )
    from_address: str | None = Field(default=None, sa_type=Text, description="Author of mail that was not stored.")
    ticket_effect: str | None = Field(default=None, sa_type=Text, description="created, appended, reopened or none.")
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
    move_to: str | None = Field(
        default=None, sa_type=Text, description="Folder into which rules want it moved on the server."
    )
    move_action: str | None = Field(
        default=None,
        sa_type=Text,
        description="That move: wanted, copied (still to be removed here), done, or kept (moved once before).",
    )
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
