"""What to do in a folder, as data: known state and what the server says in, a plan out. Pure (design §3, §4).

The cursor is never "highest UID seen": it is the first UID that was not listed yet, and all below it stands in the
ledger with a fate or as pending. So a plan has two parts: windows of UIDs to list, and open placements to fetch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from inboxsync.errors import ProtocolFault
from inboxsync.model.placement import FolderStatus, MessageMeta
from inboxsync.model.report import PlanKind
from inboxsync.model.state import FolderCursor, FolderState

MAX_UID = 4_294_967_295  # RFC 9051 §2.3.1.1: 32 bits
LISTED_PER_WINDOW = 20_000


@dataclass(frozen=True, slots=True)
class Window:
    """A closed range of UIDs to list; never `n:*`, which also answers UIDs below n (RFC 9051 §6.4.9)."""

    first_uid: int
    last_uid: int


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """What a run will do in a folder. `cursor` is where it stands once all windows are listed, UIDNEXT permitting."""

    folder: str
    kind: PlanKind
    uidvalidity: int
    windows: tuple[Window, ...]
    cursor: FolderCursor
    retire_uidvalidity: int | None = None
    open_count: int = 0
    notes: tuple[str, ...] = ()


def plan_folder(state: FolderState, status: FolderStatus, *, per_window: int = LISTED_PER_WINDOW) -> FolderPlan:
    """Plan a folder from its ledger and what EXAMINE said.

    Raises ProtocolFault where the server gives no UIDVALIDITY: without it a UID names nothing (RFC 9051 §6.3.2).
    """
    if status.uidvalidity is None:
        raise ProtocolFault(
            f"folder {state.name!r}: the server gives no UIDVALIDITY, so its messages cannot be told apart",
            hint="ask the provider; a server without stable UIDs cannot be read safely",
        )
    known = state.cursor
    if known is None or known.uidvalidity is None:
        return _plan(state, status, PlanKind.INITIAL, _windows(1, status, per_window))
    if known.uidvalidity != status.uidvalidity:
        plan = _plan(state, status, PlanKind.UIDVALIDITY_CHANGED, _windows(1, status, per_window))
        return replace(plan, retire_uidvalidity=known.uidvalidity, open_count=0)
    return _plan_known(state, status, known, per_window)


def _plan_known(state: FolderState, status: FolderStatus, known: FolderCursor, per_window: int) -> FolderPlan:
    if status.uidnext is not None and status.uidnext < known.uidnext:
        windows = _windows(1, status, per_window)
        return replace(_plan(state, status, PlanKind.INCREMENTAL, windows), notes=("uidnext_lower",))
    windows = _windows(known.uidnext, status, per_window)
    waiting = windows or state.open_count or state.seen_wanted
    return _plan(state, status, PlanKind.INCREMENTAL if waiting else PlanKind.NOTHING_NEW, windows)


def _plan(state: FolderState, status: FolderStatus, kind: PlanKind, windows: tuple[Window, ...]) -> FolderPlan:
    notes = ("partial_view",) if status.partial_view else ()
    return FolderPlan(
        folder=state.name,
        kind=kind,
        uidvalidity=status.uidvalidity or 0,
        windows=windows,
        cursor=_cursor_after(state, status, kind),
        open_count=state.open_count,
        notes=notes if status.uidnext is not None else (*notes, "uidnext_missing"),
    )


def _cursor_after(state: FolderState, status: FolderStatus, kind: PlanKind) -> FolderCursor:
    known = state.cursor.uidnext if state.cursor and kind is not PlanKind.UIDVALIDITY_CHANGED else 1
    return FolderCursor(
        uidvalidity=status.uidvalidity,
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


def cursor_after_window(plan: FolderPlan, window: Window, highest_listed: int) -> FolderCursor:
    """Where the cursor may stand once this window is listed: behind the window, or behind the last UID met.

    The second where UIDNEXT is unknown and the window ends at the highest UID there can be.
    """
    if "uidnext_missing" in plan.notes:
        return replace(plan.cursor, uidnext=max(plan.cursor.uidnext, highest_listed + 1))
    return replace(plan.cursor, uidnext=window.last_uid + 1)


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
