"""How much stored mail a folder shows, kept beside its cursor: status and lists would have to count millions of rows.

The numbers change in the transaction that changes placements (P5). Where that would mean counting, as when a
UIDVALIDITY ends, they are forgotten there: null. A run counts anew at its end, and until then whoever reads counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from inboxsync.store.statements import Statements

# Of an alias `f` of folders: literals, so that the partial index of what is live is taken.
LIVE = (
    "(SELECT count(*) FROM inboxsync_placements AS p WHERE p.folder_id = f.id"
    " AND p.fate IN ('stored', 'duplicate') AND p.retired_at IS NULL)"
)
# Mail of ended UIDVALIDITYs that its integration shows through no live placement, as `reading.is_visible` has it.
_RETIRED = """(SELECT count(*) FROM inboxsync_placements AS p WHERE p.folder_id = f.id
AND p.retired_at IS NOT NULL AND p.message_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM inboxsync_placements AS q JOIN inboxsync_folders AS g ON g.id = q.folder_id
    WHERE q.message_id = p.message_id AND q.retired_at IS NULL AND g.integration_id = f.integration_id
))"""
_OF_UIDS = """
SELECT count(*), coalesce(sum(CASE WHEN fate = 'stored' THEN 1 ELSE 0 END), 0) FROM inboxsync_placements
WHERE folder_id = ? AND uidvalidity = ? AND fate IN ('stored', 'duplicate') AND retired_at IS NULL AND uid IN ({in})
"""
_ADD = """
UPDATE inboxsync_folders SET stored_count = stored_count + ?, duplicate_count = duplicate_count + ? WHERE id = ?
"""
_OF_INTEGRATION = "integration_id = (SELECT integration_id FROM inboxsync_folders WHERE id = ?)"
_FORGET_LIVE = "UPDATE inboxsync_folders SET stored_count = NULL, duplicate_count = NULL WHERE id = ?"
# What was retired in one folder is shown by another one, or no more.
_FORGET_RETIRED = f"UPDATE inboxsync_folders SET retired_count = NULL WHERE {_OF_INTEGRATION}"  # noqa: S608  constants
_UNKNOWN = """
SELECT id FROM inboxsync_folders
WHERE integration_id = ? AND (stored_count IS NULL OR duplicate_count IS NULL OR retired_count IS NULL)
"""
_RECOUNT = f"""
UPDATE inboxsync_folders SET (stored_count, duplicate_count, retired_count) = (
    SELECT {LIVE[:-1]} AND p.fate = 'stored'), {LIVE[:-1]} AND p.fate = 'duplicate'), {_RETIRED}
    FROM inboxsync_folders AS f WHERE f.id = inboxsync_folders.id
) WHERE id = ?
"""  # noqa: S608  constants
WRONG = f"""
SELECT f.id, f.name FROM inboxsync_folders AS f
WHERE f.stored_count + f.duplicate_count <> {LIVE} OR f.retired_count <> {_RETIRED} ORDER BY f.id
"""  # noqa: S608  constants


class Shown(NamedTuple):
    """How many of some live placements show mail: stored here, or copies of mail stored elsewhere."""

    stored: int = 0
    duplicate: int = 0


def shown(work: Statements, folder_id: int, uidvalidity: int, uids: Sequence[int]) -> Shown:
    """Count what these UIDs show."""
    together = stored = 0
    for some, of_these in work.rows_in(_OF_UIDS, uids, (folder_id, uidvalidity)):
        together, stored = together + int(some), stored + int(of_these)
    return Shown(stored, together - stored)


def note(work: Statements, folder_id: int, before: Shown, after: Shown) -> None:
    """Add to a folder's numbers what a change of some of its placements made of them."""
    if before == after:
        return
    work.run(_ADD, (after.stored - before.stored, after.duplicate - before.duplicate, folder_id))
    more = sum(after) > sum(before)
    # Where nothing was shown through retired placements, more live ones change nothing about that.
    work.run(f"{_FORGET_RETIRED} AND retired_count > 0" if more else _FORGET_RETIRED, (folder_id,))


def forget(work: Statements, folder_id: int) -> None:
    """Forget the numbers of a folder, and what its integration shows of retired mail: they are to be counted anew."""
    work.run(_FORGET_LIVE, (folder_id,))
    work.run(_FORGET_RETIRED, (folder_id,))


def recount(work: Statements, integration_id: int) -> None:
    """Count anew what was forgotten of an integration's folders; as a rule nothing was."""
    for (folder_id,) in work.rows(_UNKNOWN, (integration_id,)):
        work.run(_RECOUNT, (folder_id,))
