"""An engine on a mail server in memory and a real SQLite store: what the engine's tests are made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from inboxsync.imap.session import Session, SessionLimits
from inboxsync.model.integration import Endpoint, Integration, TlsMode
from inboxsync.model.provider import NO_LIMITS, ProviderLimits
from inboxsync.model.report import Counts, IntegrationReport, SyncReport
from inboxsync.model.roles import RoleNames
from inboxsync.model.secret import Secret
from inboxsync.model.state import Owner
from inboxsync.store.ports import Store
from inboxsync.store.sql import open_store
from inboxsync.sync.context import EngineLimits, NobodyWatches, Observer, Tools
from inboxsync.sync.engine import Engine, Order
from tests.fakes.mailbox import FakeServer

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = Order(trigger="sync", force=True, busy_is_fault=True)


def mail(number: int, *, message_id: str | None = "", body: str = "hello", sender: str = "ana@example.com") -> bytes:
    """A small message; `message_id` '' makes one of the number, None leaves it out."""
    known = f"m{number}@example.com" if message_id == "" else message_id
    head = f"From: {sender}\r\nTo: support@example.com\r\nSubject: Mail {number}\r\n"
    head += f"Message-ID: <{known}>\r\n" if known else ""
    return f"{head}Date: Mon, 2 Mar 2026 08:00:00 +0000\r\n\r\n{body} {number}\r\n".encode()


@dataclass
class Rig:
    """One store, one server, a clock that the test moves."""

    store: Store
    server: FakeServer
    now: datetime = START
    limits: EngineLimits = field(default_factory=EngineLimits)
    observer: Observer = field(default_factory=NobodyWatches)
    stop_after: int | None = None
    clock_s: float = 0.0
    checks: int = 0
    secret: Secret = field(default_factory=lambda: Secret("secret"))
    pid: int = 1
    provider_limits: dict[str, ProviderLimits] = field(default_factory=dict)
    folder_names: RoleNames = field(default_factory=dict)
    token_keys: tuple[bytes, ...] = ()
    trusted_authserv_ids: frozenset[str] = frozenset()

    def add(self, name: str = "support", **settings: object) -> Integration:
        """Add an integration on the fake server."""
        endpoint = Endpoint("imap.example.com", 993, TlsMode.IMPLICIT, "ana@example.com")
        plain = Integration(
            uuid=str(uuid4()),
            name=name,
            email=f"{name}@example.com",
            endpoint=endpoint,
            created_at=START,
            updated_at=START,
        )
        return self.store.control.add_integration(replace(plain, **settings), None)  # type: ignore[arg-type]  # kwargs

    def run(self, order: Order = NOW) -> SyncReport:
        """Run all integrations."""
        return self.engine().run(self.store.control.integrations(), order)

    def one(self, order: Order = NOW) -> IntegrationReport:
        """Run the one integration there is."""
        (report,) = self.run(order).integrations
        return report

    def counts(self) -> Counts:
        """Run, and answer the counts."""
        return self.one().counts

    def engine(self) -> Engine:
        """The engine with the rig's tools."""
        return Engine(
            Tools(
                store=self.store,
                open_session=self._open,
                secret_of=lambda _integration: self.secret,
                now=lambda: self.now,
                monotonic_s=lambda: self.clock_s,
                zone=UTC,
                owner=Owner("test", self.pid, "1"),
                owner_is_dead=lambda _owner: False,
                stopped=self._stopped,
                limits=self.limits,
                provider_limits=lambda integration: self.provider_limits.get(integration.provider or "", NO_LIMITS),
                folder_names=lambda _integration: self.folder_names,
                pause=lambda _seconds: None,
                observer=self.observer,
                token_keys=lambda: self.token_keys,
                trusted_authserv_ids=self.trusted_authserv_ids,
            )
        )

    def later(self, **duration: float) -> None:
        """Let time pass."""
        self.now += timedelta(**duration)

    def dump(self) -> list[str]:
        """The canonical dump."""
        return list(self.store.content.dump())

    def fates(self) -> Counts:
        """The ledger's sums of the one integration."""
        return self.store.content.fates(self.store.control.integrations()[0])

    def _open(self, integration: Integration, secret: Secret, limits: SessionLimits) -> Session:
        return self.server.connect(integration.endpoint, secret, limits)

    def _stopped(self) -> bool:
        self.checks += 1
        return self.stop_after is not None and self.checks > self.stop_after


@contextmanager
def rig_in(directory: Path) -> Iterator[Rig]:
    """A rig with a store in this directory."""
    store = open_store(None, directory)
    store.schema.ensure()
    try:
        yield Rig(store, FakeServer())
    finally:
        store.close()
