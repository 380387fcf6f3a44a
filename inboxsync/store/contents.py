"""Contents of a dedup scope: which it has, and storing those it has not, each once (design §4).

Exact only inside a write transaction that holds the scope: nobody else adds to it between the look and the insert.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, select

from inboxsync.model.ingest import BatchRecord, Known, Outcome, Prepared
from inboxsync.model.placement import Fate
from inboxsync.store.alchemy import Row, allocate_ids, insert_rows, select_in
from inboxsync.store.cleaning import clean_key, clean_key_optional
from inboxsync.store.core_tables import ATTACHMENTS, BODIES, MESSAGES, RAW, TICKET_EFFECTS
from inboxsync.store.message_rows import attachment_rows, body_row, message_row, parent_ids, raw_row


@dataclass(frozen=True, slots=True)
class Content:
    """A stored message as the rest of its batch needs it. `outcome` is the one that stored it, None if it was there."""

    id: int
    message_id: str | None
    received_at: datetime
    outcome: Outcome | None = None


Contents = Mapping[str, Content]


def known_contents(connection: Connection, scope: str, external_ids: Iterable[str]) -> dict[str, Known]:
    """Which of these contents the scope has, under the very ids that were asked for."""
    asked = {clean_key(value): value for value in external_ids}
    columns = MESSAGES.c
    effect = and_(TICKET_EFFECTS.c.scope == columns.scope, TICKET_EFFECTS.c.external_id == columns.external_id)
    statement = (
        select(columns.external_id, columns.id, columns.fingerprint, TICKET_EFFECTS.c.ticket_id)
        .select_from(MESSAGES.outerjoin(TICKET_EFFECTS, effect))
        .where(columns.scope == scope)
    )
    return {
        asked[row.external_id]: Known(row.id, asked[row.external_id], row.fingerprint, row.ticket_id)
        for row in select_in(connection, statement, columns.external_id, asked)
    }


def store_contents(connection: Connection, batch: BatchRecord) -> Contents:
    """Store what the scope lacks; answers every content the batch speaks of, by cleaned external id."""
    contents = _present(connection, batch)
    new = _new_contents(batch, contents)
    ids = allocate_ids(connection, MESSAGES, len(new))
    for row_id, (external_id, outcome, prepared) in zip(ids, new, strict=True):
        contents[external_id] = Content(
            row_id, clean_key_optional(prepared.parsed.message_id), prepared.received_at, outcome
        )
    _insert(connection, batch, [(row_id, key, prepared) for row_id, (key, _, prepared) in zip(ids, new, strict=True)])
    return contents


def _present(connection: Connection, batch: BatchRecord) -> dict[str, Content]:
    asked = [clean_key(outcome.external_id) for outcome in batch.outcomes if outcome.external_id is not None]
    columns = MESSAGES.c
    statement = select(columns.external_id, columns.id, columns.message_id, columns.received_at).where(
        columns.scope == batch.scope
    )
    return {
        row.external_id: Content(row.id, row.message_id, row.received_at)
        for row in select_in(connection, statement, columns.external_id, asked)
    }


def _new_contents(batch: BatchRecord, present: Contents) -> list[tuple[str, Outcome, Prepared]]:
    new: dict[str, tuple[str, Outcome, Prepared]] = {}
    for outcome in batch.outcomes:
        if outcome.fate is not Fate.STORED:
            continue
        if outcome.external_id is None or outcome.prepared is None:
            raise ValueError(f"UID {outcome.meta.uid} is to be stored without its content")
        external_id = clean_key(outcome.external_id)
        if external_id not in present:
            new.setdefault(external_id, (external_id, outcome, outcome.prepared))
    return list(new.values())


def _insert(connection: Connection, batch: BatchRecord, new: list[tuple[int, str, Prepared]]) -> None:
    threads = _threads(connection, batch.scope, new)
    messages = [
        message_row(
            prepared,
            row_id=row_id,
            scope=batch.scope,
            external_id=external_id,
            thread_id=threads[row_id],
            stored_at=batch.at,
        )
        for row_id, external_id, prepared in new
    ]
    # In the order of their hashes: two transactions that store the same octets then wait, and never for each other.
    raws = sorted((raw_row(prepared) for _, _, prepared in new), key=lambda row: str(row["sha256"]))
    attachments: list[Row] = [row for row_id, _, prepared in new for row in attachment_rows(row_id, prepared)]
    insert_rows(connection, RAW, raws, or_nothing=True)
    insert_rows(connection, MESSAGES, messages)
    insert_rows(connection, BODIES, [body_row(row_id, prepared.parsed) for row_id, _, prepared in new])
    insert_rows(connection, ATTACHMENTS, attachments)


def _threads(connection: Connection, scope: str, new: list[tuple[int, str, Prepared]]) -> dict[int, str]:
    """The conversation of each new message: that of the earliest stored message it answers to, else its own."""
    wanted = [value for _, _, prepared in new for value in parent_ids(prepared.parsed)]
    earliest = _stored_threads(connection, scope, wanted)
    threads: dict[int, str] = {}
    for row_id, external_id, prepared in new:
        parents = [earliest[value] for value in parent_ids(prepared.parsed) if value in earliest]
        threads[row_id] = min(parents)[1] if parents else external_id
        if prepared.parsed.message_id is not None:
            earliest.setdefault(clean_key(prepared.parsed.message_id), (row_id, threads[row_id]))
    return threads


def _stored_threads(connection: Connection, scope: str, message_ids: list[str]) -> dict[str, tuple[int, str]]:
    columns = MESSAGES.c
    statement = select(columns.message_id, columns.id, columns.thread_id).where(columns.scope == scope)
    found: dict[str, tuple[int, str]] = {}
    for row in select_in(connection, statement.order_by(columns.id), columns.message_id, message_ids):
        found.setdefault(row.message_id, (row.id, row.thread_id))
    return found
