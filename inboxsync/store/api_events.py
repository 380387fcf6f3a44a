"""Events, runs and what was set aside as readers over HTTP see them, over plain DB-API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inboxsync.model.event import EventPage
from inboxsync.store.control_rows import PART_COLUMNS, listed, marks, read_part
from inboxsync.store.events import EVENT_COLUMNS, EventFeed, read_event
from inboxsync.store.ledger import QUARANTINED, quarantine_view
from inboxsync.store.retrying import retried

if TYPE_CHECKING:
    from inboxsync.model.api_query import Stretch
    from inboxsync.model.state import RunRecord
    from inboxsync.model.token import Sight
    from inboxsync.model.views import QuarantineView
    from inboxsync.store.connection import Database

EVENTS_OF = f"SELECT {listed(EVENT_COLUMNS)} FROM inboxsync_events WHERE integration_id = ? AND id > ?"  # noqa: S608  constants
RUNS_OF = (
    f"SELECT p.id, i.name, {listed(PART_COLUMNS, 'p')} FROM inboxsync_run_parts AS p"  # noqa: S608  constants
    " JOIN inboxsync_integrations AS i ON i.id = p.integration_id WHERE p.integration_id = ?"
)
# `+ 0` keeps SQLite from beginning with all mail of an integration: what was set aside is little.
SET_ASIDE_OF = "{every} AND i.id + 0 IN ({marks})"
_COUNT_RUNS = "SELECT count(*) FROM inboxsync_run_parts WHERE integration_id = ?"


class History:
    """What happened, in order. Every method is one transaction and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._feed = EventFeed(database)

    def events(self, sight: Sight, after: int, *, limit: int, types: Sequence[str] = ()) -> EventPage:
        """Answer up to `limit` seen events with ids above `after`, oldest first."""
        if sight.integration_ids is None:
            return self._feed.page(after, limit=limit, types=types)
        self._feed.check(after)
        return self._seen(sight.integration_ids, after, limit, types)

    @retried
    def _seen(self, integration_ids: frozenset[int], after: int, limit: int, types: Sequence[str]) -> EventPage:
        # One walk of an index for each integration: together they would make a walk through everybody's events.
        chosen = f" AND type IN ({marks(types)})" if types else ""
        statement = f"{EVENTS_OF}{chosen} ORDER BY id LIMIT ?"
        rows = [
            row
            for integration_id in sorted(integration_ids)
            for row in self._database.rows(statement, (integration_id, after, *types, limit + 1))
        ]
        rows.sort(key=lambda row: int(row[0]))
        events = tuple(read_event(row) for row in rows[:limit])
        return EventPage(events, events[-1].id if events else after, len(rows) > limit)

    @retried
    def runs(self, integration_id: int, stretch: Stretch) -> Sequence[RunRecord]:
        """Answer a stretch of an integration's history, newest first; one more than `limit` where there are more."""
        if stretch.after is not None:
            statement, place = f"{RUNS_OF} AND p.id < ? ORDER BY p.id DESC LIMIT ?", (stretch.after, stretch.limit + 1)
        else:
            offset = (stretch.page - 1) * stretch.limit
            statement, place = f"{RUNS_OF} ORDER BY p.id DESC LIMIT ? OFFSET ?", (stretch.limit + 1, offset)
        return [read_part(row) for row in self._database.rows(statement, (integration_id, *place))]

    @retried
    def count_runs(self, integration_id: int) -> int:
        """Answer how many parts an integration's history has."""
        return int(self._database.rows(_COUNT_RUNS, (integration_id,))[0][0])

    @retried
    def set_aside(
        self, sight: Sight, integration_id: int | None, stretch: Stretch
    ) -> tuple[Sequence[QuarantineView], int]:
        """Answer a stretch of what was set aside, newest first, one more than `limit` if there is; how many in all."""
        chosen, ids = _of_integrations(sight, integration_id)
        total = int(self._database.rows(f"SELECT count(*) FROM ({chosen}) AS n", ids)[0][0])  # noqa: S608  constants
        if stretch.after is not None:
            rows = self._database.rows(
                f"{chosen} AND p.id < ? ORDER BY p.id DESC LIMIT ?", (*ids, stretch.after, stretch.limit + 1)
            )
        else:
            place = (stretch.limit + 1, (stretch.page - 1) * stretch.limit)
            rows = self._database.rows(f"{chosen} ORDER BY p.id DESC LIMIT ? OFFSET ?", (*ids, *place))
        return [quarantine_view(row) for row in rows], total


def _of_integrations(sight: Sight, integration_id: int | None) -> tuple[str, list[int]]:
    """The statement for what was set aside of the integrations that are seen and wanted, and its parameters."""
    if integration_id is not None:
        ids = [integration_id] if sight.shows(integration_id) else []
    elif sight.integration_ids is None:
        return QUARANTINED, []
    else:
        ids = sorted(sight.integration_ids)
    return SET_ASIDE_OF.format(every=QUARANTINED, marks=marks([str(one) for one in ids]) or "NULL"), ids
