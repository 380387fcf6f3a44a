"""The way of a folder's messages, from EXAMINE to the last commit (design §5).

    examine → plan_folder → list windows (ledger: pending) → known mail under new UIDs → open placements → need_of
      → fetch headers → screen_header ┐
      → fetch messages → parse → screen → prepare ┴→ settle → record (one transaction a batch) → mark_seen

Everything resumes from the ledger: a run that ends anywhere leaves pending placements, and the next one takes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from inboxsync.mail.dates import received_at
from inboxsync.model.report import Counts, FolderReport, PlanKind
from inboxsync.sync import ingest
from inboxsync.sync.batch import Batch
from inboxsync.sync.context import Budget, MarkRefused, MoveRefused, Tools
from inboxsync.sync.copies import Copies, Screening
from inboxsync.sync.follow import follow
from inboxsync.sync.ingest import Need, Policy, Screened
from inboxsync.sync.listing import Listing
from inboxsync.sync.moves import ServerActions
from inboxsync.sync.one_by_one import given
from inboxsync.sync.plan import (
    FolderPlan,
    as_ledger_has_it,
    chunks_by_size,
    server_uidvalidity,
    uid_ranges,
)
from inboxsync.sync.remapping import plan_known_folder

if TYPE_CHECKING:
    from inboxsync.imap.session import Session
    from inboxsync.model.ingest import OpenPlacement, Outcome
    from inboxsync.model.placement import FetchedMessage, FolderStatus, MessageMeta
    from inboxsync.model.state import FolderState


@dataclass(slots=True)
class FolderRun:
    """One folder in one run. `run()` raises the first ImapError or StoreError after committing what is decided.

    `counts` is right at any time, so that a report can be made of a run that ended early. `refusal` is set where all
    was brought in and the server did not let us change it.
    """

    tools: Tools
    session: Session
    policy: Policy
    budget: Budget
    name: str
    settled: Counts = field(default_factory=Counts)
    fetched: int = 0
    received_bytes: int = 0
    plan: FolderPlan | None = None
    refusal: MarkRefused | MoveRefused | None = None
    moved: int = 0

    @property
    def counts(self) -> Counts:
        """What was done so far."""
        return self.settled + Counts(fetched=self.fetched, bytes=self.received_bytes)

    @property
    def integration_name(self) -> str:
        """Whose folder this is, for those who watch."""
        return self.policy.integration.name

    def run(self) -> None:
        """Walk every message of the folder to its fate, or as far as server, store and budget allow."""
        state = self._folder_state()
        status = self.session.examine(self.name)
        state, plan = plan_known_folder(self.tools.store, state, status)
        self.plan = plan
        listing = Listing(self.tools, self.session, self.policy, self.budget, state.id)
        if plan.kind is not PlanKind.NOTHING_NEW:
            plan = self._list(listing, plan)
        self.plan = plan = listing.judged(plan, status)
        if plan.kind is not PlanKind.NOTHING_NEW:
            self._bring_in(state, plan)
        if not plan.numbers_are_ours:
            follow(self.tools, self.session, self.budget, state, self._as_it_is_now(plan, status, listing.met), plan)

    def _list(self, listing: Listing, plan: FolderPlan) -> FolderPlan:
        try:
            return listing.carry_out(plan)
        finally:
            self.settled += listing.counts

    def _bring_in(self, state: FolderState, plan: FolderPlan) -> None:
        try:
            self._fetch_open(state.id, plan)
        finally:
            self.settled = replace(self.settled, pending=self._still_open(state.id, plan))
        if not plan.numbers_are_ours:  # opened again to be written to, the folder may have other UIDs
            self._act_on_server(state.id, plan)

    def report(self) -> FolderReport:
        """Tell what was done so far."""
        plan = self.plan
        return FolderReport(
            name=self.name,
            uidvalidity=server_uidvalidity(plan.uidvalidity) if plan else None,
            plan=plan.kind if plan else PlanKind.NOTHING_NEW,
            counts=self.counts,
            notes=plan.notes if plan else (),
        )

    def _folder_state(self) -> FolderState:
        integration_id = self.policy.integration.id
        assert integration_id is not None
        return self.tools.store.control.folder(integration_id, self.name)

    # --- fetching --------------------------------------------------------------------------------------------------

    def _fetch_open(self, folder_id: int, plan: FolderPlan) -> None:
        content = self.tools.store.content
        total = self._still_open(folder_id, plan)
        self.tools.observer.folder_started(self.integration_name, self.name, total)
        while page := content.open_placements(
            folder_id, plan.uidvalidity, now=self.tools.now(), limit=self.tools.limits.page_messages
        ):
            self._fetch_page(folder_id, plan, page)

    def _fetch_page(self, folder_id: int, plan: FolderPlan, page: Sequence[OpenPlacement]) -> None:
        """Give every placement of the page a fate or a later attempt; commits what is decided even when it raises."""
        self.budget.spend(0)
        batch = Batch(self.tools, self.policy, folder_id, plan.uidvalidity)
        try:
            page = self._from_copies(batch, page)
            whole = self._by_header(batch, page)
            missing = self._by_message(batch, whole)
            self._not_given(batch, missing)
        finally:
            try:
                self._flush(batch)
            finally:
                self.settled += batch.counts

    def _from_copies(self, batch: Batch, page: Sequence[OpenPlacement]) -> Sequence[OpenPlacement]:
        """Settle what the account has already under the server's own ids; answer the placements to be fetched."""
        screening = Screening(self._wants_header, self._screen_header, self._screen)
        copies = Copies.of_page(self.tools.store.content, self.policy, screening, page)
        left: list[OpenPlacement] = []
        for placement in page if copies.known else ():
            self.budget.check()
            item = copies.screened(placement)
            if item is None:
                left.append(placement)
            else:
                self._take(batch, item)
        return left if copies.known else page

    def _by_header(self, batch: Batch, page: Sequence[OpenPlacement]) -> Sequence[OpenPlacement]:
        """Settle what needs no body; answer the placements whose whole message is wanted."""
        wanted = [placement for placement in page if self._wants_header(placement.meta)]
        if not wanted:
            return page
        by_uid = {placement.meta.uid: placement for placement in wanted}
        settled: set[int] = set()
        asked = set(by_uid)
        for fetched in given(
            lambda: self.session.fetch_headers(list(by_uid)),
            lambda uid: self.session.fetch_headers([uid]),
            lambda: sorted(asked),
            check=self.budget.check,
        ):
            self.budget.check()
            self._downloaded(fetched)
            asked.discard(fetched.meta.uid)
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
        from inboxsync.mail.parse import parse_header

        parsed = parse_header(fetched.octets, trusted_authserv_ids=self.policy.trusted_authserv_ids)
        return ingest.screen_header(placement.meta, fetched.octets, parsed, self.policy, self.name, self.tools.now())

    def _by_message(self, batch: Batch, page: Sequence[OpenPlacement]) -> Sequence[OpenPlacement]:
        """Fetch whole messages; answer the placements that the server did not give."""
        limits = self.tools.limits
        chunks = chunks_by_size(
            (placement.meta for placement in page), max_bytes=limits.chunk_bytes, max_count=limits.chunk_messages
        )
        left = {placement.meta.uid: placement for placement in page}
        for fetched in given(
            lambda: self.session.fetch_messages([meta.uid for meta in chunk] for chunk in chunks),
            lambda uid: self.session.fetch_messages([[uid]]),
            lambda: list(left),
            check=self.budget.check,
        ):
            self._received(batch, left, fetched)
        return list(left.values())

    def _received(self, batch: Batch, left: dict[int, OpenPlacement], fetched: FetchedMessage) -> None:
        self.budget.check()
        if fetched.octets is None or fetched.meta.uid not in left:
            return
        placement = left.pop(fetched.meta.uid)
        item = self._screen(placement.meta, fetched)
        self.fetched += 1
        self._take(batch, item)
        self._downloaded(fetched)

    def _downloaded(self, fetched: FetchedMessage) -> None:
        size_bytes = len(fetched.octets or b"")
        self.received_bytes += size_bytes
        self.budget.spend(size_bytes)

    def _screen(self, listed: MessageMeta, fetched: FetchedMessage) -> Screened:
        """Parse, decide, prepare. INTERNALDATE never changes: the listing's serves where the fetch has none."""
        assert fetched.octets is not None
        meta = fetched.meta
        if meta.internal_date is None:
            meta = replace(meta, internal_date=listed.internal_date)
        from inboxsync.mail.parse import parse_message  # what finds nothing new does without the parser

        now = self.tools.now()
        parsed = parse_message(fetched.octets, trusted_authserv_ids=self.policy.trusted_authserv_ids)
        parsed = ingest.with_sane_date(parsed, now)
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

    # --- changes on the server -------------------------------------------------------------------------------------

    def _act_on_server(self, folder_id: int, plan: FolderPlan) -> None:
        """Mark read and move what is committed (P1); what fails stays wanted for the next run."""
        actions = ServerActions(self.tools, self.session, self.name, folder_id, plan.uidvalidity)
        try:
            actions.carry_out()
        finally:
            self.moved, self.refusal = actions.moved, actions.refusal

    def _as_it_is_now(self, plan: FolderPlan, status: FolderStatus, listed: int) -> FolderStatus:
        """Answer what EXAMINE said, in the ledger's numbers, without what we moved away since."""
        now = as_ledger_has_it(plan, status, listed)
        return replace(now, exists=max(0, now.exists - self.moved))
