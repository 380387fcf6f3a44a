"""Two real processes on one integration: one works, nothing doubles, and a dead one's lease is free at once (P3)."""

from __future__ import annotations

import os
import pickle
import time
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from devtools.dovecot import Dovecot
from inboxsync import system
from inboxsync.app import is_dead, this_owner
from inboxsync.imap.adapter import connect
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.report import Counts, IntegrationReport, RunStatus
from inboxsync.model.secret import Secret
from inboxsync.store.sql import open_store
from inboxsync.sync.context import EngineLimits, NobodyWatches, Observer, Tools
from inboxsync.sync.engine import Engine, Order
from tests.crash.children import fork, kill, wait
from tests.unit.sync.rig import START, mail

pytestmark = pytest.mark.dovecot

PASSWORD = "a made-up password"
SOON_S = 20.0  # far less than the hour for which the lease was taken
MESSAGES = 40
DISTINCT = 30
LIMITS = EngineLimits(batch_messages=4, chunk_messages=4, lease_lifetime_s=3_600)
AT_ONCE = Order(trigger="sync", force=True, busy_is_fault=True)
PATIENT = replace(AT_ONCE, wait_s=30.0)


class Halting(NobodyWatches):
    """Tells that the first messages are committed, and then never goes on."""

    def __init__(self, told: int) -> None:
        self._told = told

    def advanced(self, integration: str, folder: str, messages: int, size_bytes: int) -> None:
        """Say so, and stand still until somebody ends this process."""
        os.write(self._told, b"!")
        time.sleep(3_600)


@dataclass(frozen=True, slots=True)
class Desk:
    """One store and one account, at which several processes sit."""

    directory: Path

    def sync(self, order: Order, observer: Observer | None = None) -> IntegrationReport:
        """Run the engine in this process."""
        with closing(open_store(None, self.directory)) as store:
            tools = Tools(
                store=store,
                open_session=lambda integration, secret, limits: connect(integration.endpoint, secret, limits),
                secret_of=lambda _integration: Secret(PASSWORD),
                now=system.utc_now,
                monotonic_s=system.monotonic_s,
                zone=UTC,
                owner=this_owner(),
                owner_is_dead=is_dead,
                stopped=lambda: False,
                limits=LIMITS,
                observer=observer or NobodyWatches(),
            )
            (report,) = Engine(tools).run(store.control.integrations(), order).integrations
            return report

    def together(self, order: Order, count: int = 2) -> list[IntegrationReport]:
        """Run the engine in several processes that begin at the same moment."""
        begin, go = os.pipe()
        answers = [self.directory / f"answer{number}" for number in range(count)]

        def work(answer: Path) -> None:
            os.close(go)
            os.read(begin, 1)  # ends when the last process that could write has closed its end
            answer.write_bytes(pickle.dumps(self.sync(order)))

        children = [fork(partial(work, answer)) for answer in answers]
        os.close(go)
        os.close(begin)
        assert [wait(pid) for pid in children] == [0] * count
        return [pickle.loads(answer.read_bytes()) for answer in answers]

    def start_and_halt(self) -> int:
        """Start a process that commits its first messages and then stands still; answers its id when it does."""
        told, tell = os.pipe()
        pid = fork(lambda: self.sync(AT_ONCE, Halting(tell)))
        os.close(tell)
        assert os.read(told, 1) == b"!"
        os.close(told)
        return pid

    def fates(self) -> Counts:
        """The ledger's sums."""
        with closing(open_store(None, self.directory)) as store:
            return store.content.fates(store.control.integrations()[0])

    def contents(self) -> list[str]:
        """The lines of the dump that speak of messages and tickets."""
        with closing(open_store(None, self.directory)) as store:
            wanted = ('"table": "inboxsync_messages"', '"table": "inboxsync_tickets"')
            return [line for line in store.content.dump() if any(one in line for one in wanted)]


@pytest.fixture
def desk(dovecot: Dovecot, tmp_path: Path) -> Desk:
    """An account with 40 messages, ten of them doubles, that nobody has synced."""
    user = f"{tmp_path.name}@example.com"
    dovecot.add_user(user, PASSWORD)
    for number in range(MESSAGES):
        dovecot.deliver(user, mail(number % DISTINCT))
    endpoint = Endpoint(dovecot.host, dovecot.tls_port, TlsMode.IMPLICIT, user, ca_file=str(dovecot.ca_file))
    with closing(open_store(None, tmp_path / "store")) as store:
        store.schema.ensure()
        integration = Integration(str(uuid4()), "support", user, endpoint, created_at=START, updated_at=START)
        store.control.add_integration(integration, None)
    return Desk(tmp_path / "store")


def assert_complete(desk: Desk) -> None:
    fates = desk.fates()
    assert (fates.listed, fates.stored, fates.duplicate, fates.pending) == (MESSAGES, DISTINCT, MESSAGES - DISTINCT, 0)
    assert len(desk.contents()) == 2 * DISTINCT, "each content is one message and one ticket"


def test_two_at_once_who_wait_do_the_work_once(desk: Desk) -> None:
    reports = desk.together(PATIENT)
    assert [report.status for report in reports] == [RunStatus.SUCCESS] * 2
    total = reports[0].counts + reports[1].counts
    assert (total.listed, total.fetched, total.stored, total.tickets_created) == (
        MESSAGES,
        MESSAGES,
        DISTINCT,
        DISTINCT,
    )
    assert_complete(desk)


def test_four_at_once_who_do_not_wait_double_nothing(desk: Desk) -> None:
    reports = desk.together(AT_ONCE, count=4)
    assert {report.status for report in reports} <= {RunStatus.SUCCESS, RunStatus.SKIPPED}
    assert sum(report.counts.stored for report in reports) == DISTINCT
    assert sum(report.counts.tickets_created for report in reports) == DISTINCT
    assert_complete(desk)


def test_a_lease_is_kept_while_its_owner_lives_and_free_when_it_is_killed(desk: Desk) -> None:
    owner = desk.start_and_halt()
    try:
        begun = desk.fates()
        assert 0 < begun.pending < MESSAGES
        locked = desk.sync(AT_ONCE)
        assert (locked.status, locked.reason, locked.exit_code) == (RunStatus.SKIPPED, "locked", 75)
        assert desk.fates() == begun
    finally:
        kill(owner)
    started_s = time.monotonic()
    report = desk.sync(AT_ONCE)
    assert time.monotonic() - started_s < SOON_S
    assert (report.status, report.counts.listed) == (RunStatus.SUCCESS, 0)
    assert report.counts.fetched == begun.pending
    assert_complete(desk)
    assert desk.sync(AT_ONCE).counts == Counts()
