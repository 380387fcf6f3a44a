"""What the control plane remembers: schedule state, folder cursors, leases, runs. Small rows, read on every run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.model.following import Followed
    from inboxsync.model.report import Counts, ErrorInfo, RunStatus


# The ledger's UIDVALIDITY is the server's plus a multiple of this, where the server gave the same to other UIDs before.
EPOCH = 2**32


def server_uidvalidity(uidvalidity: int) -> int | None:
    """Answer the server's part of the ledger's UIDVALIDITY, None where the server gives none."""
    return uidvalidity % EPOCH or None


@dataclass(frozen=True, slots=True)
class SyncState:
    """How an integration stands. `due_at` is the instant from which it is due, tolerance already taken off (design §5).

    `next_attempt_at` is set while a back-off or a pause lasts; `paused` while refused credentials wait for a person.
    """

    integration_id: int
    last_started_at: datetime | None = None
    last_finished_at: datetime | None = None
    last_success_at: datetime | None = None
    last_status: RunStatus | None = None
    last_error: ErrorInfo | None = None
    failures: int = 0
    auth_failures: int = 0
    paused: bool = False
    next_attempt_at: datetime | None = None
    due_at: datetime | None = None
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FolderCursor:
    """What is known of a folder after its last listing. All UIDs below `uidnext` are in the ledger."""

    uidvalidity: int | None
    uidnext: int
    exists: int
    unread: int | None = None
    highestmodseq: int | None = None
    mailbox_id: str | None = None
    listed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FolderState:
    """A folder and how far it is. `open_count` placements are pending, `seen_wanted` wait to be marked read.

    `moves_wanted` wait to be moved to another folder.

    `role` is the word by which it was chosen (`model.roles`), None where it is read by its name.
    """

    id: int
    integration_id: int
    name: str
    cursor: FolderCursor | None = None
    open_count: int = 0
    seen_wanted: int = 0
    followed: Followed | None = None
    role: str | None = None
    moves_wanted: int = 0


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a lease: host, process id, and when that process started, so that a reused pid is told apart.

    `worker` is what people call the process, None where nobody gave it a name.
    """

    host: str
    pid: int
    process_start: str
    worker: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it stands in the store."""

    integration_id: int
    owner: Owner
    token: str
    acquired_at: datetime
    heartbeat_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One integration's part of one run, as history shows it."""

    id: int
    run_id: int
    integration: str
    status: RunStatus
    reason: str | None
    error: ErrorInfo | None
    counts: Counts
    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Totals:
    """How much an integration holds, for status."""

    messages: int = 0
    tickets: int = 0
    quarantined: int = 0
    pending: int = 0
