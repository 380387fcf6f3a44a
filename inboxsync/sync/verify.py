"""Comparing a server with the ledger, UID by UID, and of a sample the octets. Nothing is changed on the server.

A listing is trusted as far as EXISTS bears it out: what is repaired from one that shows less takes nothing away.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from inboxsync.errors import FolderMissing, InboxsyncError, LeaseHeld, MessageRefused, OctetsPruned, StoreCorrupt
from inboxsync.model.following import FollowRecord, StoredPlacement
from inboxsync.model.ingest import BatchRecord
from inboxsync.model.state import FolderCursor, FolderState
from inboxsync.model.verification import Damage, Doubt, FolderCheck, IntegrationCheck
from inboxsync.sync import recording
from inboxsync.sync.compare import Finding, finding, in_order, paired, spread
from inboxsync.sync.context import Budget, Tools
from inboxsync.sync.folder_choice import choose_folders
from inboxsync.sync.leases import Keeper
from inboxsync.sync.pages import in_pages
from inboxsync.sync.plan import Window, plan_folder, server_uidvalidity, uid_ranges
from inboxsync.sync.standing import error_info

if TYPE_CHECKING:
    from inboxsync.imap.session import Session
    from inboxsync.model.integration import Integration
    from inboxsync.model.placement import FolderStatus, MessageMeta

DEFAULT_SAMPLE = 20
REPAIRED_PER_TRANSACTION = 5_000


@dataclass(frozen=True, slots=True)
class VerifyOrder:
    """How to verify. `sample` messages a folder are read in full where `deep`; `wait_s` for held leases."""

    deep: bool = False
    sample: int = DEFAULT_SAMPLE
    repair: bool = False
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies integrations with the engine's tools, each under its lease: a run beside it would change both sides."""

    tools: Tools

    def run(self, integrations: Sequence[Integration], order: VerifyOrder) -> tuple[IntegrationCheck, ...]:
        """Verify these, one after the other. Raises nothing that the outside world caused to one of them."""
        keeper = Keeper(self.tools)
        try:
            return tuple(self._one(keeper, integration, order) for integration in integrations)
        finally:
            keeper.close()

    def _one(self, keeper: Keeper, integration: Integration, order: VerifyOrder) -> IntegrationCheck:
        assert integration.id is not None
        folders: list[FolderCheck] = []
        try:
            with keeper.hold(integration.id, wait_s=order.wait_s) as lease:
                if lease is None:
                    raise LeaseHeld(f"integration {integration.name!r} is being worked on by another run")
                self._all_folders(integration, order, folders)
        except InboxsyncError as error:
            return IntegrationCheck(integration.name, tuple(folders), error_info(error))
        return IntegrationCheck(integration.name, tuple(folders))

    def _all_folders(self, integration: Integration, order: VerifyOrder, folders: list[FolderCheck]) -> None:
        tools, limits = self.tools, self.tools.limits
        budget = Budget(tools.monotonic_s() + limits.integration_s, tools.monotonic_s, tools.stopped)
        session_limits = replace(limits.session, session_timeout_s=budget.remaining_s())
        with tools.open_session(integration, tools.secret_of(integration), session_limits) as session:
            names = functools.partial(tools.folder_names, integration)
            for chosen in choose_folders(integration.folders, session.list_folders, names)[0]:
                budget.check()
                try:
                    if chosen.error is not None:
                        raise chosen.error
                    folders.append(_FolderVerify(tools, session, budget, integration, chosen.name, order).run())
                except FolderMissing as error:
                    folders.append(FolderCheck(chosen.name, error=error_info(error)))


