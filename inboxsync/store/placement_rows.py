"""The ledger's rows: one placement for each UID that was ever listed, and the one fate it comes to (P2)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal_column, or_
from sqlalchemy.sql.dml import Insert

from inboxsync.model.ingest import BatchRecord, Outcome, TicketEffect
from inboxsync.model.placement import Fate, MessageMeta, SeenAction
from inboxsync.store.alchemy import Row, dialect_insert, insert_rows
from inboxsync.store.cleaning import (
    clean_json,
    clean_key,
    clean_key_optional,
    clean_optional,
    clean_size,
    clean_text,
    clean_time,
)
from inboxsync.store.core_tables import PLACEMENTS

if TYPE_CHECKING:
    from inboxsync.store.contents import Contents
    from inboxsync.store.ticket_rows import NewTickets

ERROR_LIMIT = 2000
_KEY = ("folder_id", "uidvalidity", "uid")
# Literals, not parameters: they would be sent again with each row.
_STORED: ColumnElement[str] = literal_column("'stored'")
_PENDING: ColumnElement[str] = literal_column("'pending'")
_DONE: ColumnElement[str] = literal_column("'done'")
_CREATED: ColumnElement[str] = literal_column("'created'")
_APPENDED: ColumnElement[str] = literal_column("'appended'")
_OVERWRITTEN = (
    "fate",
    "reason",
    "message_id",
    "external_id",
    "size_bytes",
    "internal_date",
    "flags",
    "rule_trace",
    "error",
    "next_attempt_at",
    "settled_at",
)


def list_placements(connection: Connection, batch: BatchRecord) -> None:
    """Enter newly listed UIDs as pending; those the ledger has already stay as they are."""
    decided = {outcome.meta.uid for outcome in batch.outcomes}
    rows = [_listed_row(batch, meta) for meta in batch.listed if meta.uid not in decided]
    insert_rows(connection, PLACEMENTS, rows, or_nothing=True)


def settle_placements(connection: Connection, batch: BatchRecord, contents: Contents, tickets: NewTickets) -> None:
    """Write what became of each placement of the batch.

    A stored placement stays as it is, and pending never replaces a final fate: recording a batch again changes nothing.
    """
    rows = [_settled_row(batch, outcome, contents, tickets) for outcome in batch.outcomes]
    if rows:
        connection.execute(_upsert(connection.dialect.name), rows)


def _listed_row(batch: BatchRecord, meta: MessageMeta) -> Row:
    return {
        "folder_id": batch.folder_id,
        "uidvalidity": batch.uidvalidity,
        "uid": meta.uid,
        "fate": Fate.PENDING.value,
        "size_bytes": clean_size(meta.size_bytes),
        "internal_date": clean_time(meta.internal_date),
        "flags": clean_json(meta.flags),
        "seen_action": SeenAction.NONE.value,
        "attempts": 0,
        "listed_at": batch.at,
    }


def _settled_row(batch: BatchRecord, outcome: Outcome, contents: Contents, tickets: NewTickets) -> Row:
    fate = fate_of(outcome, contents)
    effect, ticket_reason = _ticket_columns(outcome, tickets)
    return {
        **_listed_row(batch, outcome.meta),
        "fate": fate.value,
        "reason": clean_optional(outcome.reason),
        "message_id": _message_of(outcome, fate, contents),
        "external_id": clean_key_optional(outcome.external_id),
        "from_address": clean_optional(outcome.from_address),
        "ticket_effect": effect,
        "ticket_reason": ticket_reason,
        "rule_trace": clean_optional(outcome.rule_trace),
        "header_sha256": outcome.header_sha256,
        "seen_action": outcome.seen.value,
        "attempts": 0 if outcome.error is None else 1,
        "error": _bounded(outcome.error),
        "next_attempt_at": clean_time(outcome.next_attempt_at),
        "settled_at": batch.at if fate.is_final else None,
    }


def fate_of(outcome: Outcome, contents: Contents) -> Fate:
    """The fate that an outcome really comes to: `duplicate` where its content was stored by another one before."""
    if outcome.fate is not Fate.STORED or outcome.external_id is None:
        return outcome.fate
    return Fate.STORED if contents[clean_key(outcome.external_id)].outcome is outcome else Fate.DUPLICATE


def _message_of(outcome: Outcome, fate: Fate, contents: Contents) -> int | None:
    if fate not in (Fate.STORED, Fate.DUPLICATE):
        return None
    content = contents.get(clean_key(outcome.external_id or ""))
    if content is None:
        # Settling it would lose the mail: the ledger must never point at a content that is not there.
        raise ValueError(f"UID {outcome.meta.uid} is a duplicate of a content that its scope does not have")
    return content.id


def _ticket_columns(outcome: Outcome, tickets: NewTickets) -> tuple[str | None, str | None]:
    decision = outcome.ticket
    if decision is None:
        return None, None
    if decision.effect is TicketEffect.CREATED and not tickets.is_made_by(outcome):
        return TicketEffect.NONE.value, "exists"
    return decision.effect.value, clean_text(decision.reason)


def _bounded(error: str | None) -> str | None:
    return None if error is None else clean_text(error)[:ERROR_LIMIT]


@functools.cache
def _upsert(dialect_name: str) -> Insert:
    statement = dialect_insert(dialect_name, PLACEMENTS)
    old, new = PLACEMENTS.c, statement.excluded
    # The same batch again, not a further try: its time, or the time it set for the next try, is there already.
    same_try = or_(old.settled_at == new.settled_at, old.next_attempt_at == new.next_attempt_at)
    had_effect = or_(old.ticket_effect == _CREATED, old.ticket_effect == _APPENDED)
    return statement.on_conflict_do_update(
        index_elements=list(_KEY),
        set_={
            **{name: new[name] for name in _OVERWRITTEN},
            "from_address": func.coalesce(new.from_address, old.from_address),
            # A hash of the header as asked for alone is what a later asking is compared with: it stays.
            "header_sha256": func.coalesce(old.header_sha256, new.header_sha256),
            "ticket_effect": case((had_effect, old.ticket_effect), else_=new.ticket_effect),
            "ticket_reason": case((had_effect, old.ticket_reason), else_=new.ticket_reason),
            "seen_action": case((old.seen_action == _DONE, old.seen_action), else_=new.seen_action),
            "attempts": old.attempts + case((same_try, literal_column("0")), else_=new.attempts),
        },
        where=and_(old.fate != _STORED, or_(old.fate == _PENDING, new.fate != _PENDING)),
    )
