"""The way of a folder's messages, from EXAMINE to the last commit (design §5).

    examine → plan_folder → list windows (ledger: pending) → open placements → need_of
      → fetch headers → screen_header ┐
      → fetch messages → parse → screen → prepare ┴→ settle → record (one transaction a batch) → mark_seen

Everything resumes from the ledger: a run that ends anywhere leaves pending placements, and the next one takes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from inboxsync.errors import MessageRefused
from inboxsync.imap.session import Session
from inboxsync.mail.dates import received_at
from inboxsync.mail.parse import parse_header, parse_message
from inboxsync.model.ingest import BatchRecord, OpenPlacement, Outcome
from inboxsync.model.placement import FetchedMessage, MessageMeta
from inboxsync.model.report import Counts, FolderReport, PlanKind
from inboxsync.model.state import FolderCursor, FolderState
from inboxsync.sync import ingest
from inboxsync.sync.batch import Batch
from inboxsync.sync.context import Budget, Tools
from inboxsync.sync.ingest import Need, Policy, Screened
from inboxsync.sync.plan import FolderPlan, Window, chunks_by_size, cursor_after_window, plan_folder, uid_ranges

LISTED_PER_TRANSACTION = 5_000


@dataclass(slots=True)
class FolderRun:
    """One folder in one run. `run()` raises the first ImapError or StoreError after committing what is decided.

    `counts` is right at any time, so that a report can be made of a run that ended early.
    """

    tools: Tools
    session: Session
    policy: Policy
    budget: Budget
    name: str
    counts: Counts = field(default_factory=Counts)
    plan: FolderPlan | None = None
    _state: FolderState | None = None

    @property
    def integration_name(self) -> str:
        """Whose folder this is, for those who watch."""
        return self.policy.integration.name

    def run(self) -> None:
        """Walk every message of the folder to its fate, or as far as server, store and budget allow."""
        state = self._folder_state()
        plan = plan_folder(state, self.session.examine(self.name))
        self.plan = plan
        if plan.kind is PlanKind.NOTHING_NEW:
            return
        if plan.retire_uidvalidity is not None:
            self.tools.store.content.retire(state.id, plan.retire_uidvalidity, at=self.tools.now())
        for window in plan.windows:
            self._list(state.id, plan, window)
        self._settle_cursor(state.id, plan)
        try:
            self._fetch_open(state.id, plan)
        finally:
            self.counts = replace(self.counts, pending=self._still_open(state.id, plan))
        self._mark_seen(state.id, plan)

    def report(self) -> FolderReport:
        """Tell what was done so far."""
        plan = self.plan
        return FolderReport(
            name=self.name,
            uidvalidity=plan.uidvalidity if plan else None,
            plan=plan.kind if plan else PlanKind.NOTHING_NEW,
            counts=self.counts,
        )

    def _folder_state(self) -> FolderState:
        integration_id = self.policy.integration.id
        assert integration_id is not None
        return self.tools.store.control.folder(integration_id, self.name)

    # --- listing ---------------------------------------------------------------------------------------------------

    def _list(self, folder_id: int, plan: FolderPlan, window: Window) -> None:
        """Put a window's UIDs into the ledger; the cursor passes the window in the transaction of its last UIDs."""
        highest = 0
        metas = self.session.fetch_metadata(window.first_uid, window.last_uid)
        pages = _in_pages(metas, LISTED_PER_TRANSACTION)
        for page in pages:
            self.budget.check()
            highest = max(highest, *(meta.uid for meta in page))
            self._record_listing(folder_id, plan, page, None)
        self._record_listing(folder_id, plan, (), cursor_after_window(plan, window, highest))

    def _settle_cursor(self, folder_id: int, plan: FolderPlan) -> None:
        if not plan.windows:
            self._record_listing(folder_id, plan, (), plan.cursor)

    def _record_listing(
        self, folder_id: int, plan: FolderPlan, page: Sequence[MessageMeta], cursor: FolderCursor | None
    ) -> None:
        integration = self.policy.integration
        assert integration.id is not None
        early = tuple(meta for meta in page if ingest.need_of(meta, self.policy) is Need.NOTHING)
        record = BatchRecord(
            integration_id=integration.id,
            folder_id=folder_id,
            uidvalidity=plan.uidvalidity,
            scope=integration.scope,
            at=self.tools.now(),
            listed=tuple(page),
            outcomes=tuple(ingest.skipped_by_date(meta) for meta in early),
            cursor=None if cursor is None else replace(cursor, listed_at=self.tools.now()),
        )
        with self.tools.store.content.transaction(integration.scope) as transaction:
            transaction.record(record)
        self.counts += Counts(listed=len(page), filtered=len(early))

    # --- fetching --------------------------------------------------------------------------------------------------

    def _fetch_open(self, folder_id: int, plan: FolderPlan) -> None:
        content = self.tools.store.content
        total = len(content.open_placements(folder_id, plan.uidvalidity, now=self.tools.now()))
        self.tools.observer.folder_started(self.integration_name, self.name, total)
        while page := content.open_placements(
            folder_id, plan.uidvalidity, now=self.tools.now(), limit=self.tools.limits.page_messages
        ):
            self._fetch_page(folder_id, plan, page)

    def _fetch_page(self, folder_id: int, plan: FolderPlan, page: Sequence[OpenPlacement]) -> None:
        """Give every placement of the page a fate or a later attempt; commits what is decided even when it raises."""
        batch = Batch(self.tools, self.policy, folder_id, plan.uidvalidity)
        try:
            whole = self._by_header(batch, page)
            missing = self._by_message(batch, whole)
            self._not_given(batch, missing)
        finally:
            self._flush(batch)
            self.counts += batch.counts

    def _by_header(self, batch: Batch, page: Sequence[OpenPlacement]) -> Sequence[OpenPlacement]:
        """Settle what needs no body; answer the placements whose whole message is wanted."""
        wanted = [placement for placement in page if self._wants_header(placement.meta)]
        if not wanted:
            return page
        by_uid = {placement.meta.uid: placement for placement in wanted}
        settled: set[int] = set()
        for fetched in self.session.fetch_headers(list(by_uid)):
            self.budget.check()
            placement = by_uid.get(fetched.meta.uid)
            outcome = placement and self._screen_header(placement, fetched)
            if outcome:
                settled.add(outcome.meta.uid)
                self._take(batch, Screened(outcome.meta, outcome))
        left = [p for p in page if p.meta.uid not in settled]
        too_large = [p for p in left if p.meta.size_bytes > self.policy.max_message_bytes]
        self._not_given(batch, too_large)
        return [p for p in left if p.meta.size_bytes <= self.policy.max_message_bytes]

    def _wants_header(self, meta: MessageMeta) -> bool:
        return self.policy.header_decides or ingest.need_of(meta, self.policy) is Need.HEADER

    def _screen_header(self, placement: OpenPlacement, fetched: FetchedMessage) -> Outcome | None:
        if fetched.octets is None:
            return None
        parsed = parse_header(fetched.octets)
        return ingest.screen_header(placement.meta, fetched.octets, parsed, self.policy, self.name, self.tools.now())

    def _by_message(self, batch: Batch, page: Sequence[OpenPlacement]) -> Sequence[OpenPlacement]:
        """Fetch whole messages; answer the placements that the server did not give."""
        limits = self.tools.limits
        chunks = chunks_by_size(
            (placement.meta for placement in page), max_bytes=limits.chunk_bytes, max_count=limits.chunk_messages
        )
        left = {placement.meta.uid: placement for placement in page}
        try:
            for fetched in self.session.fetch_messages([meta.uid for meta in chunk] for chunk in chunks):
                self._received(batch, left, fetched)
        except MessageRefused:
            self._one_by_one(batch, left)
        return list(left.values())

    def _one_by_one(self, batch: Batch, left: dict[int, OpenPlacement]) -> None:
        """Find the message that makes a whole command fail, so that it costs no other (P6)."""
        for uid in list(left):
            try:
                for fetched in self.session.fetch_messages([[uid]]):
                    self._received(batch, left, fetched)
            except MessageRefused:
                continue

    def _received(self, batch: Batch, left: dict[int, OpenPlacement], fetched: FetchedMessage) -> None:
        self.budget.check()
        if fetched.octets is None or fetched.meta.uid not in left:
            return
        placement = left.pop(fetched.meta.uid)
        item = self._screen(placement.meta, fetched)
        self.counts += Counts(fetched=1, bytes=len(fetched.octets))
        self._take(batch, item)

    def _screen(self, listed: MessageMeta, fetched: FetchedMessage) -> Screened:
        """Parse, decide, prepare. INTERNALDATE never changes: the listing's serves where the fetch has none."""
        assert fetched.octets is not None
        meta = replace(fetched.meta, internal_date=fetched.meta.internal_date or listed.internal_date)
        now = self.tools.now()
        parsed = ingest.with_sane_date(parse_message(fetched.octets), now)
        item = ingest.screen(meta, fetched.octets, parsed, self.policy, self.name, now)
        if item.outcome is not None:
            return item
        when = received_at(meta.internal_date, parsed, now)
        return ingest.with_prepared(item, self.tools.store.content.prepare(fetched.octets, parsed, when))

    def _not_given(self, batch: Batch, placements: Sequence[OpenPlacement]) -> None:
        """Ask once more whether these still exist before calling them gone: an empty answer alone proves nothing."""
        if not placements:
            return
        listed = set(self._listed(placements))
        for placement in placements:
            outcome = ingest.not_given(
                placement,
                still_listed=placement.meta.uid in listed,
                why="the server lists it and does not give it",
                now=self.tools.now(),
            )
            self._take(batch, Screened(placement.meta, outcome))

    def _listed(self, placements: Iterable[OpenPlacement]) -> Iterator[int]:
        for window in uid_ranges([placement.meta.uid for placement in placements]):
            yield from (meta.uid for meta in self.session.fetch_metadata(window.first_uid, window.last_uid))

    def _take(self, batch: Batch, item: Screened) -> None:
        batch.add(item, ingest.held_bytes(item))
        if batch.is_full:
            self._flush(batch)

    def _flush(self, batch: Batch) -> None:
        outcomes = batch.flush()
        if outcomes:
            size_bytes = sum(outcome.meta.size_bytes for outcome in outcomes)
            self.tools.observer.advanced(self.integration_name, self.name, len(outcomes), size_bytes)

    def _still_open(self, folder_id: int, plan: FolderPlan) -> int:
        integration_id = self.policy.integration.id
        assert integration_id is not None
        return self.tools.store.control.folder(integration_id, self.name).open_count

    # --- the one change on the server ------------------------------------------------------------------------------

    def _mark_seen(self, folder_id: int, plan: FolderPlan) -> None:
        """Mark read what is committed (P1), and record that it was; what fails stays wanted for the next run."""
        content = self.tools.store.content
        uids = content.seen_wanted(folder_id, plan.uidvalidity)
        if uids:
            self.session.mark_seen(self.name, uids)
            content.seen_done(folder_id, plan.uidvalidity, uids)


def _in_pages(metas: Iterable[MessageMeta], size: int) -> Iterator[tuple[MessageMeta, ...]]:
    iterator = iter(metas)
    while page := tuple(islice(iterator, size)):
        yield page
