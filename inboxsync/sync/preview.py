"""What a run would do, found by reading alone: nothing is written here or on the server (`--dry-run`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inboxsync.imap.session import Session
from inboxsync.model.placement import MessageMeta
from inboxsync.model.report import Counts, FolderReport
from inboxsync.model.state import FolderState
from inboxsync.store.ports import Store
from inboxsync.sync import ingest
from inboxsync.sync.ingest import Policy
from inboxsync.sync.plan import FolderPlan, plan_folder


@dataclass(frozen=True, slots=True)
class Preview:
    """A folder's plan and what it would meet. In its counts `pending` would be fetched, `bytes` is their summed size.

    `tickets_created` is the most there could be: filter, rules and duplicates can only make it fewer.
    """

    plan: FolderPlan
    counts: Counts

    def report(self) -> FolderReport:
        """Give it the shape of a folder's report."""
        return FolderReport(self.plan.folder, self.plan.uidvalidity, self.plan.kind, self.counts)


def preview_folder(store: Store, session: Session, policy: Policy, name: str) -> Preview:
    """List what a run would list, and count."""
    plan = plan_folder(_state_without_writing(store, policy, name), session.examine(name))
    counts = Counts(pending=plan.open_count)
    for window in plan.windows:
        counts += _count(session.fetch_metadata(window.first_uid, window.last_uid), policy)
    return Preview(plan, counts)


def _state_without_writing(store: Store, policy: Policy, name: str) -> FolderState:
    integration_id = policy.integration.id or 0
    known = {folder.name: folder for folder in store.control.folders(integration_id)}
    return known.get(name) or FolderState(id=0, integration_id=integration_id, name=name)


def _count(metas: Iterable[MessageMeta], policy: Policy) -> Counts:
    listed = filtered = too_large = pending = size_bytes = tickets = 0
    for meta in metas:
        listed += 1
        if ingest.is_before_since(meta, policy.integration) or ingest.is_read_already(meta, policy.integration):
            filtered += 1
        elif meta.size_bytes > policy.max_message_bytes:
            too_large += 1
        else:
            pending += 1
            size_bytes += meta.size_bytes
            tickets += _could_make_ticket(meta, policy)
    return Counts(
        listed=listed,
        filtered=filtered,
        too_large=too_large,
        pending=pending,
        bytes=size_bytes,
        tickets_created=tickets,
    )


def _could_make_ticket(meta: MessageMeta, policy: Policy) -> bool:
    since = policy.integration.tickets_since
    late_enough = since is None or meta.internal_date is None or meta.internal_date >= since
    return policy.integration.makes_tickets and late_enough
