"""Who may read over HTTP."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from inboxsync.store.column_types import JSON_OR_NULL
from inboxsync.store.tables.columns import NEVER_REUSED, key


class TokenRow(SQLModel, table=True):
    """A token of the HTTP endpoint; of its 256 random bits only the hash is here."""

    __tablename__ = "inboxsync_tokens"
    __table_args__ = (UniqueConstraint("name"), UniqueConstraint("token_id"), NEVER_REUSED)
    id: int | None = key()
    name: str = Field(sa_type=Text, description="What people call it.")
    token_id: str = Field(sa_type=Text, description="Its public part, by which it is found.")
    sha256: str = Field(sa_type=Text, description="SHA-256 of the whole token, hex.")
    integrations: list[str] | None = Field(
        default=None, sa_type=JSON_OR_NULL, description="Shows only integrations of these uuids; null shows all."
    )
    created_at: datetime = Field(description="Made at.")
    expires_at: datetime | None = Field(default=None, description="Not taken from then on; null: for ever.")
