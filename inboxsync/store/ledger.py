"""Questions to the ledger: what is open, what the server is still to be told, what was set aside, and the sums."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, literal_column, or_, select, update

from inboxsync.model.ingest import OpenPlacement
from inboxsync.model.placement import MessageMeta
from inboxsync.model.report import Counts
from inboxsync.model.views import QuarantineView
from inboxsync.store.alchemy import chunks
from inboxsync.store.core_tables import FOLDERS, INTEGRATIONS, PLACEMENTS, QUARANTINE

_P = PLACEMENTS.c
# Literals, not parameters: a partial index is taken only where the statement itself repeats its condition.
_PENDING = _P.fate == literal_column("'pending'")
_SEEN_WANTED = _P.seen_action == literal_column("'wanted'")


def _of(folder_id: int, uidvalidity: int) -> tuple[ColumnElement[bool], ...]:
    return _P.folder_id == folder_id, _P.uidvalidity == uidvalidity


def _few_of(folder_id: int, uidvalidity: int) -> tuple[ColumnElement[bool], ...]:
    # `+ 0` keeps SQLite's planner from the unique index, which it takes for better and which holds the whole folder.
    return _P.folder_id == folder_id, _P.uidvalidity + literal_column("0") == uidvalidity


def open_placements(
    connection: Connection, folder_id: int, uidvalidity: int, now: datetime, limit: int | None
) -> tuple[OpenPlacement, ...]:
    """Pending placements that may be tried now, by UID."""
    statement = (
        select(_P.uid, _P.flags, _P.internal_date, _P.size_bytes, _P.attempts, _P.next_attempt_at)
        .where(*_few_of(folder_id, uidvalidity), _PENDING)
        .where(or_(_P.next_attempt_at.is_(None), _P.next_attempt_at <= now))
        .order_by(_P.uid)
        .limit(limit)
    )
    return tuple(
        OpenPlacement(
            MessageMeta(row.uid, tuple(row.flags), row.internal_date, row.size_bytes),
            row.attempts,
            row.next_attempt_at,
        )
        for row in connection.execute(statement)
    )


def seen_wanted(connection: Connection, folder_id: int, uidvalidity: int) -> tuple[int, ...]:
    """UIDs still to be marked read on the server, in order; never one whose mail is not settled (P1)."""
    statement = select(_P.uid).where(*_few_of(folder_id, uidvalidity), _SEEN_WANTED, _P.fate != "pending")
    return tuple(connection.execute(statement.order_by(_P.uid)).scalars())


def seen_done(connection: Connection, folder_id: int, uidvalidity: int, uids: Sequence[int]) -> None:
    """Record that these are marked read on the server."""
    for chunk in chunks(uids):
        wanted = (*_of(folder_id, uidvalidity), _P.uid.in_(chunk), _SEEN_WANTED)
        connection.execute(update(PLACEMENTS).where(*wanted).values(seen_action="done"))


def fates(connection: Connection, integration_uuid: str) -> Counts:
    """Sum up the live placements of an integration by fate."""
    statement = (
        select(_P.fate, func.count(), func.sum(_P.size_bytes))
        .select_from(PLACEMENTS.join(FOLDERS).join(INTEGRATIONS, FOLDERS.c.integration_id == INTEGRATIONS.c.id))
        .where(INTEGRATIONS.c.uuid == integration_uuid, _P.retired_at.is_(None))
        .group_by(_P.fate)
    )
    rows = [(str(fate), int(count), int(size)) for fate, count, size in connection.execute(statement)]
    sums = {fate: count for fate, count, _ in rows}
    return Counts.of({**sums, "listed": sum(sums.values()), "bytes": sum(size for _, _, size in rows)})


def quarantined(connection: Connection, integration: str | None) -> tuple[QuarantineView, ...]:
    """What was set aside, newest first."""
    statement = (
        select(
            _P.id,
            INTEGRATIONS.c.name.label("integration"),
            FOLDERS.c.name.label("folder"),
            _P.uid,
            QUARANTINE.c.reason,
            QUARANTINE.c.error,
            _P.attempts,
            _P.size_bytes,
            QUARANTINE.c.raw_sha256,
            QUARANTINE.c.at,
        )
        .select_from(
            QUARANTINE.join(PLACEMENTS, QUARANTINE.c.placement_id == _P.id)
            .join(FOLDERS, _P.folder_id == FOLDERS.c.id)
            .join(INTEGRATIONS, FOLDERS.c.integration_id == INTEGRATIONS.c.id)
        )
        .where(_P.fate == "quarantined")
        .order_by(QUARANTINE.c.at.desc(), _P.id.desc())
    )
    if integration is not None:
        statement = statement.where(INTEGRATIONS.c.name == integration)
    return tuple(
        QuarantineView(
            id=row.id,
            integration=row.integration,
            folder=row.folder,
            uid=row.uid,
            reason=row.reason,
            error=row.error,
            attempts=row.attempts,
            size_bytes=row.size_bytes,
            has_octets=row.raw_sha256 is not None,
            at=row.at,
        )
        for row in connection.execute(statement)
    )
