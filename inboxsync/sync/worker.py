"""What a worker decides: which integrations to take next, how long to rest, how long to leave a failing store alone.

Pure: the clock, the dice and what is at work are arguments. The loop that does it is in `commands.working`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.model.provider import ProviderLimits
    from inboxsync.model.working import DueIntegration
    from inboxsync.sync.caps import Account, Caps

# Of four integrations that are taken, one is the one that has waited longest, whatever its priority: where the due work
# never ends, the highest priorities alone would otherwise be served.
TURN_OF_THE_OLDEST = 4
# Workers started in the same second must not go on polling in the same second.
JITTER = 0.25
FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 30.0
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Room:
    """How many more connections hosts and logins take."""

    caps: Caps
    limits_of: Callable[[str | None], ProviderLimits]
    hosts: Counter[str] = field(default_factory=Counter)
    accounts: Counter[Account] = field(default_factory=Counter)

    def add(self, one: DueIntegration) -> None:
        self.hosts[one.host.lower()] += 1
        self.accounts[one.account] += 1

    def has_for(self, one: DueIntegration) -> bool:
        limits = self.limits_of(one.provider)
        has_room = self.caps.host_has_room(self.hosts[one.host.lower()], limits)
        return has_room and self.caps.account_has_room(self.accounts[one.account], limits)


def choose(
    due: Iterable[DueIntegration],
    at_work: Iterable[DueIntegration],
    *,
    places: int,
    taken_before: int,
    caps: Caps,
    limits_of: Callable[[str | None], ProviderLimits],
) -> Sequence[DueIntegration]:
    """Pick up to `places` integrations to begin now, beside what is at work, within the caps of hosts and logins.

    Lowest priority number first, then oldest success (never first), then name, as `schedule.order` has it; but every
    fourth, counted on from `taken_before`, is the one due longest. `limits_of` answers what a provider stands.
    """
    room = _Room(caps, limits_of)
    for one in at_work:
        room.add(one)
    waiting = list(due)
    by_rank = sorted(waiting, key=_rank, reverse=True)
    by_age = sorted(waiting, key=lambda one: (one.due_since, one.id), reverse=True)
    chosen: dict[int, DueIntegration] = {}
    while len(chosen) < places:
        is_for_the_oldest = (taken_before + len(chosen)) % TURN_OF_THE_OLDEST == TURN_OF_THE_OLDEST - 1
        found = _next(by_age if is_for_the_oldest else by_rank, chosen, room)
        if found is None:
            break
        room.add(found)
        chosen[found.id] = found
    return tuple(chosen.values())


def _next(queue: list[DueIntegration], chosen: dict[int, DueIntegration], room: _Room) -> DueIntegration | None:
    """Take from the end of a queue the first that has room; what has none now has none later in this choice."""
    while queue:
        one = queue.pop()
        if one.id not in chosen and room.has_for(one):
            return one
    return None


def in_order(due: Iterable[DueIntegration]) -> Sequence[DueIntegration]:
    """Put what is due in the order of work (`schedule.order`)."""
    return sorted(due, key=_rank)


def _rank(one: DueIntegration) -> tuple[int, datetime, str]:
    return (one.priority, one.last_success_at or _NEVER, one.name)


def rest_s(poll_s: float, draw: float) -> float:
    """Tell how long to rest until the next poll: a quarter more or less, by `draw` from 0 to 1."""
    return poll_s * (1 - JITTER + 2 * JITTER * draw)


def retry_s(failures: int, draw: float) -> float:
    """Tell how long to leave a store alone that failed so often in a row: doubling up to 30 s, half of it by `draw`."""
    longest = min(FIRST_RETRY_S * 2.0 ** min(failures - 1, 10), LONGEST_RETRY_S)
    return longest * (0.5 + 0.5 * draw)
