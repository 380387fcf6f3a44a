"""A scenario brought to the brink of the run under test, and put back there for every point of the sweep.

The mail server lives in this process; a child that dies hands over the state the server was in at that very moment, so
the next child meets the server that the dead one left. No child shares a database connection with anybody.
"""

from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from enum import Enum
from pathlib import Path
from typing import TypeVar, cast
from uuid import UUID

import tenacity  # noqa: F401  what children would import each for itself, the parent has imported

from inboxsync.app import is_dead, this_owner
from inboxsync.errors import StoreError
from inboxsync.imap.session import Session, SessionLimits
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.report import SyncReport
from inboxsync.model.secret import Secret
from inboxsync.model.state import Owner
from inboxsync.store.address import DatabaseAddress, read_address
from inboxsync.store.blobs import Blobs
from inboxsync.store.connections import Connections
from inboxsync.store.content import SqlContentStore
from inboxsync.store.content_port import ContentStore
from inboxsync.store.ports import ControlStore, Schema, Store
from inboxsync.store.sql import open_store
from inboxsync.sync.context import Tools
from inboxsync.sync.engine import Engine, Order
from tests.crash.children import fork, wait
from tests.crash.endings import Ending, Placement, Reruns, ending_of, flags_of, settled
from tests.crash.places import Place
from tests.crash.scenarios import Scenario, Settings
from tests.crash.steps import (
    CONTENT_READS,
    CONTROL_READS,
    Stepped,
    SteppedPublish,
    SteppedSession,
    Steps,
    fail,
)
from tests.fakes.mailbox import FakeFolder, FakeServer
from tests.state.ledger import all_raw
from tests.unit.sync.rig import START

DIED = 97
RETRIED_EVERY = 5  # a wait of a quarter of a second each
ORDER = Order(trigger="sync", force=True, jobs=1)
ENDPOINT = Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "ana@example.com")
T = TypeVar("T")


class Fault(Enum):
    """What happens at a step."""

    DEATH = "death"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class SteppedStore:
    """A `ports.Store` whose every effect is a step."""

    control: ControlStore
    content: ContentStore
    schema: Schema
    data_dir: Path

    def rest(self) -> None:
        """Leave the heavy plane open: its steps are counted on."""

    def close(self) -> None:
        """Close both planes."""
        self.content.close()
        self.control.close()


