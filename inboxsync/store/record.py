"""One batch of decisions into rows, all in the open transaction: placements, contents, tickets, events, cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, text, update

from inboxsync.model.ingest import BatchRecord, Recorded
from inboxsync.store.alchemy import TICKETS_LOCK, Row, insert_rows, is_sqlite, lock_until_commit
from inboxsync.store.cleaning import clean_optional
from inboxsync.store.contents import Content, Contents, store_contents
from inboxsync.store.core_tables import EVENTS, FOLDERS, INTEGRATIONS
from inboxsync.store.kept_octets import keep_octets
from inboxsync.store.placement_rows import list_placements, settle_placements
from inboxsync.store.ticket_rows import MadeTicket, make_tickets, new_tickets

if TYPE_CHECKING:
    from inboxsync.store.blobs import Blobs


def record_batch(connection: Connection, batch: BatchRecord, blobs: Blobs) -> Recorded:
    """Write a batch; writing it again changes nothing.

    contents → which tickets are new → placements → kept octets → tickets → events → cursor. What takes a lock of the
    whole database (ticket numbers, events) comes last, so that other scopes wait for the shortest time.
    """
    list_placements(connection, batch)
    _keep_purging_out(connection)
    contents = store_contents(connection, batch)
    new = new_tickets(connection, batch)
    settle_placements(connection, batch, contents, new)
    keep_octets(connection, batch, blobs)
    made = make_tickets(connection, batch, new, contents)
    _tell(connection, batch, contents, made)
    _move_cursor(connection, batch)
    return Recorded(tickets_created=len(made))


def _keep_purging_out(connection: Connection) -> None:
    # Purging takes this lock against writers of messages: without it, octets that we find already stored could be
    # deleted before the message that refers to them is committed. On SQLite the transaction itself keeps it out.
    if not is_sqlite(connection):
        connection.execute(text("LOCK TABLE inboxsync_messages IN ROW EXCLUSIVE MODE"))


def _tell(connection: Connection, batch: BatchRecord, contents: Contents, made: Sequence[MadeTicket]) -> None:
    stored = [(key, content) for key, content in contents.items() if content.outcome is not None]
    if not stored and not made:
        return
    # Ids must appear in the order of commits: a reader that has seen event 10 never looks for event 9 again.
    lock_until_commit(connection, TICKETS_LOCK)
    place = _place(connection, batch)
    messages = [_event(batch, "message.stored", _message_data(place, key, content)) for key, content in stored]
    tickets = [_event(batch, "ticket.created", _ticket_data(place, one)) for one in made]
    insert_rows(connection, EVENTS, [*messages, *tickets])


def _place(connection: Connection, batch: BatchRecord) -> Row:
    names = select(INTEGRATIONS.c.name.label("integration"), FOLDERS.c.name.label("folder"))
    joined = names.join_from(FOLDERS, INTEGRATIONS, FOLDERS.c.integration_id == INTEGRATIONS.c.id)
    return dict(connection.execute(joined.where(FOLDERS.c.id == batch.folder_id)).mappings().one())


def _event(batch: BatchRecord, kind: str, data: Row) -> Row:
    return {"type": kind, "at": batch.at, "data": data}


def _message_data(place: Row, external_id: str, content: Content) -> Row:
    uid = None if content.outcome is None else content.outcome.meta.uid
    return {"message_id": content.id, "external_id": external_id, **place, "uid": uid}


def _ticket_data(place: Row, made: MadeTicket) -> Row:
    return {
        "ticket_id": made.id,
        "number": made.number,
        "message_id": made.content.id,
        "external_id": made.external_id,
        "integration": place["integration"],
    }


def _move_cursor(connection: Connection, batch: BatchRecord) -> None:
    if batch.cursor is None:
        return
    cursor = batch.cursor
    connection.execute(
        update(FOLDERS)
        .where(FOLDERS.c.id == batch.folder_id)
        .values(
            uidvalidity=cursor.uidvalidity,
            uidnext=cursor.uidnext,
            exists_count=cursor.exists,
            unread_count=cursor.unread,
            highestmodseq=cursor.highestmodseq,
            mailbox_id=clean_optional(cursor.mailbox_id),
            listed_at=cursor.listed_at or batch.at,
        )
    )
