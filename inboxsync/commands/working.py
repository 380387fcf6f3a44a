"""Carry out `sync-all --worker`: take what is due, again and again, until somebody ends it (docs/workers.md).

The loop itself only polls and takes; runs, webhooks and what else takes time have threads of their own, so that the
service manager is told that the worker lives as long as the database answers.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from inboxsync import system
from inboxsync.app import ENVIRONMENT_PROVIDER
from inboxsync.commands.at_work import AtWork
from inboxsync.commands.delivering import LONGEST_ATTEMPT_S, SHARE_S, deliver_after_sync
from inboxsync.errors import EXIT_CONFIG, InboxsyncError
from inboxsync.sync.caps import Caps
from inboxsync.sync.claiming import Claim, claim, poll
from inboxsync.sync.engine import STORE_FAILED, Engine, Order
from inboxsync.sync.worker import choose, rest_s, retry_s

if TYPE_CHECKING:
    from inboxsync.commands.ports import Application
    from inboxsync.commands.service_manager import ServiceManager
    from inboxsync.commands.shell import Shell
    from inboxsync.model.report import SyncReport
    from inboxsync.model.state import Owner
    from inboxsync.model.working import DueIntegration
    from inboxsync.render.progress import SyncObserver
    from inboxsync.sync.context import Tools

_LOG = logging.getLogger("inboxsync.worker")
# Between two polls while more is due than there are places: what ends within it is taken up together.
SHORTEST_REST_S = 0.2
# How often it is said that work is being handed back.
LOOK_EVERY_S = 1.0
# The content plane, with a connection for each account, is closed when nothing was at work for so long.
IDLE_S = 60.0


class Ending(Enum):
    """Why a worker ends."""

    ASKED = "asked"
    OLD = "old"
    SETTINGS_CHANGED = "settings changed"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a worker works: `poll_s` between polls, `places` accounts at once, each `deadline_s` in a run.

    `runtime_s` is after how long it ends by itself, None for never; `name` is what status calls it.
    """

    poll_s: float
    places: int
    deadline_s: float
    runtime_s: float | None = None
    name: str | None = None


