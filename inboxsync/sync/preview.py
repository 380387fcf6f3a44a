"""What a run would do, found by reading alone: nothing is written here or on the server (`--dry-run`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from inboxsync.model.placement import Fate, FolderStatus, MessageMeta
from inboxsync.model.report import Counts, FolderReport
from inboxsync.model.state import FolderState
from inboxsync.sync import ingest
from inboxsync.sync.plan import FolderPlan, Note, former_folder, plan_folder, server_uidvalidity, shown_in_part

if TYPE_CHECKING:
    from inboxsync.imap.session import Session
    from inboxsync.model.integration import Integration
    from inboxsync.store.ports import Store
    from inboxsync.sync.context import Budget
    from inboxsync.sync.ingest import Policy


_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Preview:
    """A folder's plan and what it would meet. In its counts `pending` would be fetched, `bytes` is their summed size.

    `tickets_created` is the most there could be: filter, rules and duplicates can only make it fewer. `remapped` is
    the most as well: what has the size of known mail; the headers, which decide, are not fetched for it.
    """

    plan: FolderPlan
    counts: Counts

    def report(self) -> FolderReport:
        """Give it the shape of a folder's report."""
        plan = self.plan
        return FolderReport(
            plan.folder, server_uidvalidity(plan.uidvalidity), plan.kind, self.counts, notes=tuple(plan.notes)
        )


def preview_folder(store: Store, session: Session, policy: Policy, name: str, budget: Budget) -> Preview:
    """List what a run would list, and count."""
    status = session.examine(name)
    state, renamed = _state_without_writing(store, policy, name, status)
    plan = plan_folder(state, status, renamed=renamed)
    known = _known_sizes(store, state, plan)
    counts = _count_open(store, state, plan, policy)
    for window in plan.windows:
        counts += _count(budget.watch(session.fetch_metadata(window.first_uid, window.last_uid)), policy, known)
    return Preview(_with_view(store, state, plan, status, counts.listed), counts)


def _state_without_writing(store: Store, policy: Policy, name: str, status: FolderStatus) -> tuple[FolderState, bool]:
    integration_id = policy.integration.id or 0
    known = {folder.name: folder for folder in store.control.folders(integration_id)}
    state = known.get(name) or FolderState(id=0, integration_id=integration_id, name=name)
    former = former_folder(state, status, known.values())
    return (state, False) if former is None else (replace(former, name=name), True)


def _known_sizes(store: Store, state: FolderState, plan: FolderPlan) -> Counter[int]:
    if plan.retire_uidvalidity is None:
        return Counter()
    known = store.content.remapping.live(state.id, plan.retire_uidvalidity)
    return Counter(one.size_bytes for one in known if one.header_sha256 and one.fate is not Fate.PENDING)


def _with_view(store: Store, state: FolderState, plan: FolderPlan, status: FolderStatus, listed: int) -> FolderPlan:
    if plan.numbers_are_ours or not shown_in_part(plan, status, None, listed):
        return plan
    shown = store.content.remapping.listed_count(state.id, plan.uidvalidity)
    return plan if status.exists <= shown + listed else plan.noted(Note.PARTIAL_VIEW)


def _count_open(store: Store, state: FolderState, plan: FolderPlan, policy: Policy) -> Counts:
    """Count what earlier runs have listed and not fetched, as after an outage, or what was asked for again."""
    if not plan.open_count:
        return Counts()
    waiting = store.content.open_placements(state.id, plan.uidvalidity, now=_END_OF_TIME)
    metas = [placement.meta for placement in waiting]
    tickets = sum(may_make_ticket(policy.integration, meta.internal_date) for meta in metas)
    return Counts(pending=plan.open_count, bytes=sum(meta.size_bytes for meta in metas), tickets_created=tickets)


def _count(metas: Iterable[MessageMeta], policy: Policy, known: Counter[int]) -> Counts:
    counts: Counter[str] = Counter()
    for meta in metas:
        counts["listed"] += 1
        fate = _likely_fate(meta, policy, known)
        counts[fate] += 1
        if fate == "remapped":
            known[meta.size_bytes] -= 1
        if fate == "pending":
            counts["bytes"] += meta.size_bytes
            counts["tickets_created"] += may_make_ticket(policy.integration, meta.internal_date)
    return Counts.of(counts)


def _likely_fate(meta: MessageMeta, policy: Policy, known: Counter[int]) -> str:
    if known[meta.size_bytes] > 0:
        return "remapped"
    if ingest.is_before_since(meta, policy.integration) or ingest.is_read_already(meta, policy.integration):
        return "filtered"
    return "too_large" if meta.size_bytes > policy.max_message_bytes else "pending"


def may_make_ticket(integration: Integration, arrived_at: datetime | None, effect: str = "create") -> bool:
    """Tell whether settings and rules let mail of this time have a ticket; without a time it may. Routing decides."""
    since = integration.tickets_since
    late_enough = since is None or arrived_at is None or arrived_at >= since
    return integration.makes_tickets and late_enough and effect != "none"
