"""Holding an integration while we work on it: take, keep alive, give back (design §5)."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterable, Iterator
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING

from inboxsync.errors import InboxsyncError, StoreError

if TYPE_CHECKING:
    from inboxsync.model.state import Lease
    from inboxsync.sync.context import Tools

LOG = logging.getLogger(__name__)
POLL_S = 0.5


@dataclass(slots=True)
class Keeper:
    """Renews all leases of a run from one thread, every `heartbeat_s`; `claimed` were taken before it."""

    tools: Tools
    claimed: InitVar[Iterable[Lease]] = ()
    _claimed: dict[int, Lease] = field(default_factory=dict)
    _lost: set[tuple[int, str]] = field(default_factory=set)
    _held: dict[int, Lease] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __post_init__(self, claimed: Iterable[Lease]) -> None:
        self._claimed = {lease.integration_id: lease for lease in claimed}
        self._held |= self._claimed
        if self._held:
            self._start()

    @contextlib.contextmanager
    def hold(self, integration_id: int, *, wait_s: float = 0.0) -> Iterator[Lease | None]:
        """Hold the lease within the block; yields None where others keep it longer than `wait_s`."""
        lease = self._claimed.pop(integration_id, None) or self._take(integration_id, wait_s)
        if lease is None:
            yield None
            return
        with self._guard:
            self._held[integration_id] = lease
        self._start()
        try:
            yield lease
        finally:
            with self._guard:
                self._held.pop(integration_id, None)
            self._release(lease)

    def is_lost(self, lease: Lease) -> bool:
        """Whether others have it: this process stood still, or could not reach the store, for longer than it lasts."""
        return (lease.integration_id, lease.token) in self._lost

    def _release(self, lease: Lease) -> None:
        """Give it back; where the store fails at that, the work is done all the same and the lease runs out."""
        try:
            self.tools.store.control.release_lease(lease)
        except StoreError as error:
            LOG.warning("lease_release_failed", extra={"integration_id": lease.integration_id, "code": error.code})

    def _take(self, integration_id: int, wait_s: float) -> Lease | None:
        until_s = self.tools.monotonic_s() + wait_s
        while True:
            lease = self.tools.store.control.acquire_lease(
                integration_id,
                self.tools.owner,
                lifetime_s=self.tools.limits.lease_lifetime_s,
                owner_is_dead=self.tools.owner_is_dead,
            )
            if lease is not None or self.tools.monotonic_s() >= until_s or self.tools.stopped():
                return lease
            self._ended.wait(POLL_S)

    def _start(self) -> None:
        with self._guard:
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="inboxsync-heartbeat", daemon=True)
                self._thread.start()

    def _beat(self) -> None:
        while not self._ended.wait(self.tools.limits.heartbeat_s):
            with self._guard:
                held = list(self._held.values())
            for lease in held:
                self._renew(lease)

    def _renew(self, lease: Lease) -> None:
        try:
            kept = self.tools.store.control.renew_lease(lease, lifetime_s=self.tools.limits.lease_lifetime_s)
        except InboxsyncError as error:
            LOG.warning("lease_renewal_failed", extra={"integration_id": lease.integration_id, "code": error.code})
            return
        if not kept and not self.is_lost(lease):
            self._lost.add((lease.integration_id, lease.token))
            LOG.warning("lease_lost", extra={"integration_id": lease.integration_id})

    def close(self) -> None:
        """End the heartbeat, and give back what was claimed and never begun."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        while self._claimed:
            self._release(self._claimed.popitem()[1])
