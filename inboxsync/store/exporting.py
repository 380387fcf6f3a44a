"""Which messages an export takes, streamed by id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, select

from inboxsync.store.core_tables import INTEGRATIONS, MESSAGES, PLACEMENTS
from inboxsync.store.reading import placed

IDS_AT_ONCE = 1_000
_M, _P = MESSAGES.c, PLACEMENTS.c


def stored_ids(
    reading: Callable[[], AbstractContextManager[Connection]],
    *,
    integration: str | None,
    after: datetime | None,
    before: datetime | None,
) -> Iterator[int]:
    """Stream the ids of stored messages in ascending order, `IDS_AT_ONCE` a statement, so that no snapshot is held."""
    last = 0
    while True:
        with reading() as connection:
            found = _page(connection, [_M.id > last, *_wanted(integration, after, before)])
        yield from found
        if len(found) < IDS_AT_ONCE:
            return
        last = found[-1]


def is_of(integration: str) -> ColumnElement[bool]:
    """Whether a message is seen through this integration, by name; looked up message by message."""
    # An expression, or SQLite would read all mail of the integration for each message that it looks at.
    named = INTEGRATIONS.c.name.concat("") == integration
    return exists().select_from(placed(PLACEMENTS)).where(_P.message_id == _M.id, named)


def _page(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> Sequence[int]:
    return connection.execute(select(_M.id).where(*conditions).order_by(_M.id).limit(IDS_AT_ONCE)).scalars().all()


def _wanted(integration: str | None, after: datetime | None, before: datetime | None) -> Iterator[ColumnElement[bool]]:
    if integration is not None:
        yield is_of(integration)
    if after is not None:
        yield _M.received_at >= after
    if before is not None:
        yield _M.received_at < before
