"""The directory: companies, their domains, contacts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from inboxsync.store.tables.columns import NEVER_REUSED, key, ref


class CompanyRow(SQLModel, table=True):
    """A company that mailboxes, contacts and tickets belong to."""

    __tablename__ = "inboxsync_companies"
    __table_args__ = (UniqueConstraint("name"), NEVER_REUSED)
    id: int | None = key()
    name: str = Field(sa_type=Text, description="Unique name.")
    created_at: datetime = Field(description="When it was added.")


class CompanyDomainRow(SQLModel, table=True):
    """A mail domain of a company, matched exactly."""

    __tablename__ = "inboxsync_company_domains"
    domain: str = Field(primary_key=True, sa_type=Text, description="Domain in lower case.")
    company_id: int = ref("inboxsync_companies.id", "Whose domain.", on_delete="CASCADE")


class ContactRow(SQLModel, table=True):
    """A known person; known-senders-only integrations take mail from these alone."""

    __tablename__ = "inboxsync_contacts"
    __table_args__ = (UniqueConstraint("email"), NEVER_REUSED)
    id: int | None = key()
    email: str = Field(sa_type=Text, description="Address in lower case.")
    name: str = Field(sa_type=Text, description="Display name.")
    kind: str = Field(sa_type=Text, description="user or staff.")
    company_id: int | None = ref("inboxsync_companies.id", "Company.", default=None, on_delete="SET NULL")
    created_at: datetime = Field(description="When it was added.")
