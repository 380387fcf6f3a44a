"""Waiting until no run is at work, for what would be in its way or it in ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inboxsync import system
from inboxsync.commands.status import live_leases
from inboxsync.errors import LeaseHeld

if TYPE_CHECKING:
    from datetime import datetime
    from threading import Event

    from inboxsync.store.ports import ControlStore

_LOOKED_EVERY_S = 0.5


def wait_until_idle(control: ControlStore, what: str, now: datetime, *, wait_s: float, stop: Event) -> None:
    """Return when nobody holds a lease; LeaseHeld, naming who, when somebody still does after so long."""
    deadline_s = system.monotonic_s() + wait_s
    while working := _at_work(control, now):
        left_s = deadline_s - system.monotonic_s()
        if left_s <= 0 or stop.wait(min(_LOOKED_EVERY_S, left_s)):
            raise LeaseHeld(f"{what} cannot begin: {working}", hint="wait for its end, or give it longer with --wait")


def _at_work(control: ControlStore, now: datetime) -> str:
    held = {one: lease for one, lease in live_leases(control.leases()).items() if lease.expires_at > now}
    names = {integration.id: integration.name for integration in control.integrations()} if held else {}
    return ", ".join(
        f"process {lease.owner.pid} on {lease.owner.host} works on {names.get(one, one)}"
        for one, lease in sorted(held.items())
    )
