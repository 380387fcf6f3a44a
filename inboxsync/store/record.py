"""One batch of decisions into rows, all in the open transaction: placements, contents, tickets, events, cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inboxsync.model.event import TICKET_CREATED, TICKET_REOPENED, TICKET_UPDATED
from inboxsync.model.ingest import BatchRecord, Recorded, TicketEffect
from inboxsync.store.bulk import Row
from inboxsync.store.cleaning import clean_optional
from inboxsync.store.contents import Content, Contents, store_contents
from inboxsync.store.event_rows import tell
from inboxsync.store.kept_octets import keep_octets
from inboxsync.store.placement_rows import list_placements, settle_placements
from inboxsync.store.ticket_rows import TicketChange, change_tickets, counts, ticket_effects

if TYPE_CHECKING:
    from inboxsync.store.blobs import Blobs
    from inboxsync.store.statements import Statements

_PLACE = """
SELECT i.name, f.name FROM inboxsync_folders AS f JOIN inboxsync_integrations AS i ON i.id = f.integration_id
WHERE f.id = ?
"""
_EVENTS = {
    TicketEffect.CREATED: TICKET_CREATED,
    TicketEffect.APPENDED: TICKET_UPDATED,
    TicketEffect.REOPENED: TICKET_REOPENED,
}
_CURSOR = """
UPDATE inboxsync_folders SET uidvalidity = ?, uidnext = ?, exists_count = ?, unread_count = ?, highestmodseq = ?,
mailbox_id = ?, listed_at = ? WHERE id = ?
"""


def record_batch(work: Statements, batch: BatchRecord, blobs: Blobs) -> Recorded:
    """Write a batch; writing it again changes nothing.

    contents → new effects on tickets → placements → kept octets → tickets → events → cursor. What takes a lock of the
    whole database (ticket numbers, events) comes last, so that other scopes wait for the shortest time.
    """
    list_placements(work, batch)
    _keep_purging_out(work)
    contents = store_contents(work, batch)
    effects = ticket_effects(work, batch)
    settle_placements(work, batch, contents, effects)
    keep_octets(work, batch, blobs)
    changes = change_tickets(work, batch, effects, contents)
    _tell(work, batch, contents, changes)
    _move_cursor(work, batch)
    created, updated = counts(changes)
    return Recorded(tickets_created=created, tickets_updated=updated)


def _keep_purging_out(work: Statements) -> None:
    # Purging takes this lock against writers of messages: without it, octets that we find already stored could be
    # deleted before the message that refers to them is committed. On SQLite the transaction itself keeps it out.
    if not work.dialect.is_sqlite:
        work.run("LOCK TABLE inboxsync_messages IN ROW EXCLUSIVE MODE")


def _tell(work: Statements, batch: BatchRecord, contents: Contents, changes: Sequence[TicketChange]) -> None:
    stored = [(key, content) for key, content in contents.items() if content.outcome is not None]
    if not stored and not changes:
        return
    place = _place(work, batch)
    messages = [("message.stored", _message_data(place, key, content)) for key, content in stored]
    tickets = [(_EVENTS[one.effect], _ticket_data(place, one)) for one in changes if not one.is_quiet]
    tell(work, [*messages, *tickets], at=batch.at, integration_id=batch.integration_id)


def _place(work: Statements, batch: BatchRecord) -> Row:
    found = work.row(_PLACE, (batch.folder_id,))
    assert found is not None
    return {"integration": found[0], "folder": found[1]}


def _message_data(place: Row, external_id: str, content: Content) -> Row:
    uid = None if content.outcome is None else content.outcome.meta.uid
    return {"message_id": content.id, "external_id": external_id, **place, "uid": uid}


def _ticket_data(place: Row, change: TicketChange) -> Row:
    return {
        "ticket_id": change.ticket_id,
        "number": change.number,
        "message_id": change.content.id,
        "external_id": change.external_id,
        "integration": place["integration"],
        "reason": change.reason,
    }


def _move_cursor(work: Statements, batch: BatchRecord) -> None:
    if batch.cursor is None:
        return
    cursor = batch.cursor
    mailbox_id, listed_at = clean_optional(cursor.mailbox_id), cursor.listed_at or batch.at
    counts = (cursor.uidnext, cursor.exists, cursor.unread, cursor.highestmodseq)
    work.run(_CURSOR, (cursor.uidvalidity, *counts, mailbox_id, listed_at, batch.folder_id))
