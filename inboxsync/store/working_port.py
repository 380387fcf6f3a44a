"""What workers ask of the store beside what every run asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration
    from inboxsync.model.state import Lease, Owner
    from inboxsync.model.working import Polled


class WorkingStore(Protocol):
    """Finds work that is due and free, and takes it, for many workers at once."""

    def poll(self, now: datetime, *, host: str, owner_is_dead: Callable[[Owner], bool]) -> Polled:
        """What is due and held by nobody; on Postgres by the server's clock, which is told, else by `now`."""

    def acquire_leases(
        self,
        integration_ids: Sequence[int],
        owner: Owner,
        *,
        lifetime_s: float,
        owner_is_dead: Callable[[Owner], bool],
    ) -> Sequence[Lease]:
        """Take those that are free, in one transaction that waits for no other worker; answers what is ours now."""

    def integrations_of(self, integration_ids: Sequence[int]) -> Sequence[Integration]:
        """The integrations with these ids, in this order, without those that are removed."""
