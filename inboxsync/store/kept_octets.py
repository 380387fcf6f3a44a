"""What is kept of mail that was not stored: headers of what was not taken (P8), all of what was set aside (P6)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select

from inboxsync.model.placement import Fate
from inboxsync.store.alchemy import Row, chunks, dialect_insert, insert_rows
from inboxsync.store.blobs import Blobs, encode
from inboxsync.store.cleaning import clean_text
from inboxsync.store.core_tables import PLACEMENT_HEADERS, PLACEMENTS, QUARANTINE, RAW

if TYPE_CHECKING:
    from inboxsync.model.ingest import BatchRecord, Outcome

_WITH_CONTENT = (Fate.STORED.value, Fate.DUPLICATE.value)
# A message that is asked for again keeps its octets while it is not had: it may be gone from the server for good.
_KEEPING_QUARANTINE = (Fate.QUARANTINED.value, Fate.PENDING.value, Fate.VANISHED.value)


def keep_octets(connection: Connection, batch: BatchRecord, blobs: Blobs) -> None:
    """Keep headers and quarantined octets of the batch, and drop what an earlier, now replaced fate had kept."""
    _drop_outdated(connection, batch, PLACEMENT_HEADERS, PLACEMENTS.c.fate.in_(_WITH_CONTENT))
    _drop_outdated(connection, batch, QUARANTINE, PLACEMENTS.c.fate.not_in(_KEEPING_QUARANTINE))
    kept = [one for one in batch.outcomes if one.header is not None or one.fate is Fate.QUARANTINED]
    ids = _ids(connection, batch, kept)
    headers = [_header_row(row_id, one.header) for row_id, one in ids if one.header is not None]
    insert_rows(connection, PLACEMENT_HEADERS, headers, or_nothing=True)
    _quarantine(connection, batch, {row_id: one for row_id, one in ids if one.fate is Fate.QUARANTINED}, blobs)


def _placements(
    batch: BatchRecord, uids: list[int], *conditions: ColumnElement[bool]
) -> tuple[ColumnElement[bool], ...]:
    columns = PLACEMENTS.c
    return (
        columns.folder_id == batch.folder_id,
        columns.uidvalidity == batch.uidvalidity,
        columns.uid.in_(uids),
        *conditions,
    )


def _drop_outdated(connection: Connection, batch: BatchRecord, table: Table, outdated: ColumnElement[bool]) -> None:
    for uids in chunks(outcome.meta.uid for outcome in batch.outcomes):
        settled = select(PLACEMENTS.c.id).where(*_placements(batch, uids, outdated))
        connection.execute(delete(table).where(table.c.placement_id.in_(settled)))


def _ids(connection: Connection, batch: BatchRecord, outcomes: Iterable[Outcome]) -> list[tuple[int, Outcome]]:
    """The placement of each outcome, where the ledger took the fate that the outcome gave."""
    by_uid: Mapping[int, Outcome] = {outcome.meta.uid: outcome for outcome in outcomes}
    return [
        (row.id, by_uid[row.uid]) for row in _rows(connection, batch, by_uid) if row.fate == by_uid[row.uid].fate.value
    ]


def _rows(connection: Connection, batch: BatchRecord, wanted: Iterable[int]) -> Iterator[Any]:
    columns = PLACEMENTS.c
    for uids in chunks(wanted):
        yield from connection.execute(select(columns.id, columns.uid, columns.fate).where(*_placements(batch, uids)))


def _header_row(placement_id: int, header: bytes) -> Row:
    encoding, data = encode(header)
    return {"placement_id": placement_id, "encoding": encoding, "data": data}


def _quarantine(connection: Connection, batch: BatchRecord, set_aside: Mapping[int, Outcome], blobs: Blobs) -> None:
    if not set_aside:
        return
    hashes = {row_id: hashlib.sha256(one.octets).hexdigest() for row_id, one in set_aside.items() if one.octets}
    raws = [_raw_row(hashes[row_id], one.octets, blobs) for row_id, one in set_aside.items() if one.octets]
    insert_rows(connection, RAW, sorted(raws, key=lambda row: str(row["sha256"])), or_nothing=True)
    statement = dialect_insert(connection.dialect.name, QUARANTINE)
    again: dict[str, ColumnElement[Any]] = {name: statement.excluded[name] for name in ("reason", "error", "at")}
    again["raw_sha256"] = func.coalesce(statement.excluded.raw_sha256, QUARANTINE.c.raw_sha256)
    rows = [_quarantine_row(batch, row_id, one, hashes.get(row_id)) for row_id, one in set_aside.items()]
    connection.execute(statement.on_conflict_do_update(index_elements=["placement_id"], set_=again), rows)


def _quarantine_row(batch: BatchRecord, placement_id: int, outcome: Outcome, sha256: str | None) -> Row:
    return {
        "placement_id": placement_id,
        "reason": clean_text(outcome.reason or "unknown"),
        "error": clean_text(outcome.error or ""),
        "raw_sha256": sha256,
        "at": batch.at,
    }


def _raw_row(sha256: str, octets: bytes, blobs: Blobs) -> Row:
    packed = blobs.pack(sha256, octets)
    return {
        "sha256": sha256,
        "encoding": packed.encoding,
        "size_bytes": packed.size_bytes,
        "data": packed.data,
        "path": packed.path,
    }
