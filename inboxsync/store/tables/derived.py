"""What is made from messages to find them again: the ties of conversations and the index of the full text.

None of it is content: it is left out of the canonical dump and can be made anew at any time.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

from inboxsync.store.tables.columns import ref

TOKENS = Text().with_variant(TSVECTOR(), "postgresql")


class ThreadTieRow(SQLModel, table=True):
    """By what messages that arrive later join a conversation: the ids it answers to, and what stands in for them."""

    __tablename__ = "inboxsync_thread_ties"
    __table_args__ = (Index("ix_inboxsync_thread_ties_message", "message_id"),)
    scope: str = Field(primary_key=True, sa_type=Text, description="Dedup scope of the message.")
    tie: str = Field(
        primary_key=True, sa_type=Text, description="A Message-ID in canonical form; of other kinds a word and a blank."
    )
    message_id: int = ref("inboxsync_messages.id", "A message of the conversation.", on_delete="CASCADE")


class SearchRow(SQLModel, table=True):
    """A message that can be searched. On SQLite its words are in `inboxsync_search_words` (FTS5), by `position`."""

    __tablename__ = "inboxsync_search"
    __table_args__ = (
        UniqueConstraint("position"),
        # On SQLite, where it stays empty, there for the sake of one definition.
        Index("ix_inboxsync_search_words", "words", postgresql_using="gin", sqlite_where=text("words IS NOT NULL")),
    )
    message_id: int = ref("inboxsync_messages.id", "Which message.", primary_key=True, on_delete="CASCADE")
    position: int = Field(
        sa_type=BigInteger, description="Its place among all by time: seconds of received_at * 2^28 + a tie-breaker."
    )
    words: str | None = Field(
        default=None, sa_type=TOKENS, description="Postgres: its words as a tsvector, normalised by us."
    )


class SearchQueueRow(SQLModel, table=True):
    """A message that waits to be made searchable, or to be so anew."""

    __tablename__ = "inboxsync_search_queue"
    message_id: int = ref("inboxsync_messages.id", "Which message.", primary_key=True, on_delete="CASCADE")
