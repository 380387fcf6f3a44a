"""What comparing a server with the ledger shows: per folder, per integration. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from inboxsync.errors import EXIT_OK, EXIT_TEMPORARY

if TYPE_CHECKING:
    from inboxsync.model.report import ErrorInfo


class Doubt(StrEnum):
    """Why a folder cannot be compared UID by UID, or not wholly."""

    NEVER_SYNCED = "never_synced"
    UIDVALIDITY_CHANGED = "uidvalidity_changed"
    UIDS_NOT_STICKY = "uids_not_sticky"
    SHOWN_IN_PART = "shown_in_part"


@dataclass(frozen=True, slots=True)
class Damage:
    """A stored message that is not what the server has, or not whole in the store."""

    uid: int
    why: str


@dataclass(frozen=True, slots=True)
class FolderCheck:
    """One folder on both sides. Mail above the cursor (`new`) is the next run's and no difference.

    `missing`: listed by the server, not in the ledger. `extra`: in the ledger as present, not on the server.
    `returned`: taken for gone, and there. `pending`: in the ledger, without a fate yet. `sampled` were read in full.
    """

    name: str
    uidvalidity: int | None = None
    ledger_uidvalidity: int | None = None
    server: int = 0
    ledger: int = 0
    new: int = 0
    missing: tuple[int, ...] = ()
    extra: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()
    pending: tuple[int, ...] = ()
    damaged: tuple[Damage, ...] = ()
    sampled: int = 0
    doubt: Doubt | None = None
    repaired: bool = False
    error: ErrorInfo | None = None

    @property
    def agrees(self) -> bool:
        """Whether server and ledger say the same, after what was repaired at once."""
        extra = () if self.repaired else self.extra
        differs = self.missing or extra or self.returned or self.pending or self.damaged
        return not differs and self.error is None and self._is_beyond_doubt

    @property
    def _is_beyond_doubt(self) -> bool:
        """Where UIDs do not last, or nothing was ever listed, the numbers are all that can be compared."""
        if self.doubt in (Doubt.NEVER_SYNCED, Doubt.UIDS_NOT_STICKY):
            return self.server == self.ledger
        return self.doubt is None


@dataclass(frozen=True, slots=True)
class IntegrationCheck:
    """One integration; `error` is what kept it from being compared."""

    name: str
    folders: tuple[FolderCheck, ...] = ()
    error: ErrorInfo | None = None

    @property
    def agrees(self) -> bool:
        """Whether all of it was compared and found the same."""
        return self.error is None and all(folder.agrees for folder in self.folders)

    @property
    def exit_code(self) -> int:
        """0 where it agrees, the fault's where there was one, else 75."""
        faults = [folder.error for folder in self.folders if folder.error is not None]
        fault = self.error or next(iter(faults), None)
        if fault is not None:
            return fault.exit_code
        return EXIT_OK if self.agrees else EXIT_TEMPORARY
