"""The worker's loop in this process: what it takes, how it bears a failing store, why it ends, what systemd is told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from inboxsync.app import this_owner
from inboxsync.commands.at_work import AtWork
from inboxsync.commands.service_manager import ServiceManager
from inboxsync.commands.working import Ending, Plan, Worker, without_store_faults
from inboxsync.errors import SchemaNewer, StoreError, StoreUnreachable
from inboxsync.model.report import ErrorInfo, IntegrationReport, RunStatus, SyncReport
from inboxsync.model.working import DueIntegration
from inboxsync.render.progress import SilentObserver
from tests.unit.commands.harness import NOW, CommandLine, mail

PLAN = Plan(poll_s=0.01, places=2, deadline_s=60.0)


@dataclass
class Desk:
    """A worker over the harness' machine; `until` ends it, asked after each report and each word to systemd."""

    line: CommandLine
    plan: Plan = PLAN
    until: Callable[[], bool] = lambda: True
    settings_changed: Callable[[], bool] = lambda: False
    environ: dict[str, str] = field(default_factory=lambda: {"NOTIFY_SOCKET": "/nowhere"})
    reports: list[SyncReport] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)
    worker: Worker | None = None
    spoil: Callable[[Any], None] = lambda _store: None

    def run(self) -> Ending:
        from inboxsync.commands.shell import Options, Shell
        from inboxsync.logs import Redactor
        from inboxsync.render.output import Output
        from tests.unit.commands.harness import Keyboard, _stream

        streams = Output(_stream(), _stream(), colour=False)
        shell = Shell(Options(), streams, Keyboard(""), self.line._open, Redactor())
        with shell.application() as application:
            self.spoil(application.store)
            self.worker = Worker(
                application, self.plan, shell=shell, manager=ServiceManager(self.environ, self._said),
                watching=SilentObserver(), tell=self._told, settings_changed=self.settings_changed, draw=lambda: 0.5,
                retry_s=self._retry_s,
            )  # fmt: skip
            return self.worker.run()

    def _told(self, report: SyncReport) -> None:
        self.reports.append(report)
        self._look()

    def _retry_s(self, failures: int, _draw: float) -> float:
        self.waits.append(failures)
        return 0.001

    def _said(self, _socket: str, words: str) -> None:
        self.said.append(words)
        self._look()

    def _look(self) -> None:
        if self.worker is not None and self.until():
            self.worker.stop()

    @property
    def done(self) -> list[str]:
        """The integrations that were worked on, in order."""
        return [part.name for report in self.reports for part in report.integrations]


def test_it_takes_what_is_due_in_order_and_as_much_as_it_has_places_for(line: CommandLine) -> None:
    for name, priority in (("c", "1"), ("a", "5"), ("b", "5")):
        line.add(name, "--priority", priority, "--no-test")
    desk = Desk(line, replace(PLAN, places=1))
    desk.until = lambda: len(desk.done) == 3
    assert desk.run() is Ending.ASKED
    assert desk.done == ["c", "a", "b"]
    assert line("status", "--json").json["integrations"][0]["lease"] is None
    assert {run["status"] for run in line("runs", "--json").json["runs"]} == {"success"}


def test_what_becomes_due_while_it_waits_is_taken(line: CommandLine) -> None:
    line.server.append(mail(1))
    line.add()
    desk = Desk(line)

    def until() -> bool:
        if len(desk.reports) == 1 and line.now == NOW:
            line.server.append(mail(2))
            line.now += timedelta(minutes=5)
        return len(desk.reports) == 2

    desk.until = until
    desk.run()
    assert [report.integrations[0].counts.stored for report in desk.reports] == [1, 1]


def test_an_integration_that_is_added_meanwhile_is_taken(line: CommandLine) -> None:
    desk, added = Desk(line), threading.Event()

    def until() -> bool:
        if not added.is_set():
            added.set()
            line.add()
        return bool(desk.reports)

    desk.until = until
    desk.run()
    assert desk.done == ["support"]