class Worker:
    """One worker over one application; `run` comes back when it has ended and nothing is at work."""

    def __init__(
        self,
        application: Application,
        plan: Plan,
        *,
        shell: Shell,
        manager: ServiceManager,
        watching: SyncObserver,
        tell: Callable[[SyncReport], None],
        settings_changed: Callable[[], bool] = lambda: False,
        draw: Callable[[], float] = random.random,
        retry_s: Callable[[int, float], float] = retry_s,
    ) -> None:
        self._application = application
        self._plan = plan
        self._shell = shell
        self._manager = manager
        self._tell = tell
        self._settings_changed = settings_changed
        self._draw = draw
        self._retry_s = retry_s
        self._at_work = AtWork(plan.places, watching)
        self._ahead = timedelta(0)
        self._tools = self._own_tools(application.engine_tools())
        # A run for each place, as many that are just being told of, and one for webhooks.
        self._pool = ThreadPoolExecutor(2 * plan.places + 1, thread_name_prefix="inboxsync-worker")
        self._begun: list[Future[None]] = []
        self._errand: Future[None] | None = None
        self._began_s = self._busy_s = system.monotonic_s()
        self._failures = 0
        self._adopts = True
        self._left_some = False
        self._asked = False

    def _own_tools(self, tools: Tools) -> Tools:
        """Name the worker, go by the store's clock, and take a lease of our own on what is not at work for a left one:
        giving it back failed, or was lost with a database that was not shut down in order.
        """
        owner = replace(tools.owner, worker=self._plan.name)

        def is_dead(other: Owner) -> bool:
            return other == owner or tools.owner_is_dead(other)

        return replace(tools, owner=owner, owner_is_dead=is_dead, now=self._now, observer=self._at_work)

    def stop(self) -> None:
        """Ask it to end: what is at work is handed back after the batch in hand. Safe in a signal handler."""
        self._asked = True
        self._application.stop.set()
        self._at_work.ring()

    def run(self) -> Ending:
        """Work until it is asked to end, is old enough or its settings changed. Raises what a person must mend."""
        self._manager.ready()
        try:
            while (ending := self._ending()) is None:
                self._rest(self._turn())
        finally:
            self._hand_back()
        return ending

    def _now(self) -> datetime:
        """The clock of the store: machines whose own clocks differ agree on what is due."""
        return self._application.now() + self._ahead

    def _ending(self) -> Ending | None:
        if self._asked:
            return Ending.ASKED
        if self._left_s() <= 0:
            return Ending.OLD
        return Ending.SETTINGS_CHANGED if self._settings_changed() else None

    def _left_s(self) -> float:
        runtime_s = self._plan.runtime_s
        return float("inf") if runtime_s is None else self._began_s + runtime_s - system.monotonic_s()

    # --- one turn --------------------------------------------------------------------------------------------------

    def _turn(self) -> float:
        """Poll and take; answers how long to rest."""
        try:
            self._look_back()
            waiting = self._waiting()
            chosen = self._chosen(waiting)
            taken = self._take(chosen) if chosen else 0
        except InboxsyncError as error:
            return self._leave_alone(error)
        self._found_again()
        self._left_some = taken < len(waiting)
        self._keep_house()
        return SHORTEST_REST_S if chosen and self._left_some else rest_s(self._plan.poll_s, self._draw())

    def _look_back(self) -> None:
        """Raise what ended a run or a delivery: the store's failure, or a bug, which ends the worker."""
        ended = [future for future in self._begun if future.done()]
        self._begun = [future for future in self._begun if future not in ended]
        for future in ended:
            future.result()

    def _waiting(self) -> Sequence[DueIntegration]:
        """Poll: what is due and at work nowhere, neither here nor elsewhere."""
        self._application.store.schema.ensure()  # a newer program may have changed it beside us (P14)
        if self._adopts:  # the environment's one mailbox is no row before somebody looks
            found = self._application.integrations()
            self._adopts = not found or any(one.provider == ENVIRONMENT_PROVIDER for one in found)
        ours = {one.id for one in self._at_work.now()}  # before the poll: what ends meanwhile is looked at by the next
        polled = poll(self._tools)
        self._ahead += polled.at - self._now()
        return [one for one in polled.due if one.id not in ours]

    def _chosen(self, waiting: Sequence[DueIntegration]) -> Sequence[DueIntegration]:
        """Pick as much of what is due as there is room for."""
        limits, at_work = self._tools.limits, self._at_work.now()
        return choose(
            waiting,
            at_work,
            places=self._plan.places - len(at_work),
            taken_before=self._at_work.begun,
            caps=Caps(limits.per_host, limits.per_account),
            limits_of=self._application.limits_of,
        )

    def _take(self, chosen: Sequence[DueIntegration]) -> int:
        """Begin what others have not taken meanwhile; answers how many integrations that are."""
        claimed = claim(self._tools, chosen)
        if claimed.leases:
            names = {integration.id: integration.name for integration in claimed.integrations}  # as they are now
            self._at_work.begin(one._replace(name=names[one.id]) for one in chosen if one.id in names)
            self._begin(lambda: self._work(claimed))
        return len(claimed.leases)

    def _work(self, claimed: Claim) -> None:
        """Do what was taken, as one run of the history."""
        jobs = max(1, len(claimed.integrations))
        order = Order(trigger="worker", jobs=jobs, deadline_s=self._plan.deadline_s)
        try:
            report = Engine(self._tools).run_claimed(claimed.integrations, claimed.leases, order)
            self._tell(without_store_faults(report))
        finally:
            self._busy_s = system.monotonic_s()
            self._at_work.end(integration.name for integration in claimed.integrations)

    def _begin(self, work: Callable[[], None]) -> Future[None]:
        future = self._pool.submit(work)
        self._begun.append(future)
        return future

    def _keep_house(self) -> None:
        """Send to webhooks what is due, as a run does after its work; give back what an idle worker does not need."""
        is_out = self._errand is not None and not self._errand.done()
        is_idle = not self._at_work.now() and system.monotonic_s() - self._busy_s > IDLE_S
        if is_idle and not is_out:
            self._application.store.rest()
        if not is_out:
            self._errand = self._begin(self._deliver)

    def _deliver(self) -> None:
        end_s = system.monotonic_s() + SHARE_S + LONGEST_ATTEMPT_S
        deliver_after_sync(self._shell, self._application, end_s)

    # --- resting and failing ---------------------------------------------------------------------------------------

    def _rest(self, wait_s: float) -> None:
        """Wait, telling the service manager that we live; less where places become free for what was left."""
        until_s = system.monotonic_s() + min(wait_s, self._left_s())
        soonest_s = system.monotonic_s() + SHORTEST_REST_S
        while not self._asked and (left_s := until_s - system.monotonic_s()) > 0:
            self._manager.lives(self._status())
            rang = self._at_work.listen(min(left_s, self._manager.beat_every_s))
            if rang and self._left_some:
                until_s = min(until_s, soonest_s)

    def _status(self) -> str:
        if self._failures:
            return f"the database has failed {self._failures} times in a row; it is tried again"
        names = sorted(one.name for one in self._at_work.now())
        at_work = f"at work: {', '.join(names)}" if names else "waiting for what is due"
        return f"{self._at_work.done} done; {at_work}"

    def _leave_alone(self, error: InboxsyncError) -> float:
        """Note that the store failed: told once, then tried again less and less often. Raises what needs a person."""
        if error.exit_code == EXIT_CONFIG:
            raise error
        self._failures += 1
        if self._failures == 1:
            _LOG.warning("poll_failed", extra={"code": error.code, "cause": error.message})
        return self._retry_s(self._failures, self._draw())

    def _found_again(self) -> None:
        if self._failures:
            _LOG.warning("poll_works_again", extra={"failed_polls": self._failures})
        self._failures = 0

    def _hand_back(self) -> None:
        """Let what is at work end after the batch in hand, and wait for it."""
        self._manager.ends()
        self._application.stop.set()
        while wait(self._begun, timeout=LOOK_EVERY_S).not_done:
            self._manager.lives("handing back what is at work")
        self._pool.shutdown()


def without_store_faults(report: SyncReport) -> SyncReport:
    """Leave out what failed because the store did: that is told once, by the poll that meets it."""
    parts = tuple(part for part in report.integrations if part.error is None or part.error.code not in STORE_FAILED)
    return replace(report, integrations=parts)
