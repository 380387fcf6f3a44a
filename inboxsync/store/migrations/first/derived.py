"""What is made from messages to find them again. SQLite's full text comes with its first use (FTS5 has own tables)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from inboxsync.store.migrations.first.columns import bigs, ref, words

# The index knows where mail lies and what its flags are: a message waits for it anew when either changes.
_HAS_MESSAGE = "NEW.message_id IS NOT NULL"
_SQLITE_CHANGED = "(OLD.message_id IS NOT NEW.message_id OR OLD.flags <> NEW.flags)"
_POSTGRES_CHANGED = (
    "(OLD.message_id IS DISTINCT FROM NEW.message_id OR CAST(OLD.flags AS text) <> CAST(NEW.flags AS text))"
)
# An update of what waits already holds its row: who fills the index leaves it there until the change is committed.
_QUEUE = (
    "INSERT INTO inboxsync_search_queue (message_id) VALUES (NEW.message_id)"
    " ON CONFLICT (message_id) DO UPDATE SET message_id = excluded.message_id;"
)
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION inboxsync_search_again() RETURNS trigger LANGUAGE plpgsql"
    f" AS $$ BEGIN {_QUEUE} RETURN NULL; END $$"
)
_PLACED = "inboxsync_search_placed AFTER INSERT ON inboxsync_placements"
_CHANGED = "inboxsync_search_changed AFTER UPDATE OF message_id, flags ON inboxsync_placements"


def create() -> None:
    """Create the tables, and what fills the queue."""
    _thread_ties()
    _search()
    _search_queue()
    for statement in _triggers(op.get_context().dialect.name):
        op.execute(statement)


def _triggers(dialect: str) -> tuple[str, ...]:
    if dialect == "sqlite":
        body = f"BEGIN {_QUEUE} END"
        return (
            f"CREATE TRIGGER {_PLACED} WHEN {_HAS_MESSAGE} {body}",
            f"CREATE TRIGGER {_CHANGED} WHEN {_HAS_MESSAGE} AND {_SQLITE_CHANGED} {body}",
        )
    body = "EXECUTE FUNCTION inboxsync_search_again()"
    return (
        _FUNCTION,
        f"CREATE TRIGGER {_PLACED} FOR EACH ROW WHEN ({_HAS_MESSAGE}) {body}",
        f"CREATE TRIGGER {_CHANGED} FOR EACH ROW WHEN ({_HAS_MESSAGE} AND {_POSTGRES_CHANGED}) {body}",
    )


def _thread_ties() -> None:
    op.create_table(
        "inboxsync_thread_ties",
        *words("scope", "tie"),
        ref("message_id"),
        sa.PrimaryKeyConstraint("scope", "tie"),
        sa.ForeignKeyConstraint(["message_id"], ["inboxsync_messages.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_inboxsync_thread_ties_message", "inboxsync_thread_ties", ["message_id"])


def _search() -> None:
    op.create_table(
        "inboxsync_search",
        ref("message_id"),
        *bigs("position"),
        sa.Column("words", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=True),
        sa.PrimaryKeyConstraint("message_id"),
        sa.UniqueConstraint("position"),
        sa.ForeignKeyConstraint(["message_id"], ["inboxsync_messages.id"], ondelete="CASCADE"),
    )
    op.create_index(
        "ix_inboxsync_search_words",
        "inboxsync_search",
        ["words"],
        postgresql_using="gin",
        sqlite_where=sa.text("words IS NOT NULL"),
    )


def _search_queue() -> None:
    op.create_table(
        "inboxsync_search_queue",
        ref("message_id"),
        sa.PrimaryKeyConstraint("message_id"),
        sa.ForeignKeyConstraint(["message_id"], ["inboxsync_messages.id"], ondelete="CASCADE"),
    )
