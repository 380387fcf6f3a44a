"""Questions to the ledger: what is open, what the server is still to be told, what was set aside, and the sums."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from inboxsync.model.ingest import OpenPlacement
from inboxsync.model.placement import MessageMeta, ServerIds
from inboxsync.model.report import Counts
from inboxsync.store.dialect import read_json, read_moment, read_time

if TYPE_CHECKING:
    from inboxsync.model.views import QuarantineView
    from inboxsync.store.statements import Statements

# A partial index is taken only where the statement itself repeats its condition: literals, not parameters. `+ 0` keeps
# SQLite's planner from the unique index, which it takes for better and which holds the whole folder.
_OPEN = """
SELECT uid, flags, internal_date, size_bytes, email_id, attempts, next_attempt_at FROM inboxsync_placements
WHERE folder_id = ? AND uidvalidity + 0 = ? AND fate = 'pending' AND (next_attempt_at IS NULL OR next_attempt_at <= ?)
ORDER BY uid
"""
_SEEN_WANTED = """
SELECT uid FROM inboxsync_placements
WHERE folder_id = ? AND uidvalidity + 0 = ? AND seen_action = 'wanted' AND fate <> 'pending' ORDER BY uid
"""
_SEEN_DONE = """
UPDATE inboxsync_placements SET seen_action = 'done'
WHERE folder_id = ? AND uidvalidity = ? AND seen_action = 'wanted' AND uid IN ({in})
"""
_FATES = """
SELECT p.fate, count(*), sum(p.size_bytes) FROM inboxsync_placements AS p
JOIN inboxsync_folders AS f ON p.folder_id = f.id JOIN inboxsync_integrations AS i ON f.integration_id = i.id
WHERE i.uuid = ? AND p.retired_at IS NULL GROUP BY p.fate
"""
# CROSS JOIN fixes the order for SQLite, which otherwise reads the ledger to find the little that was set aside.
QUARANTINED = """
SELECT p.id, i.name, f.name, p.uid, q.reason, q.error, p.attempts, p.size_bytes, q.raw_sha256 IS NOT NULL, q.at
FROM inboxsync_quarantine AS q CROSS JOIN inboxsync_placements AS p
CROSS JOIN inboxsync_folders AS f CROSS JOIN inboxsync_integrations AS i
WHERE p.id = q.placement_id AND f.id = p.folder_id AND i.id = f.integration_id AND p.fate = 'quarantined'
"""


def open_placements(
    work: Statements, folder_id: int, uidvalidity: int, now: datetime, limit: int | None
) -> tuple[OpenPlacement, ...]:
    """Pending placements that may be tried now, by UID."""
    bound = "" if limit is None else f" LIMIT {int(limit)}"
    rows = work.rows(_OPEN + bound, (folder_id, uidvalidity, now))
    return tuple(
        OpenPlacement(
            MessageMeta(uid, tuple(read_json(flags)), read_time(internal_date), size_bytes, ServerIds.of(email_id)),
            attempts,
            read_time(next_attempt_at),
        )
        for uid, flags, internal_date, size_bytes, email_id, attempts, next_attempt_at in rows
    )


def seen_wanted(work: Statements, folder_id: int, uidvalidity: int) -> tuple[int, ...]:
    """UIDs still to be marked read on the server, in order; never one whose mail is not settled (P1)."""
    return tuple(uid for (uid,) in work.rows(_SEEN_WANTED, (folder_id, uidvalidity)))


def seen_done(work: Statements, folder_id: int, uidvalidity: int, uids: Sequence[int]) -> None:
    """Record that these are marked read on the server."""
    work.run_in(_SEEN_DONE, uids, (folder_id, uidvalidity))


def fates(work: Statements, integration_uuid: str) -> Counts:
    """Sum up the live placements of an integration by fate."""
    rows = [(str(fate), int(count), int(size)) for fate, count, size in work.rows(_FATES, (integration_uuid,))]
    sums = {fate: count for fate, count, _ in rows}
    return Counts.of({**sums, "listed": sum(sums.values()), "bytes": sum(size for _, _, size in rows)})


def quarantined(work: Statements, integration: str | None) -> tuple[QuarantineView, ...]:
    """What was set aside, newest first."""
    named, parameters = ("", ()) if integration is None else (" AND i.name = ?", (integration,))
    rows = work.rows(f"{QUARANTINED}{named} ORDER BY q.at DESC, p.id DESC", parameters)
    return tuple(map(quarantine_view, rows))


def quarantine_view(row: Sequence[Any]) -> QuarantineView:
    """A message set aside, of a row of QUARANTINED."""
    row_id, name, folder, uid, reason, error, attempts, size_bytes, has_octets, at = row
    from inboxsync.model.views import QuarantineView  # a dozen views that a run does without

    return QuarantineView(
        id=row_id,
        integration=name,
        folder=folder,
        uid=uid,
        reason=reason,
        error=error,
        attempts=attempts,
        size_bytes=size_bytes,
        has_octets=bool(has_octets),
        at=read_moment(at),
    )
