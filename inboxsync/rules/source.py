"""All that a field may read: one message, where it lies, and the time of the question."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from inboxsync.model.integration import Integration
from inboxsync.model.message import ParsedMessage


class Source(NamedTuple):
    """What `fields` read from. `flags` are as the server sent them, `now` is the time of evaluation, times are aware.

    `company_id` is our id of the integration's company, None where it has none. A tuple, because one is made for each
    message and a frozen dataclass takes three times as long to make.
    """

    parsed: ParsedMessage
    flags: tuple[str, ...]
    folder: str
    integration: Integration
    size_bytes: int
    received_at: datetime | None
    now: datetime
    company_id: int | None = None
