"""What a search asks of the store; a part of `ports.ContentStore`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from inboxsync.model.search import SearchPage, SearchQuery


class SearchStore(Protocol):
    """The full text of stored messages. New mail waits until `index` takes it, so that storing stays fast."""

    def find(self, query: SearchQuery, *, limit: int, page: int) -> SearchPage:
        """One page of what is searchable and meets the query, newest first; a message once, however many places."""

    def ids(self, query: SearchQuery) -> Iterator[int]:
        """Stream the ids of all that meets the query, newest first, in bounded memory."""

    def waiting(self) -> int:
        """How many messages are not searchable yet, or not as they are now."""

    def index(self, limit: int) -> int:
        """Make so many waiting messages searchable, the newest first, in one short transaction; answers how many.

        None are left, or another process is at it, where the answer is 0.
        """

    def queue_all(self) -> int:
        """Let every message be made searchable anew; answers how many wait. What is found until then stays."""
