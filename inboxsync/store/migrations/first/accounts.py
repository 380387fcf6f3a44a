"""Integrations, what is known of them, and run history."""

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
    _integrations()
    _secrets()
    _sync_states()
    _leases()
    _folders()
    _runs()
    _run_parts()
    _meta()


def _integrations() -> None:
    op.create_table(
        "inboxsync_integrations",
        key(),
        *words("uuid", "name", "email"),
        *words("provider", null=True),
        *words("host"),
        *numbers("port"),
        *words("tls", "username"),
        *words("ca_file", "pin_sha256", null=True),
        *documents("folders"),
        *numbers("interval_s", null=True),
        *words("cron", null=True),
        *numbers("priority"),
        *words("filter_json", "rules_json", "dedup", null=True),
        *flags("unread_only", "mark_read", "known_senders_only"),
        *words("company", null=True),
        *moments("since", "tickets_since", null=True),
        *flags("makes_tickets", "active"),
        *words("routing_json", null=True),
        *moments("removed_at", null=True),
        *moments("created_at", "updated_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("name"),
        sqlite_autoincrement=True,
    )


def _secrets() -> None:
    op.create_table(
        "inboxsync_secrets",
        ref("integration_id"),
        *octets("record"),
        *moments("updated_at"),
        sa.PrimaryKeyConstraint("integration_id"),
        sa.ForeignKeyConstraint(["integration_id"], ["inboxsync_integrations.id"], ondelete="CASCADE"),
    )


def _sync_states() -> None:
    op.create_table(
        "inboxsync_sync_states",
        ref("integration_id"),
        *moments("last_started_at", "last_finished_at", "last_success_at", null=True),
        *words("last_status", "error_code", "error_message", "error_hint", null=True),
        *numbers("error_exit_code", null=True),
        *numbers("failures", "auth_failures"),
        *flags("paused"),
        *moments("next_attempt_at", "due_at", "told_at", null=True),
        sa.PrimaryKeyConstraint("integration_id"),
        sa.ForeignKeyConstraint(["integration_id"], ["inboxsync_integrations.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_inboxsync_sync_states_due_at", "inboxsync_sync_states", ["due_at"])


def _leases() -> None:
    op.create_table(
        "inboxsync_leases",
        ref("integration_id"),
        *words("token", "host"),
        *numbers("pid"),
        *words("process_start"),
        *words("worker", null=True),
        *moments("acquired_at", "heartbeat_at", "expires_at"),
        sa.PrimaryKeyConstraint("integration_id"),
        sa.ForeignKeyConstraint(["integration_id"], ["inboxsync_integrations.id"], ondelete="CASCADE"),
    )


def _folders() -> None:
    op.create_table(
        "inboxsync_folders",
        key(),
        ref("integration_id"),
        *words("name"),
        *words("role", null=True),
        *bigs("uidvalidity", "uidnext", "exists_count", "unread_count", "highestmodseq", null=True),
        *words("mailbox_id", null=True),
        *moments("listed_at", null=True),
        *bigs("stored_count", "duplicate_count", "retired_count", null=True),
        *bigs("followed_uidvalidity", "followed_modseq", "followed_exists", "followed_below_uid", null=True),
        *moments("swept_at", null=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("integration_id", "name"),
        sa.ForeignKeyConstraint(["integration_id"], ["inboxsync_integrations.id"], ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )


def _runs() -> None:
    op.create_table(
        "inboxsync_runs",
        key(),
        *moments("started_at"),
        *moments("finished_at", null=True),
        *words("status", null=True),
        *words("trigger", "host"),
        *numbers("pid"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inboxsync_runs_started_at", "inboxsync_runs", ["started_at"])


def _run_parts() -> None:
    op.create_table(
        "inboxsync_run_parts",
        key(),
        ref("run_id"),
        ref("integration_id"),
        *words("status"),
        *words("reason", "error_code", "error_message", "error_hint", null=True),
        *numbers("error_exit_code", null=True),
        *documents("counts"),
        *moments("started_at", "finished_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["run_id"], ["inboxsync_runs.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["integration_id"], ["inboxsync_integrations.id"], ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inboxsync_run_parts_integration", "inboxsync_run_parts", ["integration_id", "id"])
    partial_index(
        "ix_inboxsync_run_parts_failed",
        "inboxsync_run_parts",
        ["integration_id", "error_code"],
        "error_code IS NOT NULL",
    )
    op.create_index("ix_inboxsync_run_parts_run_id", "inboxsync_run_parts", ["run_id"])


def _meta() -> None:
    op.create_table(
        "inboxsync_meta",
        *words("name", "value"),
        sa.PrimaryKeyConstraint("name"),
    )
