"""Consumers of the feed, webhooks and their deliveries."""

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
    _consumers()
    _webhooks()
    _deliveries()


def _consumers() -> None:
    op.create_table(
        "inboxsync_consumers",
        *words("name"),
        *bigs("event_id"),
        *moments("updated_at"),
        sa.PrimaryKeyConstraint("name"),
    )


def _webhooks() -> None:
    op.create_table(
        "inboxsync_webhooks",
        key(),
        *words("uuid", "name", "url"),
        *documents("event_types", "integrations"),
        *flags("with_message", "allow_private", "allow_http"),
        *words("ca_file", null=True),
        *octets("secret"),
        *octets("previous_secret", null=True),
        *moments("previous_until", null=True),
        *moments("created_at"),
        *flags("active"),
        *words("disabled_reason", null=True),
        *bigs("event_cursor"),
        *moments("due_at", "hold_until", null=True),
        *numbers("failures"),
        *moments("last_attempt_at", "last_success_at", "failing_since", null=True),
        *words("last_error", "lease_token", "lease_host", null=True),
        *numbers("lease_pid", null=True),
        *words("lease_process_start", null=True),
        *moments("lease_expires_at", null=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("uuid"),
        sqlite_autoincrement=True,
    )


def _deliveries() -> None:
    op.create_table(
        "inboxsync_deliveries",
        key(),
        ref("event_id"),
        ref("webhook_id"),
        *words("order_key", null=True),
        *words("state"),
        *numbers("attempts"),
        *moments("next_attempt_at"),
        *moments("last_attempt_at", "finished_at", null=True),
        *numbers("status_code", null=True),
        *words("error", null=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id", "webhook_id"),
        sa.ForeignKeyConstraint(["event_id"], ["inboxsync_events.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["webhook_id"], ["inboxsync_webhooks.id"], ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inboxsync_deliveries_webhook", "inboxsync_deliveries", ["webhook_id", "event_id"])
    partial_index(
        "ix_inboxsync_deliveries_pending",
        "inboxsync_deliveries",
        ["webhook_id", "order_key", "event_id"],
        "state = 'pending'",
    )