@dataclass(slots=True)
class _FolderVerify:
    """The work on one folder. `found` collects UIDs by how they differ."""

    tools: Tools
    session: Session
    budget: Budget
    integration: Integration
    name: str
    order: VerifyOrder
    found: dict[Finding, list[int]] = field(default_factory=lambda: {kind: [] for kind in Finding})
    server: int = 0
    ledger: int = 0
    new: int = 0

    def run(self) -> FolderCheck:
        known = {folder.name: folder for folder in self.tools.store.control.folders(self.integration.id or 0)}
        state = known.get(self.name)
        status = self.session.examine(self.name)
        cursor = state.cursor if state is not None else None
        if state is None or cursor is None:
            return FolderCheck(self.name, status.uidvalidity, server=status.exists, doubt=Doubt.NEVER_SYNCED)
        doubt = _doubt(cursor, status)
        if doubt is not None:
            return self._by_number(state, cursor, status, doubt)
        return self._by_uid(state, cursor, status)

    def _by_number(self, state: FolderState, cursor: FolderCursor, status: FolderStatus, doubt: Doubt) -> FolderCheck:
        ended = server_uidvalidity(cursor.uidvalidity or 0)
        live = self.tools.store.content.live_counts(state.id, cursor.uidvalidity or 0).live
        return FolderCheck(self.name, status.uidvalidity, ended, server=status.exists, ledger=live, doubt=doubt)

    def _by_uid(self, state: FolderState, cursor: FolderCursor, status: FolderStatus) -> FolderCheck:
        whole = plan_folder(FolderState(state.id, state.integration_id, state.name), status).windows
        for window in whole or (Window(1, max(1, cursor.uidnext - 1)),):
            self._compare(state, cursor, window)
        check = FolderCheck(
            name=self.name,
            uidvalidity=status.uidvalidity,
            ledger_uidvalidity=server_uidvalidity(cursor.uidvalidity or 0),
            server=self.server,
            ledger=self.ledger,
            new=self.new,
            missing=tuple(self.found[Finding.MISSING]),
            extra=tuple(self.found[Finding.EXTRA]),
            returned=tuple(self.found[Finding.RETURNED]),
            pending=tuple(self.found[Finding.PENDING]),
            doubt=Doubt.SHOWN_IN_PART if self._is_cut(status) else None,
        )
        if self.order.deep:
            check = self._with_sample(check, state, cursor)
        return self._repaired(check, state, cursor) if self.order.repair else check

    def _compare(self, state: FolderState, cursor: FolderCursor, window: Window) -> None:
        self.budget.check()
        listed = in_order(self.session.fetch_flags(window.first_uid, window.last_uid, None))
        old = [seen for seen in listed if seen.uid < cursor.uidnext]
        self.server += len(old)
        self.new += len(listed) - len(old)
        last_uid = min(window.last_uid, cursor.uidnext - 1)
        content = self.tools.store.content
        for pair in paired(
            old, content.known_placements(state.id, cursor.uidvalidity or 0, window.first_uid, last_uid)
        ):
            self.ledger += pair.known is not None and pair.known.is_live
            kind = finding(pair)
            if kind is not None:
                self.found[kind].append(pair.uid)

    def _is_cut(self, status: FolderStatus) -> bool:
        """Whether the server counts more than it lists, also when asked again: mail may have come and gone."""
        shown = self.server + self.new
        if status.partial_view or shown >= status.exists:
            return status.partial_view
        again = self.session.examine(self.name)
        arrived = max(0, (again.uidnext or 0) - (status.uidnext or 0))
        return again.uidvalidity != status.uidvalidity or shown < again.exists - arrived

    # --- octets ----------------------------------------------------------------------------------------------------

    def _with_sample(self, check: FolderCheck, state: FolderState, cursor: FolderCursor) -> FolderCheck:
        """Read messages spread over the folder, other ones each day, from the server and from the store."""
        sample = self._sample(state, cursor)
        gone = {*check.extra, *check.pending}
        damaged = []
        for placement in sample:
            self.budget.check()
            why = self._in_store(placement) or (None if placement.uid in gone else self._on_server(placement))
            if why is not None:
                damaged.append(Damage(placement.uid, why))
        return replace(check, damaged=tuple(damaged), sampled=len(sample))

    def _sample(self, state: FolderState, cursor: FolderCursor) -> list[StoredPlacement]:
        content = self.tools.store.content
        starts = spread(cursor.uidnext, self.order.sample, self.tools.now().toordinal())
        found = (content.stored_from(state.id, cursor.uidvalidity or 0, uid) for uid in starts)
        by_uid = {placement.uid: placement for placement in found if placement is not None}
        return [by_uid[uid] for uid in sorted(by_uid)]

    def _in_store(self, placement: StoredPlacement) -> str | None:
        content = self.tools.store.content
        try:
            content.raw(placement.message_id)
        except OctetsPruned:
            pass  # given up on purpose; what the server has is still compared with their hash
        except StoreCorrupt as error:
            return error.message
        message = content.message(placement.message_id)
        for attachment in message.attachments if message else ():
            if attachment.file_pruned_at is not None:
                continue
            if _sha256_of(self.tools.store.data_dir / attachment.path) != attachment.sha256:
                return f"the file {attachment.path} is missing or damaged"
        return None

    def _on_server(self, placement: StoredPlacement) -> str | None:
        try:
            told = [fetched.octets for fetched in self.session.fetch_messages([[placement.uid]])]
        except MessageRefused:
            told = []
        if not told or told[0] is None:
            return "the server lists it and does not give it"
        same = hashlib.sha256(told[0]).hexdigest() == placement.raw_sha256
        return None if same else "the server has other octets than were stored"

    # --- repair ----------------------------------------------------------------------------------------------------

    def _repaired(self, check: FolderCheck, state: FolderState, cursor: FolderCursor) -> FolderCheck:
        """Enter what is missing as pending and note what is gone or back; fetching is left to the next run."""
        is_cut = check.doubt is not None
        record = FollowRecord(
            state.id,
            cursor.uidvalidity or 0,
            self.tools.now(),
            expunged=() if is_cut else check.extra,
            returned=check.returned,
        )
        self.tools.store.content.follow(record)
        for page in in_pages(self._metas(check.missing), REPAIRED_PER_TRANSACTION):
            self._enter(state, cursor, page)
        return replace(check, repaired=not is_cut)

    def _metas(self, uids: Sequence[int]) -> Iterator[MessageMeta]:
        for window in uid_ranges(uids):
            self.budget.check()
            yield from self.session.fetch_metadata(window.first_uid, window.last_uid)

    def _enter(self, state: FolderState, cursor: FolderCursor, page: tuple[MessageMeta, ...]) -> None:
        batch = BatchRecord(
            integration_id=state.integration_id,
            folder_id=state.id,
            uidvalidity=cursor.uidvalidity or 0,
            scope=self.integration.scope,
            at=self.tools.now(),
            listed=page,
        )
        recording.record(self.tools, batch)


def _doubt(cursor: FolderCursor, status: FolderStatus) -> Doubt | None:
    if status.uidvalidity is None or not status.uids_sticky:
        return Doubt.UIDS_NOT_STICKY
    if server_uidvalidity(cursor.uidvalidity or 0) != status.uidvalidity:
        return Doubt.UIDVALIDITY_CHANGED
    falls = status.uidnext is not None and status.uidnext < cursor.uidnext
    return Doubt.UIDVALIDITY_CHANGED if falls else None


def _sha256_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
