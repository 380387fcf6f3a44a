"""The engine with its real session and a real SQLite store: put back to the same beginning as often as a test likes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from typing import Any

from inboxsync.imap.adapter import connect
from inboxsync.imap.session import Session, SessionLimits
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.secret import Secret
from inboxsync.model.state import Totals
from inboxsync.model.verification import IntegrationCheck
from inboxsync.render.standing import standing
from inboxsync.render.status import StatusLine, status_json
from inboxsync.store.sql import open_store
from inboxsync.sync.context import EngineLimits
from inboxsync.sync.engine import Engine
from inboxsync.sync.verify import Verifier, VerifyOrder
from tests.fakes.mailbox import FakeServer
from tests.unit.sync.rig import Rig

# Far longer than a loopback server takes, whatever else the machine does; no fault that ends a connection waits.
PATIENCE = SessionLimits(connect_timeout_s=20, tls_timeout_s=20, command_timeout_s=30, silence_timeout_s=20)
HURRY = SessionLimits(connect_timeout_s=5, tls_timeout_s=0.5, command_timeout_s=0.5, silence_timeout_s=0.3)
LIMITS = EngineLimits(session=PATIENCE, batch_messages=2, chunk_messages=2, max_message_bytes=2**20)
HURRIED = replace(LIMITS, session=HURRY)
NOWHERE = Endpoint("127.0.0.1", 9, TlsMode.NONE, "ana@example.com")
EVERYTHING = VerifyOrder(deep=True, sample=1_000)


@dataclass
class Desk(Rig):
    """A rig whose sessions go to `endpoint`. It waits for nothing between two tries."""

    endpoint: Endpoint = NOWHERE
    password: str = "made-up"
    limits: EngineLimits = LIMITS
    pauses: list[float] = field(default_factory=list)

    def engine(self) -> Engine:
        """The engine with the rig's tools and no pauses."""
        return Engine(replace(super().engine().tools, pause=self.pauses.append))

    def verify(self, order: VerifyOrder = EVERYTHING) -> IntegrationCheck:
        """Compare the one integration with its server, every message in full."""
        (check,) = Verifier(self.engine().tools).run(self.store.control.integrations(), order)
        return check

    def status(self) -> Any:
        """What `status --json` says of the one integration."""
        return status_of(self)

    def _open(self, integration: Integration, secret: Secret, limits: SessionLimits) -> Session:
        return connect(self.endpoint, Secret(self.password), limits)


def status_of(rig: Rig) -> Any:
    """What `status --json` says of the one integration of a rig."""
    control = rig.store.control
    (integration,) = control.integrations()
    number = integration.id or 0
    state, lease = control.states().get(number), {lease.integration_id: lease for lease in control.leases()}.get(number)
    how = standing(integration, state, lease, rig.now, UTC)
    return status_json(StatusLine(integration, state, how, control.totals().get(number, Totals())))


class Beginning:
    """A data directory with the schema and one integration, to be copied as often as needed."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self._kept, self._live = directory / "kept", directory / "live"
        with closing(open_store(None, self._kept)) as store:
            store.schema.ensure()
            Rig(store, FakeServer()).add(**settings)

    @contextmanager
    def desk(self, endpoint: Endpoint, password: str = "made-up", **more: object) -> Iterator[Desk]:
        """A desk on a copy, which is gone afterwards."""
        shutil.copytree(self._kept, self._live)
        try:
            with closing(open_store(None, self._live)) as store:
                yield Desk(store, FakeServer(), endpoint=endpoint, password=password, **more)  # type: ignore[arg-type]  # fields
        finally:
            shutil.rmtree(self._live)
