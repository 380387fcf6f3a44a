"""The ledger's rows: one placement for each UID that was ever listed, and the one fate it comes to (P2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inboxsync.model.ingest import BatchRecord, Outcome, TicketEffect
from inboxsync.model.placement import Fate, MessageMeta, MoveAction, SeenAction, ServerIds
from inboxsync.store.bulk import Row, insert_rows, write_rows
from inboxsync.store.cleaning import (
    clean_json,
    clean_key,
    clean_key_optional,
    clean_optional,
    clean_size,
    clean_text,
    clean_time,
)
from inboxsync.store.folder_counts import note, shown
from inboxsync.store.shapes import PLACEMENTS

if TYPE_CHECKING:
    from inboxsync.store.contents import Contents
    from inboxsync.store.statements import Statements
    from inboxsync.store.ticket_rows import TicketEffects

ERROR_LIMIT = 2000
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
_OLD = "inboxsync_placements"
# The same batch again is not a further try: its time, or the time it set for the next try, is there already.
# A hash of the header as asked for alone is what a later asking is compared with: it stays.
_SETTLE = f"""
{{insert}} ON CONFLICT (folder_id, uidvalidity, uid) DO UPDATE SET
{", ".join(f"{name} = excluded.{name}" for name in _OVERWRITTEN)},
from_address = coalesce(excluded.from_address, {_OLD}.from_address),
header_sha256 = coalesce({_OLD}.header_sha256, excluded.header_sha256),
ticket_effect = CASE WHEN {_OLD}.ticket_effect IN ('created', 'appended', 'reopened')
    THEN {_OLD}.ticket_effect ELSE excluded.ticket_effect END,
ticket_reason = CASE WHEN {_OLD}.ticket_effect IN ('created', 'appended', 'reopened')
    THEN {_OLD}.ticket_reason ELSE excluded.ticket_reason END,
seen_action = CASE WHEN {_OLD}.seen_action = 'done' THEN {_OLD}.seen_action ELSE excluded.seen_action END,
move_to = CASE WHEN {_OLD}.move_action <> 'wanted' THEN {_OLD}.move_to ELSE excluded.move_to END,
move_action = CASE WHEN {_OLD}.move_action <> 'wanted' THEN {_OLD}.move_action ELSE excluded.move_action END,
attempts = {_OLD}.attempts + CASE
    WHEN {_OLD}.settled_at = excluded.settled_at OR {_OLD}.next_attempt_at = excluded.next_attempt_at
    THEN 0 ELSE excluded.attempts END
WHERE {_OLD}.fate <> 'stored' AND ({_OLD}.fate = 'pending' OR excluded.fate <> 'pending')
"""


def list_placements(work: Statements, batch: BatchRecord) -> None:
    """Enter newly listed UIDs as pending; those the ledger has already stay as they are."""
    decided = {outcome.meta.uid for outcome in batch.outcomes}
    metas = [meta for meta in batch.listed if meta.uid not in decided]
    rows = [_listed_row(batch, meta) for meta in metas]
    _add_ids(rows, metas)
    insert_rows(work, PLACEMENTS, rows, or_nothing=True)


def settle_placements(work: Statements, batch: BatchRecord, contents: Contents, tickets: TicketEffects) -> None:
    """Write what became of each placement of the batch.

    A stored placement stays as it is, and pending never replaces a final fate: recording a batch again changes nothing.
    """
    rows = [_settled_row(batch, outcome, contents, tickets) for outcome in batch.outcomes]
    _add_ids(rows, [outcome.meta for outcome in batch.outcomes])
    _add_moves(rows, batch.outcomes)
    if rows:
        place = (batch.folder_id, batch.uidvalidity, [outcome.meta.uid for outcome in batch.outcomes])
        before = shown(work, *place)
        write_rows(work, PLACEMENTS, rows, _SETTLE)
        note(work, batch.folder_id, before, shown(work, *place))


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


def _add_ids(rows: Sequence[Row], metas: Sequence[MessageMeta]) -> None:
    """Add the server's own ids where it gives any; all rows of one statement have the same columns.

    Other servers do without the columns: three more are a tenth of the time of listing.
    """
    if any(meta.ids is not None for meta in metas):
        for row, meta in zip(rows, metas, strict=True):
            row.update(_id_columns(meta.ids))


def _id_columns(ids: ServerIds | None) -> Row:
    return {
        "email_id": None if ids is None else clean_key(ids.email_id),
        "server_thread_id": None if ids is None else clean_key_optional(ids.thread_id),
        "labels": None if ids is None else clean_json(ids.labels),
    }


def _add_moves(rows: Sequence[Row], outcomes: Sequence[Outcome]) -> None:
    """Add what is to be moved on the server; batches without any do without the columns, as with the ids."""
    if any(outcome.move_to is not None for outcome in outcomes):
        for row, outcome in zip(rows, outcomes, strict=True):
            row["move_to"] = clean_optional(outcome.move_to)
            row["move_action"] = None if outcome.move_to is None else MoveAction.WANTED.value


def _settled_row(batch: BatchRecord, outcome: Outcome, contents: Contents, tickets: TicketEffects) -> Row:
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


def _ticket_columns(outcome: Outcome, tickets: TicketEffects) -> tuple[str | None, str | None]:
    decision = outcome.ticket
    if decision is None:
        return None, None
    if decision.effect is not TicketEffect.NONE and not tickets.is_of(outcome):
        return TicketEffect.NONE.value, "exists"
    return decision.effect.value, clean_text(decision.reason)


def _bounded(error: str | None) -> str | None:
    return None if error is None else clean_text(error)[:ERROR_LIMIT]
