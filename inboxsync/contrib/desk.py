"""What one task does, apart from Celery: open the application, do the work within the limits, answer plain JSON."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from inboxsync.app import HEARTBEATS_PER_LEASE, App
from inboxsync.config.process import read_environ
from inboxsync.config.settings import load_settings
from inboxsync.errors import ConfigError
from inboxsync.logs import hush_third_parties
from inboxsync.model.report import IntegrationReport, RunStatus, SyncReport
from inboxsync.render.json_shapes import report_json
from inboxsync.render.webhooks import delivery_report_json
from inboxsync.sync.claiming import poll
from inboxsync.sync.engine import Engine, Order
from inboxsync.sync.worker import in_order

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration
    from inboxsync.model.working import DueIntegration
    from inboxsync.sync.context import Tools

T = TypeVar("T")
DEFAULT_DEADLINE_S, DEFAULT_LEASE_S = 600, 60
LOOKS_UP_EVERY_S = 1.0


class TimeLimits(NamedTuple):
    """When a task is told to end, and when it is killed."""

    soft_s: float
    hard_s: float


def limits_under(deadline_s: float, lease_s: float) -> TimeLimits:
    """Tell the limits of a task whose run ends itself after `deadline_s`, if all is well.

    Told to end after one heartbeat more, it has the rest of a lease's length to hand back what it has. Being killed,
    it leaves a lease that ends in its turn.
    """
    return TimeLimits(deadline_s + lease_s / HEARTBEATS_PER_LEASE, deadline_s + lease_s)


@functools.cache
def time_limits() -> TimeLimits:
    """Answer the limits that follow from this process's settings; where those are faulty the task itself says so."""
    try:
        settings = load_settings(read_environ())
    except ConfigError:
        return limits_under(DEFAULT_DEADLINE_S, DEFAULT_LEASE_S)
    return limits_under(settings.deadline_s, settings.lease_s)


def open_application() -> App:
    """Put the application together from this process's environment and settings file. Raises ConfigError."""
    hush_third_parties()
    environ = read_environ()
    return App(load_settings(environ), environ)


def _begin(waited_for: threading.Event, work: Callable[[], T]) -> T:
    """Do the work as soon as somebody waits for it: a signal that it brings about is raised where it is expected."""
    waited_for.wait()
    return work()


def _result(future: Future[T]) -> T:
    """Wait for the work, and look up every second: a signal that comes just before a thread falls asleep does not wake
    it, and what the signal raises would wait as long as the work."""
    while not wait([future], timeout=LOOKS_UP_EVERY_S).done:
        pass
    return future.result()


class Desk:
    """The work of one task. `worker` is what `status` calls the process that does it.

    Each piece of work opens and closes the application: nothing is shared between the processes of a pool.
    """

    def __init__(self, worker: str | None, open_application: Callable[[], App] = open_application) -> None:
        self._worker = worker
        self._open = open_application
        self._stop = threading.Event()

    def within_limits(self, work: Callable[[], T], told_to_end: type[Exception]) -> T:
        """Do the work, and let it end in order where `told_to_end` is raised in this thread meanwhile.

        Raised before the work is waited for, it is raised on, when what was begun has ended.
        """
        waited_for, future = threading.Event(), None
        with ThreadPoolExecutor(1, thread_name_prefix="inboxsync-task") as pool:
            try:
                future = pool.submit(_begin, waited_for, work)
                waited_for.set()
                return _result(future)
            except told_to_end:
                self._stop.set()
                waited_for.set()
                if future is None:
                    raise
                return future.result()
            finally:
                waited_for.set()  # whatever was raised: the pool is left when its thread has ended

    def sync(self, integration_id: int, *, only_if_due: bool) -> dict[str, Any]:
        """Sync one integration; answers the report. Raises StoreError, ConfigError."""
        with self._opened() as app:
            found = app.store.control.integrations_of([integration_id])
            report = self._report(app, found[0] if found else None, only_if_due=only_if_due)
            return report_json(report or _skipped(app, f"#{integration_id}", "removed"))

    def _report(self, app: App, integration: Integration | None, *, only_if_due: bool) -> SyncReport | None:
        if integration is None:
            return None
        if not integration.active:
            return _skipped(app, integration.name, "inactive")
        order = Order(trigger="celery", force=not only_if_due, deadline_s=float(app.settings.deadline_s))
        report = Engine(self._tools(app)).run([integration], order)
        return report if report.integrations else _skipped(app, integration.name, "not_due")

    def due(self) -> Sequence[DueIntegration]:
        """Answer what is due and at work nowhere, in the order of work. Raises StoreError, ConfigError."""
        with self._opened() as app:
            app.integrations()  # the environment's one mailbox is no row before somebody looks
            return in_order(poll(self._tools(app)).due)

    def deliver(self, end_s: float) -> dict[str, Any]:
        """Send to webhooks what is due, beginning nothing after `end_s`; answers what came of it. Raises StoreError."""
        from inboxsync.delivery.deliverer import Deliverer

        with self._opened() as app:
            return delivery_report_json(Deliverer(app.delivery_tools()).run(end_s))

    def _opened(self) -> App:
        app = self._open()
        app.stop = self._stop
        return app

    def _tools(self, app: App) -> Tools:
        tools = app.engine_tools()
        return replace(tools, owner=replace(tools.owner, worker=self._worker))


def _skipped(app: App, name: str, reason: str) -> SyncReport:
    now = app.now()
    return SyncReport(RunStatus.SKIPPED, now, now, (IntegrationReport(name, RunStatus.SKIPPED, reason=reason),))
