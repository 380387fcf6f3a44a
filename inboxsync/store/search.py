"""Full text of stored messages, on FTS5 or on tsvector (docs/adr/0016)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inboxsync.store import search_index

if TYPE_CHECKING:
    from inboxsync.model.search import SearchPage, SearchQuery
    from inboxsync.store.connections import Work


@dataclass(frozen=True, slots=True)
class SqlSearch:
    """Implements `SearchStore`; each method opens what it needs. Filling the index does without SQLAlchemy."""

    reading: Callable[[], AbstractContextManager[Work]]
    writing: Callable[[], AbstractContextManager[Work]]

    def find(self, query: SearchQuery, *, limit: int, page: int) -> SearchPage:
        """One page of what is searchable and meets the query, newest first; a message once."""
        from inboxsync.store import search_reading

        with self.reading() as work:
            return search_reading.find(work.alchemy, query, limit=limit, page=page)

    def ids(self, query: SearchQuery) -> Iterator[int]:
        """Stream the ids of all that meets the query, newest first, in bounded memory."""
        from inboxsync.store import search_reading

        below: int | None = None
        while True:
            with self.reading() as work:
                found = search_reading.ids(work.alchemy, query, below)
            yield from (message_id for message_id, _ in found)
            if len(found) < search_reading.IDS_AT_ONCE:
                return
            below = found[-1][1]

    def waiting(self) -> int:
        """How many messages are not searchable yet, or not as they are now."""
        with self.reading() as work:
            return search_index.waiting(work)

    def index(self, limit: int) -> int:
        """Make so many waiting messages searchable, the newest first; answers how many."""
        with self.writing() as work:
            return search_index.index(work, limit)

    def queue_all(self) -> int:
        """Let every message be made searchable anew; answers how many wait."""
        with self.writing() as work:
            return search_index.queue_all(work)
