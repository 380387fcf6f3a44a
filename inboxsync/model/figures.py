"""Numbers about the whole store, for statistics and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class IntegrationFigures:
    """Of one integration: live placements by fate, octets of its mail with content, failed runs by their error code.

    `last_counts` are the counts of its last run, by their public names.
    """

    fates: Mapping[str, int] = field(default_factory=dict)
    bytes: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    last_counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """By integration id, and the size of the database itself where it can be told."""

    integrations: Mapping[int, IntegrationFigures] = field(default_factory=dict)
    store_bytes: int | None = None

    def of(self, integration_id: int | None) -> IntegrationFigures:
        """The figures of one integration; all zero where it has nothing yet."""
        return self.integrations.get(integration_id or 0, IntegrationFigures())


@dataclass(frozen=True, slots=True)
class RepeatedFailure:
    """An error by its code: what it said last, when that was, and how many runs it ended."""

    code: str
    message: str
    last_at: datetime
    times: int
