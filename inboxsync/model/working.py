"""What a worker is told of the integrations that wait for one: enough to choose, for a thousand of them at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

# A start that lies further ahead was written by a wrong clock (`schedule.MAX_CLOCK_SKEW_S`).
MAX_CLOCK_SKEW = timedelta(seconds=300)


class DueIntegration(NamedTuple):
    """An integration that is due and that nobody works on. `due_since` is the instant from which it waits.

    A named tuple: a poll makes up to a thousand.
    """

    id: int
    name: str
    priority: int
    due_since: datetime
    last_success_at: datetime | None
    host: str
    port: int
    username: str
    provider: str | None = None

    @property
    def account(self) -> tuple[str, int, str]:
        """The login, as `sync.caps` names it: several integrations may share one."""
        return (self.host.lower(), self.port, self.username.lower())


class Polled(NamedTuple):
    """The answer to a poll: the clock of the store, and what is due by it."""

    at: datetime
    due: tuple[DueIntegration, ...]
