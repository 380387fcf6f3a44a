"""What to do in a folder, as data: known state and what the server says in, a plan out. Pure (design §3, §4).

The cursor is never "highest UID seen": it is the first UID that was not listed yet, and all below it stands in the
ledger with a fate or as pending. So a plan has two parts: windows of UIDs to list, and open placements to fetch.

The ledger's UIDVALIDITY is the server's plus a multiple of 2^32 (a generation). The multiple is 0 unless the server
gave the same UIDVALIDITY to other UIDs before; the server's part is 0 where it has no lasting UIDs and the numbers in
the ledger are ours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from inboxsync.model.report import PlanKind
from inboxsync.model.state import EPOCH, FolderCursor, FolderState
from inboxsync.model.state import server_uidvalidity as server_uidvalidity

if TYPE_CHECKING:
    from inboxsync.model.placement import FolderStatus, MessageMeta

MAX_UID = 4_294_967_295  # RFC 9051 §2.3.1.1: 32 bits
LISTED_PER_WINDOW = 20_000


class Note(StrEnum):
    """What makes a plan out of the ordinary; the words are shown by `--dry-run` and in reports."""

    RECREATED = "recreated"
    RENAMED = "renamed"
    UIDNEXT_MISSING = "uidnext_missing"
    UIDNEXT_LOWER = "uidnext_lower"
    UIDS_NOT_STICKY = "uids_not_sticky"
    PARTIAL_VIEW = "partial_view"


@dataclass(frozen=True, slots=True)
class Window:
    """A closed range of UIDs to list; never `n:*`, which also answers UIDs below n (RFC 9051 §6.4.9)."""

    first_uid: int
    last_uid: int


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """What a run will do in a folder. `cursor` is where it stands once all windows are listed, UIDNEXT permitting.

    `uidvalidity` is the ledger's. `retire_uidvalidity` ends, its fates pass to the same mail under its new UIDs.
    `known_count` messages were on the server when it was last looked at; more than these and what is listed now
    should not be there.
    """

    folder: str
    kind: PlanKind
    uidvalidity: int
    windows: tuple[Window, ...]
    cursor: FolderCursor
    retire_uidvalidity: int | None = None
    open_count: int = 0
    known_count: int = 0
    notes: tuple[Note, ...] = ()

    @property
    def remaps(self) -> bool:
        """Whether mail is first looked for under its former UIDs; until that is done the cursor does not move."""
        return self.retire_uidvalidity is not None

    @property
    def numbers_are_ours(self) -> bool:
        """Whether the server has no lasting UIDs, so that what it shows is compared by content on every run."""
        return Note.UIDS_NOT_STICKY in self.notes

    def noted(self, *notes: Note) -> FolderPlan:
        """Answer the plan with these notes too."""
        return replace(self, notes=tuple(dict.fromkeys((*self.notes, *notes))))


def plan_folder(
    state: FolderState, status: FolderStatus, *, renamed: bool = False, per_window: int = LISTED_PER_WINDOW
) -> FolderPlan:
    """Plan a folder from its ledger and what EXAMINE said. `renamed`: the ledger was kept under another name.

    A plan that remaps has still to be given a UIDVALIDITY of its own: see `in_new_generation`.
    """
    plan = _plan_any(state, status, per_window)
    known_id = state.cursor.mailbox_id if state.cursor else None
    if status.mailbox_id is not None and known_id not in (None, status.mailbox_id):
        plan = plan.noted(Note.RECREATED)
    if renamed:
        plan = plan.noted(Note.RENAMED)
    return plan.noted(Note.PARTIAL_VIEW) if status.partial_view else plan


def _plan_any(state: FolderState, status: FolderStatus, per_window: int) -> FolderPlan:
    known = state.cursor
    if status.uidvalidity is None or not status.uids_sticky:
        return _plan_without_uids(state, status, per_window)
    whole = _windows(1, status, per_window)
    if known is None or known.uidvalidity is None:
        return _plan(state, status, PlanKind.INITIAL, status.uidvalidity, whole)
    if server_uidvalidity(known.uidvalidity) != status.uidvalidity:
        return _plan_change(state, status, known.uidvalidity, whole)
    if status.uidnext is not None and status.uidnext < known.uidnext:
        # UIDNEXT never falls (RFC 9051 §2.3.1.1): these are other UIDs under the same UIDVALIDITY.
        return _plan_change(state, status, known.uidvalidity, whole).noted(Note.UIDNEXT_LOWER)
    return _plan_known(state, status, known, per_window)


def _plan_change(state: FolderState, status: FolderStatus, retired: int, windows: tuple[Window, ...]) -> FolderPlan:
    plan = _plan(state, status, PlanKind.UIDVALIDITY_CHANGED, status.uidvalidity or 0, windows)
    return replace(plan, retire_uidvalidity=retired, open_count=0)


def _plan_without_uids(state: FolderState, status: FolderStatus, per_window: int) -> FolderPlan:
    """Plan a full comparison: without lasting UIDs nothing can be listed from a cursor on (RFC 9051 §6.3.2)."""
    status = replace(status, uidvalidity=None)
    windows = _windows(1, status, per_window)
    known = state.cursor.uidvalidity if state.cursor else None
    if known is None:
        return _plan(state, status, PlanKind.INITIAL, 0, windows).noted(Note.UIDS_NOT_STICKY)
    return _plan_change(state, status, known, windows).noted(Note.UIDS_NOT_STICKY)


def _plan_known(state: FolderState, status: FolderStatus, known: FolderCursor, per_window: int) -> FolderPlan:
    windows = _windows(known.uidnext, status, per_window)
    waiting = windows or state.open_count or state.seen_wanted or state.moves_wanted
    kind = PlanKind.INCREMENTAL if waiting else PlanKind.NOTHING_NEW
    return replace(_plan(state, status, kind, known.uidvalidity or 0, windows), known_count=known.exists)


def _plan(
    state: FolderState, status: FolderStatus, kind: PlanKind, uidvalidity: int, windows: tuple[Window, ...]
) -> FolderPlan:
    return FolderPlan(
        folder=state.name,
        kind=kind,
        uidvalidity=uidvalidity,
        windows=windows,
        cursor=_cursor_after(state, status, kind, uidvalidity),
        open_count=state.open_count,
        notes=() if status.uidnext is not None else (Note.UIDNEXT_MISSING,),
    )


def _cursor_after(state: FolderState, status: FolderStatus, kind: PlanKind, uidvalidity: int) -> FolderCursor:
    known = state.cursor.uidnext if state.cursor and kind is not PlanKind.UIDVALIDITY_CHANGED else 1
    return FolderCursor(
        uidvalidity=uidvalidity,
        uidnext=known if status.uidnext is None else status.uidnext,
        exists=status.exists,
        highestmodseq=status.highestmodseq,
        mailbox_id=status.mailbox_id,
    )


def _windows(first_uid: int, status: FolderStatus, per_window: int) -> tuple[Window, ...]:
    """Cut [first_uid, UIDNEXT) so that about `per_window` messages fall in each, if they lie evenly."""
    last_uid = MAX_UID if status.uidnext is None else status.uidnext - 1
    if status.exists == 0 or first_uid > last_uid:
        return ()
    pieces = max(1, -(-status.exists // per_window)) if status.uidnext is not None else 1
    width = max(1, -(-(last_uid - first_uid + 1) // pieces))
    starts = range(first_uid, last_uid + 1, width)
    return tuple(Window(start, min(start + width - 1, last_uid)) for start in starts)


def halves(window: Window) -> tuple[Window, Window]:
    """Cut a window of more than one UID in two."""
    middle = (window.first_uid + window.last_uid) // 2
    return Window(window.first_uid, middle), Window(middle + 1, window.last_uid)


# --- generations and names -----------------------------------------------------------------------------------------


def in_new_generation(plan: FolderPlan, ended: Collection[int]) -> FolderPlan:
    """Give a plan that remaps a UIDVALIDITY that no placement had before; `ended` are those of retired placements.

    Servers come back to a UIDVALIDITY they had, and some give the same one to other UIDs.
    """
    used = {*ended, plan.retire_uidvalidity}
    uidvalidity = plan.uidvalidity
    while uidvalidity in used:
        uidvalidity += EPOCH
    return replace(plan, uidvalidity=uidvalidity, cursor=replace(plan.cursor, uidvalidity=uidvalidity))


def former_folder(state: FolderState, status: FolderStatus, folders: Iterable[FolderState]) -> FolderState | None:
    """Find the folder that this one, never listed, was known as: MAILBOXID stays through a rename (RFC 8474 §4)."""
    if state.cursor is not None or status.mailbox_id is None:
        return None
    others = (folder for folder in folders if folder.name != state.name and folder.cursor is not None)
    return next((one for one in others if one.cursor and one.cursor.mailbox_id == status.mailbox_id), None)


# --- what a listing showed -----------------------------------------------------------------------------------------


def cursor_after_window(plan: FolderPlan, window: Window, highest_listed: int, listed: int = MAX_UID) -> FolderCursor:
    """Where the cursor may stand once this window is listed: behind the window, or behind the last UID met.

    The second where UIDNEXT is unknown and the window ends at the highest UID there can be. `listed` are the messages
    met in this run so far: the cursor counts no more on the server than were ever shown.
    """
    cursor = replace(plan.cursor, exists=min(plan.cursor.exists, plan.known_count + listed))
    if Note.UIDNEXT_MISSING in plan.notes:
        return replace(cursor, uidnext=max(cursor.uidnext, highest_listed + 1))
    return replace(cursor, uidnext=window.last_uid + 1)


def as_ledger_has_it(plan: FolderPlan, status: FolderStatus, listed: int) -> FolderStatus:
    """Answer what EXAMINE said in the ledger's numbers: its UIDVALIDITY, and no more messages than were ever shown."""
    exists = min(status.exists, plan.known_count + listed)
    is_partial = status.partial_view or Note.PARTIAL_VIEW in plan.notes
    return replace(status, uidvalidity=plan.uidvalidity, exists=exists, partial_view=is_partial)


