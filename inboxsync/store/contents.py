"""Contents of a dedup scope: which it has, and storing those it has not, each once (design §4).

Exact only inside a write transaction that holds the scope: nobody else adds to it between the look and the insert.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.model.ingest import BatchRecord, Known, Outcome, Prepared
from inboxsync.model.placement import Fate
from inboxsync.store.bulk import Row, allocate_ids, insert_rows
from inboxsync.store.cleaning import clean_key, clean_key_optional
from inboxsync.store.dialect import read_moment
from inboxsync.store.message_rows import attachment_rows, body_row, message_row, raw_row
from inboxsync.store.shapes import ATTACHMENTS, BODIES, MESSAGES, RAW
from inboxsync.store.threads import Threads, remember, server_thread, thread, tied_by

if TYPE_CHECKING:
    from inboxsync.store.statements import Statements

_KNOWN = """
SELECT m.external_id, m.id, m.fingerprint, e.ticket_id FROM inboxsync_messages AS m
LEFT JOIN inboxsync_ticket_effects AS e ON e.scope = m.scope AND e.external_id = m.external_id
WHERE m.scope = ? AND m.external_id IN ({in})
"""
_PRESENT = """
SELECT external_id, id, message_id, received_at FROM inboxsync_messages WHERE scope = ? AND external_id IN ({in})
"""


@dataclass(frozen=True, slots=True)
class Content:
    """A stored message as the rest of its batch needs it. `outcome` is the one that stored it, None if it was there."""

    id: int
    message_id: str | None
    received_at: datetime
    outcome: Outcome | None = None


Contents = Mapping[str, Content]


def known_contents(work: Statements, scope: str, external_ids: Iterable[str]) -> dict[str, Known]:
    """Which of these contents the scope has, under the very ids that were asked for."""
    asked = {clean_key(value): value for value in external_ids}
    return {
        asked[key]: Known(row_id, asked[key], fingerprint, ticket_id)
        for key, row_id, fingerprint, ticket_id in work.rows_in(_KNOWN, asked, (scope,))
    }


def store_contents(work: Statements, batch: BatchRecord) -> Contents:
    """Store what the scope lacks; answers every content the batch speaks of, by cleaned external id."""
    contents = _present(work, batch)
    new = _new_contents(batch, contents)
    ids = allocate_ids(work, MESSAGES, len(new))
    for row_id, (external_id, outcome, prepared) in zip(ids, new, strict=True):
        contents[external_id] = Content(
            row_id, clean_key_optional(prepared.parsed.message_id), prepared.received_at, outcome
        )
    _insert(work, batch, [(row_id, *one) for row_id, one in zip(ids, new, strict=True)])
    return contents


def _present(work: Statements, batch: BatchRecord) -> dict[str, Content]:
    asked = [clean_key(outcome.external_id) for outcome in batch.outcomes if outcome.external_id is not None]
    return {
        key: Content(row_id, message_id, read_moment(received_at))
        for key, row_id, message_id, received_at in work.rows_in(_PRESENT, asked, (batch.scope,))
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


def _insert(work: Statements, batch: BatchRecord, new: list[tuple[int, str, Outcome, Prepared]]) -> None:
    if not new:
        return
    messages = [
        message_row(prepared, outcome, row_id=row_id, scope=batch.scope, external_id=external_id, stored_at=batch.at)
        for row_id, external_id, outcome, prepared in new
    ]
    ties = _put_into_threads(work, batch, messages, [outcome for _, _, outcome, _ in new])
    # In the order of their hashes: two transactions that store the same octets then wait, and never for each other.
    raws = sorted((raw_row(prepared) for _, _, _, prepared in new), key=lambda row: str(row["sha256"]))
    attachments: list[Row] = [row for row_id, _, _, prepared in new for row in attachment_rows(row_id, prepared)]
    insert_rows(work, RAW, raws, or_nothing=True)
    insert_rows(work, MESSAGES, messages)
    insert_rows(work, BODIES, [body_row(row_id, prepared.parsed) for row_id, _, _, prepared in new])
    insert_rows(work, ATTACHMENTS, attachments)
    remember(work, ties)


def _put_into_threads(
    work: Statements, batch: BatchRecord, messages: Sequence[Row], outcomes: Sequence[Outcome]
) -> Threads:
    tied = [
        tied_by(row, server_thread(batch.integration_id, outcome.meta.ids.thread_id if outcome.meta.ids else None))
        for row, outcome in zip(messages, outcomes, strict=True)
    ]
    threads = thread(work, batch.scope, tied)
    for row, one in zip(messages, tied, strict=True):
        row.update(thread_id=threads.thread_ids[one.row_id], subject_key=one.ties.subject)
    return threads
