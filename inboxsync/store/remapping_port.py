"""What the engine asks of the store where placements change their UIDs; a part of `ports.ContentStore`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from inboxsync.model.ingest import BatchRecord
    from inboxsync.model.placement import MessageMeta
    from inboxsync.model.remapping import Former, Mapped, Takeover


class RemappingStore(Protocol):
    """Placements that change their UIDs and keep their fates; each method is one transaction."""

    def ended(self, folder_id: int) -> frozenset[int]:
        """The UIDVALIDITYs of the folder's retired placements."""

    def has_formers(self, folder_id: int) -> bool:
        """Whether the folder has retired placements that nobody took over."""

    def listed_count(self, folder_id: int, uidvalidity: int) -> int:
        """How many UIDs of this UIDVALIDITY were ever listed."""

    def retire_others(self, folder_id: int, uidvalidity: int, *, at: datetime) -> int:
        """Retire all live placements of the folder but those of this UIDVALIDITY; answers how many."""

    def unmapped(self, folder_id: int, uidvalidity: int, *, after_uid: int, limit: int) -> Sequence[MessageMeta]:
        """Pending placements above a UID whose header was not looked at yet, by UID."""

    def formers(self, folder_id: int, sizes: Iterable[int]) -> Sequence[Former]:
        """Retired placements of these sizes that nobody took over, the last retired first, then by UID."""

    def take_over(self, folder_id: int, uidvalidity: int, mapped: Mapped) -> None:
        """Let new placements take over the fates of former ones, and keep the header hashes of the rest."""

    def live(self, folder_id: int, uidvalidity: int) -> Sequence[Former]:
        """Every live placement of this UIDVALIDITY, by UID, those that are pending among them."""

    def renumber(
        self, batch: BatchRecord, former_uidvalidity: int, takeovers: Sequence[Takeover], headers: Mapping[int, str]
    ) -> None:
        """Give placements whose numbers were our own new ones, retire those left behind, and record what is new."""

    def adopt(self, folder_id: int, former_folder_id: int) -> bool:
        """Let a renamed folder keep its ledger; False, and nothing changed, where it has placements of its own."""

    def set_role(self, folder_id: int, role: str | None) -> None:
        """Note by which role a folder is read, None: by none any more."""
