"""What the ledger knows of messages that lie on the server, and what following and verifying write of them.

A message is live where its UIDVALIDITY holds, it was not found gone, and it did not vanish before it could be fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from inboxsync.model.following import FollowRecord, KnownPlacement, LiveCounts, StoredPlacement
from inboxsync.model.placement import Fate
from inboxsync.store.bulk import dump_json
from inboxsync.store.cleaning import clean_json
from inboxsync.store.dialect import read_json

if TYPE_CHECKING:
    from inboxsync.store.statements import Statements

SEEN = "\\Seen"
KNOWN_PER_PAGE = 2_000
KnownPage = Callable[[int, int], Sequence[KnownPlacement]]

_OF = "folder_id = ? AND uidvalidity = ?"
_GONE = "(expunged_at IS NOT NULL OR fate = 'vanished')"
_LIVE = "expunged_at IS NULL AND fate <> 'vanished' AND retired_at IS NULL"
# Flags are JSON text, in which a backslash is written twice; without an ESCAPE Postgres would read it as one.
_SEEN_PATTERN = r'%"\\seen"%'
_UNREAD = "LOWER(CAST(flags AS TEXT)) NOT LIKE ? ESCAPE '!'"
_COUNTS = f"""
SELECT count(*), coalesce(sum(CASE WHEN {_UNREAD} THEN 1 ELSE 0 END), 0) FROM inboxsync_placements
WHERE {_OF} AND {_LIVE}
"""  # noqa: S608  our own words
_KNOWN = f"""
SELECT uid, flags, fate, expunged_at IS NOT NULL FROM inboxsync_placements
WHERE {_OF} AND uid BETWEEN ? AND ? AND retired_at IS NULL ORDER BY uid LIMIT ?
"""  # noqa: S608  our own words
_BEFORE = f"""
SELECT uid FROM inboxsync_placements WHERE {_OF} AND {_LIVE} AND uid < ? ORDER BY uid DESC LIMIT 1 OFFSET ?
"""  # noqa: S608  our own words
_GONE_UIDS = f"""
SELECT uid FROM inboxsync_placements WHERE {_OF} AND {_GONE} AND retired_at IS NULL ORDER BY uid DESC LIMIT ?
"""  # noqa: S608  our own words
_STORED = f"""
SELECT p.uid, p.message_id, m.raw_sha256, m.size_bytes
FROM inboxsync_placements AS p JOIN inboxsync_messages AS m ON p.message_id = m.id
WHERE {_OF} AND {_LIVE} AND p.fate = 'stored' AND p.uid >= ? ORDER BY p.uid LIMIT 1
"""  # noqa: S608  our own words
_SET_FLAGS = f"UPDATE inboxsync_placements SET flags = ? WHERE {_OF} AND uid = ?"  # noqa: S608  our own words
_NOTE_GONE = f"""
UPDATE inboxsync_placements SET expunged_at = ? WHERE {_OF} AND expunged_at IS NULL AND uid IN ({{in}})
"""  # noqa: S608  our own words
_NOTE_RETURNED = f"""
UPDATE inboxsync_placements SET
reason = CASE WHEN fate = 'vanished' THEN NULL ELSE reason END,
error = CASE WHEN fate = 'vanished' THEN NULL ELSE error END,
attempts = CASE WHEN fate = 'vanished' THEN 0 ELSE attempts END,
settled_at = CASE WHEN fate = 'vanished' THEN NULL ELSE settled_at END,
fate = CASE WHEN fate = 'vanished' THEN 'pending' ELSE fate END,
expunged_at = NULL
WHERE {_OF} AND {_GONE} AND uid IN ({{in}})
"""  # noqa: S608  our own words
_FLAGS = f"SELECT uid, flags FROM inboxsync_placements WHERE {_OF} AND uid IN ({{in}})"  # noqa: S608  our own words


# --- reading -------------------------------------------------------------------------------------------------------


def live_counts(work: Statements, folder_id: int, uidvalidity: int) -> LiveCounts:
    """How many messages are live in a folder, and how many of them are unread."""
    row = work.row(_COUNTS, (_SEEN_PATTERN, folder_id, uidvalidity))
    return LiveCounts(int(row[0]), int(row[1])) if row else LiveCounts(0, 0)


def known_page(
    work: Statements, folder_id: int, uidvalidity: int, first_uid: int, last_uid: int, limit: int
) -> Sequence[KnownPlacement]:
    """The first placements of a closed range of UIDs, by UID."""
    rows = work.rows(_KNOWN, (folder_id, uidvalidity, first_uid, last_uid, limit))
    return tuple(
        KnownPlacement(uid, tuple(read_json(flags)), Fate(fate), bool(is_expunged))
        for uid, flags, fate, is_expunged in rows
    )


def live_uid_before(work: Statements, folder_id: int, uidvalidity: int, below_uid: int, count: int) -> int | None:
    """The UID of the `count`-th live message counted downwards from `below_uid`; None where there are fewer."""
    row = work.row(_BEFORE, (folder_id, uidvalidity, below_uid, count - 1))
    return row[0] if row else None


def gone_uids(work: Statements, folder_id: int, uidvalidity: int, limit: int) -> tuple[int, ...]:
    """The highest UIDs of messages that were found gone from the server, or vanished, in ascending order."""
    return tuple(sorted(uid for (uid,) in work.rows(_GONE_UIDS, (folder_id, uidvalidity, limit))))


def stored_from(work: Statements, folder_id: int, uidvalidity: int, uid: int) -> StoredPlacement | None:
    """The first live message at or above this UID that was stored from this very placement."""
    row = work.row(_STORED, (folder_id, uidvalidity, uid))
    return StoredPlacement(*row) if row else None


# --- writing -------------------------------------------------------------------------------------------------------


def write(work: Statements, record: FollowRecord) -> None:
    """Write what was found; writing it again changes nothing. Fates stay, but for a vanished message that is back."""
    place = (record.folder_id, record.uidvalidity)
    work.many(_SET_FLAGS, [(dump_json(clean_json(seen.flags)), *place, seen.uid) for seen in record.flags])
    work.run_in(_NOTE_GONE, record.expunged, (record.at, *place))
    # What vanished before it could be fetched waits for fetching again.
    work.run_in(_NOTE_RETURNED, record.returned, place)
    _write_folder(work, record)


def _write_folder(work: Statements, record: FollowRecord) -> None:
    values: dict[str, object] = {}
    if record.followed is not None:
        followed = record.followed
        values |= {
            "followed_uidvalidity": followed.uidvalidity,
            "followed_modseq": followed.modseq,
            "followed_exists": followed.exists,
            "followed_below_uid": followed.below_uid,
            "swept_at": followed.swept_at,
        }
    values |= {} if record.exists is None else {"exists_count": record.exists}
    values |= {} if record.unread is None else {"unread_count": record.unread}
    if values:
        changes = ", ".join(f"{name} = ?" for name in values)
        statement = f"UPDATE inboxsync_folders SET {changes} WHERE id = ?"  # noqa: S608  our own words
        work.run(statement, (*values.values(), record.folder_id))


def note_seen(work: Statements, folder_id: int, uidvalidity: int, uids: Sequence[int]) -> None:
    r"""Add \Seen to the flags of messages that were marked read on the server: what we did is known without asking."""
    known = ((uid, read_json(flags)) for uid, flags in work.rows_in(_FLAGS, uids, (folder_id, uidvalidity)))
    rows = [
        (dump_json([*flags, SEEN]), folder_id, uidvalidity, uid)
        for uid, flags in known
        if SEEN.lower() not in {flag.lower() for flag in flags}
    ]
    work.many(_SET_FLAGS, rows)


def pages(first_uid: int, last_uid: int, read: KnownPage) -> Iterator[KnownPlacement]:
    """Stream a range of the ledger, each page in a transaction of its own, so that none stays open for long."""
    while first_uid <= last_uid and (page := read(first_uid, last_uid)):
        yield from page
        first_uid = page[-1].uid + 1
