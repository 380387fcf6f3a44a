"""Placements that change their UIDs and keep their fates (design §4): a new UIDVALIDITY, a renamed folder, no UIDs.

A placement that the server named is never rewritten: it stays, retired, and its successor copies its fate. What a fate
had kept (a header, quarantined octets) moves to the successor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Table, Update, bindparam, delete, func, literal_column, select, update

from inboxsync.model.placement import Fate, MessageMeta
from inboxsync.model.remapping import Former, Mapped, Takeover
from inboxsync.store.alchemy import Row, select_in
from inboxsync.store.cleaning import clean_size
from inboxsync.store.core_tables import FOLDERS, PLACEMENT_HEADERS, PLACEMENTS, QUARANTINE
from inboxsync.store.record import record_batch

if TYPE_CHECKING:
    from inboxsync.model.ingest import BatchRecord
    from inboxsync.store.blobs import Blobs

_P = PLACEMENTS.c
_OLD = PLACEMENTS.alias("former")
# What a successor takes over: the decision and all that explains it. Flags, size and dates are the listing's.
_TAKEN = (
    *("fate", "reason", "message_id", "external_id", "from_address", "ticket_effect", "ticket_reason", "rule_trace"),
    *("header_sha256", "seen_action", "attempts", "error", "settled_at"),
)
_FORMER = (_P.uidvalidity, _P.uid, _P.size_bytes, _P.internal_date, _P.header_sha256, _P.fate)
# Literals: a partial index is taken only where the statement itself repeats its condition.
_PENDING = _P.fate == literal_column("'pending'")
_LIVE = _P.retired_at.is_(None)

Open = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class SqlRemapping:
    """Implements `ports.RemappingStore`; each method is one transaction."""

    reading: Open
    writing: Open
    blobs: Blobs

    def ended(self, folder_id: int) -> frozenset[int]:
        """Answer the UIDVALIDITYs of the folder's retired placements."""
        with self.reading() as connection:
            found = select(_P.uidvalidity).where(_P.folder_id == folder_id, _P.retired_at.is_not(None)).distinct()
            return frozenset(connection.execute(found).scalars())

    def has_formers(self, folder_id: int) -> bool:
        """Whether the folder has retired placements that nobody took over."""
        with self.reading() as connection:
            open_ones = (_P.folder_id == folder_id, _P.retired_at.is_not(None), _P.remapped_uid.is_(None))
            return connection.execute(select(_P.id).where(*open_ones).limit(1)).first() is not None

    def listed_count(self, folder_id: int, uidvalidity: int) -> int:
        """Count the UIDs of this UIDVALIDITY that were ever listed."""
        with self.reading() as connection:
            listed = select(func.count()).where(_P.folder_id == folder_id, _P.uidvalidity == uidvalidity)
            return int(connection.execute(listed).scalar_one())

    def retire_others(self, folder_id: int, uidvalidity: int, *, at: datetime) -> int:
        """Retire all live placements of the folder but those of this UIDVALIDITY; answers how many."""
        with self.writing() as connection:
            others = (_P.folder_id == folder_id, _P.uidvalidity != uidvalidity, _LIVE)
            return connection.execute(update(PLACEMENTS).where(*others).values(retired_at=at)).rowcount

    def unmapped(self, folder_id: int, uidvalidity: int, *, after_uid: int, limit: int) -> Sequence[MessageMeta]:
        """Answer pending placements above a UID whose header was not looked at yet, by UID."""
        with self.reading() as connection:
            # `+ 0` keeps SQLite's planner from the unique index, which holds the whole folder.
            wanted = (_P.folder_id == folder_id, _P.uidvalidity + literal_column("0") == uidvalidity, _PENDING)
            statement = (
                select(_P.uid, _P.flags, _P.internal_date, _P.size_bytes)
                .where(*wanted, _P.uid > after_uid, _P.header_sha256.is_(None))
                .order_by(_P.uid)
                .limit(limit)
            )
            rows = connection.execute(statement)
            return [MessageMeta(row.uid, tuple(row.flags), row.internal_date, row.size_bytes) for row in rows]

    def formers(self, folder_id: int, sizes: Iterable[int]) -> Sequence[Former]:
        """Answer retired placements of these sizes that nobody took over, the last retired first, then by UID."""
        with self.reading() as connection:
            open_ones = (_P.folder_id == folder_id, _P.retired_at.is_not(None), _P.remapped_uid.is_(None))
            statement = select(*_FORMER, _P.retired_at).where(
                *open_ones, _P.header_sha256.is_not(None), _P.fate.not_in(["pending", "vanished"])
            )
            rows = list(select_in(connection, statement, _P.size_bytes, {clean_size(size) for size in sizes}))
        rows.sort(key=lambda row: (-row.retired_at.timestamp(), -row.uidvalidity, row.uid))
        return [_former(row) for row in rows]

    def take_over(self, folder_id: int, uidvalidity: int, mapped: Mapped) -> None:
        """Let new placements take over the fates of former ones, and keep the header hashes of the rest."""
        with self.writing() as connection:
            _copy_fates(connection, folder_id, uidvalidity, mapped.takeovers)
            _note_headers(connection, folder_id, uidvalidity, mapped.headers)

    def live(self, folder_id: int, uidvalidity: int) -> Sequence[Former]:
        """Answer every live placement of this UIDVALIDITY, by UID, those that are pending among them."""
        with self.reading() as connection:
            statement = select(*_FORMER).where(_P.folder_id == folder_id, _P.uidvalidity == uidvalidity, _LIVE)
            return [_former(row) for row in connection.execute(statement.order_by(_P.uid))]

    def renumber(
        self, batch: BatchRecord, former_uidvalidity: int, takeovers: Sequence[Takeover], headers: Mapping[int, str]
    ) -> None:
        """Give placements whose numbers were our own new ones, retire those left behind, and record what is new.

        For servers without lasting UIDs: nothing is remembered of the old number, which named nothing.
        """
        with self.writing() as connection:
            _move(connection, batch, former_uidvalidity, takeovers)
            if former_uidvalidity != batch.uidvalidity:
                _leave_behind(connection, batch, former_uidvalidity)
            record_batch(connection, batch, self.blobs)
            _note_headers(connection, batch.folder_id, batch.uidvalidity, headers)

    def adopt(self, folder_id: int, former_folder_id: int) -> bool:
        """Let a renamed folder keep its ledger: the former row takes the name of the new one, which goes.

        Answers False, and changes nothing, where the new row has placements of its own.
        """
        with self.writing() as connection:
            used = select(_P.id).where(_P.folder_id == folder_id).limit(1)
            if connection.execute(used).first() is not None:
                return False
            name = connection.execute(select(FOLDERS.c.name).where(FOLDERS.c.id == folder_id)).scalar_one()
            connection.execute(delete(FOLDERS).where(FOLDERS.c.id == folder_id))
            connection.execute(update(FOLDERS).where(FOLDERS.c.id == former_folder_id).values(name=name))
            return True


