"""A run: which integrations, in which order, side by side, each under its lease; what came of it (design §5)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inboxsync import schedule
from inboxsync.errors import EXIT_CONFIG, EXIT_CREDENTIALS, EXIT_OK, LeaseHeld, StoreError, Throttled
from inboxsync.model.report import ErrorInfo, IntegrationReport, RunStatus, SyncReport
from inboxsync.model.state import SyncState
from inboxsync.sync.account import AccountRun
from inboxsync.sync.caps import RUNS_LOOKED_AT, Account, ByteBudget, Caps, Download, Turns, account_of
from inboxsync.sync.context import Budget, Tools
from inboxsync.sync.indexing import index_some
from inboxsync.sync.leases import Keeper
from inboxsync.sync.standing import after_run, error_info, run_status

if TYPE_CHECKING:
    from datetime import datetime

    from inboxsync.model.integration import Integration
    from inboxsync.model.state import Lease

LOG = logging.getLogger(__name__)
States = Mapping[int, SyncState]
Logins = Mapping[Account, Sequence[int]]
DEFAULT_JOBS = 32
STORE_FAILED = frozenset(
    {"disk_full", "store_io", "store_corrupt", "store_unwritable", "store_unreachable", "store_standby"}
)


@dataclass(frozen=True, slots=True)
class Order:
    """How a run is to be done. `wait_s` for held leases; `busy_is_fault` says whether one left held is a fault."""

    trigger: str = "sync-all"
    force: bool = False
    dry_run: bool = False
    jobs: int = DEFAULT_JOBS
    deadline_s: float = 600.0
    wait_s: float = 0.0
    busy_is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Engine:
    """Runs integrations with the tools it is given."""

    tools: Tools

    def run(self, integrations: Sequence[Integration], order: Order) -> SyncReport:
        """Sync these integrations, with `order.force` though they are not due. Raises only StoreError."""
        started_at = self.tools.now()
        states = self.tools.store.control.states()
        work = [i for i in integrations if order.force or self._is_due(i, states)]
        taken = {i.id for i in work}
        held_back = [self._held_back(i, states) for i in integrations if i.id not in taken]
        in_order = [i for i, _ in schedule.order((i, _state(i, states)) for i in work)]
        parts = self._work(in_order, order, _on_one_login(integrations)) if work else ()
        reports = (*parts, *(report for report in held_back if report is not None))
        return SyncReport(
            status=run_status(reports), started_at=started_at, finished_at=self.tools.now(), integrations=reports
        )

    def run_claimed(self, integrations: Sequence[Integration], leases: Sequence[Lease], order: Order) -> SyncReport:
        """Sync integrations whose leases were taken before, and give the leases back. Raises only StoreError.

        What turns out not to be due under its lease is skipped, and noted when it is due.
        """
        started_at = self.tools.now()
        parts = self._work(integrations, order, _on_one_login(integrations), leases)
        return SyncReport(run_status(parts), started_at, self.tools.now(), parts)

    def _is_due(self, integration: Integration, states: States) -> bool:
        return schedule.is_due(integration, _state(integration, states), self.tools.now(), self.tools.zone)

    def _held_back(self, integration: Integration, states: States) -> IntegrationReport | None:
        """Tell of an integration that is not due and waits for a person: its exit code counts on every run (P13)."""
        state = _state(integration, states)
        error = state.last_error if state else None
        if not integration.active or error is None or error.exit_code not in (EXIT_CREDENTIALS, EXIT_CONFIG):
            return None
        reason = "paused" if state and state.paused else "waiting"
        return IntegrationReport(
            integration.name, RunStatus.SKIPPED, reason=reason, error=error, exit_code=error.exit_code
        )

    def _work(
        self, integrations: Sequence[Integration], order: Order, on_one_login: Logins, claimed: Sequence[Lease] = ()
    ) -> tuple[IntegrationReport, ...]:
        tools = self.tools
        run_id = (
            None
            if order.dry_run
            else tools.store.control.start_run(at=tools.now(), trigger=order.trigger, owner=tools.owner)
        )
        keeper = Keeper(tools, claimed)
        one = _One(tools, keeper, order, run_id, tools.monotonic_s() + order.deadline_s, on_one_login)
        caps = Caps(tools.limits.per_host, tools.limits.per_account)
        turns = Turns(integrations, caps, tools.provider_limits)
        try:
            parts = _side_by_side(one, turns, min(order.jobs, len(integrations)))
        finally:
            keeper.close()
        if run_id is not None:
            index_some(tools, parts, one.deadline_s)
            tools.store.control.finish_run(run_id, at=tools.now(), status=run_status(parts))
        return parts


def _on_one_login(integrations: Sequence[Integration]) -> Logins:
    """Gather the ids of integrations that share a login; the others, as a rule all, are left out."""
    by_login: dict[Account, list[int]] = {}
    for integration in integrations:
        by_login.setdefault(account_of(integration), []).append(integration.id or 0)
    return {login: ids for login, ids in by_login.items() if len(ids) > 1}


def _side_by_side(one: _One, turns: Turns, jobs: int) -> tuple[IntegrationReport, ...]:
    """Work on integrations in `jobs` threads; answers reports in their order.

    Where the store itself failed no further account is logged in to: it would only fail again (hazards D1, D2).
    """
    reports: dict[int, IntegrationReport] = {}
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        workers = [pool.submit(_work_through, one, turns, reports) for _ in range(max(1, jobs))]
    for worker in workers:
        worker.result()
    return tuple(reports[position] for position in sorted(reports))


def _work_through(one: _One, turns: Turns, reports: dict[int, IntegrationReport]) -> None:
    """Take turn after turn. A StoreError over one integration's own rows costs that integration."""
    while (turn := turns.take()) is not None:
        try:
            report = one.run(turn.integration)
        except StoreError as error:
            report = _failed(turn.integration, error_info(error))
        finally:
            turns.give_back(turn)
        reports[turn.position] = report
        if report.error is not None and report.error.code in STORE_FAILED:
            reports.update((left.position, _left_out(left.integration, report.error)) for left in turns.end())


