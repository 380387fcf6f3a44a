"""Access to the HTTP endpoint: tokens as the store keeps them, and what a bearer may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token of which only the hash is kept. `integrations` are uuids, None for all; `id` None before it is stored.

    `token_id` is the public part of the token, by which it is found; `sha256` the hash of its whole text, hex.
    """

    name: str
    token_id: str
    sha256: str
    created_at: datetime
    integrations: tuple[str, ...] | None = None
    expires_at: datetime | None = None
    id: int | None = None

    def is_expired(self, now: datetime) -> bool:
        """Whether it is no longer taken at `now`."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Sight:
    """Which integrations a reader sees, by id; None is all there are and were. An empty set sees nothing."""

    integration_ids: frozenset[int] | None = None

    def shows(self, integration_id: int | None) -> bool:
        """Whether what belongs to this integration (None: to none any more) is seen."""
        return self.integration_ids is None or integration_id in self.integration_ids


EVERYTHING = Sight()
