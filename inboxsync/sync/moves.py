"""Changes on the server, after the mail is committed (P1): marking read, and moving as rules ask for it.

Both are states of the ledger: what a run cannot do stays wanted, and the next run does it. Where the server cannot
move, the copy is recorded before the original is removed, so a run that ends between the two makes no second copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from inboxsync.errors import MessageRefused
from inboxsync.model.placement import MoveAction
from inboxsync.sync.context import MarkRefused, MoveRefused, Tools
from inboxsync.sync.pages import in_pages

if TYPE_CHECKING:
    from inboxsync.imap.session import Session
    from inboxsync.model.placement import WantedMove

MOVED_AT_ONCE = 500


@dataclass(slots=True)
class ServerActions:
    """What the ledger wants of one folder. `moved` counts what left it; right also where `carry_out` raises.

    `refusal` is set where the server does not let us.
    """

    tools: Tools
    session: Session
    folder: str
    folder_id: int
    uidvalidity: int
    moved: int = 0
    refusal: MarkRefused | MoveRefused | None = None

    def carry_out(self) -> None:
        """Mark read, then move; a folder that refuses the first is not tried for the second. Raises ImapError."""
        try:
            self._mark_seen()
        except MessageRefused as error:
            self.refusal = MarkRefused(error.message)
            return
        try:
            self._move_all()
        except MessageRefused as error:
            self.refusal = MoveRefused(error.message)

    def _mark_seen(self) -> None:
        content = self.tools.store.content
        uids = content.seen_wanted(self.folder_id, self.uidvalidity)
        if uids:
            self.session.mark_seen(self.folder, uids)
            content.seen_done(self.folder_id, self.uidvalidity, uids)

    def _move_all(self) -> None:
        moving = self.tools.store.content.moving
        wanted = moving.wanted(self.folder_id, self.uidvalidity)
        self._note([one.uid for one in wanted if _stays(one, self.folder)], MoveAction.KEPT)
        going = [one for one in wanted if not _stays(one, self.folder)]
        for page in in_pages([one.uid for one in going if one.action is MoveAction.COPIED], MOVED_AT_ONCE):
            self.session.remove(self.folder, page)
            self._gone(page)
        for target, uids in _by_target(going):
            for page in in_pages(uids, MOVED_AT_ONCE):
                self._move(page, target)

    def _move(self, uids: Sequence[int], target: str) -> None:
        self.session.move(self.folder, uids, target, lambda: self._note(uids, MoveAction.COPIED))
        self._gone(uids)

    def _gone(self, uids: Sequence[int]) -> None:
        self._note(uids, MoveAction.DONE)
        self.moved += len(uids)

    def _note(self, uids: Sequence[int], action: MoveAction) -> None:
        if uids:
            moving, now = self.tools.store.content.moving, self.tools.now()
            moving.note(self.folder_id, self.uidvalidity, uids, action, at=now)


def _stays(move: WantedMove, folder: str) -> bool:
    """Whether a move is given up: into the folder where it lies, or of what was moved in this account before."""
    return move.action is MoveAction.WANTED and (move.moved_before or is_same_folder(move.target, folder))


def is_same_folder(one: str, other: str) -> bool:
    """Whether two names are one folder: INBOX is it in any case (RFC 9051 §5.1)."""
    return one == other or one.upper() == other.upper() == "INBOX"


def _by_target(moves: Iterable[WantedMove]) -> Iterator[tuple[str, list[int]]]:
    wanted = (one for one in moves if one.action is MoveAction.WANTED)
    ordered = sorted(wanted, key=lambda one: (one.target, one.uid))
    for target, group in groupby(ordered, key=lambda one: one.target):
        yield target, [one.uid for one in group]
