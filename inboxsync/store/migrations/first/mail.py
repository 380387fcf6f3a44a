"""Messages, the octets and files they were derived from, and the ledger of placements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from inboxsync.store.migrations.first.columns import (
    bigs,
    documents,
    flags,
    key,
    moments,
    numbers,
    octets,
    partial_index,
    ref,
    words,
)


def create() -> None:
    """Create the tables, those first that others refer to."""
    _messages()
    _bodies()
    _raw()
    _attachments()
    _placements()
    _placement_headers()
    _quarantine()
    if op.get_context().dialect.name == "postgresql":
        _pack_lightly()


def _pack_lightly() -> None:
    """Let Postgres pack texts by the quick method where it was built with it, and octets that are packed not at all.

    Its own method takes three tenths of its processor time in a first sync, lz4 a tenth of that.
    """
    quick = ("bodies.body_text", "bodies.reply_text", "bodies.body_html", "messages.headers")
    columns = [f"inboxsync_{table} ALTER COLUMN {column}" for table, _, column in (one.partition(".") for one in quick)]
    changes = " ".join(f"ALTER TABLE {column} SET COMPRESSION lz4;" for column in columns)
    known = "EXISTS (SELECT 1 FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals))"
    op.execute(f"DO $$ BEGIN IF {known} THEN {changes} END IF; END $$")
    for column in ("inboxsync_raw ALTER COLUMN data", "inboxsync_placement_headers ALTER COLUMN data"):
        op.execute(f"ALTER TABLE {column} SET STORAGE EXTERNAL")


def _messages() -> None:
    op.create_table(
        "inboxsync_messages",
        key(),
        *words("scope", "external_id", "fingerprint"),
        *numbers("fingerprint_version"),
        *words("raw_sha256"),
        *bigs("size_bytes"),
        *words("message_id", null=True),
        *words("subject", "from_address", "from_name", "from_raw"),
        *documents("recipients"),
        *moments("sent_at", null=True),
        *words("date_raw", null=True),
        *moments("received_at"),
        *documents("in_reply_to", "reference_ids"),
        *words("thread_id", null=True),
        *bigs("subject_key", null=True),
        *documents("headers"),
        *words("snippet"),
        *flags("has_attachments", "is_auto_reply", "is_bounce", "is_bulk"),
        *words("machine_signal", "report", null=True),
        *documents("delivery_reports", "authentication"),
        *documents("defects"),
        *numbers("parser_version"),
        *words("company", null=True),
        *flags("is_unverified"),
        *moments("stored_at"),
        *moments("raw_pruned_at", "body_pruned_at", null=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("scope", "external_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inboxsync_messages_message_id", "inboxsync_messages", ["message_id"])
    op.create_index("ix_inboxsync_messages_subject_key", "inboxsync_messages", ["subject_key"])
    op.create_index("ix_inboxsync_messages_thread", "inboxsync_messages", ["thread_id"])
    op.create_index("ix_inboxsync_messages_raw", "inboxsync_messages", ["raw_sha256"])
    op.create_index("ix_inboxsync_messages_received", "inboxsync_messages", ["received_at", "id"])


def _bodies() -> None:
    op.create_table(
        "inboxsync_bodies",
        ref("message_id"),
        *words("body_text", "reply_text", "body_html", null=True),
        sa.PrimaryKeyConstraint("message_id"),
        sa.ForeignKeyConstraint(["message_id"], ["inboxsync_messages.id"], ondelete="CASCADE"),
    )


def _raw() -> None:
    op.create_table(
        "inboxsync_raw",
        *words("sha256", "encoding"),
        *bigs("size_bytes"),
        *octets("data", null=True),
        *words("path", null=True),
        sa.PrimaryKeyConstraint("sha256"),
    )
    partial_index("ix_inboxsync_raw_path", "inboxsync_raw", ["path"], "path IS NOT NULL")


def _attachments() -> None:
    op.create_table(
        "inboxsync_attachments",
        key(),
        ref("message_id"),
        *numbers("position"),
        *words("filename", null=True),
        *words("content_type"),
        *bigs("size_bytes"),
        *words("sha256"),
        *flags("is_inline"),
        *words("content_id", null=True),
        *words("safe_name"),
        *documents("other_names", null=True),
        *words("detected_type", null=True),
        *documents("summary", null=True),
        *words("path"),
        *moments("file_pruned_at", null=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id", "position"),
        sa.ForeignKeyConstraint(["message_id"], ["inboxsync_messages.id"], ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )


def _placements() -> None:
    op.create_table(
        "inboxsync_placements",
        key(),
        ref("folder_id"),
        *bigs("uidvalidity", "uid"),
        *words("fate"),
        *words("reason", null=True),
        ref("message_id", null=True),
        *words("external_id", null=True),
        *bigs("size_bytes"),
        *moments("internal_date", null=True),
        *documents("flags"),
        *words("email_id", "server_thread_id", null=True),
        *documents("labels", null=True),
        *words("from_address", "ticket_effect", "ticket_reason", "rule_trace", "header_sha256", null=True),
        *bigs("remapped_uid", null=True),
        *words("seen_action"),
        *words("move_to", "move_action", null=True),
        *numbers("attempts"),
        *words("error", null=True),
        *moments("next_attempt_at", null=True),
        *moments("listed_at"),
        *moments("settled_at", "retired_at", "expunged_at", null=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("folder_id", "uidvalidity", "uid"),
        sa.ForeignKeyConstraint(["folder_id"], ["inboxsync_folders.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["inboxsync_messages.id"], ondelete="SET NULL"),
        sqlite_autoincrement=True,
    )
    partial_index("ix_inboxsync_placements_email_id", "inboxsync_placements", ["email_id"], "email_id IS NOT NULL")
    partial_index(
        "ix_inboxsync_placements_retired",
        "inboxsync_placements",
        ["folder_id", "message_id"],
        "retired_at IS NOT NULL AND message_id IS NOT NULL",
    )
    partial_index(
        "ix_inboxsync_placements_former",
        "inboxsync_placements",
        ["folder_id", "size_bytes"],
        "retired_at IS NOT NULL AND remapped_uid IS NULL",
    )
    partial_index(
        "ix_inboxsync_placements_live",
        "inboxsync_placements",
        ["folder_id"],
        "fate IN ('stored', 'duplicate') AND retired_at IS NULL",
    )
    op.create_index("ix_inboxsync_placements_message", "inboxsync_placements", ["message_id", "folder_id"])
    partial_index(
        "ix_inboxsync_placements_move_wanted",
        "inboxsync_placements",
        ["folder_id", "uid"],
        "move_action IN ('wanted', 'copied')",
    )
    partial_index("ix_inboxsync_placements_open", "inboxsync_placements", ["folder_id", "uid"], "fate = 'pending'")
    partial_index(
        "ix_inboxsync_placements_seen_wanted", "inboxsync_placements", ["folder_id", "uid"], "seen_action = 'wanted'"
    )


def _placement_headers() -> None:
    op.create_table(
        "inboxsync_placement_headers",
        ref("placement_id"),
        *words("encoding"),
        *octets("data"),
        sa.PrimaryKeyConstraint("placement_id"),
        sa.ForeignKeyConstraint(["placement_id"], ["inboxsync_placements.id"], ondelete="CASCADE"),
    )


def _quarantine() -> None:
    op.create_table(
        "inboxsync_quarantine",
        ref("placement_id"),
        *words("reason", "error"),
        *words("raw_sha256", null=True),
        *moments("at"),
        sa.PrimaryKeyConstraint("placement_id"),
        sa.ForeignKeyConstraint(["placement_id"], ["inboxsync_placements.id"], ondelete="CASCADE"),
    )
