"""Work whose leases were taken before: done, given back, and left to others where the lease was lost."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from inboxsync.model.report import IntegrationReport, RunStatus, SyncReport
from inboxsync.model.state import Owner
from inboxsync.sync.claiming import Claim, claim, poll
from inboxsync.sync.context import NobodyWatches
from inboxsync.sync.engine import Order
from tests.unit.sync.rig import Rig, mail

WORKER = Order(trigger="worker")
OTHER = Owner("elsewhere", 9, "9")


def claimed(rig: Rig) -> Claim:
    tools = rig.engine().tools
    return claim(tools, poll(tools).due)


def work(rig: Rig, taken: Claim) -> SyncReport:
    return rig.engine().run_claimed(taken.integrations, taken.leases, WORKER)


def test_what_is_claimed_is_done_and_given_back(rig: Rig) -> None:
    rig.add("a")
    rig.add("b", priority=1)
    rig.server.append(mail(1))
    taken = claimed(rig)
    assert {lease.integration_id for lease in rig.store.control.leases()} == {1, 2}
    report = work(rig, taken)
    assert [(part.name, part.status) for part in report.integrations] == [
        ("a", RunStatus.SUCCESS),
        ("b", RunStatus.SUCCESS),
    ]
    assert rig.store.control.leases() == []
    assert poll(rig.engine().tools).due == ()
    assert [run.run_id for run in rig.store.control.runs()] == [1, 1]


def test_what_others_took_meanwhile_is_not_claimed(rig: Rig) -> None:
    rig.add("a")
    rig.add("b")
    tools = rig.engine().tools
    due = poll(tools).due
    rig.store.control.acquire_lease(1, OTHER, lifetime_s=60, owner_is_dead=lambda _owner: False)
    assert [one.name for one in claim(tools, due).integrations] == ["b"]


def test_a_lease_of_what_was_switched_off_is_given_back_unused(rig: Rig) -> None:
    added = rig.add("a")
    tools = rig.engine().tools
    due = poll(tools).due
    rig.store.control.update_integration(replace(added, active=False))
    taken = claim(tools, due)
    assert (list(taken.integrations), len(taken.leases)) == ([], 1)
    assert work(rig, taken).integrations == ()
    assert rig.store.control.leases() == []


def test_what_was_edited_is_looked_at_once_and_due_as_before(rig: Rig) -> None:
    added = rig.add("a")
    work(rig, claimed(rig))
    rig.later(minutes=1)
    rig.store.control.update_integration(replace(added, priority=5))
    report = work(rig, claimed(rig))
    assert [(part.status, part.reason) for part in report.integrations] == [(RunStatus.SKIPPED, "not_due")]
    assert poll(rig.engine().tools).due == ()
    rig.later(minutes=4)
    assert [one.name for one in poll(rig.engine().tools).due] == ["a"]


@dataclass
class Thief(NobodyWatches):
    """Takes the lease away in the midst of the work, and waits until that was noticed."""

    rig: Rig
    noticed: threading.Event

    def folder_started(self, integration: str, folder: str, total: int) -> None:
        del integration, folder, total
        taken = self.rig.store.control.acquire_lease(1, OTHER, lifetime_s=60, owner_is_dead=lambda _owner: True)
        assert taken is not None
        assert self.noticed.wait(10)

    def integration_finished(self, report: IntegrationReport) -> None:
        assert report.reason == "lease_lost"


@contextmanager
def told_of(event: str) -> Iterator[threading.Event]:
    """An event that is set when this log line is written."""
    seen = threading.Event()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage() == event:
                seen.set()

    logger, handler = logging.getLogger("inboxsync.sync.leases"), Listener()
    logger.addHandler(handler)
    try:
        yield seen
    finally:
        logger.removeHandler(handler)


def test_who_lost_the_lease_ends_and_leaves_the_rest_to_the_new_owner(rig: Rig) -> None:
    for number in range(3):
        rig.server.append(mail(number))
    rig.add("a")
    rig.limits = replace(rig.limits, heartbeat_s=0.01, batch_messages=1, chunk_messages=1)
    with told_of("lease_lost") as noticed:
        rig.observer = Thief(rig, noticed)
        (part,) = work(rig, claimed(rig)).integrations
    assert (part.status, part.reason, part.error, part.exit_code) == (RunStatus.SKIPPED, "lease_lost", None, 0)
    assert rig.store.control.states() == {}
    (held,) = rig.store.control.leases()
    assert held.owner == OTHER
