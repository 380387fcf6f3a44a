"""Companies, contacts, tickets and the feed of events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from inboxsync.store.migrations.first.columns import documents, flags, key, moments, ref, words


def create() -> None:
    """Create the tables, those first that others refer to."""
    _companies()
    _company_domains()
    _contacts()
    _tickets()
    _ticket_messages()
    _ticket_links()
    _ticket_effects()
    _events()


def _companies() -> None:
    op.create_table(
        "inboxsync_companies",
        key(),
        *words("name"),
        *moments("created_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sqlite_autoincrement=True,
    )


def _company_domains() -> None:
    op.create_table(
        "inboxsync_company_domains",
        *words("domain"),
        ref("company_id"),
        sa.PrimaryKeyConstraint("domain"),
        sa.ForeignKeyConstraint(["company_id"], ["inboxsync_companies.id"], ondelete="CASCADE"),
    )


def _contacts() -> None:
    op.create_table(
        "inboxsync_contacts",
        key(),
        *words("email", "name", "kind"),
        ref("company_id", null=True),
        *moments("created_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
        sa.ForeignKeyConstraint(["company_id"], ["inboxsync_companies.id"], ondelete="SET NULL"),
        sqlite_autoincrement=True,
    )


def _tickets() -> None:
    op.create_table(
        "inboxsync_tickets",
        key(),
        *words("number"),
        ref("integration_id", null=True),
        *words("subject", "status", "priority"),
        *words("category", null=True),
        *documents("tags"),
        *words("company", null=True),
        *words("requester_name", "requester_email", "requester_key"),
        *flags("is_unverified"),
        ref("requester_contact_id", null=True),
        *documents("watchers"),
        *words("assignee", "external_reference", null=True),
        *moments("created_at", "updated_at", "first_message_at", "last_message_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.ForeignKeyConstraint(["integration_id"], ["inboxsync_integrations.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["requester_contact_id"], ["inboxsync_contacts.id"], ondelete="SET NULL"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inboxsync_tickets_integration", "inboxsync_tickets", ["integration_id"])
    op.create_index("ix_inboxsync_tickets_status", "inboxsync_tickets", ["status", "id"])
    op.create_index("ix_inboxsync_tickets_requester", "inboxsync_tickets", ["requester_key", "last_message_at"])
    op.create_index("ix_inboxsync_tickets_updated", "inboxsync_tickets", ["updated_at", "id"])


def _ticket_messages() -> None:
    op.create_table(
        "inboxsync_ticket_messages",
        ref("ticket_id"),
        ref("message_id"),
        sa.PrimaryKeyConstraint("ticket_id", "message_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["inboxsync_tickets.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["inboxsync_messages.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_inboxsync_ticket_messages_message_id", "inboxsync_ticket_messages", ["message_id"])


def _ticket_links() -> None:
    op.create_table(
        "inboxsync_ticket_links",
        ref("ticket_id"),
        ref("related_id"),
        sa.PrimaryKeyConstraint("ticket_id", "related_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["inboxsync_tickets.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["related_id"], ["inboxsync_tickets.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_inboxsync_ticket_links_related_id", "inboxsync_ticket_links", ["related_id"])


def _ticket_effects() -> None:
    op.create_table(
        "inboxsync_ticket_effects",
        *words("scope", "external_id", "effect"),
        ref("ticket_id", null=True),
        *moments("at"),
        sa.PrimaryKeyConstraint("scope", "external_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["inboxsync_tickets.id"], ondelete="SET NULL"),
    )
    op.create_index("ix_inboxsync_ticket_effects_ticket_id", "inboxsync_ticket_effects", ["ticket_id"])


def _events() -> None:
    op.create_table(
        "inboxsync_events",
        key(),
        *words("type"),
        *moments("at"),
        ref("integration_id", null=True),
        *documents("data"),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["integration_id"], ["inboxsync_integrations.id"], ondelete="SET NULL"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inboxsync_events_integration", "inboxsync_events", ["integration_id", "id"])
    op.create_index("ix_inboxsync_events_type", "inboxsync_events", ["type", "id"])
