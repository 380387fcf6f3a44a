"""Finding mail again by the server's own ids, so that its copy in another folder need not be fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from inboxsync.model.copies import KnownCopy
from inboxsync.model.ingest import TicketDecision, TicketEffect
from inboxsync.model.placement import Fate
from inboxsync.store.alchemy import select_in
from inboxsync.store.blobs import decode
from inboxsync.store.cleaning import clean_key
from inboxsync.store.core_tables import FOLDERS, MESSAGES, PLACEMENT_HEADERS, PLACEMENTS

_P = PLACEMENTS.c
_WITH_CONTENT = (Fate.STORED.value, Fate.DUPLICATE.value)
_WITH_HEADER = (Fate.FILTERED.value, Fate.UNKNOWN_SENDER.value, Fate.TOO_LARGE.value)
# For some 500 ids, the share of one statement: what a server with odd ids has beyond that is fetched as other mail is.
MOST_AT_ONCE = 10_000

Open = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class SqlCopies:
    """Implements `copies_port.CopyStore`; each method is one transaction."""

    reading: Open

    def known(self, integration_id: int, email_ids: Iterable[str]) -> Sequence[KnownCopy]:
        """Settled placements with these ids, those with content first, the last settled of each first."""
        asked = {clean_key(value) for value in email_ids}
        # The content of a message that was purged is gone from under its placements.
        usable = or_(
            and_(_P.fate.in_(_WITH_CONTENT), _P.message_id.is_not(None)),
            and_(_P.fate.in_(_WITH_HEADER), PLACEMENT_HEADERS.c.placement_id.is_not(None)),
        )
        statement = (
            select(
                *(_P.id, _P.email_id, _P.size_bytes, _P.internal_date, _P.fate, _P.reason, _P.settled_at),
                *(_P.header_sha256, _P.message_id, _P.from_address, _P.external_id, MESSAGES.c.scope),
                *(_P.ticket_effect, _P.ticket_reason),
            )
            .select_from(
                PLACEMENTS.join(FOLDERS, _P.folder_id == FOLDERS.c.id)
                .outerjoin(MESSAGES, MESSAGES.c.id == _P.message_id)
                .outerjoin(PLACEMENT_HEADERS, PLACEMENT_HEADERS.c.placement_id == _P.id)
            )
            .where(FOLDERS.c.integration_id == integration_id, usable)
            .limit(MOST_AT_ONCE)
        )
        with self.reading() as connection:
            found = [_copy(row) for row in select_in(connection, statement, _P.email_id, asked)]
        return sorted(found, key=_rank)

    def header(self, placement_id: int) -> bytes | None:
        """The header kept of mail that was not stored; None where there is none."""
        columns = PLACEMENT_HEADERS.c
        statement = select(columns.encoding, columns.data).where(columns.placement_id == placement_id)
        with self.reading() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else decode(row.encoding, row.data)


def _copy(row: Any) -> KnownCopy:
    return KnownCopy(
        placement_id=row.id,
        email_id=row.email_id,
        size_bytes=row.size_bytes,
        internal_date=row.internal_date,
        fate=Fate(row.fate),
        reason=row.reason,
        settled_at=row.settled_at,
        header_sha256=row.header_sha256,
        message_id=row.message_id,
        from_address=row.from_address,
        external_id=row.external_id,
        scope=row.scope,
        ticket=_ticket(row),
    )


def _ticket(row: Any) -> TicketDecision | None:
    if row.ticket_effect is None:
        return None
    return TicketDecision(TicketEffect(row.ticket_effect), row.ticket_reason or "")


def _rank(copy: KnownCopy) -> tuple[int, float, int]:
    # A duplicate's own trace fields were not kept; those of the stored one are the very octets.
    step = 0 if copy.fate is Fate.STORED else 1 if copy.message_id is not None else 2
    settled = 0.0 if copy.settled_at is None else copy.settled_at.timestamp()
    return step, -settled, copy.placement_id
