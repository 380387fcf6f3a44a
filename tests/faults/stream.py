"""A whole session through a proxy that spoils it somewhere, held against the same session in peace."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from devtools.tcp_proxy import TcpProxy
from inboxsync.model.integration import Endpoint, TlsMode
from inboxsync.sync.context import EngineLimits
from tests.faults.desk import LIMITS, Beginning, Desk
from tests.faults.twins import DUPLICATES, LETTERS, PASSWORD, STORED, Twins

_SETTLED = "SELECT uid FROM inboxsync_placements WHERE fate <> 'pending'"


@dataclass(frozen=True, slots=True)
class Peace:
    """What an undisturbed first run leaves, and how many octets it took in both directions."""

    dump: list[str]
    down_bytes: int
    up_bytes: int


@dataclass(frozen=True, slots=True)
class Seat:
    """A desk at which one fresh account is synced through the proxy."""

    desk: Desk
    user: str
    twins: Twins

    def told_too_early(self) -> set[int]:
        """The UIDs that the server was told to mark though they have no fate here (P1)."""
        with closing(sqlite3.connect(self.desk.store.data_dir / "inboxsync.sqlite3")) as connection:
            settled = {uid for (uid,) in connection.execute(_SETTLED)}
        return self.twins.marked(self.user) - settled


@dataclass(frozen=True, slots=True)
class Stream:
    """Sessions of one kind: in clear text, or encrypted from the first octet."""

    twins: Twins
    proxy: TcpProxy
    beginning: Beginning
    tls: TlsMode = TlsMode.NONE

    @contextmanager
    def seat(self, limits: EngineLimits = LIMITS) -> Iterator[Seat]:
        """A fresh account and a fresh store."""
        self.proxy.heal()
        ca_file = str(self.twins.server.ca_file) if self.tls is not TlsMode.NONE else None
        with self.twins.one() as user:
            where = Endpoint("localhost", self.proxy.port, self.tls, user, ca_file=ca_file)
            with self.beginning.desk(where, PASSWORD, limits=limits) as desk:
                yield Seat(desk, user, self.twins)

    def peace(self) -> Peace:
        """Run once undisturbed; a first run that stores everything and marks it."""
        with self.seat() as seat:
            down, up = self.proxy.forwarded_bytes, self.proxy.sent_bytes
            report = seat.desk.one()
            assert (report.exit_code, report.counts.stored, report.counts.duplicate) == (0, STORED, DUPLICATES)
            assert len(seat.twins.marked(seat.user)) == len(LETTERS)
            return Peace(seat.desk.dump(), self.proxy.forwarded_bytes - down, self.proxy.sent_bytes - up)


@contextmanager
def stream_of(twins: Twins, directory: Path, tls: TlsMode = TlsMode.NONE) -> Iterator[Stream]:
    """A stream whose integration marks what it stored."""
    port = twins.server.port if tls is TlsMode.NONE else twins.server.tls_port
    with TcpProxy(port) as proxy:
        yield Stream(twins, proxy, Beginning(directory, mark_read=True), tls)