def _lacks(plan: FolderPlan, status: FolderStatus, listed: int) -> bool:
    # Expunges only make the left side smaller, so a message that somebody deletes meanwhile is no fault.
    return status.exists > plan.known_count + listed


def shown_in_part(plan: FolderPlan, before: FolderStatus, after: FolderStatus | None, listed: int) -> bool:
    """Whether EXISTS tells of more messages than were listed (RFC 9738). `before` is what EXAMINE said first.

    `after` is what it says again, for who sees a disagreement: mail may have gone while it was listed.
    """
    if not _lacks(plan, before, listed) or after is None:
        return _lacks(plan, before, listed)
    arrived = max(0, (after.uidnext or 0) - (before.uidnext or 0))
    return _lacks(plan, replace(after, exists=after.exists - arrived), listed)


def chunks_by_size(
    metas: Iterable[MessageMeta], *, max_bytes: int, max_count: int
) -> Iterator[tuple[MessageMeta, ...]]:
    """Cut messages into fetch commands by summed size, not by count, so that no command is small or endless."""
    chunk: list[MessageMeta] = []
    size_bytes = 0
    for meta in metas:
        if chunk and (size_bytes + meta.size_bytes > max_bytes or len(chunk) >= max_count):
            yield tuple(chunk)
            chunk, size_bytes = [], 0
        chunk.append(meta)
        size_bytes += meta.size_bytes
    if chunk:
        yield tuple(chunk)


def uid_ranges(uids: Sequence[int]) -> tuple[Window, ...]:
    """Pack UIDs, in any order, into closed ranges."""
    ranges: list[Window] = []
    for uid in sorted(set(uids)):
        if ranges and ranges[-1].last_uid == uid - 1:
            ranges[-1] = Window(ranges[-1].first_uid, uid)
        else:
            ranges.append(Window(uid, uid))
    return tuple(ranges)
