"""Removing an integration, with or without what it brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inboxsync.store.integrations import TABLE, now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inboxsync.model.integration import Integration
    from inboxsync.store.connection import Database
    from inboxsync.store.statements import Statements

_OURS = (
    "SELECT p.{column} FROM inboxsync_placements AS p JOIN inboxsync_folders AS f ON f.id = p.folder_id"
    " WHERE f.integration_id = ? AND p.{column} IS NOT NULL"
)
# Kept while a placement of another integration refers to it: the same content met in two mailboxes of a company.
_DOOMED = (
    "INSERT INTO inboxsync_doomed (id, raw_sha256)"  # noqa: S608  constants
    " SELECT m.id, m.raw_sha256 FROM inboxsync_messages AS m"
    f" WHERE m.id IN ({_OURS.format(column='message_id')})"
    " AND NOT EXISTS (SELECT 1 FROM inboxsync_placements AS p JOIN inboxsync_folders AS f ON f.id = p.folder_id"
    " WHERE p.message_id = m.id AND f.integration_id <> ?)"
)
_DOOMED_QUARANTINE = (
    "INSERT INTO inboxsync_doomed (id, raw_sha256) SELECT NULL, q.raw_sha256 FROM inboxsync_quarantine AS q"
    " JOIN inboxsync_placements AS p ON p.id = q.placement_id JOIN inboxsync_folders AS f ON f.id = p.folder_id"
    " WHERE f.integration_id = ? AND q.raw_sha256 IS NOT NULL"
)
# A ticket goes with the last of its messages.
_TICKETS = (
    "DELETE FROM inboxsync_tickets WHERE id IN (SELECT ticket_id FROM inboxsync_ticket_messages"
    " WHERE message_id IN (SELECT id FROM inboxsync_doomed)) AND NOT EXISTS (SELECT 1"
    " FROM inboxsync_ticket_messages AS t WHERE t.ticket_id = inboxsync_tickets.id"
    " AND t.message_id NOT IN (SELECT id FROM inboxsync_doomed WHERE id IS NOT NULL))"
)
# Were an effect kept, the same mail met again later would never make its ticket (P3).
_EFFECTS = (
    "DELETE FROM inboxsync_ticket_effects WHERE EXISTS (SELECT 1 FROM inboxsync_messages AS m"
    " WHERE m.id IN (SELECT id FROM inboxsync_doomed)"
    " AND m.scope = inboxsync_ticket_effects.scope AND m.external_id = inboxsync_ticket_effects.external_id)"
)
_MESSAGES = "DELETE FROM inboxsync_messages WHERE id IN (SELECT id FROM inboxsync_doomed)"
_RAW = (
    "DELETE FROM inboxsync_raw WHERE sha256 IN (SELECT raw_sha256 FROM inboxsync_doomed)"
    " AND NOT EXISTS (SELECT 1 FROM inboxsync_messages AS m WHERE m.raw_sha256 = inboxsync_raw.sha256)"
    " AND NOT EXISTS (SELECT 1 FROM inboxsync_quarantine AS q WHERE q.raw_sha256 = inboxsync_raw.sha256)"
)

_FILES = (
    "SELECT path FROM inboxsync_raw WHERE path IS NOT NULL AND sha256 IN (SELECT raw_sha256 FROM inboxsync_doomed)"
    " UNION SELECT path FROM inboxsync_attachments WHERE message_id IN (SELECT id FROM inboxsync_doomed)"
)


def remove(database: Database, integration: Integration, *, purge: bool) -> Sequence[str]:
    """Remove an integration by uuid; one that is gone already is no fault.

    Without `purge` the row stays as the owner of its ledger, renamed so that the name is free again; secret, state and
    lease go. With it go its ledger and the messages, tickets, effects and octets that nothing else refers to. Answers
    the files of what went, relative to the data directory: other rows may name them too.
    """
    with database.transaction() as work:
        row = work.row(f"SELECT id FROM {TABLE} WHERE uuid = ?", (integration.uuid,))  # noqa: S608  a constant
        if row is None:
            return ()
        if purge:
            return _purge(work, row[0])
        _retire(work, row[0])
        return ()


def _retire(work: Statements, integration_id: int) -> None:
    for table in ("inboxsync_secrets", "inboxsync_sync_states", "inboxsync_leases"):
        work.run(f"DELETE FROM {table} WHERE integration_id = ?", (integration_id,))  # noqa: S608  constants
    at = now(work)
    work.run(
        f"UPDATE {TABLE} SET name = name || '#removed-' || substr(uuid, 1, 8), active = FALSE,"  # noqa: S608  a constant
        " removed_at = ?, updated_at = ? WHERE id = ? AND removed_at IS NULL",
        (at, at, integration_id),
    )


def _purge(work: Statements, integration_id: int) -> Sequence[str]:
    # A message that another run stores meanwhile must not find its octets deleted under it. Writers touch octets first,
    # also where they are there already, so whoever holds that table has seen them all.
    work.lock("inboxsync_raw")
    work.lock("inboxsync_messages")
    work.run("CREATE TEMPORARY TABLE inboxsync_doomed (id BIGINT, raw_sha256 TEXT)")
    work.run(_DOOMED, (integration_id, integration_id))
    work.run(_DOOMED_QUARANTINE, (integration_id,))
    files = [row[0] for row in work.rows(_FILES)]
    for step in (_TICKETS, _EFFECTS, _MESSAGES):
        work.run(step)
    work.run(f"DELETE FROM {TABLE} WHERE id = ?", (integration_id,))  # noqa: S608  a constant
    work.run(_RAW)
    work.run("DROP TABLE inboxsync_doomed")
    return files
