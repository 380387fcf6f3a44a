"""Placements that change their UIDs and keep their fates (design §4): a new UIDVALIDITY, a renamed folder, no UIDs.

A placement that the server named is never rewritten: it stays, retired, and its successor copies its fate. What a fate
had kept (a header, quarantined octets) moves to the successor. What every run asks is asked here; the rest, over
SQLAlchemy, is imported where there is something to re-map.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.store.folder_counts import forget
from inboxsync.store.record import record_batch

if TYPE_CHECKING:
    from inboxsync.model.ingest import BatchRecord
    from inboxsync.model.placement import MessageMeta
    from inboxsync.model.remapping import Former, Mapped, Takeover
    from inboxsync.store.blobs import Blobs
    from inboxsync.store.connections import Work

Open = Callable[[], AbstractContextManager["Work"]]

_ENDED = "SELECT DISTINCT uidvalidity FROM inboxsync_placements WHERE folder_id = ? AND retired_at IS NOT NULL"
_FORMERS = """
SELECT id FROM inboxsync_placements
WHERE folder_id = ? AND retired_at IS NOT NULL AND remapped_uid IS NULL LIMIT 1
"""
_LISTED = "SELECT count(*) FROM inboxsync_placements WHERE folder_id = ? AND uidvalidity = ?"
_RETIRE = """
UPDATE inboxsync_placements SET retired_at = ? WHERE folder_id = ? AND uidvalidity <> ? AND retired_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class SqlRemapping:
    """Implements `ports.RemappingStore`; each method is one transaction."""

    reading: Open
    writing: Open
    blobs: Blobs

    def ended(self, folder_id: int) -> frozenset[int]:
        """Answer the UIDVALIDITYs of the folder's retired placements."""
        with self.reading() as work:
            return frozenset(uidvalidity for (uidvalidity,) in work.rows(_ENDED, (folder_id,)))

    def has_formers(self, folder_id: int) -> bool:
        """Whether the folder has retired placements that nobody took over."""
        with self.reading() as work:
            return work.row(_FORMERS, (folder_id,)) is not None

    def listed_count(self, folder_id: int, uidvalidity: int) -> int:
        """Count the UIDs of this UIDVALIDITY that were ever listed."""
        with self.reading() as work:
            row = work.row(_LISTED, (folder_id, uidvalidity))
        return int(row[0]) if row else 0

    def retire_others(self, folder_id: int, uidvalidity: int, *, at: datetime) -> int:
        """Retire all live placements of the folder but those of this UIDVALIDITY; answers how many."""
        with self.writing() as work:
            retired = work.run(_RETIRE, (at, folder_id, uidvalidity))
            forget(work, folder_id)
        return retired

    def unmapped(self, folder_id: int, uidvalidity: int, *, after_uid: int, limit: int) -> Sequence[MessageMeta]:
        """Answer pending placements above a UID whose header was not looked at yet, by UID."""
        from inboxsync.store import remapping_rows

        with self.reading() as work:
            return remapping_rows.unmapped(work.alchemy, folder_id, uidvalidity, after_uid, limit)

    def formers(self, folder_id: int, sizes: Iterable[int]) -> Sequence[Former]:
        """Answer retired placements of these sizes that nobody took over, the last retired first, then by UID."""
        from inboxsync.store import remapping_rows

        with self.reading() as work:
            return remapping_rows.formers(work.alchemy, folder_id, sizes)

    def take_over(self, folder_id: int, uidvalidity: int, mapped: Mapped) -> None:
        """Let new placements take over the fates of former ones, and keep the header hashes of the rest."""
        from inboxsync.store import remapping_rows

        with self.writing() as work:
            remapping_rows.copy_fates(work.alchemy, folder_id, uidvalidity, mapped.takeovers)
            remapping_rows.note_headers(work.alchemy, folder_id, uidvalidity, mapped.headers)
            forget(work, folder_id)

    def live(self, folder_id: int, uidvalidity: int) -> Sequence[Former]:
        """Answer every live placement of this UIDVALIDITY, by UID, those that are pending among them."""
        from inboxsync.store import remapping_rows

        with self.reading() as work:
            return remapping_rows.live(work.alchemy, folder_id, uidvalidity)

    def renumber(
        self, batch: BatchRecord, former_uidvalidity: int, takeovers: Sequence[Takeover], headers: Mapping[int, str]
    ) -> None:
        """Give placements whose numbers were our own new ones, retire those left behind, and record what is new.

        For servers without lasting UIDs: nothing is remembered of the old number, which named nothing.
        """
        from inboxsync.store import remapping_rows

        with self.writing() as work:
            remapping_rows.move(work.alchemy, batch, former_uidvalidity, takeovers)
            if former_uidvalidity != batch.uidvalidity:
                remapping_rows.leave_behind(work.alchemy, batch, former_uidvalidity)
                forget(work, batch.folder_id)
            record_batch(work, batch, self.blobs)
            remapping_rows.note_headers(work.alchemy, batch.folder_id, batch.uidvalidity, headers)

    def adopt(self, folder_id: int, former_folder_id: int) -> bool:
        """Let a renamed folder keep its ledger: the former row takes the name of the new one, which goes.

        Answers False, and changes nothing, where the new row has placements of its own.
        """
        with self.writing() as work:
            if work.row("SELECT id FROM inboxsync_placements WHERE folder_id = ? LIMIT 1", (folder_id,)) is not None:
                return False
            row = work.row("SELECT name, role FROM inboxsync_folders WHERE id = ?", (folder_id,))
            name, role = row or ("", None)
            work.run("DELETE FROM inboxsync_folders WHERE id = ?", (folder_id,))
            work.run("UPDATE inboxsync_folders SET name = ? WHERE id = ?", (name, former_folder_id))
            if role is not None:
                work.run("UPDATE inboxsync_folders SET role = ? WHERE id = ?", (role, former_folder_id))
            return True

    def set_role(self, folder_id: int, role: str | None) -> None:
        """Note by which role a folder is read, None: by none any more."""
        with self.writing() as work:
            work.run("UPDATE inboxsync_folders SET role = ? WHERE id = ?", (role, folder_id))
