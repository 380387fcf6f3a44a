"""Conversations made anew where a parser reads ties otherwise than before: then they may fall apart, too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, update

from inboxsync.store.alchemy import select_in
from inboxsync.store.core_tables import FOLDERS, MESSAGES, PLACEMENTS, THREAD_TIES
from inboxsync.store.statements import chunks
from inboxsync.store.threads import Tied, remember, server_thread, thread, tied_by

if TYPE_CHECKING:
    from inboxsync.store.connections import Work

# A longer conversation is only added to: it would be read and written whole for each of its messages that changed.
MEMBERS_LIMIT = 5_000
_M, _P = MESSAGES.c, PLACEMENTS.c
# What `tied_by` reads of a stored message.
_TIED_COLUMNS = (
    *(_M.id, _M.external_id, _M.thread_id, _M.message_id, _M.received_at, _M.reference_ids, _M.in_reply_to),
    *(_M.is_bulk, _M.subject, _M.from_address, _M.recipients),
)


def rethread(work: Work, scope: str, message_ids: Iterable[int]) -> None:
    """Put messages, and all that shares a conversation with them, into conversations by what they say now.

    A conversation is closed under its ties, so nothing outside it changes but what is newly tied to it. Needs the
    scope to be held; the columns of the messages are written already.
    """
    changed, connection = list(message_ids), work.alchemy
    rows = _members(connection, scope, changed)
    if len(rows) > MEMBERS_LIMIT:
        rows = list(select_in(connection, select(*_TIED_COLUMNS), _M.id, changed))
        tied = _tied(connection, rows, apart=False)
    else:
        tied = _tied(connection, rows, apart=True)
        _take_apart(connection, tied)
    remember(work, thread(work, scope, tied))


def _in_scope(scope: str) -> ColumnElement[bool]:
    """Filter by scope, and not search by it: SQLite would take the index that begins with it, and so all its mail."""
    return _M.scope.concat("") == scope


def _members(connection: Connection, scope: str, message_ids: Sequence[int]) -> list[Any]:
    threads = {row.thread_id for row in select_in(connection, select(_M.thread_id), _M.id, message_ids)}
    statement = select(*_TIED_COLUMNS).where(_in_scope(scope)).limit(MEMBERS_LIMIT + 1)
    found: list[Any] = []
    for row in select_in(connection, statement, _M.thread_id, sorted(threads)):
        found.append(row)
        if len(found) > MEMBERS_LIMIT:
            break
    return found


def _tied(connection: Connection, rows: Sequence[Any], *, apart: bool) -> list[Tied]:
    servers = _server_threads(connection, [row.id for row in rows])
    return [
        tied_by(row._mapping, servers.get(row.id), row.external_id if apart else row.thread_id)
        for row in sorted(rows, key=lambda row: int(row.id))
    ]


def _server_threads(connection: Connection, message_ids: Iterable[int]) -> dict[int, str | None]:
    """The server's own conversation of each message, as the placement knows it that it was stored from."""
    statement = (
        select(_P.message_id, _P.server_thread_id, FOLDERS.c.integration_id)
        .join_from(PLACEMENTS, FOLDERS, FOLDERS.c.id == _P.folder_id)
        .where(_P.server_thread_id.is_not(None), _P.fate == "stored")
    )
    return {
        row.message_id: server_thread(row.integration_id, row.server_thread_id)
        for row in select_in(connection, statement, _P.message_id, message_ids)
    }


def _take_apart(connection: Connection, tied: Sequence[Tied]) -> None:
    """Give each message a conversation of its own, and forget what tied it."""
    for ids in chunks(one.row_id for one in tied):
        connection.execute(delete(THREAD_TIES).where(THREAD_TIES.c.message_id.in_(ids)))
    alone = update(MESSAGES).where(_M.id == bindparam("row_id"))
    values: dict[str, Any] = {"thread_id": bindparam("own"), "subject_key": bindparam("key")}
    if tied:
        connection.execute(
            alone.values(values),
            [{"row_id": one.row_id, "own": one.thread_id, "key": one.ties.subject} for one in tied],
        )
