"""What is made from messages to find them again. SQLite's full text comes with its first use (FTS5 has own tables)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from inboxsync.store.migrations.first.columns import bigs, ref, words


def create() -> None:
    """Create the tables."""
    _thread_ties()
    _search()
    _search_queue()


def _thread_ties() -> None:
    op.create_table(
        "inboxsync_thread_ties",
        *words("scope", "tie"),
        ref("message_id"),
        sa.PrimaryKeyConstraint("scope", "tie"),
        sa.ForeignKeyConstraint(["message_id"], ["inboxsync_messages.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_inboxsync_thread_ties_message", "inboxsync_thread_ties", ["message_id"])


def _search() -> None:
    op.create_table(
        "inboxsync_search",
        ref("message_id"),
        *bigs("position"),
        sa.Column("words", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=True),
        sa.PrimaryKeyConstraint("message_id"),
        sa.UniqueConstraint("position"),
        sa.ForeignKeyConstraint(["message_id"], ["inboxsync_messages.id"], ondelete="CASCADE"),
    )
    op.create_index(
        "ix_inboxsync_search_words",
        "inboxsync_search",
        ["words"],
        postgresql_using="gin",
        sqlite_where=sa.text("words IS NOT NULL"),
    )


def _search_queue() -> None:
    op.create_table(
        "inboxsync_search_queue",
        ref("message_id"),
        sa.PrimaryKeyConstraint("message_id"),
        sa.ForeignKeyConstraint(["message_id"], ["inboxsync_messages.id"], ondelete="CASCADE"),
    )
