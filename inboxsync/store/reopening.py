"""Asking again: settled placements become pending once more, and what was kept of them stays until a new fate stands.

A re-opened placement has the reason `reopened`, no failed tries and no wait before the next. What its old fate had kept
(the quarantine row with its octets, the header) goes only with the fate that replaces it, so a retry that fails costs
nothing. Never re-opened: what has its content (stored, duplicate), and what cannot be fetched any more because its
UIDVALIDITY has ended or its integration was removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, and_, false, not_, or_, select, update

from inboxsync.model.placement import Fate
from inboxsync.store.alchemy import select_in
from inboxsync.store.blobs import Packed
from inboxsync.store.core_tables import FOLDERS, INTEGRATIONS, PLACEMENTS, QUARANTINE, RAW, SYNC_STATES
from inboxsync.store.statements import chunks

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration

REOPENED = "reopened"
REOPENABLE = (Fate.QUARANTINED, Fate.FILTERED, Fate.TOO_LARGE, Fate.UNKNOWN_SENDER, Fate.VANISHED)

_P = PLACEMENTS.c
_PLACED = PLACEMENTS.join(FOLDERS, _P.folder_id == FOLDERS.c.id).join(
    INTEGRATIONS, FOLDERS.c.integration_id == INTEGRATIONS.c.id
)
_FATES = [fate.value for fate in REOPENABLE]
_AS_NEWLY_LISTED = {
    "fate": Fate.PENDING.value,
    "reason": REOPENED,
    "attempts": 0,
    "error": None,
    "next_attempt_at": None,
    "settled_at": None,
    # Said of mail that is not stored; its header, where there is one, still names the author.
    "from_address": None,
    # Whether it is gone is what the server is asked.
    "expunged_at": None,
}


def reopen(connection: Connection, placement_ids: Iterable[int], at: datetime) -> int:
    """Open these placements again and make their integrations due at `at`; answers how many were opened."""
    opened, integrations = 0, set[int]()
    wanted = select(_P.id, FOLDERS.c.integration_id).select_from(_PLACED).where(*_can_be_asked_for())
    for ids in chunks(placement_ids):
        found = connection.execute(wanted.where(_P.id.in_(ids))).all()
        if found:
            # The fate once more: on Postgres a run may have settled one between the two statements.
            still = (_P.id.in_([row.id for row in found]), _P.fate.in_(_FATES))
            opened += connection.execute(update(PLACEMENTS).where(*still).values(_AS_NEWLY_LISTED)).rowcount
            integrations.update(row.integration_id for row in found)
    _make_due(connection, integrations, at)
    return opened


def placement_ids(connection: Connection, folder_id: int, uidvalidity: int, uids: Iterable[int]) -> list[int]:
    """Name placements by their place instead of our id; a UID that was never listed has none."""
    statement = select(_P.id).where(_P.folder_id == folder_id, _P.uidvalidity == uidvalidity)
    return [row.id for row in select_in(connection, statement, _P.uid, uids)]


def settled(
    connection: Connection,
    integration: Integration,
    fate: Fate,
    *,
    reason: str | None = None,
    since: datetime | None = None,
    max_size_bytes: int | None = None,
) -> list[int]:
    """Ids of the placements of this fate that can be asked for again, by UID.

    Left out is what the settings would drop once more without a look: mail from before the integration's own start.
    """
    conditions = [INTEGRATIONS.c.uuid == integration.uuid, _P.fate == fate.value, *_can_be_asked_for()]
    conditions.append(not_(and_(_P.reason.is_not_distinct_from("before_since"), _is_before(integration.since))))
    conditions.append(not_(_is_before(since)))
    if reason is not None:
        conditions.append(_P.reason == reason)
    if max_size_bytes is not None:
        conditions.append(_P.size_bytes <= max_size_bytes)
    statement = select(_P.id).select_from(_PLACED).where(*conditions).order_by(FOLDERS.c.name, _P.uidvalidity, _P.uid)
    return list(connection.execute(statement).scalars())


def octets_kept(connection: Connection, folder_id: int, uidvalidity: int, uids: Iterable[int]) -> frozenset[int]:
    """Which of these UIDs were set aside, now or before they were re-opened, with octets that are still kept."""
    statement = (
        select(_P.uid)
        .select_from(PLACEMENTS.join(QUARANTINE, QUARANTINE.c.placement_id == _P.id))
        .where(_P.folder_id == folder_id, _P.uidvalidity == uidvalidity, QUARANTINE.c.raw_sha256.is_not(None))
    )
    return frozenset(row.uid for row in select_in(connection, statement, _P.uid, uids))


def quarantined_raw(connection: Connection, placement_id: int) -> tuple[str, Packed] | None:
    """The hash of what is kept of a message set aside, and where it is; None where there are no octets."""
    statement = (
        select(RAW.c.sha256, RAW.c.encoding, RAW.c.size_bytes, RAW.c.data, RAW.c.path)
        .select_from(QUARANTINE.join(RAW, RAW.c.sha256 == QUARANTINE.c.raw_sha256))
        .where(QUARANTINE.c.placement_id == placement_id)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else (row.sha256, Packed(row.encoding, row.size_bytes, row.data, row.path))


def _can_be_asked_for() -> tuple[ColumnElement[bool], ...]:
    return _P.fate.in_(_FATES), _P.retired_at.is_(None), INTEGRATIONS.c.removed_at.is_(None)


def _is_before(start: datetime | None) -> ColumnElement[bool]:
    """Mail without a usable INTERNALDATE is before nothing."""
    return false() if start is None else and_(_P.internal_date.is_not(None), _P.internal_date < start)


def _make_due(connection: Connection, integrations: Iterable[int], at: datetime) -> None:
    """Let the next run take them: as after a back-off that ends now. One that runs, or a pause, is not cut short."""
    states = SYNC_STATES.c
    waits = or_(states.paused, and_(states.next_attempt_at.is_not(None), states.next_attempt_at > at))
    for ids in chunks(sorted(integrations)):
        wanted = (states.integration_id.in_(ids), not_(waits))
        connection.execute(update(SYNC_STATES).where(*wanted).values(due_at=at, next_attempt_at=at))
