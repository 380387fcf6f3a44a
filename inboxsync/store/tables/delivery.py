"""Who is told of events: consumers that read the feed with a cursor, and webhooks that are sent it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from inboxsync.store.tables.columns import NEVER_REUSED, key, ref

_PENDING = text("state = 'pending'")


class ConsumerRow(SQLModel, table=True):
    """How far a consumer has acknowledged the feed of events."""

    __tablename__ = "inboxsync_consumers"
    name: str = Field(primary_key=True, sa_type=Text, description="What the consumer calls itself.")
    event_id: int = Field(sa_type=BigInteger, description="The last event it has acknowledged; 0 before the first.")
    updated_at: datetime = Field(description="When it last acknowledged.")


class WebhookRow(SQLModel, table=True):
    """An endpoint that is sent events, and how it stands."""

    __tablename__ = "inboxsync_webhooks"
    __table_args__ = (UniqueConstraint("name"), UniqueConstraint("uuid"), NEVER_REUSED)
    id: int | None = key()
    uuid: str = Field(sa_type=Text, description="Names it for ever; its secret is bound to it.")
    name: str = Field(sa_type=Text, description="What people call it.")
    url: str = Field(sa_type=Text, description="Where it is sent.")
    event_types: list[str] = Field(sa_type=JSON, description="Only events of these types; all where empty.")
    integrations: list[str] = Field(sa_type=JSON, description="Only of integrations of these uuids; all where empty.")
    with_message: bool = Field(description="Mail text goes along.")
    allow_private: bool = Field(description="Addresses of private networks and this machine are allowed.")
    allow_http: bool = Field(description="An URL without TLS is allowed.")
    ca_file: str | None = Field(default=None, sa_type=Text, description="CA that its certificate is checked against.")
    secret: bytes = Field(description="The signing secret, sealed with the master key.")
    previous_secret: bytes | None = Field(default=None, description="The secret before, sealed; signs as well.")
    previous_until: datetime | None = Field(default=None, description="The secret before signs until then.")
    created_at: datetime = Field(description="Added at.")
    active: bool = Field(description="Whether it is sent anything.")
    disabled_reason: str | None = Field(default=None, sa_type=Text, description="Why it was switched off by itself.")
    event_cursor: int = Field(sa_type=BigInteger, description="Events up to this id have their delivery, if wanted.")
    due_at: datetime | None = Field(default=None, description="When a delivery can next be tried; null: none waits.")
    hold_until: datetime | None = Field(default=None, description="The endpoint as a whole is left alone until then.")
    failures: int = Field(description="Failed attempts since the last success.")
    last_attempt_at: datetime | None = Field(default=None, description="When it was last tried.")
    last_success_at: datetime | None = Field(default=None, description="When it last took an event.")
    failing_since: datetime | None = Field(default=None, description="First failure since the last success.")
    last_error: str | None = Field(default=None, sa_type=Text, description="What last went wrong; null after success.")
    lease_token: str | None = Field(default=None, sa_type=Text, description="Names the deliverer that works on it.")
    lease_host: str | None = Field(default=None, sa_type=Text, description="Host of that process.")
    lease_pid: int | None = Field(default=None, description="Its process id.")
    lease_process_start: str | None = Field(default=None, sa_type=Text, description="When it started.")
    lease_expires_at: datetime | None = Field(default=None, description="Free for others from then on.")


class DeliveryRow(SQLModel, table=True):
    """One event for one webhook, and what became of it."""

    __tablename__ = "inboxsync_deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "webhook_id"),
        Index("ix_inboxsync_deliveries_webhook", "webhook_id", "event_id"),
        Index(
            "ix_inboxsync_deliveries_pending",
            *("webhook_id", "order_key", "event_id"),
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
        NEVER_REUSED,
    )
    id: int | None = key()
    event_id: int = ref("inboxsync_events.id", "What is told.", on_delete="CASCADE")
    webhook_id: int = ref("inboxsync_webhooks.id", "Whom.", on_delete="CASCADE")
    order_key: str | None = Field(
        default=None, sa_type=Text, description="Events of one key (a ticket) reach a webhook in their order."
    )
    state: str = Field(sa_type=Text, description="pending, delivered or dead.")
    attempts: int = Field(description="How often it was sent.")
    next_attempt_at: datetime = Field(description="Not tried before this.")
    last_attempt_at: datetime | None = Field(default=None, description="When it was last sent.")
    finished_at: datetime | None = Field(default=None, description="When it was delivered or given up.")
    status_code: int | None = Field(default=None, description="HTTP status of the last answer.")
    error: str | None = Field(default=None, sa_type=Text, description="What went wrong in the last attempt.")
