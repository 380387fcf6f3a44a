"""Bringing what a server shows into the ledger: windows of UIDs, known mail under new UIDs, what is not shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from inboxsync.errors import MessageRefused
from inboxsync.model.ingest import BatchRecord
from inboxsync.model.report import Counts
from inboxsync.sync import ingest, recording
from inboxsync.sync.ingest import Need, Policy
from inboxsync.sync.pages import in_pages
from inboxsync.sync.plan import FolderPlan, Note, Window, cursor_after_window, halves, shown_in_part
from inboxsync.sync.remapping import Remapping

if TYPE_CHECKING:
    from inboxsync.imap.session import Session
    from inboxsync.model.placement import FolderStatus, MessageMeta
    from inboxsync.model.state import FolderCursor
    from inboxsync.sync.context import Budget, Tools

LISTED_PER_TRANSACTION = 5_000


@dataclass(slots=True)
class Listing:
    """The listing of one folder in one run. `counts` is right at any time; `met` are the messages shown.

    `refused_uid` is the first UID that the server counts and does not list: the cursor stays before it.
    """

    tools: Tools
    session: Session
    policy: Policy
    budget: Budget
    folder_id: int
    counts: Counts = field(default_factory=Counts)
    met: int = 0
    highest_uid: int = 0
    refused_uid: int | None = None

    def carry_out(self, plan: FolderPlan) -> FolderPlan:
        """List all that the plan wants, known mail under its known fate; answers the plan as it was carried out."""
        remapping = Remapping(self.tools, self.session, self.policy, self.budget, self.folder_id)
        try:
            if plan.numbers_are_ours:
                return remapping.compare_whole(plan)
            remapping.retire(plan)
            for window in plan.windows:
                self._list(plan, window)
            remapping.find_known(plan)
            self._settle_cursor(plan)
        finally:
            self.counts += remapping.counts
        return plan

    def judged(self, plan: FolderPlan, status: FolderStatus) -> FolderPlan:
        """Note where the server counts more than it ever showed; mail that went meanwhile is no reason."""
        if self.refused_uid is not None:
            plan = plan.noted(Note.PARTIAL_VIEW)
        if plan.numbers_are_ours or not shown_in_part(plan, status, None, self.met):
            return plan
        # EXISTS grew though little is new: mail may be back that was gone. The ledger knows all that was ever shown.
        shown = self.tools.store.content.remapping.listed_count(self.folder_id, plan.uidvalidity)
        plan = replace(plan, known_count=max(0, shown - self.met))
        if not shown_in_part(plan, status, None, self.met):
            return plan
        again = self.session.examine(plan.folder)
        return plan.noted(Note.PARTIAL_VIEW) if shown_in_part(plan, status, again, self.met) else plan

    def _list(self, plan: FolderPlan, window: Window) -> None:
        """List a window, by halves where the server answers in part only (MESSAGELIMIT, RFC 9738) or refuses."""
        before = self.counts, self.met
        try:
            self._list_whole(plan, window)
        except MessageRefused:
            self.counts, self.met = before
            self._list_halves(plan, window)

    def _list_halves(self, plan: FolderPlan, window: Window) -> None:
        self.budget.check()
        if window.first_uid == window.last_uid:
            self.refused_uid = self.refused_uid or window.first_uid
        else:
            for half in halves(window):
                self._list(plan, half)

    def _list_whole(self, plan: FolderPlan, window: Window) -> None:
        """Put a window's UIDs into the ledger; the cursor passes the window in the transaction of its last UIDs."""
        metas = self.budget.watch(self.session.fetch_metadata(window.first_uid, window.last_uid))
        for page in in_pages(metas, LISTED_PER_TRANSACTION):
            self.met += len(page)
            self.highest_uid = max(self.highest_uid, *(meta.uid for meta in page))
            self._record(plan, page, None)
        if not plan.remaps:  # else the cursor moves when all is mapped, so that a run that is cut maps on
            self._record(plan, (), self._cursor(plan, window))

    def _settle_cursor(self, plan: FolderPlan) -> None:
        if plan.remaps and plan.windows:
            self._record(plan, (), self._cursor(plan, plan.windows[-1]))
        elif not plan.windows:
            self._record(plan, (), plan.cursor)

    def _cursor(self, plan: FolderPlan, window: Window) -> FolderCursor:
        cursor = cursor_after_window(plan, window, self.highest_uid, self.met)
        return cursor if self.refused_uid is None else replace(cursor, uidnext=min(cursor.uidnext, self.refused_uid))

    def _record(self, plan: FolderPlan, page: Sequence[MessageMeta], cursor: FolderCursor | None) -> None:
        integration = self.policy.integration
        assert integration.id is not None
        early = () if plan.remaps else tuple(m for m in page if ingest.need_of(m, self.policy) is Need.NOTHING)
        record = BatchRecord(
            integration_id=integration.id,
            folder_id=self.folder_id,
            uidvalidity=plan.uidvalidity,
            scope=integration.scope,
            at=self.tools.now(),
            listed=tuple(page),
            outcomes=tuple(ingest.skipped_by_date(meta) for meta in early),
            cursor=None if cursor is None else replace(cursor, listed_at=self.tools.now()),
        )
        recording.record(self.tools, record)
        self.counts += Counts(listed=len(page), filtered=len(early))
