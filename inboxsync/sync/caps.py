"""How much at once, and how much a day: turns under the caps of hosts and accounts, and octets of the last 24 hours.

As many connections to an account and to a host as settings and provider allow: more are answered with `Too many
simultaneous connections`, and a download over the daily limit with a lock of many hours (hazards §2.2).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from inboxsync.errors import Throttled
from inboxsync.model.provider import NO_LIMITS, ProviderLimits

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration

DAY = timedelta(days=1)
# A login is worth it again when a tenth of the day's octets may be had.
WORTH_A_LOGIN = 0.1
RUNS_LOOKED_AT = 2_000


class ByteBudgetSpent(Throttled):
    """The account has downloaded what it may in 24 hours; `retry_after_s` is when the window allows more."""

    code = "byte_budget"
    default_hint = "nothing to do: the provider would lock the account for longer; the next runs go on from there"


@dataclass(frozen=True, slots=True)
class Download:
    """Octets that a run took from a server, and when it ended."""

    at: datetime
    size_bytes: int


def downloaded_bytes(downloads: Iterable[Download], now: datetime) -> int:
    """Sum up what was downloaded in the 24 hours before `now`."""
    return sum(one.size_bytes for one in downloads if now - one.at < DAY)


def wait_for_bytes_s(downloads: Iterable[Download], limit_bytes: int, now: datetime) -> float:
    """Answer in how many seconds the window lets a tenth of the limit through again; 0 where it does so now."""
    left = downloaded_bytes(downloads, now) - (1 - WORTH_A_LOGIN) * limit_bytes
    for one in sorted((one for one in downloads if now - one.at < DAY), key=lambda one: one.at):
        if left <= 0:
            break
        left -= one.size_bytes
        if left <= 0:
            return (one.at + DAY - now).total_seconds()
    return 0.0 if left <= 0 else DAY.total_seconds()


@dataclass(slots=True)
class ByteBudget:
    """What an account may still download. `earlier` tells of its last day; it is asked on first use alone."""

    limit_bytes: int
    earlier: Callable[[], Sequence[Download]]
    now: Callable[[], datetime]
    _used_bytes: int = 0
    _before: Sequence[Download] | None = field(default=None)

    def spend(self, size_bytes: int) -> None:
        """Take octets off. Raises ByteBudgetSpent where none were left before them, so that the last ones may come."""
        if self._before is None:
            self._before = self.earlier()
        now = self.now()
        used_bytes, self._used_bytes = self._used_bytes, self._used_bytes + size_bytes
        if downloaded_bytes(self._before, now) + used_bytes >= self.limit_bytes:
            wait_s = wait_for_bytes_s([*self._before, Download(now, self._used_bytes)], self.limit_bytes, now)
            raise ByteBudgetSpent(
                f"this account has downloaded the {self.limit_bytes // 1_000_000:,} MB that it may in 24 hours",
                retry_after_s=wait_s,
            )


Account = tuple[str, int, str]


def account_of(integration: Integration) -> Account:
    """Name the login of an integration: host, port and user name; several integrations may share one."""
    at = integration.endpoint
    return (at.host.lower(), at.port, at.username.lower())


@dataclass(frozen=True, slots=True)
class Turn:
    """An integration whose work may begin; `position` is its place in the order given, `limits` its provider's."""

    position: int
    integration: Integration
    limits: ProviderLimits = NO_LIMITS

    @property
    def host(self) -> str:
        """The server, whose cap counts."""
        return self.integration.endpoint.host.lower()

    @property
    def account(self) -> Account:
        """The login, whose connections are counted."""
        return account_of(self.integration)


class Caps(NamedTuple):
    """How many connections at a time: to one host over all accounts (None: no bound), and to one account.

    What a provider allows counts where it is less.
    """

    per_host: int | None = None
    per_account: int = 1

    def host_has_room(self, busy: int, limits: ProviderLimits) -> bool:
        """Whether a host with so many busy connections takes one more."""
        known = [most for most in (self.per_host, limits.connections_per_host) if most is not None]
        return not known or busy < max(1, min(known))

    def account_has_room(self, busy: int, limits: ProviderLimits) -> bool:
        """Whether a login takes one more; with a daily budget it has one alone, which keeps count of the octets."""
        most = 1 if limits.daily_bytes is not None else limits.connections_per_account or self.per_account
        return busy < max(1, min(self.per_account, most))


ONE_EACH = Caps()


class Turns:
    """Hands out integrations in their order, passing over those whose host or account is busy; for many threads."""

    def __init__(
        self,
        integrations: Sequence[Integration],
        caps: Caps = ONE_EACH,
        limits_of: Callable[[Integration], ProviderLimits] = lambda _integration: NO_LIMITS,
    ) -> None:
        self._waiting = [Turn(*each, limits_of(each[1])) for each in enumerate(integrations)]
        self._caps = caps
        self._hosts: Counter[str] = Counter()
        self._accounts: Counter[Account] = Counter()
        self._changed = threading.Condition()

    def take(self) -> Turn | None:
        """Answer the next turn, waiting until one may begin; None when none is left."""
        with self._changed:
            while self._waiting:
                free = next((turn for turn in self._waiting if self._is_free(turn)), None)
                if free is not None:
                    self._begin(free)
                    return free
                self._changed.wait()
            return None

    def _is_free(self, turn: Turn) -> bool:
        caps, limits = self._caps, turn.limits
        has_room = caps.host_has_room(self._hosts[turn.host], limits)
        return has_room and caps.account_has_room(self._accounts[turn.account], limits)

    def _begin(self, turn: Turn) -> None:
        self._waiting.remove(turn)
        self._hosts[turn.host] += 1
        self._accounts[turn.account] += 1

    def give_back(self, turn: Turn) -> None:
        """End a turn."""
        with self._changed:
            self._hosts[turn.host] -= 1
            self._accounts[turn.account] -= 1
            self._changed.notify_all()

    def end(self) -> tuple[Turn, ...]:
        """Hand out no more; answers the turns that are left, once."""
        with self._changed:
            left, self._waiting = tuple(self._waiting), []
            self._changed.notify_all()
            return left
