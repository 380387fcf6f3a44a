"""What re-mapping reads and writes where there is something to re-map, over SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Table, Update, bindparam, literal_column, select, update

from inboxsync.model.placement import Fate, MessageMeta, ServerIds
from inboxsync.model.remapping import Former, Takeover
from inboxsync.store.alchemy import select_in
from inboxsync.store.bulk import Row
from inboxsync.store.cleaning import clean_size
from inboxsync.store.core_tables import PLACEMENT_HEADERS, PLACEMENTS, QUARANTINE

if TYPE_CHECKING:
    from inboxsync.model.ingest import BatchRecord

_P = PLACEMENTS.c
_OLD = PLACEMENTS.alias("former")
# What a successor takes over: the decision and all that explains it. Flags, size and dates are the listing's.
_TAKEN = (
    *("fate", "reason", "message_id", "external_id", "from_address", "ticket_effect", "ticket_reason", "rule_trace"),
    *("header_sha256", "seen_action", "move_to", "move_action", "attempts", "error", "settled_at"),
)
_FORMER = (_P.uidvalidity, _P.uid, _P.size_bytes, _P.internal_date, _P.header_sha256, _P.fate, _P.email_id)
# Literals: a partial index is taken only where the statement itself repeats its condition.
_PENDING = _P.fate == literal_column("'pending'")
_LIVE = _P.retired_at.is_(None)


# --- reading -------------------------------------------------------------------------------------------------------


def unmapped(
    connection: Connection, folder_id: int, uidvalidity: int, after_uid: int, limit: int
) -> Sequence[MessageMeta]:
    """Pending placements above a UID whose header was not looked at yet, by UID."""
    # `+ 0` keeps SQLite's planner from the unique index, which holds the whole folder.
    wanted = (_P.folder_id == folder_id, _P.uidvalidity + literal_column("0") == uidvalidity, _PENDING)
    statement = (
        select(_P.uid, _P.flags, _P.internal_date, _P.size_bytes, _P.email_id)
        .where(*wanted, _P.uid > after_uid, _P.header_sha256.is_(None))
        .order_by(_P.uid)
        .limit(limit)
    )
    return [
        MessageMeta(row.uid, tuple(row.flags), row.internal_date, row.size_bytes, ServerIds.of(row.email_id))
        for row in connection.execute(statement)
    ]


def formers(connection: Connection, folder_id: int, sizes: Iterable[int]) -> Sequence[Former]:
    """Retired placements of these sizes that nobody took over, the last retired first, then by UID."""
    open_ones = (_P.folder_id == folder_id, _P.retired_at.is_not(None), _P.remapped_uid.is_(None))
    statement = select(*_FORMER, _P.retired_at).where(
        *open_ones, _P.header_sha256.is_not(None), _P.fate.not_in(["pending", "vanished"])
    )
    rows = list(select_in(connection, statement, _P.size_bytes, {clean_size(size) for size in sizes}))
    rows.sort(key=lambda row: (-row.retired_at.timestamp(), -row.uidvalidity, row.uid))
    return [_former(row) for row in rows]


def live(connection: Connection, folder_id: int, uidvalidity: int) -> Sequence[Former]:
    """Every live placement of this UIDVALIDITY, by UID, those that are pending among them."""
    statement = select(*_FORMER).where(_P.folder_id == folder_id, _P.uidvalidity == uidvalidity, _LIVE)
    return [_former(row) for row in connection.execute(statement.order_by(_P.uid))]


def _former(row: Any) -> Former:
    return Former(
        row.uidvalidity, row.uid, row.size_bytes, row.internal_date, row.header_sha256, Fate(row.fate), row.email_id
    )


# --- one placement follows another ---------------------------------------------------------------------------------


def copy_fates(connection: Connection, folder_id: int, uidvalidity: int, takeovers: Sequence[Takeover]) -> None:
    """Let new placements take over the fates of former ones, and what those had kept."""
    if not takeovers:
        return
    rows = [
        {"to_uidvalidity": uidvalidity, "to_uid": one.uid, **_key_of(one.former)}
        for one in takeovers
    ]  # fmt: skip
    _move_kept(connection, folder_id, [row for row, one in zip(rows, takeovers, strict=True) if _has_kept(one.former)])
    statement = (
        update(PLACEMENTS)
        .where(*_new(folder_id), _PENDING, *_old(folder_id), _OLD.c.remapped_uid.is_(None))
        .where(_OLD.c.folder_id == _P.folder_id)
        .values({name: _OLD.c[name] for name in _TAKEN})
    )
    connection.execute(statement, rows)
    taken = update(PLACEMENTS).where(
        _P.folder_id == folder_id,
        _P.uidvalidity == bindparam("from_uidvalidity"),
        _P.uid == bindparam("from_uid"),
        _P.remapped_uid.is_(None),
    )
    connection.execute(taken.values(remapped_uid=bindparam("to_uid")), rows)


def _key_of(former: Former) -> Row:
    return {"from_uidvalidity": former.uidvalidity, "from_uid": former.uid}


def _new(folder_id: int) -> tuple[ColumnElement[bool], ...]:
    return _P.folder_id == folder_id, _P.uidvalidity == bindparam("to_uidvalidity"), _P.uid == bindparam("to_uid")


def _old(folder_id: int) -> tuple[ColumnElement[bool], ...]:
    columns = _OLD.c
    return (
        columns.folder_id == folder_id,
        columns.uidvalidity == bindparam("from_uidvalidity"),
        columns.uid == bindparam("from_uid"),
    )


def _has_kept(former: Former) -> bool:
    return former.fate not in (Fate.STORED, Fate.DUPLICATE)


def _move_kept(connection: Connection, folder_id: int, rows: Sequence[Row]) -> None:
    if not rows:
        return
    successor = select(_P.id).where(*_new(folder_id), _PENDING).scalar_subquery()
    former = select(_OLD.c.id).where(*_old(folder_id), _OLD.c.remapped_uid.is_(None)).scalar_subquery()
    for table in (PLACEMENT_HEADERS, QUARANTINE):
        connection.execute(_moved(table, successor, former), rows)


def _moved(table: Table, successor: ColumnElement[int], former: ColumnElement[int]) -> Update:
    return update(table).where(table.c.placement_id == former).values(placement_id=successor)


def note_headers(connection: Connection, folder_id: int, uidvalidity: int, headers: Mapping[int, str]) -> None:
    """Keep the header hashes of placements."""
    rows = [{"to_uidvalidity": uidvalidity, "to_uid": uid, "digest": digest} for uid, digest in sorted(headers.items())]
    if rows:
        statement = update(PLACEMENTS).where(*_new(folder_id)).values(header_sha256=bindparam("digest"))
        connection.execute(statement, rows)


# --- numbers that were ours ----------------------------------------------------------------------------------------


def move(connection: Connection, batch: BatchRecord, former_uidvalidity: int, takeovers: Sequence[Takeover]) -> None:
    """Give placements whose numbers were our own new ones."""
    if not takeovers or former_uidvalidity == batch.uidvalidity:
        return
    statement = (
        update(PLACEMENTS)
        .where(_P.folder_id == batch.folder_id, _P.uidvalidity == former_uidvalidity, _P.uid == bindparam("from_uid"))
        .values(uidvalidity=batch.uidvalidity, uid=bindparam("to_uid"))
    )
    connection.execute(statement, [{"from_uid": one.former.uid, "to_uid": one.uid} for one in takeovers])


def leave_behind(connection: Connection, batch: BatchRecord, former_uidvalidity: int) -> None:
    """Retire what was not found again; what was never fetched is gone."""
    left = (_P.folder_id == batch.folder_id, _P.uidvalidity == former_uidvalidity, _LIVE)
    gone = {"fate": Fate.VANISHED.value, "reason": "gone_before_fetch", "settled_at": batch.at, "error": None}
    connection.execute(update(PLACEMENTS).where(*left, _PENDING).values(**gone))
    connection.execute(update(PLACEMENTS).where(*left).values(retired_at=batch.at))
