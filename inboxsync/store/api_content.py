"""Messages, tickets and files for readers over HTTP: one short read transaction a question, refused every write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from inboxsync.errors import StoreUnwritable
from inboxsync.store import api_messages, api_tickets, api_views, reading, search_reading
from inboxsync.store.blobs import Blobs
from inboxsync.store.connection import READ_TIMEOUT_S
from inboxsync.store.connections import Connections
from inboxsync.store.core_tables import ATTACHMENTS
from inboxsync.store.errors import translated

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from inboxsync.model.api_query import MessageFilter, Place, Stretch, TicketFilter
    from inboxsync.model.search import SearchPage, SearchQuery
    from inboxsync.model.token import Sight
    from inboxsync.model.views import AttachmentView, MessageView, TicketView
    from inboxsync.store.address import DatabaseAddress


class ApiContent:
    """What the content plane answers to readers over HTTP. Every method raises StoreError and only reads."""

    def __init__(self, address: DatabaseAddress, data_dir: Path, *, timeout_s: float = READ_TIMEOUT_S) -> None:
        self._file = address.file
        self._data_dir = data_dir
        self._connections = Connections(address, read_timeout_s=timeout_s)
        self._blobs = Blobs(data_dir)

    # messages
    def places(self, wanted: MessageFilter, stretch: Stretch) -> Sequence[Place]:
        """Where the wanted messages are, newest first; one more than `limit` where there are more."""
        with self._reading() as connection:
            return api_messages.found_places(connection, wanted, stretch)

    def count(self, wanted: MessageFilter) -> int:
        """How many messages there are in all."""
        with self._reading() as connection:
            return api_messages.count(connection, wanted)

    def listed(self, placement_ids: Sequence[int], sight: Sight, *, bodies: bool = False) -> Sequence[MessageView]:
        """The messages of these placements, newest first."""
        with self._reading() as connection:
            read = api_views.whole if bodies else api_views.listed
            return read(connection, placement_ids, sight)

    def message(self, message_id: int, sight: Sight) -> MessageView | None:
        """One message with all there is of it, or None where it is not there or not seen."""
        with self._reading() as connection:
            placement_id = api_views.placement_of(connection, message_id, sight)
            return None if placement_id is None else api_views.whole(connection, [placement_id], sight)[0]

    def raw(self, message_id: int, sight: Sight) -> tuple[str, bytes] | None:
        """The hash and the octets of a message as the server sent them; None where it is not there or not seen."""
        with self._reading() as connection:
            if api_views.placement_of(connection, message_id, sight) is None:
                return None
            found = reading.raw(connection, message_id)
        return None if found is None else (found[0], self._blobs.read(*found))

    def thread(self, thread_id: str, sight: Sight, stretch: Stretch) -> tuple[int, Sequence[MessageView]]:
        """How many seen messages a conversation has, and those of a page in its order."""
        with self._reading() as connection:
            ordered = api_views.thread_ids(connection, thread_id)
            placements = api_views.first_placements(connection, ordered, sight)
            seen = [placements[one] for one in ordered if one in placements]
            begin = (stretch.page - 1) * stretch.limit
            page = api_views.listed(connection, seen[begin : begin + stretch.limit], sight)
        return len(seen), tuple(reversed(page))

    def shown(self, message_ids: Sequence[int], sight: Sight) -> Sequence[MessageView]:
        """Those of these messages that are seen, oldest first."""
        with self._reading() as connection:
            placements = api_views.first_placements(connection, message_ids, sight)
            return tuple(reversed(api_views.listed(connection, list(placements.values()), sight)))

    def attachment(self, attachment_id: int, sight: Sight) -> tuple[AttachmentView, int, int] | None:
        """An attachment, the id of its message and its position there; None where it is not there or not seen."""
        with self._reading() as connection:
            row = connection.execute(select(ATTACHMENTS).where(ATTACHMENTS.c.id == attachment_id)).one_or_none()
            if row is None or (place := api_views.placement_of(connection, row.message_id, sight)) is None:
                return None
            (view,) = reading.shown(connection, [place])
        return next(one for one in view.attachments if one.id == attachment_id), row.message_id, row.position

    def file(self, attachment: AttachmentView) -> Path | None:
        """The file of an attachment where it is there whole, below the data directory."""
        path = (self._data_dir / attachment.path).resolve()
        if not path.is_relative_to((self._data_dir / "attachments").resolve()):
            return None
        with translated(str(self._data_dir)):
            return path if path.is_file() and path.stat().st_size == attachment.size_bytes else None

    def search(self, query: SearchQuery, *, limit: int, page: int) -> tuple[SearchPage, int]:
        """A page of what is found, and how many messages are not searchable yet."""
        with self._reading() as connection:
            found = search_reading.find(connection, query, limit=limit, page=page)
            return found, search_reading.waiting(connection)

    # tickets
    def tickets(self, wanted: TicketFilter, stretch: Stretch) -> tuple[int, Sequence[TicketView]]:
        """How many tickets there are in all, and a stretch of them; one more than `limit` where there are more."""
        with self._reading() as connection:
            return api_tickets.count(connection, wanted), api_tickets.tickets(connection, wanted, stretch)

    def ticket(self, ticket_id: int, sight: Sight) -> TicketView | None:
        """One ticket, or None where it is not there or not seen."""
        with self._reading() as connection:
            return api_tickets.ticket(connection, ticket_id, sight)

    def close(self) -> None:
        """Give connections back."""
        self._connections.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        if self._file is not None and not self._file.exists():
            raise StoreUnwritable(f"{self._file}: there is no database yet", hint="`inboxsync add` makes it")
        with self._connections.reading() as work:
            yield work.alchemy
