"""How often a run logs in, and when the next one may: refusals of a login, over the wire and through the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from devtools.scripted_imap import Answer, Cut, ScriptedServer
from inboxsync.imap.adapter import connect
from inboxsync.imap.session import Session, SessionLimits
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.report import IntegrationReport, RunStatus
from inboxsync.model.secret import Secret
from inboxsync.model.state import SyncState
from inboxsync.sync.engine import Order
from inboxsync.sync.standing import BANDWIDTH_LOCK_S, FIRST_BACKOFF, PROBE_EVERY
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import NOW, Rig, rig_in

LIMITS = SessionLimits(connect_timeout_s=2, command_timeout_s=3, silence_timeout_s=2, session_timeout_s=20)
EMPTY = b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 1] ok\r\n$TAG OK [READ-ONLY] done\r\n"
DUE = Order()


@dataclass
class WireRig(Rig):
    """A rig whose integrations log in to a scripted server; it waits for nothing between two tries."""

    port: int = 0

    def account(self, name: str = "support", username: str = "ana@example.com") -> Integration:
        """Add an integration with a login on the scripted server."""
        added = self.add(name)
        endpoint = Endpoint("127.0.0.1", self.port, TlsMode.NONE, username)
        return self.store.control.update_integration(replace(added, endpoint=endpoint))

    def state(self, name: str = "support") -> SyncState:
        """How an integration stands."""
        integration = self.store.control.integration(name)
        assert integration is not None
        return self.store.control.states()[integration.id or 0]

    def _open(self, integration: Integration, secret: Secret, limits: SessionLimits) -> Session:
        return connect(integration.endpoint, secret, replace(LIMITS, stopped=limits.stopped))


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[WireRig]:
    """A rig for scripted servers."""
    with rig_in(tmp_path) as plain:
        yield WireRig(plain.store, FakeServer())


def logins(server: ScriptedServer) -> int:
    return sum(verb in {"LOGIN", "AUTHENTICATE"} for verb in server.verbs)


def refusing(answer: Answer | Callable[[bytes], Answer]) -> ScriptedServer:
    return ScriptedServer([("AUTHENTICATE", answer), ("EXAMINE", EMPTY)])


def one(wire: WireRig, order: Order = NOW) -> IntegrationReport:
    (report,) = wire.run(order).integrations
    return report


@pytest.mark.parametrize(
    ("said", "code", "exit_code", "wait"),
    [
        (b"NO [UNAVAILABLE] try again later", "server_unavailable", 75, FIRST_BACKOFF),
        (b"NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded", "throttled", 75, FIRST_BACKOFF),
        (b"NO [INUSE] mailbox in use", "server_unavailable", 75, FIRST_BACKOFF),
        (b"NO [LIMIT] slow down", "throttled", 75, FIRST_BACKOFF),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", "throttled", 75, FIRST_BACKOFF),
        (b"NO [OVERQUOTA] Account exceeded command or bandwidth limits.", "throttled", 75, BANDWIDTH_LOCK_S),
        (b"BAD Request is throttled. Suggested Backoff Time: 90000 milliseconds", "throttled", 75, 90.0),
        (b"BAD Request is throttled. Suggested Backoff Time: 999999999999 milliseconds", "throttled", 75, 86_400.0),
        (b"BAD User is authenticated but not connected.", "server_unavailable", 75, FIRST_BACKOFF),
        (b"NO Temporary authentication failure", "server_unavailable", 75, FIRST_BACKOFF),
        (b"NO [AUTHENTICATIONFAILED] Invalid credentials", "auth_failed", 77, FIRST_BACKOFF),
        (b"NO [AUTHORIZATIONFAILED] not yours", "auth_failed", 77, FIRST_BACKOFF),
        (b"NO [EXPIRED] the password has expired", "auth_failed", 77, FIRST_BACKOFF),
        (b"NO LOGIN failed.", "auth_failed", 77, FIRST_BACKOFF),
    ],
    ids=lambda value: value.decode()[:34] if isinstance(value, bytes) else None,
)
def test_a_refused_login_is_not_repeated_before_its_time(
    wire: WireRig, said: bytes, code: str, exit_code: int, wait: float | timedelta
) -> None:
    pause = wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
    with refusing(b"$TAG " + said + b"\r\n") as server:
        wire.port = server.port
        wire.account()
        report = one(wire)
        assert (report.status, report.error and report.error.code, report.exit_code) == (
            *(RunStatus.ERROR, code, exit_code),
        )
        assert logins(server) == 1
        assert wire.state().next_attempt_at == wire.now + pause
        wire.later(seconds=pause.total_seconds() - 1)
        wire.run(DUE)
        assert logins(server) == 1
        wire.later(seconds=2)
        wire.run(DUE)
        assert logins(server) == 2


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        (b"* BYE [UNAVAILABLE] later\r\n", "server_unavailable"),
        (b"* BYE Too many connections\r\n", "throttled"),
        (b"* BYE\r\n", "server_unavailable"),
    ],
)
def test_a_server_that_turns_us_away_is_not_knocked_at_twice(wire: WireRig, greeting: bytes, code: str) -> None:
    with ScriptedServer(greeting=Cut(greeting)) as server:
        wire.port = server.port
        wire.account()
        report = one(wire)
        assert (report.error and report.error.code, report.exit_code) == (code, 75)
        assert server.connections == 1


def test_a_login_that_was_cut_is_tried_once_more(wire: WireRig) -> None:
    answers: list[Answer] = [Cut(), b"$TAG OK in\r\n"]
    with refusing(lambda _command: answers.pop(0)) as server:
        wire.port = server.port
        wire.account()
        assert one(wire).status is RunStatus.SUCCESS
        assert logins(server) == 2


def test_a_folder_that_is_busy_after_the_login_is_tried_once_more(wire: WireRig) -> None:
    script = [("EXAMINE", b"$TAG NO [INUSE] busy\r\n"), ("EXAMINE", EMPTY)]
    with ScriptedServer(script) as server:
        wire.port = server.port
        wire.account()
        assert one(wire).status is RunStatus.SUCCESS
        assert logins(server) == 2


def test_three_refusals_pause_through_other_faults_and_are_probed_every_six_hours(wire: WireRig) -> None:
    no, later = b"$TAG NO [AUTHENTICATIONFAILED] no\r\n", b"$TAG NO [UNAVAILABLE] later\r\n"
    answers = [no, later, no, no, later, no]
    with refusing(lambda _command: answers.pop(0)) as server:
        wire.port = server.port
        integration = wire.account()
        for count in (1, 2, 3, 4):
            wire.run(DUE)
            wire.later(hours=1)
            assert logins(server) == count
        assert wire.state().paused
        wire.later(hours=4)
        (report,) = wire.run(DUE).integrations
        assert (report.reason, report.exit_code, logins(server)) == ("paused", 77, 4)
        wire.later(hours=1)
        wire.run(DUE)
        assert (wire.state().paused, logins(server)) == (True, 5)
        (report,) = wire.run(DUE).integrations
        assert (report.reason, report.exit_code) == ("paused", 77), "a probe that failed otherwise hides nothing"
        wire.later(seconds=PROBE_EVERY.total_seconds())
        wire.run(DUE)
        assert (wire.state().paused, logins(server)) == (True, 6)
        answers.append(b"$TAG OK in\r\n")
        wire.store.control.update_integration(integration, b"another secret")
        wire.later(minutes=5)
        assert one(wire, DUE).status is RunStatus.SUCCESS
        assert not wire.state().paused


# --- one login, several integrations --------------------------------------------------------------------------------

THROTTLED = b"$TAG BAD Request is throttled. Suggested Backoff Time: 3600000 milliseconds\r\n"


def test_a_login_that_is_throttled_is_left_alone_by_all_that_use_it(wire: WireRig) -> None:
    with refusing(THROTTLED) as server:
        wire.port = server.port
        wire.account("a")
        wire.account("b", "ANA@example.com")
        wire.account("c", "bob@example.com")
        a, b, c = wire.run(replace(DUE, jobs=1)).integrations
        assert (a.error and a.error.code, b.status, b.reason, b.exit_code) == (
            *("throttled", RunStatus.SKIPPED, "throttled", 0),
        )
        assert c.error is not None
        assert logins(server) == 2
        wire.later(minutes=30)
        (b,) = wire.run(DUE).integrations
        assert (b.name, b.reason, logins(server)) == ("b", "throttled", 2)
        wire.later(minutes=31)
        assert len([one for one in wire.run(DUE).integrations if one.error]) == 2
        assert logins(server) == 4


def test_somebody_who_asks_for_an_integration_by_name_gets_it(wire: WireRig) -> None:
    with refusing(THROTTLED) as server:
        wire.port = server.port
        first = wire.account("a")
        second = wire.account("b")
        wire.engine().run([first], NOW)
        (report,) = wire.engine().run([second], NOW).integrations
        assert (report.status, logins(server)) == (RunStatus.ERROR, 2)
