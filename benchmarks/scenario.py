"""What a simulation is made of: mailboxes, their providers, and the mail that they get, drawn by chance but seeded."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

from inboxsync.sync.caps import Download
from inboxsync.sync.context import EngineLimits

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
MAIL_BYTES = 60_000
# Of a day's mail, by hour: offices write from eight to six.
_HOURS = (1, 1, 1, 1, 1, 2, 3, 6, 9, 10, 10, 9, 7, 8, 9, 9, 8, 6, 4, 3, 2, 2, 2, 1)


@dataclass(frozen=True, slots=True)
class Provider:
    """Servers of one kind. `servers` share its mailboxes; each refuses a login above `connections`, if it does."""

    name: str
    share: float
    servers: int = 1
    connections: int | None = None
    daily_bytes: int | None = None


PROVIDERS = (
    Provider("large, 2 GB a day", 0.40, daily_bytes=2_000_000_000),
    Provider("large", 0.35),
    Provider("hosters", 0.25, servers=25, connections=10),
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is simulated. Intervals come with their shares; times in seconds, mail in messages a day and mailbox."""

    mailboxes: int = 100_000
    workers: int = 50
    jobs: int = 32
    poll_s: float = 15.0
    from_hour: float = 8.0
    duration_s: float = 3_600.0
    intervals: tuple[tuple[int, float], ...] = ((300, 0.6), (900, 0.3), (3_600, 0.1))
    messages_a_day: float = 40.0
    session_s: float = 1.2
    bytes_per_s: float = 2_000_000.0
    fetch_bytes: int = 2_000_000_000
    first_sync_share: float = 0.002
    first_sync_bytes: int = 5_000_000_000
    worker_dies_every_s: float = 6 * 3_600.0
    worker_restarts_after_s: float = 30.0
    providers: tuple[Provider, ...] = PROVIDERS
    limits: EngineLimits = field(default_factory=EngineLimits)
    seed: int = 20


@dataclass(slots=True)
class Mailbox:
    """A mailbox as it stands at an instant of the simulation; times in seconds since its begin."""

    provider: Provider
    server: int
    interval_s: int
    messages_per_s: float
    due_s: float
    backlog_bytes: int = 0
    failures: int = 0
    last_success_s: float = -math.inf
    looked_s: float = 0.0
    worker: int | None = None
    served: bool = False
    downloads: list[Download] = field(default_factory=list)


def drawn_mailbox(asked: Scenario, dice: random.Random) -> Mailbox:
    """Draw a mailbox: its provider, its interval, how much mail it gets, when it is due first."""
    (provider,) = dice.choices(asked.providers, [one.share for one in asked.providers])
    intervals, shares = zip(*asked.intervals, strict=True)
    (interval_s,) = dice.choices(intervals, shares)
    # Few mailboxes get most of the mail: a log-normal with this mean.
    a_day = asked.messages_a_day * dice.lognormvariate(-0.72, 1.2)
    return Mailbox(
        provider, dice.randrange(provider.servers), interval_s, a_day / 86_400, due_s=dice.uniform(0, interval_s)
    )


def busyness(asked: Scenario, at_s: float) -> float:
    """Answer how much more mail comes in at this time than on average."""
    hour = int(asked.from_hour + at_s / 3_600) % 24
    return 24 * _HOURS[hour] / sum(_HOURS)


def poisson(dice: random.Random, mean: float) -> int:
    """Draw a number of messages: Knuth's way for few, the normal distribution for many."""
    if mean > 30:
        return max(0, round(dice.gauss(mean, math.sqrt(mean))))
    floor, product, drawn = math.exp(-mean), dice.random(), 0
    while product > floor:
        product *= dice.random()
        drawn += 1
    return drawn
