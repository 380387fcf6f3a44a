"""inboxsync's work as Celery tasks: import this module where your Celery app finds its tasks (docs/celery.md).

    app.conf.imports = ("inboxsync.contrib.celery",)
    app.conf.beat_schedule.update(inboxsync.contrib.celery.beat_schedule())

The tasks bind to whatever app is current. Settings are those of the worker's environment and settings file. Arguments
are ids, results the reports of design §6; a password is in neither.
"""

from __future__ import annotations

from typing import Any

from inboxsync import system
from inboxsync.contrib.desk import Desk, time_limits
from inboxsync.errors import EXIT_TEMPORARY, StoreError

try:
    from celery import Task, shared_task
    from celery.exceptions import SoftTimeLimitExceeded
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError("Celery is not installed: pip install 'inboxsync[celery]'", name=missing.name) from None

EVERY_S = 60.0
# Of a task that nobody began until then another was sent meanwhile; so a queue that stands still does not grow.
EXPIRES_S = 120
DELIVER_S = 40.0
RETRIES = 3
FIRST_RETRY_S = 5
OPTIONS: dict[str, Any] = {
    # A task is done when it is done: of a worker that dies the broker gives it to another. Leases and the ledger make
    # doing it twice harmless.
    "acks_late": True,
    "reject_on_worker_lost": True,
}


class BoundedTask(Task):  # type: ignore[misc]  # celery has no types
    """A task whose limits follow from the settings `deadline` and `lease` where it is sent (`desk.limits_under`)."""

    abstract = True

    @property
    def soft_time_limit(self) -> float:
        """Seconds until it is told to end."""
        return time_limits().soft_s

    @property
    def time_limit(self) -> float:
        """Seconds until it is killed."""
        return time_limits().hard_s


def beat_schedule(every_s: float = EVERY_S) -> dict[str, dict[str, Any]]:
    """Answer what to put into `beat_schedule`: look for due work, and for due webhooks, once a minute."""
    options = {"expires": every_s}
    return {
        "inboxsync-sync-due": {"task": "inboxsync.sync_due", "schedule": every_s, "options": options},
        "inboxsync-deliver": {"task": "inboxsync.deliver", "schedule": every_s, "options": options},
    }


@shared_task(base=BoundedTask, bind=True, name="inboxsync.sync_integration", max_retries=RETRIES, **OPTIONS)  # type: ignore[untyped-decorator]  # celery has no types
def sync_integration(self: Any, integration_id: int | str, *, only_if_due: bool = False) -> dict[str, Any]:
    """Sync one integration, now; answers the sync report of design §6.

    What another worker is at is `skipped`, reason `locked`; what is gone or switched off likewise. How a mail server
    fails is in the report and no failure of the task: when to try again is for the schedule. Where the database does
    not answer the task is retried.
    """
    desk = Desk(worker=self.request.hostname)
    try:
        return desk.within_limits(
            lambda: desk.sync(int(integration_id), only_if_due=only_if_due), SoftTimeLimitExceeded
        )
    except StoreError as error:
        if error.exit_code != EXIT_TEMPORARY:
            raise
        raise self.retry(exc=error, countdown=FIRST_RETRY_S * 2**self.request.retries) from None


@shared_task(base=BoundedTask, bind=True, name="inboxsync.sync_due", **OPTIONS)  # type: ignore[untyped-decorator]  # celery has no types
def sync_due(self: Any) -> dict[str, int]:
    """Send one `sync_integration` for each integration that is due and at work nowhere; answers how many."""
    due = Desk(worker=self.request.hostname).due()
    for one in due:
        sync_integration.apply_async((one.id,), {"only_if_due": True}, expires=EXPIRES_S)
    return {"sent": len(due)}


@shared_task(base=BoundedTask, bind=True, name="inboxsync.deliver", **OPTIONS)  # type: ignore[untyped-decorator]  # celery has no types
def deliver(self: Any) -> dict[str, Any]:
    """Send to webhooks what is due, for forty seconds at most; answers what each was sent."""
    desk = Desk(worker=self.request.hostname)
    end_s = system.monotonic_s() + DELIVER_S
    return desk.within_limits(lambda: desk.deliver(end_s), SoftTimeLimitExceeded)
