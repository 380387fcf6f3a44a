"""The ledger's side of moves on the server: which are wanted, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from inboxsync.model.placement import MoveAction, WantedMove
from inboxsync.store.retrying import retried

if TYPE_CHECKING:
    from inboxsync.store.connections import Work

Open = Callable[[], AbstractContextManager["Work"]]


class OpenToWrite(Protocol):
    """Open a write transaction; `durable`: fsynced."""

    def __call__(self, *, durable: bool) -> AbstractContextManager[Work]: ...


# The condition of the partial index, to the letter; `+ 0` keeps SQLite's planner from the unique index.
_OPEN = "move_action IN ('wanted', 'copied')"
_WANTED = f"""
SELECT p.uid, p.move_to, p.move_action, EXISTS (
    SELECT 1 FROM inboxsync_placements AS o JOIN inboxsync_folders AS g ON g.id = o.folder_id
    WHERE o.message_id = p.message_id AND o.id <> p.id AND g.integration_id = f.integration_id
    AND o.move_action IN ('copied', 'done')
)
FROM inboxsync_placements AS p JOIN inboxsync_folders AS f ON f.id = p.folder_id
WHERE p.folder_id = ? AND p.uidvalidity + 0 = ? AND p.{_OPEN} AND p.fate IN ('stored', 'duplicate')
AND p.expunged_at IS NULL ORDER BY p.uid
"""  # noqa: S608  our own words
_NOTE = f"""
UPDATE inboxsync_placements SET move_action = ?, expunged_at = coalesce(?, expunged_at)
WHERE folder_id = ? AND uidvalidity = ? AND {_OPEN} AND uid IN ({{in}})
"""  # noqa: S608  our own words


@dataclass(frozen=True, slots=True)
class SqlMoving:
    """Implements `MovingStore`."""

    reading: Open
    writing: OpenToWrite

    def wanted(self, folder_id: int, uidvalidity: int) -> Sequence[WantedMove]:
        """Messages whose content is committed (P1) and that are still to be moved, by UID; none that is gone."""
        with self.reading() as work:
            rows = work.rows(_WANTED, (folder_id, uidvalidity))
        return tuple(WantedMove(uid, target, MoveAction(action), bool(before)) for uid, target, action, before in rows)

    @retried
    def note(self, folder_id: int, uidvalidity: int, uids: Sequence[int], action: MoveAction, *, at: datetime) -> None:
        """Record how far these moves are; what was moved is gone from this folder.

        Durably: a copy that is forgotten would be made again, and then lie in the target twice.
        """
        gone_at = at if action is MoveAction.DONE else None
        with self.writing(durable=True) as work:
            work.run_in(_NOTE, uids, (action.value, gone_at, folder_id, uidvalidity))
