"""A run: which integrations, in which order, side by side, each under its lease; what came of it (design §5)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from inboxsync import schedule
from inboxsync.errors import EXIT_CONFIG, EXIT_CREDENTIALS, LeaseHeld
from inboxsync.model.integration import Integration
from inboxsync.model.report import ErrorInfo, IntegrationReport, RunStatus, SyncReport
from inboxsync.model.state import SyncState
from inboxsync.sync.account import AccountRun
from inboxsync.sync.context import Budget, Tools
from inboxsync.sync.leases import Keeper
from inboxsync.sync.standing import after_run, error_info, run_status

LOG = logging.getLogger(__name__)
States = Mapping[int, SyncState]
DEFAULT_JOBS = 32
DEFAULT_WAIT_S = 30.0


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
        held_back = [self._held_back(i, states) for i in integrations if i not in work]
        in_order = [i for i, _ in schedule.order((i, _state(i, states)) for i in work)]
        parts = self._work(in_order, order) if work else ()
        reports = (*parts, *(report for report in held_back if report is not None))
        return SyncReport(
            status=run_status(reports), started_at=started_at, finished_at=self.tools.now(), integrations=reports
        )

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

    def _work(self, integrations: Sequence[Integration], order: Order) -> tuple[IntegrationReport, ...]:
        tools = self.tools
        run_id = (
            None
            if order.dry_run
            else tools.store.control.start_run(at=tools.now(), trigger=order.trigger, owner=tools.owner)
        )
        keeper = Keeper(tools)
        deadline_s = tools.monotonic_s() + order.deadline_s
        try:
            with ThreadPoolExecutor(max_workers=max(1, min(order.jobs, len(integrations)))) as pool:
                parts = tuple(pool.map(lambda i: _One(tools, keeper, order, run_id, deadline_s).run(i), integrations))
        finally:
            keeper.close()
        if run_id is not None:
            tools.store.control.finish_run(run_id, at=tools.now(), status=run_status(parts))
        return parts


@dataclass(frozen=True, slots=True)
class _One:
    """One integration's turn in a run."""

    tools: Tools
    keeper: Keeper
    order: Order
    run_id: int | None
    deadline_s: float

    def run(self, integration: Integration) -> IntegrationReport:
        report = self._dry_run(integration) if self.order.dry_run else self._under_lease(integration)
        self.tools.observer.integration_finished(report)
        return report

    def _dry_run(self, integration: Integration) -> IntegrationReport:
        return AccountRun(self.tools, integration, self._budget(), dry_run=True).run()

    def _under_lease(self, integration: Integration) -> IntegrationReport:
        assert integration.id is not None
        with self.keeper.hold(integration.id, wait_s=self.order.wait_s) as lease:
            if lease is None:
                return self._locked(integration)
            return self._do(integration)

    def _do(self, integration: Integration) -> IntegrationReport:
        """Look again under the lease: another process may have done the work while we waited for our turn."""
        control = self.tools.store.control
        before = _state(integration, control.states()) or SyncState(integration_id=integration.id or 0)
        started_at = self.tools.now()
        if not self.order.force and not schedule.is_due(integration, before, started_at, self.tools.zone):
            return IntegrationReport(integration.name, RunStatus.SKIPPED, reason="not_due")
        account = AccountRun(self.tools, integration, self._budget())
        report = account.run()
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

    def _budget(self) -> Budget:
        own_s = self.tools.monotonic_s() + self.tools.limits.integration_s
        return Budget(min(self.deadline_s, own_s), self.tools.monotonic_s, self.tools.stopped)

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
