"""What may be asked of the store about mail that filters and rules are tried on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from inboxsync.model.judging import MailQuery, Part, RefusedMail, StoredMail


class JudgingStore(Protocol):
    """Reads stored mail for filters and rules, in bounded memory. Raises StoreError."""

    def placements(self, query: MailQuery) -> Sequence[int]:
        """Ids of the placements through which the mail is seen, the newest mail first."""

    def placements_of(self, message_id: int) -> Sequence[int]:
        """Ids of all placements of a message that still name something, by id."""

    def mail(self, placement_ids: Sequence[int], parts: Collection[Part]) -> Iterator[StoredMail]:
        """Stream the mail of these placements in their order; what was purged meanwhile is left out."""

    def refused(self, integration_id: int, after_id: int, limit: int) -> Sequence[RefusedMail]:
        """The next placements behind one (its id; 0: the first) that the filter refused, by folder and UID.

        Only what can be asked for again.
        """

    def refused_count(self, integration_id: int) -> int:
        """How many of these there are."""
