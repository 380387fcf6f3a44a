"""A task's work without Celery: reports for what can and cannot be done, limits, and an end in order."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inboxsync.app import App
from inboxsync.config.settings import load_settings
from inboxsync.contrib.desk import Desk, limits_under, open_application, time_limits
from inboxsync.errors import ConfigError
from inboxsync.imap.session import Session, SessionLimits
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.secret import Secret
from inboxsync.model.state import Owner
from tests.fakes.mailbox import FakeServer

SECRET = "a made-up secret"
ENDPOINT = Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "ana@example.com")


class Site(App):
    """The application on a mail server in memory."""

    server = FakeServer()

    def secret_of(self, integration: Integration) -> Secret:
        return Secret("secret")

    def open_session(self, integration: Integration, secret: Secret, limits: SessionLimits | None = None) -> Session:
        return self.server.connect(integration.endpoint, secret, limits)


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[], App]:
    server = FakeServer()

    def make() -> App:
        app = Site(load_settings({}, {"data_dir": str(tmp_path)}), {})
        app.server = server
        return app

    return make


@pytest.fixture
def desk(opened: Callable[[], App]) -> Desk:
    return Desk("w@site", opened)


def add(opened: Callable[[], App], name: str = "support", *, active: bool = True) -> int:
    with opened() as app:
        plain = Integration(f"{name}-uuid", name, f"{name}@example.com", ENDPOINT, active=active)
        return app.store.control.add_integration(plain, None).id or 0


def told(report: dict[str, object]) -> tuple[str, str, str | None]:
    (part,) = json.loads(json.dumps(report))["integrations"]
    return part["name"], part["status"], part["reason"]


def test_an_integration_is_synced_now_or_only_if_it_is_due(desk: Desk, opened: Callable[[], App]) -> None:
    number = add(opened)
    assert told(desk.sync(number, only_if_due=True)) == ("support", "success", None)
    assert told(desk.sync(number, only_if_due=True)) == ("support", "skipped", "not_due")
    assert told(desk.sync(number, only_if_due=False)) == ("support", "success", None)


def test_what_is_gone_switched_off_or_at_work_elsewhere_is_skipped(desk: Desk, opened: Callable[[], App]) -> None:
    off, held = add(opened, "off", active=False), add(opened, "held")
    with opened() as app:
        other = Owner("elsewhere", 1, "1")
        assert app.store.control.acquire_lease(held, other, lifetime_s=60, owner_is_dead=lambda _owner: False)
    assert told(desk.sync(4711, only_if_due=False)) == ("#4711", "skipped", "removed")
    assert told(desk.sync(off, only_if_due=False)) == ("off", "skipped", "inactive")
    assert told(desk.sync(held, only_if_due=False)) == ("held", "skipped", "locked")
    assert desk.due() == []


def test_due_is_answered_in_the_order_of_work(desk: Desk, opened: Callable[[], App]) -> None:
    for name in ("b", "a"):
        add(opened, name)
    assert [one.name for one in desk.due()] == ["a", "b"]


def test_nothing_to_deliver(desk: Desk) -> None:
    assert desk.deliver(0.0) == {"delivered": 0, "failed": 0, "webhooks": []}


class TimeIsUp(Exception):
    """What Celery raises in the main thread."""


@pytest.fixture
def alarm() -> Iterator[Callable[[], None]]:
    """Raise TimeIsUp in the main thread, as Celery does it: by a signal."""

    def ring(_signum: int, _frame: object) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGUSR1, ring)
    yield lambda: os.kill(os.getpid(), signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)


def test_told_to_end_it_ends_in_order(opened: Callable[[], App], alarm: Callable[[], None]) -> None:
    """The limit is raised in the waiting thread; the work sees that it is to stop, and its result is the task's."""
    desk = Desk(None, opened)

    def work() -> bool:
        with desk._opened() as app:
            alarm()
            return app.stop.wait(10)

    assert desk.within_limits(work, TimeIsUp) is True


def test_limits_lie_beyond_the_runs_own_and_within_a_lease_of_it() -> None:
    limits = limits_under(600, 60)
    assert (limits.soft_s, limits.hard_s) == (615, 660)
    assert limits_under(600, 2).soft_s < limits_under(600, 2).hard_s


@pytest.mark.parametrize(("deadline", "hard_s"), [("2m", 180), ("soon", 660)])
def test_limits_follow_from_the_settings_and_faulty_ones_raise_nothing_when_a_task_is_sent(
    monkeypatch: pytest.MonkeyPatch, deadline: str, hard_s: int
) -> None:
    monkeypatch.setenv("INBOXSYNC_DEADLINE", deadline)
    time_limits.cache_clear()
    try:
        assert time_limits().hard_s == hard_s
        if deadline == "soon":
            with pytest.raises(ConfigError):
                open_application()
    finally:
        time_limits.cache_clear()
