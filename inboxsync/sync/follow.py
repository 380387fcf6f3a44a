"""Following what people and programs do with mail that is known already: flags, and expunges (docs/adr/0010).

Where the server counts changes (CONDSTORE, RFC 7162) one fetch answers all that changed. Elsewhere windows of flags are
looked at: the newest mail in every run that has something to do, older mail in turn. Expunges are looked for only where
EXISTS says that there are some: at the messages that the server itself names (QRESYNC, docs/adr/0013), then from the
newest down, until what is missing explains EXISTS. No listing may take more away than EXISTS does, and no VANISHED
without a look: a listing that fails, is cut or is suddenly empty changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from inboxsync.errors import MessageRefused
from inboxsync.model.following import SWEEP_EVERY, Followed, FollowLimits, FollowRecord, LiveCounts
from inboxsync.model.report import PlanKind
from inboxsync.sync.compare import changes, in_order
from inboxsync.sync.pages import in_pages
from inboxsync.sync.plan import MAX_UID, FolderPlan, Window, server_uidvalidity, uid_ranges

if TYPE_CHECKING:
    from inboxsync.imap.session import Session
    from inboxsync.model.placement import FlagsSeen, FolderStatus
    from inboxsync.model.state import FolderState
    from inboxsync.sync.context import Budget, Tools

LOG = logging.getLogger(__name__)

WRITTEN_AT_ONCE = 1_000
_LISTED_ANEW = (PlanKind.INITIAL, PlanKind.UIDVALIDITY_CHANGED)


def modseq_of(status: FolderStatus, capabilities: frozenset[str]) -> int | None:
    """The HIGHESTMODSEQ, where the server can also be asked by it."""
    return status.highestmodseq if {"CONDSTORE", "QRESYNC"} & capabilities else None


def is_due(state: FolderState, status: FolderStatus, uidvalidity: int, modseq: int | None, now: datetime) -> bool:
    """Whether there is something to follow in a folder without new mail. False costs nothing but the EXAMINE.

    `uidvalidity` is the ledger's, `modseq` None where the server counts no changes.
    """
    followed = _valid(state, uidvalidity)
    if followed is None or state.cursor is None or state.cursor.unread is None or followed.exists != status.exists:
        return True
    if modseq is not None:
        return followed.modseq != modseq
    return is_sweep_due(followed, now)


def is_sweep_due(followed: Followed | None, now: datetime) -> bool:
    """Whether older mail is to be looked at again; also where the clock was set back."""
    return followed is None or not timedelta(0) <= now - followed.swept_at < SWEEP_EVERY


def _valid(state: FolderState, uidvalidity: int) -> Followed | None:
    followed = state.followed
    return followed if followed is not None and followed.uidvalidity == uidvalidity else None


def follow(
    tools: Tools, session: Session, budget: Budget, state: FolderState, status: FolderStatus, plan: FolderPlan
) -> None:
    """Bring flags, expunges and counts of a folder up to date, after its new mail.

    `state` is the folder's as it was before this run, `status` what EXAMINE said. A server that refuses to tell costs
    nothing but that; raises ImapError and StoreError otherwise.
    """
    modseq = modseq_of(status, session.capabilities)
    if plan.kind is PlanKind.NOTHING_NEW and not is_due(state, status, plan.uidvalidity, modseq, tools.now()):
        return
    work = _Following(tools, session, budget, state, status, plan.uidvalidity, modseq)
    try:
        work.run(listed_anew=plan.kind in _LISTED_ANEW)
    except MessageRefused as refused:
        LOG.warning("following_refused", extra={"folder": state.name, "said": refused.message})


@dataclass(slots=True)
class _Following:
    """The work on one folder. `missing` and `returned` are noted at the end, when they are known to make sense.

    `told_gone` are UIDs that the server says are gone: hints where to look.
    """

    tools: Tools
    session: Session
    budget: Budget
    state: FolderState
    status: FolderStatus
    uidvalidity: int
    modseq: int | None
    missing: set[int] = field(default_factory=set)
    returned: set[int] = field(default_factory=set)
    told_gone: list[range] = field(default_factory=list)
    counts: LiveCounts | None = None

    @property
    def limits(self) -> FollowLimits:
        return self.tools.limits.following

    @property
    def _top(self) -> int:
        return MAX_UID if self.status.uidnext is None else self.status.uidnext - 1

    def run(self, *, listed_anew: bool) -> None:
        followed = Followed(self.uidvalidity, self.modseq, self.status.exists, self.tools.now())
        if not listed_anew:
            followed = self._look_again(followed)
        # Doubtful numbers are not noted: `followed.exists` is None then, and the next run looks again.
        end = replace(self._record(), followed=followed, exists=followed.exists, unread=self._unread())
        self.tools.store.content.follow(end)

    def _unread(self) -> int:
        """Where changes are counted the ledger's flags are exact; asking would cost a round trip for nothing."""
        told = None if self.modseq is not None else self.session.unseen_count(self.state.name)
        return self._live().unread if told is None else told

    def _look_again(self, followed: Followed) -> Followed:
        before = _valid(self.state, self.uidvalidity)
        if self.modseq is not None:
            self._all_changes(before)
        else:
            followed = self._some_flags(before, followed)
        return replace(followed, exists=self.status.exists if self._expunges() else None)

    # --- flags -----------------------------------------------------------------------------------------------------

    def _all_changes(self, before: Followed | None) -> None:
        """Ask for what changed since; look at everything where that is not known or not answered."""
        since = before.modseq if before is not None else None
        if since is not None and self.modseq == since:
            return
        if since is not None and self.modseq is not None and since < self.modseq:
            try:
                self._changed_since(since)
            except MessageRefused as refused:
                LOG.warning("changedsince_refused", extra={"folder": self.state.name, "said": refused.message})
            else:
                return
        for window in self._windows_down(self._top + 1, self.limits.window_messages):
            self._look_at(window)

    def _changed_since(self, since: int) -> None:
        """Take what changed among the UIDs that were listed before this run; those of this run are fresh."""
        last_uid = self.state.cursor.uidnext - 1 if self.state.cursor else 0
        for page in in_pages(self.session.fetch_flags(1, last_uid, since, gone=self._hear), WRITTEN_AT_ONCE):
            self.budget.check()
            self._write(flags=page, returned=(seen.uid for seen in page))

    def _hear(self, uids: Sequence[range]) -> None:
        self.told_gone += uids[: max(0, self.limits.told_ranges - len(self.told_gone))]

    def _some_flags(self, before: Followed | None, followed: Followed) -> Followed:
        """Look at the newest messages, and when it is time at some of the older ones; each in its turn."""
        newest_uid = self._uid_before(self._top + 1, self.limits.newest_messages)
        self._look_at(Window(newest_uid, self._top))
        if before is not None and not is_sweep_due(before, self.tools.now()):
            return replace(followed, swept_at=before.swept_at, below_uid=before.below_uid)
        below_uid = before.below_uid if before is not None else None
        below_uid = newest_uid if below_uid is None else min(below_uid, newest_uid)
        if below_uid <= 1:
            return followed
        messages = max(self.limits.sweep_messages, self._live().live // self.limits.sweeps_a_round)
        first_uid = self._uid_before(below_uid, messages)
        self._look_at(Window(first_uid, below_uid - 1))
        return replace(followed, below_uid=first_uid if first_uid > 1 else None)

    def _look_at(self, window: Window) -> None:
        """Compare one window: flags are written at once, what is missing or back is kept for the end."""
        self.budget.check()
        if window.first_uid > window.last_uid:
            return
        listed = in_order(self.session.fetch_flags(window.first_uid, window.last_uid, None))
        known = self.tools.store.content.known_placements(
            self.state.id, self.uidvalidity, window.first_uid, window.last_uid
        )
        found = changes(listed, known)
        self.missing.update(found.missing)
        self.returned.update(found.returned)
        for page in in_pages(found.flags, WRITTEN_AT_ONCE):
            self._write(flags=page)

    # --- expunges --------------------------------------------------------------------------------------------------

    def _expunges(self) -> bool:
        """Find out which messages are gone, and which are back; answer whether that is settled."""
        unexplained = self._live().live - self.status.exists
        if self.status.partial_view:  # what is not shown is not gone
            self._write(returned=sorted(self.returned))
            return True
        if unexplained > 0 and not self._is_surely_so():
            return False
        if unexplained < 0:
            self._look_for_returned()
        elif self.told_gone:
            self._look_where_told(unexplained)
        below_uid, messages = self._top + 1, self.limits.walk_messages
        while unexplained > self._gone_more() and below_uid > 1:
            window = Window(self._uid_before(below_uid, messages), below_uid - 1)
            self._look_at(window)
            below_uid, messages = window.first_uid, min(2 * messages, self.limits.window_messages)
        return self._note(unexplained)

    def _gone_more(self) -> int:
        return len(self.missing) - len(self.returned)

    def _is_surely_so(self) -> bool:
        """Look twice before a whole folder is taken for emptied: backends that come up show folders without mail."""
        if self.status.exists:
            return True
        again = self.session.examine(self.state.name)
        return (again.exists, again.uidvalidity) == (0, server_uidvalidity(self.uidvalidity))

    def _look_where_told(self, unexplained: int) -> None:
        """Look at the very messages that the server says are gone (QRESYNC), which saves the walk to them.

        Where it names more of them than EXISTS misses, or too many, or refuses, nothing is lost: the walk finds out.
        """
        most = min(unexplained, self.limits.told_messages)
        told = self._live_told(most + 1)
        if not 0 < len(told) <= most:
            return
        try:
            there = {seen.uid for seen in self.session.fetch_flags_of(told)}
        except MessageRefused as refused:
            LOG.warning("flags_of_refused", extra={"folder": self.state.name, "said": refused.message})
        else:
            self.missing.update(uid for uid in told if uid not in there)

    def _live_told(self, limit: int) -> Sequence[int]:
        """Those of the hints that the ledger takes for present, about `limit` at most."""
        found: set[int] = set()
        known = self.tools.store.content.known_placements
        for uids in self.told_gone:
            lines = known(self.state.id, self.uidvalidity, uids.start, uids.stop - 1)
            found.update(islice((line.uid for line in lines if line.is_live), limit))
            if len(found) >= limit:
                break
        return sorted(found)

    def _look_for_returned(self) -> None:
        gone = self.tools.store.content.gone_uids(self.state.id, self.uidvalidity, self.limits.gone_messages)
        for window in uid_ranges(gone)[-self.limits.gone_windows :]:
            self._look_at(window)

    def _note(self, unexplained: int) -> bool:
        """Note what is gone and what is back; nothing is gone that EXISTS does not know of."""
        is_trusted = self._gone_more() <= max(unexplained, 0) or not self.missing
        if not is_trusted:
            LOG.warning("listing_contradicts_exists", extra={"folder": self.state.name, "missing": len(self.missing)})
        self._write(expunged=sorted(self.missing) if is_trusted else (), returned=sorted(self.returned))
        return is_trusted

    # --- small change ----------------------------------------------------------------------------------------------

    def _windows_down(self, below_uid: int, messages: int) -> Iterator[Window]:
        while below_uid > 1:
            first_uid = self._uid_before(below_uid, messages)
            yield Window(first_uid, below_uid - 1)
            below_uid = first_uid

    def _uid_before(self, below_uid: int, messages: int) -> int:
        found = self.tools.store.content.live_uid_before(self.state.id, self.uidvalidity, below_uid, messages)
        return 1 if found is None else found

    def _live(self) -> LiveCounts:
        """Count what the ledger takes for present; anew only when something was written, for that reads every line."""
        if self.counts is None:
            self.counts = self.tools.store.content.live_counts(self.state.id, self.uidvalidity)
        return self.counts

    def _write(
        self, *, flags: tuple[FlagsSeen, ...] = (), expunged: Iterable[int] = (), returned: Iterable[int] = ()
    ) -> None:
        record = replace(self._record(), flags=flags, expunged=tuple(expunged), returned=tuple(returned))
        if record.flags or record.expunged or record.returned:
            self.counts = None
            self.tools.store.content.follow(record)

    def _record(self) -> FollowRecord:
        return FollowRecord(self.state.id, self.uidvalidity, self.tools.now())
