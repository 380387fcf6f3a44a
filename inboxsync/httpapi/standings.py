"""How integrations stand, read once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from inboxsync.model.state import Totals
from inboxsync.render.standing import standing
from inboxsync.render.status import StatusLine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inboxsync.model.integration import Integration
    from inboxsync.model.state import Owner
    from inboxsync.store.ports import ControlStore


def status_lines(
    control: ControlStore,
    integrations: Sequence[Integration],
    totals: Mapping[int, Totals],
    *,
    now: datetime,
    zone: tzinfo,
    is_dead: Callable[[Owner], bool],
) -> list[StatusLine]:
    """Gather what status tells of these integrations. Raises StoreError."""
    states = control.states()
    leases = {lease.integration_id: lease for lease in control.leases() if not is_dead(lease.owner)}
    return [
        StatusLine(
            one,
            states.get(one.id or 0),
            standing(one, states.get(one.id or 0), leases.get(one.id or 0), now, zone),
            totals.get(one.id or 0, Totals()),
        )
        for one in integrations
    ]
