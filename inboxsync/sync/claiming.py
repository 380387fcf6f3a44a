"""Taking work from the store: what is due, and the leases to do it under. Used by workers of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration
    from inboxsync.model.state import Lease
    from inboxsync.model.working import DueIntegration, Polled
    from inboxsync.sync.context import Tools


@dataclass(frozen=True, slots=True)
class Claim:
    """Integrations that nobody else works on until their leases are given back. More leases may be held than are used:
    of an integration that was switched off between two looks.
    """

    integrations: Sequence[Integration]
    leases: Sequence[Lease]


def poll(tools: Tools) -> Polled:
    """Ask what is due and free. Raises StoreError."""
    return tools.store.control.poll(tools.now(), host=tools.owner.host, owner_is_dead=tools.owner_is_dead)


def claim(tools: Tools, chosen: Sequence[DueIntegration]) -> Claim:
    """Take the leases that are still free, and read the settings as they are now. Raises StoreError."""
    control = tools.store.control
    leases = control.acquire_leases(
        [one.id for one in chosen],
        tools.owner,
        lifetime_s=tools.limits.lease_lifetime_s,
        owner_is_dead=tools.owner_is_dead,
    )
    held = {lease.integration_id for lease in leases}
    found = control.integrations_of([one.id for one in chosen if one.id in held])
    return Claim([integration for integration in found if integration.active], leases)
