"""Tokens of the HTTP endpoint."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from inboxsync.store.migrations.first.columns import documents, key, moments, words


def create() -> None:
    """Create the table."""
    op.create_table(
        "inboxsync_tokens",
        key(),
        *words("name", "token_id", "sha256"),
        *documents("integrations", null=True),
        *moments("created_at"),
        *moments("expires_at", null=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("token_id"),
        sqlite_autoincrement=True,
    )