def test_a_lease_of_its_own_that_was_never_given_back_does_not_stand_in_its_way(line: CommandLine) -> None:
    line.add()
    desk = Desk(line)

    def leave_a_lease(store: Any) -> None:
        mine = replace(this_owner(), worker=PLAN.name)
        assert store.control.acquire_lease(1, mine, lifetime_s=3600, owner_is_dead=lambda _owner: False)

    desk.spoil = leave_a_lease
    desk.until = lambda: bool(desk.reports)
    desk.run()
    assert desk.done == ["support"]


def test_it_ends_by_itself_when_it_is_old_and_when_its_settings_changed(line: CommandLine) -> None:
    assert Desk(line, replace(PLAN, runtime_s=0.01), until=lambda: False).run() is Ending.OLD
    assert Desk(line, until=lambda: False, settings_changed=lambda: True).run() is Ending.SETTINGS_CHANGED


class _Failing:
    """A schema that cannot be read the first `times`."""

    def __init__(self, error: StoreError, times: int) -> None:
        self.error, self.times = error, times

    def ensure(self) -> None:
        self.times -= 1
        if self.times >= 0:
            raise self.error


def spoiled(failing: _Failing) -> Callable[[Any], None]:
    def spoil(store: Any) -> None:
        store.__dict__["schema"] = failing

    return spoil


def test_a_store_that_fails_is_told_once_tried_again_and_its_return_told(
    line: CommandLine, caplog: pytest.LogCaptureFixture
) -> None:
    line.add()
    desk = Desk(line, spoil=spoiled(_Failing(StoreUnreachable("no server"), 3)))
    desk.until = lambda: bool(desk.reports)
    with caplog.at_level(logging.WARNING, "inboxsync.worker"):
        desk.run()
    assert desk.waits == [1, 2, 3]
    assert [record.getMessage() for record in caplog.records] == ["poll_failed", "poll_works_again"]
    assert any("the database has failed 1 times" in words for words in desk.said)
    assert desk.done == ["support"]


def test_a_store_that_needs_a_person_ends_it(line: CommandLine) -> None:
    with pytest.raises(SchemaNewer):
        Desk(line, until=lambda: False, spoil=spoiled(_Failing(SchemaNewer("newer"), 1))).run()


def test_a_bug_ends_it_too(line: CommandLine) -> None:
    line.add()

    def fail() -> bool:
        if desk.reports:
            raise ZeroDivisionError
        return False

    desk = Desk(line, until=fail)
    with pytest.raises(ZeroDivisionError):
        desk.run()


def test_systemd_is_told_that_it_is_ready_lives_and_ends(line: CommandLine) -> None:
    desk = Desk(line)
    desk.until = lambda: len(desk.said) == 3
    desk.run()
    assert desk.said[0] == "READY=1"
    assert desk.said[1] == "WATCHDOG=1\nSTATUS=0 done; waiting for what is due"
    assert any(words.startswith("STOPPING=1") for words in desk.said)


def test_nobody_is_told_where_nobody_listens() -> None:
    said: list[str] = []
    ServiceManager({}, lambda _socket, words: said.append(words)).ready()
    assert said == []


@pytest.mark.parametrize(
    ("environ", "every_s"),
    [({}, 20), ({"WATCHDOG_USEC": "30000000"}, 10), ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 20)],
)
def test_it_lives_three_times_as_often_as_it_is_asked_for(environ: dict[str, str], every_s: float) -> None:
    assert ServiceManager(environ).beat_every_s == every_s


def test_a_failing_store_is_not_told_by_each_account() -> None:
    bad, good = ErrorInfo("store_unreachable", "x"), ErrorInfo("auth_failed", "y")
    parts = tuple(IntegrationReport(error.code, RunStatus.ERROR, error=error) for error in (bad, good))
    left = without_store_faults(SyncReport(RunStatus.ERROR, NOW, NOW, parts))
    assert [part.name for part in left.integrations] == ["auth_failed"]


def test_the_bell_is_heard_once_however_often_it_rang() -> None:
    at_work = AtWork(4, SilentObserver())
    at_work.begin([DueIntegration(1, "a", 1, NOW, None, "h", 993, "u")])
    at_work.end(["a"])
    at_work.end(["a"])
    assert (at_work.listen(5), at_work.listen(0.0), at_work.done, at_work.begun) == (True, False, 1, 1)
