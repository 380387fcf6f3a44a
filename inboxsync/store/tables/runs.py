"""History: what each run did."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index, Text, text
from sqlmodel import Field, SQLModel

from inboxsync.store.tables.columns import NEVER_REUSED, key, ref


class RunRow(SQLModel, table=True):
    """One process's run."""

    __tablename__ = "inboxsync_runs"
    __table_args__ = NEVER_REUSED
    id: int | None = key()
    started_at: datetime = Field(description="Start.", index=True)
    finished_at: datetime | None = Field(default=None, description="End; null while it runs or when it was killed.")
    status: str | None = Field(default=None, sa_type=Text, description="success, partial or error.")
    trigger: str = Field(sa_type=Text, description="sync, sync-all, worker or celery.")
    host: str = Field(sa_type=Text, description="Where.")
    pid: int = Field(description="Process id.")


class RunPartRow(SQLModel, table=True):
    """What a run did with one integration."""

    __tablename__ = "inboxsync_run_parts"
    __table_args__ = (
        Index("ix_inboxsync_run_parts_integration", "integration_id", "id"),
        # What metrics count: failures by their word, without those many runs that went well.
        Index(
            "ix_inboxsync_run_parts_failed",
            "integration_id",
            "error_code",
            sqlite_where=text("error_code IS NOT NULL"),
            postgresql_where=text("error_code IS NOT NULL"),
        ),
        NEVER_REUSED,
    )
    id: int | None = key()
    run_id: int = ref("inboxsync_runs.id", "The run.", on_delete="CASCADE", index=True)
    integration_id: int = ref("inboxsync_integrations.id", "The integration.", on_delete="CASCADE")
    status: str = Field(sa_type=Text, description="success, partial, error or skipped.")
    reason: str | None = Field(default=None, sa_type=Text, description="Why it was skipped.")
    error_code: str | None = Field(default=None, sa_type=Text, description="Stable word.")
    error_message: str | None = Field(default=None, sa_type=Text, description="What happened.")
    error_hint: str | None = Field(default=None, sa_type=Text, description="What to do.")
    error_exit_code: int | None = Field(default=None, description="Exit code class.")
    counts: dict[str, int] = Field(sa_type=JSON, description="The counts of the sync report.")
    started_at: datetime = Field(description="Start.")
    finished_at: datetime = Field(description="End.")
