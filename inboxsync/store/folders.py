"""Folders as the control plane reads them, and the counts that status shows.

The cursor itself is written by the content plane, in the transaction of the messages it stands for (P1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from inboxsync.model.state import FolderState, Totals
from inboxsync.store.control_rows import FOLDER_COLUMNS, listed, read_folder
from inboxsync.store.folder_counts import LIVE

if TYPE_CHECKING:
    from inboxsync.store.connection import Database

# The literal conditions are those of partial indexes (tables/): the counts read what is open, not the ledger.
# What belongs to an ended UIDVALIDITY can neither be fetched nor marked nor moved any more.
_SELECT = (
    f"SELECT {listed(FOLDER_COLUMNS, 'f')},"  # noqa: S608  constants
    " (SELECT count(*) FROM inboxsync_placements AS p WHERE p.folder_id = f.id AND p.fate = 'pending'"
    " AND p.retired_at IS NULL),"
    " (SELECT count(*) FROM inboxsync_placements AS p WHERE p.folder_id = f.id AND p.seen_action = 'wanted'"
    " AND p.retired_at IS NULL),"
    " (SELECT count(*) FROM inboxsync_placements AS p WHERE p.folder_id = f.id"
    " AND p.move_action IN ('wanted', 'copied') AND p.retired_at IS NULL AND p.expunged_at IS NULL)"
    " FROM inboxsync_folders AS f WHERE f.integration_id = ?"
)

_KEPT = (
    "SELECT integration_id, coalesce(sum(stored_count + duplicate_count), 0),"
    " count(*) - count(stored_count + duplicate_count) FROM inboxsync_folders GROUP BY integration_id"
)
# Asked only where a folder does not know: Postgres compiles it for the millions it may have to count (44 ms), though
# it then counts none.
_COUNTED = (
    f"SELECT f.integration_id, {LIVE} FROM inboxsync_folders AS f"  # noqa: S608  constants
    " WHERE f.stored_count IS NULL OR f.duplicate_count IS NULL"
)
# CROSS JOIN fixes the order for SQLite, which otherwise looks into each folder; to Postgres it is any join.
_PENDING = (
    "SELECT f.integration_id, count(*) FROM inboxsync_placements AS p CROSS JOIN inboxsync_folders AS f"
    " WHERE p.fate = 'pending' AND p.retired_at IS NULL AND f.id = p.folder_id GROUP BY f.integration_id"
)
_TICKETS = (
    "SELECT integration_id, count(*) FROM inboxsync_tickets WHERE integration_id IS NOT NULL GROUP BY integration_id"
)
# CROSS JOIN here as well: SQLite otherwise walks the ledger.
_QUARANTINED = (
    "SELECT f.integration_id, count(*) FROM inboxsync_quarantine AS q"
    " CROSS JOIN inboxsync_placements AS p CROSS JOIN inboxsync_folders AS f"
    " WHERE p.id = q.placement_id AND f.id = p.folder_id AND p.fate = 'quarantined' AND p.retired_at IS NULL"
    " GROUP BY f.integration_id"
)


def folder(database: Database, integration_id: int, name: str) -> FolderState:
    """Answer the folder's state; the row is made on first sight, and only then is anything written."""
    found = database.row(f"{_SELECT} AND f.name = ?", (integration_id, name))
    if found is None:
        with database.transaction() as work:
            work.run(
                "INSERT INTO inboxsync_folders (integration_id, name, stored_count, duplicate_count, retired_count)"
                " VALUES (?, ?, 0, 0, 0) ON CONFLICT (integration_id, name) DO NOTHING",
                (integration_id, name),
            )
            found = work.row(f"{_SELECT} AND f.name = ?", (integration_id, name))
    assert found is not None, "just inserted"
    return read_folder(found)


def folders(database: Database, integration_id: int) -> Sequence[FolderState]:
    """Answer all folders of an integration, by name."""
    found = [read_folder(row) for row in database.rows(_SELECT, (integration_id,))]
    return sorted(found, key=lambda state: state.name)


def totals(database: Database) -> Mapping[int, Totals]:
    """Count messages (live placements with content), tickets, quarantined and pending mail, by integration id.

    One that never had a folder or a ticket is missing from the answer; a removed one is counted while its ledger stays.
    """
    kept = database.rows(_KEPT)
    messages: Counter[int] = Counter({key: int(stored) for key, stored, _ in kept})
    for key, stored in database.rows(_COUNTED) if any(unknown for *_, unknown in kept) else ():
        messages[key] += stored
    pending: Counter[int] = Counter(dict(database.rows(_PENDING)))
    tickets: Counter[int] = Counter(dict(database.rows(_TICKETS)))
    quarantined: Counter[int] = Counter(dict(database.rows(_QUARANTINED)))
    keys = sorted({*messages, *tickets, *quarantined})
    return {key: Totals(messages[key], tickets[key], quarantined[key], pending[key]) for key in keys}
