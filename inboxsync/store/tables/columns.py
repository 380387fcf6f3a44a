"""How keys are declared in all tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey
from sqlmodel import Field

from inboxsync.store.column_types import BIG

# SQLite gives the highest freed rowid out again unless told not to; events, messages and tickets are referred to by
# other applications, which must not find other content under an id they kept. Postgres sequences never go back.
NEVER_REUSED = {"sqlite_autoincrement": True}


def key() -> Any:
    """Declare a surrogate primary key; its table carries NEVER_REUSED."""
    return Field(
        default=None, primary_key=True, sa_type=BIG, description="Surrogate id; stable, never reused for other content."
    )


def ref(target: str, description: str, *, primary_key: bool = False, on_delete: str | None = None, **more: Any) -> Any:
    """Declare a foreign key."""
    return Field(
        primary_key=primary_key,
        sa_type=BIG,
        sa_column_args=[ForeignKey(target, ondelete=on_delete)],
        description=description,
        **more,
    )