class Stage:
    """Plays one scenario in one place."""

    def __init__(self, scenario: Scenario, place: Place) -> None:
        self.scenario = scenario
        self.place = place
        self.now = START
        self.server = FakeServer()
        self._connections: dict[DatabaseAddress, Connections] = {}
        self._prepare()

    def _prepare(self) -> None:
        with closing(self._store(Steps())) as store:
            for number, settings in enumerate(self.scenario.integrations):
                store.control.add_integration(_integration(number, settings), None)
            with closing(open_store(self.place.url, self.place.data_dir)) as plain:
                self.scenario.set_up(plain.content)
            for change in self.scenario.changes[:-1]:
                change(self.server)
                self._run(store, self.server, Steps(), this_owner())
                self.now += timedelta(hours=1)
        self.scenario.changes[-1](self.server)
        self.server.calls.clear()
        self.place.keep()

    # --- the three kinds of run -------------------------------------------------------------------------------------

    def undisturbed(self) -> tuple[Ending, Sequence[str]]:
        """Run in peace; answers what is left, and the names of the steps."""
        self.place.restore()
        steps, server = Steps(), self._server_now()
        with closing(self._store(steps)) as store:
            report = self._run(store, server, steps, this_owner())
            return ending_of(store, server, report), steps.names

    def disturbed(self, at: int, fault: Fault) -> Reruns:
        """Strike at a step of a run in a child, then run twice in peace. Fails where the step was not reached."""
        self.place.restore()
        server = self._server_now()
        if fault is Fault.ERROR:
            self._fail(at, server)
        else:
            server.folders = self._die(at, server)
        return self._reruns(server)

    def cut_off(self, at: int, cut: Callable[[], None]) -> Ending:
        """Lose every connection to the database at a step of a run; answers what that very run leaves."""
        self.place.restore()
        server, steps = self._server_now(), Steps(at, lambda _name: cut())
        with closing(self._store(steps)) as store:
            report = self._run(store, server, steps, this_owner())
            assert steps.struck, f"step {at} was not reached"
            return ending_of(store, server, report)

    def _die(self, at: int, server: FakeServer) -> dict[str, FakeFolder]:
        """Run in a child that dies at this step; answers the folders as the server had them in that moment."""
        left = self.place.data_dir.parent / "server"

        def strike(_name: str) -> None:
            left.write_bytes(pickle.dumps(server.folders))
            os._exit(DIED)

        code = wait(fork(lambda: self._run(self._store(steps := Steps(at, strike)), server, steps, this_owner())))
        assert code == DIED, f"the child ended with {code}: step {at} was not reached"
        folders: dict[str, FakeFolder] = pickle.loads(left.read_bytes())
        return folders

    def _fail(self, at: int, server: FakeServer) -> None:
        """Run with an error at this step, as another process that is gone when the next run looks for it."""
        steps = Steps(at, fail)
        owner = replace(this_owner(), process_start="of another process")
        with closing(self._store(steps)) as store, suppress(StoreError):
            report = self._run(store, server, steps, owner, lambda: steps.struck and not self._is_tried_again(steps))
            errors = [part.error.code for part in report.integrations if part.error]
            assert "internal" not in errors, errors
        assert steps.struck, f"step {at} was not reached"

    def _is_tried_again(self, steps: Steps) -> bool:
        """Whether a run may go on after its error: some that lost a connection do, for the others all is over.

        A store that failed one integration and serves the next would change which of them stores a mail of both.
        """
        at = steps.at or 0
        return at % RETRIED_EVERY == 0 and steps.names[at - 1].startswith("session")

    def _reruns(self, server: FakeServer) -> Reruns:
        server.calls.clear()
        with closing(self._store(Steps())) as store:
            too_early = self._told_too_early(store, server)
            first = ending_of(store, server, self._run(store, server, Steps(), this_owner(), minutes=1))
            assert all(all_raw(store.content, first.sums().get("messages", 0))), "raw octets that cannot be read"
            server.calls.clear()
            second = ending_of(store, server, self._run(store, server, Steps(), this_owner(), minutes=2))
        return Reruns(too_early, first, second, [call for call in server.calls if call[0] == "mark_seen"])

    def _server_now(self) -> FakeServer:
        """A server like the one on which the scenario was set up."""
        server = FakeServer()
        server.folders = copy.deepcopy(self.server.folders)
        return server

    # --- parts ------------------------------------------------------------------------------------------------------

    def _store(self, steps: Steps) -> SteppedStore:
        plain = open_store(self.place.url, self.place.data_dir)
        address = read_address(self.place.url, self.place.data_dir)
        # Kept over forks, without a connection: it holds the compiled statements, which are dear.
        if address not in self._connections:
            self._connections[address] = Connections(address)
        content = SqlContentStore(self._connections[address], Blobs(self.place.data_dir, SteppedPublish(steps)))
        return SteppedStore(
            control=cast(ControlStore, Stepped(plain.control, "control", steps, CONTROL_READS)),
            content=cast(ContentStore, Stepped(content, "content", steps, CONTENT_READS)),
            schema=plain.schema,
            data_dir=self.place.data_dir,
        )

    def _run(
        self,
        store: Store,
        server: FakeServer,
        steps: Steps,
        owner: Owner,
        stopped: Callable[[], bool] = lambda: False,
        minutes: int = 0,
    ) -> SyncReport:
        now = self.now + timedelta(minutes=minutes)

        def open_session(integration: Integration, secret: Secret, limits: SessionLimits) -> Session:
            steps.step("session: before the login")
            inner = server.connect(integration.endpoint, secret, limits)
            return cast(Session, SteppedSession(inner, "session", steps))

        tools = Tools(
            store=store,
            open_session=open_session,
            secret_of=lambda _integration: Secret("secret"),
            now=lambda: now,
            monotonic_s=lambda: 0.0,
            zone=UTC,
            owner=owner,
            owner_is_dead=is_dead,
            stopped=stopped,
            limits=self.scenario.limits,
            pause=lambda _seconds: None,
        )
        return Engine(tools).run(store.control.integrations(), ORDER)

    def _told_too_early(self, store: Store, server: FakeServer) -> Sequence[Placement]:
        """What the server was told to mark though the ledger has not settled it (P1)."""
        before = flags_of(self.server)
        told = [placement for placement, flags in flags_of(server).items() if flags != before[placement]]
        have = settled(list(store.content.dump())) if told else frozenset()
        return [placement for placement in told if placement not in have]


def _integration(number: int, settings: Settings) -> Integration:
    plain = Integration(
        uuid=str(UUID(int=number + 1)),
        name=f"support{number}",
        email="support@example.com",
        endpoint=ENDPOINT,
        created_at=START,
        updated_at=START,
    )
    return replace(plain, **settings)  # type: ignore[arg-type]  # settings are checked by the dataclass itself
