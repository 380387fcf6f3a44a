"""The ledger's lines of stored mail that rules have decided about anew, in the transaction that made its tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inboxsync.model.placement import MoveAction
from inboxsync.store.cleaning import clean_optional, clean_text

if TYPE_CHECKING:
    from inboxsync.model.ingest import BatchRecord, Outcome
    from inboxsync.store.statements import Statements

# An action that was carried out is not asked for again, nor one that was given up.
_RETRACE = """
UPDATE inboxsync_placements SET
ticket_effect = CASE WHEN ticket_effect IN ('created', 'appended', 'reopened') THEN ticket_effect ELSE ? END,
ticket_reason = CASE WHEN ticket_effect IN ('created', 'appended', 'reopened') THEN ticket_reason ELSE ? END,
rule_trace = ?,
seen_action = CASE WHEN seen_action = 'none' THEN ? ELSE seen_action END,
move_to = CASE WHEN move_action IS NULL THEN ? ELSE move_to END,
move_action = CASE WHEN move_action IS NULL THEN ? ELSE move_action END
WHERE folder_id = ? AND uidvalidity = ? AND uid = ?
"""


def retrace(work: Statements, batch: BatchRecord) -> None:
    """Note what these messages met now and what that did to tickets; doing it again changes nothing.

    Fates and contents stay: what is stored stays stored, whatever a filter says now.
    """
    place = (batch.folder_id, batch.uidvalidity)
    work.many(_RETRACE, [(*_values(outcome), *place, outcome.meta.uid) for outcome in batch.outcomes])


def _values(outcome: Outcome) -> tuple[str | None, ...]:
    decision = outcome.ticket
    effect = (None, None) if decision is None else (decision.effect.value, clean_text(decision.reason))
    move = None if outcome.move_to is None else MoveAction.WANTED.value
    target = clean_optional(outcome.move_to)
    return (*effect, clean_optional(outcome.rule_trace), outcome.seen.value, target, move)
