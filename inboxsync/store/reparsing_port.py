"""What deriving messages anew asks of the store; a part of `ports.ContentStore`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from inboxsync.model.reparsing import Parsable, Rederived, ReparseOrder


class ReparsingStore(Protocol):
    """Messages whose derived data are made anew. No lock outlives a method, and none is longer than storing a batch."""

    def resumed_at(self, order: ReparseOrder) -> int:
        """The id up to which an order like this was carried out when it was cut short; 0 where none was."""

    def reached(self, order: ReparseOrder, message_id: int | None) -> None:
        """Remember how far an order got; None: it is done."""

    def count(self, order: ReparseOrder, after_id: int) -> int:
        """How many messages it has above an id."""

    def pruned(self, order: ReparseOrder) -> int:
        """How many messages it passes over because their octets were pruned."""

    def page(self, order: ReparseOrder, after_id: int, limit: int) -> Sequence[Parsable]:
        """The next of them, by id."""

    def compare(self, items: Sequence[Rederived]) -> Sequence[frozenset[str]]:
        """What would change in each message: names of columns, `attachments`. Nothing is written."""

    def write(self, items: Sequence[Rederived], *, rethread: bool) -> Sequence[frozenset[str]]:
        """Write what is derived: columns, bodies, attachments, conversations, and a place in the queue of `search`.

        Identity, fates and tickets are not touched. With `rethread` conversations are made anew also where nothing
        changed. One transaction a dedup scope; answers what `compare` would have said.
        """