def _former(row: Any) -> Former:
    return Former(row.uidvalidity, row.uid, row.size_bytes, row.internal_date, row.header_sha256, Fate(row.fate))


# --- one placement follows another ---------------------------------------------------------------------------------


def _copy_fates(connection: Connection, folder_id: int, uidvalidity: int, takeovers: Sequence[Takeover]) -> None:
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


def _note_headers(connection: Connection, folder_id: int, uidvalidity: int, headers: Mapping[int, str]) -> None:
    rows = [{"to_uidvalidity": uidvalidity, "to_uid": uid, "digest": digest} for uid, digest in sorted(headers.items())]
    if rows:
        statement = update(PLACEMENTS).where(*_new(folder_id)).values(header_sha256=bindparam("digest"))
        connection.execute(statement, rows)


# --- numbers that were ours ----------------------------------------------------------------------------------------


def _move(connection: Connection, batch: BatchRecord, former_uidvalidity: int, takeovers: Sequence[Takeover]) -> None:
    if not takeovers or former_uidvalidity == batch.uidvalidity:
        return
    statement = (
        update(PLACEMENTS)
        .where(_P.folder_id == batch.folder_id, _P.uidvalidity == former_uidvalidity, _P.uid == bindparam("from_uid"))
        .values(uidvalidity=batch.uidvalidity, uid=bindparam("to_uid"))
    )
    connection.execute(statement, [{"from_uid": one.former.uid, "to_uid": one.uid} for one in takeovers])


def _leave_behind(connection: Connection, batch: BatchRecord, former_uidvalidity: int) -> None:
    left = (_P.folder_id == batch.folder_id, _P.uidvalidity == former_uidvalidity, _LIVE)
    gone = {"fate": Fate.VANISHED.value, "reason": "gone_before_fetch", "settled_at": batch.at, "error": None}
    connection.execute(update(PLACEMENTS).where(*left, _PENDING).values(**gone))
    connection.execute(update(PLACEMENTS).where(*left).values(retired_at=batch.at))
