"""Carrying known mail over to new UIDs: headers only, in bounded steps, taken up again where a run was cut.

What the server changed decides how: a new UIDVALIDITY retires the old placements and lets new ones take over their
fates; a server without lasting UIDs has its folder compared whole and numbered by us. Nothing is written on it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from inboxsync.model.ingest import BatchRecord
from inboxsync.model.placement import Fate, FolderStatus, MessageMeta
from inboxsync.model.remapping import Former, Mapped, Newcomer, Takeover
from inboxsync.model.report import Counts, PlanKind
from inboxsync.sync import ingest, recording
from inboxsync.sync.ingest import Need, Policy
from inboxsync.sync.one_by_one import given
from inboxsync.sync.plan import FolderPlan, former_folder, in_new_generation, plan_folder
from inboxsync.sync.remap import match, match_by_id, newcomer, stays_as_it_is, worth_asking

if TYPE_CHECKING:
    from inboxsync.imap.session import Session
    from inboxsync.model.state import FolderState
    from inboxsync.store.ports import Store
    from inboxsync.store.remapping_port import RemappingStore
    from inboxsync.sync.context import Budget, Tools


def plan_known_folder(store: Store, state: FolderState, status: FolderStatus) -> tuple[FolderState, FolderPlan]:
    """Plan a folder; one that was renamed gets its ledger back first, one that remaps a UIDVALIDITY of its own."""
    former = _renamed_from(store, state, status)
    renamed = former is not None and store.content.remapping.adopt(state.id, former.id)
    if former is not None and renamed:
        state = replace(former, name=state.name)
    plan = plan_folder(state, status, renamed=renamed)
    if plan.remaps:
        plan = in_new_generation(plan, store.content.remapping.ended(state.id))
    return state, plan


def _renamed_from(store: Store, state: FolderState, status: FolderStatus) -> FolderState | None:
    if state.cursor is not None or status.mailbox_id is None:
        return None
    return former_folder(state, status, store.control.folders(state.integration_id))


@dataclass(slots=True)
class Remapping:
    """The re-mapping of one folder in one run; `counts` is right at any time."""

    tools: Tools
    session: Session
    policy: Policy
    budget: Budget
    folder_id: int
    counts: Counts = field(default_factory=Counts)

    @property
    def store(self) -> RemappingStore:
        """Where fates are carried over."""
        return self.tools.store.content.remapping

    # --- a new UIDVALIDITY -----------------------------------------------------------------------------------------

    def retire(self, plan: FolderPlan) -> None:
        """End what the plan retires; again, or with nothing to end, it changes nothing."""
        if plan.remaps:
            self.store.retire_others(self.folder_id, plan.uidvalidity, at=self.tools.now())

    def find_known(self, plan: FolderPlan) -> None:
        """Let pending placements take over the fates of retired ones that are the same mail, page by page.

        Done on every run that has pending placements, not only on the first under a UIDVALIDITY: after a move to
        another server old mail may arrive over days.
        """
        if not plan.remaps and not self.store.has_formers(self.folder_id):
            return
        after_uid = 0
        while page := self.store.unmapped(
            self.folder_id, plan.uidvalidity, after_uid=after_uid, limit=self.tools.limits.headers_per_step
        ):
            self.budget.check()
            self._map_page(plan, page)
            after_uid = page[-1].uid

    def _map_page(self, plan: FolderPlan, page: Sequence[MessageMeta]) -> None:
        formers = self.store.formers(self.folder_id, [meta.size_bytes for meta in page])
        named = match_by_id(page, formers)
        if named:
            page, formers = _without(named, page, formers)
            self._take_over(plan, Mapped(named))
        early = {meta.uid for meta in page if ingest.need_of(meta, self.policy) is Need.NOTHING}
        asked = worth_asking((meta for meta in page if meta.uid not in early), formers)
        # Nothing of mail from before the start is fetched, unless it surely was there under its former UID.
        asked += worth_asking((meta for meta in page if meta.uid in early), formers, same_date=True)
        newcomers = self._newcomers(asked)
        takeovers = match(newcomers, formers)
        taken = {one.uid for one in takeovers}
        headers = {new.meta.uid: new.header_sha256 for new in newcomers if new.meta.uid not in taken | early}
        if newcomers:
            known = {uid: digest for uid, digest in headers.items() if digest is not None}
            self._take_over(plan, Mapped(takeovers, known))
        self._settle_early(plan, [meta for meta in page if meta.uid in early - taken])

    def _take_over(self, plan: FolderPlan, mapped: Mapped) -> None:
        self.store.take_over(self.folder_id, plan.uidvalidity, mapped)
        self.counts += Counts(remapped=len(mapped.takeovers))

    def _newcomers(self, metas: Sequence[MessageMeta]) -> list[Newcomer]:
        """Fetch headers; what the server does not give is left out, and fetched as new mail later."""
        left = {meta.uid: meta for meta in metas}
        found: list[Newcomer] = []
        fetched_ones = given(
            lambda: self.session.fetch_headers(list(left)),
            lambda uid: self.session.fetch_headers([uid]),
            lambda: list(left),
            check=self.budget.check,
        )
        for fetched in self.budget.watch(fetched_ones) if metas else ():
            meta = left.pop(fetched.meta.uid, None)
            if meta is not None and fetched.octets is not None:
                self.counts += Counts(bytes=len(fetched.octets))
                self.budget.spend(len(fetched.octets))
                found.append(newcomer(fetched, meta))
        return found

    def _settle_early(self, plan: FolderPlan, metas: Sequence[MessageMeta]) -> None:
        if metas:
            self._record(replace(self._batch(plan), outcomes=tuple(ingest.skipped_by_date(meta) for meta in metas)))
            self.counts += Counts(filtered=len(metas))

    def _record(self, batch: BatchRecord) -> None:
        recording.record(self.tools, batch)

    def _batch(self, plan: FolderPlan) -> BatchRecord:
        integration = self.policy.integration
        assert integration.id is not None
        return BatchRecord(
            integration_id=integration.id,
            folder_id=self.folder_id,
            uidvalidity=plan.uidvalidity,
            scope=integration.scope,
            at=self.tools.now(),
        )

    # --- no lasting UIDs -------------------------------------------------------------------------------------------

    def compare_whole(self, plan: FolderPlan) -> FolderPlan:
        """Compare all that a server without lasting UIDs shows with the ledger, by headers, and number it anew.

        One transaction, since the UIDs hold for this session alone. Where nothing moved nothing is written. Holds
        some 900 octets a message in memory. Answers the plan as it was carried out.
        """
        before = plan.retire_uidvalidity
        newcomers = list(self._all_newcomers(plan))
        formers = self.store.live(self.folder_id, before) if before is not None else ()
        takeovers = match(newcomers, formers)
        known = {one.uid for one in takeovers}
        new = [one for one in newcomers if one.meta.uid not in known]
        done = _as_carried_out(plan, takeovers, formers, len(new))
        if done.kind is not PlanKind.NOTHING_NEW:
            self._renumber(done, before, takeovers, new)
        return done

    def _all_newcomers(self, plan: FolderPlan) -> Iterator[Newcomer]:
        for window in plan.windows:
            metas = list(self.budget.watch(self.session.fetch_metadata(window.first_uid, window.last_uid)))
            step = self.tools.limits.headers_per_step
            for start in range(0, len(metas), step):
                page = metas[start : start + step]
                found = {one.meta.uid: one for one in self._newcomers(page)}
                yield from (found.get(meta.uid, Newcomer(meta, None, has_message_id=False)) for meta in page)

    def _renumber(
        self, plan: FolderPlan, before: int | None, takeovers: Sequence[Takeover], new: Sequence[Newcomer]
    ) -> None:
        metas = tuple(one.meta for one in new)
        early = tuple(meta for meta in metas if ingest.need_of(meta, self.policy) is Need.NOTHING)
        batch = replace(
            self._batch(plan),
            listed=metas,
            outcomes=tuple(ingest.skipped_by_date(meta) for meta in early),
            cursor=replace(plan.cursor, listed_at=self.tools.now()),
        )
        headers = {one.meta.uid: one.header_sha256 for one in new if one.header_sha256 is not None}
        self.store.renumber(batch, plan.uidvalidity if before is None else before, takeovers, headers)
        moved = 0 if plan.uidvalidity == before else sum(one.former.fate is not Fate.PENDING for one in takeovers)
        self.counts += Counts(listed=len(new), filtered=len(early), remapped=moved)


def _without(
    takeovers: Sequence[Takeover], page: Sequence[MessageMeta], formers: Sequence[Former]
) -> tuple[Sequence[MessageMeta], Sequence[Former]]:
    """Leave out what is paired already."""
    uids = {one.uid for one in takeovers}
    taken = {(one.former.uidvalidity, one.former.uid) for one in takeovers}
    return (
        [meta for meta in page if meta.uid not in uids],
        [former for former in formers if (former.uidvalidity, former.uid) not in taken],
    )


def _as_carried_out(
    plan: FolderPlan, takeovers: Sequence[Takeover], formers: Sequence[Former], new_count: int
) -> FolderPlan:
    """Choose between numbering anew and keeping the numbers, where every placement was met under its own."""
    before = plan.retire_uidvalidity
    if before is None or not stays_as_it_is(takeovers, formers):
        return plan
    waiting = new_count or any(former.fate is Fate.PENDING for former in formers)
    kind = PlanKind.INCREMENTAL if waiting else PlanKind.NOTHING_NEW
    return replace(plan, kind=kind, uidvalidity=before, cursor=replace(plan.cursor, uidvalidity=before))
