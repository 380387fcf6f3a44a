"""Tickets, what they hold, what made them; and the feed of what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from inboxsync.store.tables.columns import NEVER_REUSED, key, ref


class TicketRow(SQLModel, table=True):
    """A ticket."""

    __tablename__ = "inboxsync_tickets"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_inboxsync_tickets_updated", "updated_at", "id"),
        Index("ix_inboxsync_tickets_integration", "integration_id"),
        # Open tickets are few among many: listed and counted without looking at the others.
        Index("ix_inboxsync_tickets_status", "status", "id"),
        # Where the tickets of a sender are looked for, of whatever time a batch is.
        Index("ix_inboxsync_tickets_requester", "requester_key", "last_message_at"),
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
    requester_key: str = Field(sa_type=Text, description="Their address in the form of contacts.")
    is_unverified: bool = Field(description="A trusted server said that the author of its first mail is forged.")
    requester_contact_id: int | None = ref(
        "inboxsync_contacts.id", "Their contact.", default=None, on_delete="SET NULL"
    )
    watchers: list[str] = Field(sa_type=JSON, description="Addresses kept informed.")
    assignee: str | None = Field(default=None, sa_type=Text, description="From rules or set by people.")
    external_reference: str | None = Field(default=None, sa_type=Text, description="Message-ID of its first mail.")
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it last changed.")
    first_message_at: datetime = Field(description="received_at of the mail that made it.")
    last_message_at: datetime = Field(description="received_at of its newest mail.")


class TicketMessageRow(SQLModel, table=True):
    """Which messages a ticket has."""

    __tablename__ = "inboxsync_ticket_messages"
    ticket_id: int = ref("inboxsync_tickets.id", "The ticket.", primary_key=True, on_delete="CASCADE")
    message_id: int = ref("inboxsync_messages.id", "The message.", primary_key=True, on_delete="CASCADE", index=True)


class TicketLinkRow(SQLModel, table=True):
    """Tickets that may belong together; told of both, kept once."""

    __tablename__ = "inboxsync_ticket_links"
    ticket_id: int = ref("inboxsync_tickets.id", "The later ticket.", primary_key=True, on_delete="CASCADE")
    related_id: int = ref(
        "inboxsync_tickets.id", "The earlier ticket.", primary_key=True, on_delete="CASCADE", index=True
    )


class TicketEffectRow(SQLModel, table=True):
    """At most one ticket effect per content and scope (P3): the primary key is the guarantee."""

    __tablename__ = "inboxsync_ticket_effects"
    scope: str = Field(primary_key=True, sa_type=Text, description="Dedup scope.")
    external_id: str = Field(primary_key=True, sa_type=Text, description="Content in the scope.")
    effect: str = Field(sa_type=Text, description="created, appended or reopened.")
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
    __table_args__ = (
        Index("ix_inboxsync_events_integration", "integration_id", "id"),
        # What a reader asks who waits for something rare: without it he walks through everything that came since.
        Index("ix_inboxsync_events_type", "type", "id"),
        NEVER_REUSED,
    )
    id: int | None = key()
    type: str = Field(sa_type=Text, description="message.stored, ticket.created, …")
    at: datetime = Field(description="When it was written.")
    integration_id: int | None = ref(
        "inboxsync_integrations.id", "Where it happened.", default=None, on_delete="SET NULL"
    )
    data: dict[str, Any] = Field(sa_type=JSON, description="What it tells: ids and names, no mail text.")
