"""What is kept of mail that was not stored: headers of what was not taken (P8), all of what was set aside (P6)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from inboxsync.model.placement import Fate
from inboxsync.store.blobs import Blobs, encode
from inboxsync.store.bulk import Row, insert_rows, write_rows
from inboxsync.store.cleaning import clean_text
from inboxsync.store.shapes import PLACEMENT_HEADERS, QUARANTINE, RAW

if TYPE_CHECKING:
    from inboxsync.model.ingest import BatchRecord, Outcome
    from inboxsync.store.statements import Statements

_OF_THE_BATCH = "SELECT id FROM inboxsync_placements WHERE folder_id = ? AND uidvalidity = ? AND uid IN ({in})"
_DROP_HEADERS = f"""
DELETE FROM inboxsync_placement_headers WHERE placement_id IN (
    {_OF_THE_BATCH} AND fate IN ('stored', 'duplicate')
)
"""  # noqa: S608  names from this package
# A message that is asked for again keeps its octets while it is not had: it may be gone from the server for good.
_DROP_QUARANTINE = f"""
DELETE FROM inboxsync_quarantine WHERE placement_id IN (
    {_OF_THE_BATCH} AND fate NOT IN ('quarantined', 'pending', 'vanished')
)
"""  # noqa: S608  names from this package
_FATES = "SELECT id, uid, fate FROM inboxsync_placements WHERE folder_id = ? AND uidvalidity = ? AND uid IN ({in})"
_QUARANTINE = """
{insert} ON CONFLICT (placement_id) DO UPDATE SET reason = excluded.reason, error = excluded.error, at = excluded.at,
raw_sha256 = coalesce(excluded.raw_sha256, inboxsync_quarantine.raw_sha256)
"""


def keep_octets(work: Statements, batch: BatchRecord, blobs: Blobs) -> None:
    """Keep headers and quarantined octets of the batch, and drop what an earlier, now replaced fate had kept."""
    uids = [outcome.meta.uid for outcome in batch.outcomes]
    work.run_in(_DROP_HEADERS, uids, (batch.folder_id, batch.uidvalidity))
    work.run_in(_DROP_QUARANTINE, uids, (batch.folder_id, batch.uidvalidity))
    kept = [one for one in batch.outcomes if one.header is not None or one.fate is Fate.QUARANTINED]
    ids = _ids(work, batch, kept)
    headers = [_header_row(row_id, one.header) for row_id, one in ids if one.header is not None]
    insert_rows(work, PLACEMENT_HEADERS, headers, or_nothing=True)
    _quarantine(work, batch, {row_id: one for row_id, one in ids if one.fate is Fate.QUARANTINED}, blobs)


def _ids(work: Statements, batch: BatchRecord, outcomes: Iterable[Outcome]) -> list[tuple[int, Outcome]]:
    """The placement of each outcome, where the ledger took the fate that the outcome gave."""
    by_uid: Mapping[int, Outcome] = {outcome.meta.uid: outcome for outcome in outcomes}
    rows = work.rows_in(_FATES, by_uid, (batch.folder_id, batch.uidvalidity))
    return [(row_id, by_uid[uid]) for row_id, uid, fate in rows if fate == by_uid[uid].fate.value]


def _header_row(placement_id: int, header: bytes) -> Row:
    encoding, data = encode(header)
    return {"placement_id": placement_id, "encoding": encoding, "data": data}


def _quarantine(work: Statements, batch: BatchRecord, set_aside: Mapping[int, Outcome], blobs: Blobs) -> None:
    if not set_aside:
        return
    hashes = {row_id: hashlib.sha256(one.octets).hexdigest() for row_id, one in set_aside.items() if one.octets}
    raws = [_raw_row(hashes[row_id], one.octets, blobs) for row_id, one in set_aside.items() if one.octets]
    insert_rows(work, RAW, sorted(raws, key=lambda row: str(row["sha256"])), or_nothing=True)
    rows = [_quarantine_row(batch, row_id, one, hashes.get(row_id)) for row_id, one in set_aside.items()]
    write_rows(work, QUARANTINE, rows, _QUARANTINE)


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
