"""What the engine may ask of the ledger about moves on the server."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from inboxsync.model.placement import MoveAction, WantedMove


class MovingStore(Protocol):
    """Moves that rules want and a run carries out; each method is one transaction. Raises StoreError."""

    def wanted(self, folder_id: int, uidvalidity: int) -> Sequence[WantedMove]:
        """Messages whose content is committed and that are still to be moved, by UID; none that is gone already."""

    def note(self, folder_id: int, uidvalidity: int, uids: Sequence[int], action: MoveAction, *, at: datetime) -> None:
        """Record how far these moves are, durably; what was moved (`DONE`) counts as gone from here."""
