"""Filling the full-text index from the queue of waiting messages (docs/adr/0016).

Speaks SQL to the driver, as all does that a run with new mail comes by: SQLAlchemy's import would cost more than this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from inboxsync.store.bulk import insert_rows
from inboxsync.store.dialect import read_json, read_moment
from inboxsync.store.locks import lock_number
from inboxsync.store.search_words import BODY_CHARS, Document, Place, indexed, position_of
from inboxsync.store.shapes import SEARCH

if TYPE_CHECKING:
    from inboxsync.store.statements import Statements

# Made with the first message that is indexed, and not by a migration: its own tables are FTS5's business. Rows of
# `inboxsync_search` go with their messages, wherever those are deleted, and take their words with them.
_MAKE_FTS5 = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS inboxsync_search_words"
    " USING fts5(subject, sender, recipients, text, tokenize = 'ascii')"
)
_MAKE_TRIGGER = (
    "CREATE TRIGGER IF NOT EXISTS inboxsync_search_forget AFTER DELETE ON inboxsync_search"
    " BEGIN DELETE FROM inboxsync_search_words WHERE rowid = old.position; END"
)
_INSERT_WORDS = "INSERT INTO inboxsync_search_words (rowid, subject, sender, recipients, text) VALUES (?, ?, ?, ?, ?)"
_INSERT_VECTOR = "INSERT INTO inboxsync_search (message_id, position, words) VALUES (?, ?, CAST(? AS tsvector))"
_QUEUE_ALL = (
    "INSERT INTO inboxsync_search_queue (message_id) SELECT id FROM inboxsync_messages WHERE TRUE"
    " ON CONFLICT DO NOTHING"
)
# Whoever changes a message holds its place in the queue until the commit: on Postgres it is passed over as long.
_QUEUE = (
    "INSERT INTO inboxsync_search_queue (message_id) VALUES (?)"
    " ON CONFLICT (message_id) DO UPDATE SET message_id = excluded.message_id"
)
_NEWEST = "SELECT message_id FROM inboxsync_search_queue ORDER BY message_id DESC LIMIT ?"
_NOT_HELD = " FOR UPDATE SKIP LOCKED"
_DOCUMENTS = """
SELECT m.id, m.received_at, m.subject, m.from_raw, m.recipients, m.has_attachments, substr(b.body_text, 1, ?)
FROM inboxsync_messages AS m LEFT JOIN inboxsync_bodies AS b ON b.message_id = m.id WHERE m.id IN ({in})
"""
_ATTACHMENTS = """
SELECT message_id, COALESCE(filename, safe_name) FROM inboxsync_attachments
WHERE (filename IS NOT NULL OR summary IS NOT NULL) AND message_id IN ({in}) ORDER BY message_id, position
"""
# In the order of folders, so that what is told of a message in very many of them does not change by chance.
_PLACES = """
SELECT p.message_id, p.folder_id, f.integration_id, p.flags
FROM inboxsync_placements AS p JOIN inboxsync_folders AS f ON f.id = p.folder_id WHERE p.message_id IN ({in})
ORDER BY p.message_id, p.folder_id
"""
_LOCK = "the full-text index"
_SENDERS = ("from", "sender", "reply_to")
_RECIPIENTS = ("to", "cc", "bcc")


def waiting(work: Statements) -> int:
    """How many messages wait."""
    row = work.row("SELECT count(*) FROM inboxsync_search_queue")
    return 0 if row is None else int(row[0])


def queue_all(work: Statements) -> int:
    """Let every message wait; answers how many do."""
    work.run(_QUEUE_ALL)
    return waiting(work)


def queue(work: Statements, message_ids: Iterable[int]) -> None:
    """Let these messages wait."""
    work.many(_QUEUE, [(one,) for one in message_ids])


def index(work: Statements, limit: int) -> int:
    """Index the newest waiting messages in the open transaction; answers how many.

    What they say is read after they are held, so that a message changed meanwhile is not taken off the queue unread.
    """
    if not _alone(work):
        return 0
    ids = [row[0] for row in work.rows(_NEWEST if work.dialect.is_sqlite else _NEWEST + _NOT_HELD, (limit,))]
    documents = list(_documents(work, ids))
    work.run_in("DELETE FROM inboxsync_search WHERE message_id IN ({in})", ids)
    _insert(work, documents)
    work.run_in("DELETE FROM inboxsync_search_queue WHERE message_id IN ({in})", ids)
    return len(ids)


def _alone(work: Statements) -> bool:
    """Whether this transaction alone fills the index; on SQLite every writer is alone."""
    if work.dialect.is_sqlite:
        work.run(_MAKE_FTS5)
        work.run(_MAKE_TRIGGER)
        return True
    row = work.row("SELECT pg_try_advisory_xact_lock(?)", (lock_number(_LOCK),))
    return row is not None and bool(row[0])


# --- documents -----------------------------------------------------------------------------------------------------


def _documents(work: Statements, ids: Sequence[int]) -> Iterator[Document]:
    names, places = _attachment_names(work, ids), _places(work, ids)
    rows = work.rows_in(_DOCUMENTS, ids, (BODY_CHARS,))
    for row_id, received_at, subject, from_raw, recipients, has_attachments, body in rows:
        people = read_json(recipients)
        yield Document(
            message_id=row_id,
            received_at=read_moment(received_at),
            subject=subject,
            senders=list(_people(people, _SENDERS)) or [from_raw],
            recipients=list(_people(people, _RECIPIENTS)),
            body=body or "",
            attachments=names.get(row_id, ()),
            has_attachments=bool(has_attachments),
            places=places.get(row_id, ()),
        )


def _people(recipients: Mapping[str, Sequence[Sequence[str]]], roles: Iterable[str]) -> Iterator[str]:
    for role in roles:
        for name, address in recipients.get(role, ()):
            yield f"{name} {address}"


def _attachment_names(work: Statements, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for message_id, filename in work.rows_in(_ATTACHMENTS, ids):
        found.setdefault(message_id, []).append(filename)
    return found


def _places(work: Statements, ids: Sequence[int]) -> dict[int, list[Place]]:
    found: dict[int, list[Place]] = {}
    for message_id, folder_id, integration_id, flags in work.rows_in(_PLACES, ids):
        known = {flag.lower() for flag in read_json(flags)}
        place = Place(folder_id, integration_id, "\\seen" in known, "\\flagged" in known)
        found.setdefault(message_id, []).append(place)
    return found


# --- writing -------------------------------------------------------------------------------------------------------


def _insert(work: Statements, documents: Sequence[Document]) -> None:
    positions = _free_positions(work, documents)
    analysed = [(one.message_id, positions[one.message_id], indexed(one)) for one in documents]
    if work.dialect.is_sqlite:
        insert_rows(work, SEARCH, [{"message_id": one, "position": at} for one, at, _ in analysed])
        work.many(_INSERT_WORDS, [(at, *words.texts) for _, at, words in analysed])
    else:
        work.many(_INSERT_VECTOR, [(one, at, words.vector) for one, at, words in analysed])


def _free_positions(work: Statements, documents: Sequence[Document]) -> dict[int, int]:
    """Give each message a place that no other has: ids 2^28 apart could share one within a second."""
    wanted = {one.message_id: position_of(one.message_id, one.received_at) for one in documents}
    asked = "SELECT position FROM inboxsync_search WHERE position IN ({in})"
    taken = {row[0] for row in work.rows_in(asked, wanted.values())}
    for message_id, position in wanted.items():
        while position in taken:
            position += 1  # noqa: PLW2901  the next place
        taken.add(position)
        wanted[message_id] = position
    return wanted