def _failed(integration: Integration, error: ErrorInfo) -> IntegrationReport:
    return IntegrationReport(integration.name, RunStatus.ERROR, error=error, exit_code=error.exit_code)


def _left_out(integration: Integration, error: ErrorInfo) -> IntegrationReport:
    return IntegrationReport(
        integration.name, RunStatus.SKIPPED, reason="store", error=error, exit_code=error.exit_code
    )


@dataclass(frozen=True, slots=True)
class _One:
    """One integration's turn in a run."""

    tools: Tools
    keeper: Keeper
    order: Order
    run_id: int | None
    deadline_s: float
    on_one_login: Logins

    def run(self, integration: Integration) -> IntegrationReport:
        report = self._dry_run(integration) if self.order.dry_run else self._under_lease(integration)
        self.tools.observer.integration_finished(report)
        return report

    def _dry_run(self, integration: Integration) -> IntegrationReport:
        return AccountRun(self.tools, integration, self._budget(integration), dry_run=True).run()

    def _under_lease(self, integration: Integration) -> IntegrationReport:
        assert integration.id is not None
        with self.keeper.hold(integration.id, wait_s=self.order.wait_s) as lease:
            if lease is None:
                return self._locked(integration)
            return self._do(integration, lease)

    def _do(self, integration: Integration, lease: Lease) -> IntegrationReport:
        """Look again under the lease: another process may have done the work while we waited for our turn."""
        control = self.tools.store.control
        states = control.states([integration.id or 0, *self.on_one_login.get(account_of(integration), ())])
        before = _state(integration, states) or SyncState(integration_id=integration.id or 0)
        started_at = self.tools.now()
        if not self.order.force and not schedule.is_due(integration, before, started_at, self.tools.zone):
            self._note_due(integration, before, started_at)
            return IntegrationReport(integration.name, RunStatus.SKIPPED, reason="not_due")
        if not self.order.force and self._is_put_off(integration, states, started_at):
            return IntegrationReport(integration.name, RunStatus.SKIPPED, reason="throttled")
        tools = replace(self.tools, stopped=lambda: self.tools.stopped() or self.keeper.is_lost(lease))
        account = AccountRun(tools, integration, self._budget(integration, tools.stopped))
        report = account.run()
        if self.keeper.is_lost(lease):  # how it stands is for its new owner to say
            return replace(report, status=RunStatus.SKIPPED, reason="lease_lost", error=None, exit_code=EXIT_OK)
        finished_at = self.tools.now()
        after = after_run(
            before, report, started_at=started_at, finished_at=finished_at, retry_after_s=account.retry_after_s
        )
        due_at = schedule.next_due(integration, after, finished_at, self.tools.zone)
        control.save_state(replace(after, due_at=due_at))
        if self.run_id is not None:
            control.finish_part(
                self.run_id, integration.id or 0, report, started_at=started_at, finished_at=finished_at
            )
        return report

    def _note_due(self, integration: Integration, state: SyncState, now: datetime) -> None:
        """Write down when it is due, where that was not known any more: else a worker would take it again and again."""
        due_at = schedule.next_due(integration, state, now, self.tools.zone)
        if state.due_at != due_at:
            self.tools.store.control.save_state(replace(state, due_at=due_at))

    def _is_put_off(self, integration: Integration, states: States, now: datetime) -> bool:
        """Whether the server put this login off, for another integration: one login more would prolong that."""
        others = (states.get(other) for other in self.on_one_login.get(account_of(integration), ()))
        throttled = (
            state for state in others if state and state.last_error and state.last_error.code == Throttled.code
        )
        return any(state.next_attempt_at is not None and now < state.next_attempt_at for state in throttled)

    def _budget(self, integration: Integration, stopped: Callable[[], bool] | None = None) -> Budget:
        tools = self.tools
        own_s = tools.monotonic_s() + tools.limits.integration_s
        daily_bytes = tools.provider_limits(integration).daily_bytes
        download = None
        if daily_bytes is not None:
            download = ByteBudget(daily_bytes, lambda: self._downloads(integration), tools.now)
        return Budget(min(self.deadline_s, own_s), tools.monotonic_s, stopped or tools.stopped, download)

    def _downloads(self, integration: Integration) -> list[Download]:
        """What all integrations on this login have downloaded in the last day, from the run history."""
        control = self.tools.store.control
        account = account_of(integration)
        names = [other.name for other in control.integrations() if account_of(other) == account]
        parts = (part for name in names for part in control.runs(integration=name, limit=RUNS_LOOKED_AT))
        return [Download(part.finished_at, part.counts.bytes) for part in parts if part.counts.bytes]

    def _locked(self, integration: Integration) -> IntegrationReport:
        """A held lease is a result, not a failure; `sync NAME` asked for this one and says 75."""
        if not self.order.busy_is_fault:
            return IntegrationReport(integration.name, RunStatus.SKIPPED, reason="locked")
        error: ErrorInfo = error_info(LeaseHeld(f"integration {integration.name!r} is being worked on by another run"))
        return IntegrationReport(
            integration.name, RunStatus.SKIPPED, reason="locked", error=error, exit_code=error.exit_code
        )


def _state(integration: Integration, states: States) -> SyncState | None:
    return states.get(integration.id or 0)
