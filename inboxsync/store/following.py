"""What the ledger knows of messages that lie on the server, and what following and verifying write of them.

A message is live where its UIDVALIDITY holds, it was not found gone, and it did not vanish before it could be fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, literal_column, or_, select, update

from inboxsync.model.following import FollowRecord, KnownPlacement, LiveCounts, StoredPlacement
from inboxsync.model.placement import Fate
from inboxsync.store.alchemy import chunks
from inboxsync.store.cleaning import clean_json
from inboxsync.store.core_tables import FOLDERS, MESSAGES, PLACEMENTS

_P = PLACEMENTS.c
_VANISHED = _P.fate == Fate.VANISHED.value
_GONE = or_(_P.expunged_at.is_not(None), _VANISHED)
_LIVE = and_(_P.expunged_at.is_(None), _P.fate != Fate.VANISHED.value, _P.retired_at.is_(None))
# Flags are JSON text, in which a backslash is written twice; without an ESCAPE Postgres would read it as one.
_UNREAD: ColumnElement[bool] = literal_column(
    """(LOWER(CAST(inboxsync_placements.flags AS TEXT)) NOT LIKE '%"\\\\seen"%' ESCAPE '!')"""
)
SEEN = "\\Seen"
KNOWN_PER_PAGE = 2_000
KnownPage = Callable[[int, int], Sequence[KnownPlacement]]


def _of(folder_id: int, uidvalidity: int) -> tuple[ColumnElement[bool], ...]:
    return _P.folder_id == folder_id, _P.uidvalidity == uidvalidity


# --- reading -------------------------------------------------------------------------------------------------------


def live_counts(connection: Connection, folder_id: int, uidvalidity: int) -> LiveCounts:
    """How many messages are live in a folder, and how many of them are unread."""
    unread = func.coalesce(func.sum(case((_UNREAD, 1), else_=0)), 0)
    row = connection.execute(select(func.count(), unread).where(*_of(folder_id, uidvalidity), _LIVE)).one()
    return LiveCounts(int(row[0]), int(row[1]))


def known_page(
    connection: Connection, folder_id: int, uidvalidity: int, first_uid: int, last_uid: int, limit: int
) -> Sequence[KnownPlacement]:
    """The first placements of a closed range of UIDs, by UID."""
    statement = (
        select(_P.uid, _P.flags, _P.fate, _P.expunged_at.is_not(None).label("is_expunged"))
        .where(*_of(folder_id, uidvalidity), _P.uid.between(first_uid, last_uid), _P.retired_at.is_(None))
        .order_by(_P.uid)
        .limit(limit)
    )
    return tuple(
        KnownPlacement(row.uid, tuple(row.flags), Fate(row.fate), bool(row.is_expunged))
        for row in connection.execute(statement)
    )


def live_uid_before(connection: Connection, folder_id: int, uidvalidity: int, below_uid: int, count: int) -> int | None:
    """The UID of the `count`-th live message counted downwards from `below_uid`; None where there are fewer."""
    statement = select(_P.uid).where(*_of(folder_id, uidvalidity), _LIVE, _P.uid < below_uid)
    return connection.execute(statement.order_by(_P.uid.desc()).limit(1).offset(count - 1)).scalar_one_or_none()


def gone_uids(connection: Connection, folder_id: int, uidvalidity: int, limit: int) -> tuple[int, ...]:
    """The highest UIDs of messages that were found gone from the server, or vanished, in ascending order."""
    statement = select(_P.uid).where(*_of(folder_id, uidvalidity), _GONE, _P.retired_at.is_(None))
    return tuple(sorted(connection.execute(statement.order_by(_P.uid.desc()).limit(limit)).scalars()))


def stored_from(connection: Connection, folder_id: int, uidvalidity: int, uid: int) -> StoredPlacement | None:
    """The first live message at or above this UID that was stored from this very placement."""
    statement = (
        select(_P.uid, _P.message_id, MESSAGES.c.raw_sha256, MESSAGES.c.size_bytes)
        .select_from(PLACEMENTS.join(MESSAGES, _P.message_id == MESSAGES.c.id))
        .where(*_of(folder_id, uidvalidity), _LIVE, _P.fate == Fate.STORED.value, _P.uid >= uid)
        .order_by(_P.uid)
        .limit(1)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else StoredPlacement(row.uid, row.message_id, row.raw_sha256, row.size_bytes)


# --- writing -------------------------------------------------------------------------------------------------------


def write(connection: Connection, record: FollowRecord) -> None:
    """Write what was found; writing it again changes nothing. Fates stay, but for a vanished message that is back."""
    _write_flags(connection, record)
    _note_gone(connection, record)
    _note_returned(connection, record)
    _write_folder(connection, record)


def _write_flags(connection: Connection, record: FollowRecord) -> None:
    if record.flags:
        wanted = (*_of(record.folder_id, record.uidvalidity), _P.uid == bindparam("of_uid"))
        rows = [{"of_uid": seen.uid, "now": clean_json(seen.flags)} for seen in record.flags]
        connection.execute(update(PLACEMENTS).where(*wanted).values(flags=bindparam("now")), rows)


def _note_gone(connection: Connection, record: FollowRecord) -> None:
    for uids in chunks(record.expunged):
        wanted = (*_of(record.folder_id, record.uidvalidity), _P.uid.in_(uids), _P.expunged_at.is_(None))
        connection.execute(update(PLACEMENTS).where(*wanted).values(expunged_at=record.at))


def _note_returned(connection: Connection, record: FollowRecord) -> None:
    """Take back that these are gone; what vanished before it could be fetched waits for fetching again."""
    again: dict[str, object] = {"reason": None, "error": None, "attempts": 0, "settled_at": None}
    values = {name: case((_VANISHED, value), else_=_P[name]) for name, value in again.items()}
    fate = case((_VANISHED, Fate.PENDING.value), else_=_P.fate)
    for uids in chunks(record.returned):
        wanted = (*_of(record.folder_id, record.uidvalidity), _P.uid.in_(uids), _GONE)
        connection.execute(update(PLACEMENTS).where(*wanted).values(**values, fate=fate, expunged_at=None))


def _write_folder(connection: Connection, record: FollowRecord) -> None:
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
        connection.execute(update(FOLDERS).where(FOLDERS.c.id == record.folder_id).values(**values))


def note_seen(connection: Connection, folder_id: int, uidvalidity: int, uids: Sequence[int]) -> None:
    r"""Add \Seen to the flags of messages that were marked read on the server: what we did is known without asking."""
    for some in chunks(uids):
        wanted = select(_P.uid, _P.flags).where(*_of(folder_id, uidvalidity), _P.uid.in_(some))
        rows = [
            {"of_uid": row.uid, "now": [*row.flags, SEEN]}
            for row in connection.execute(wanted)
            if SEEN.lower() not in {flag.lower() for flag in row.flags}
        ]
        if rows:
            target = (*_of(folder_id, uidvalidity), _P.uid == bindparam("of_uid"))
            connection.execute(update(PLACEMENTS).where(*target).values(flags=bindparam("now")), rows)


def pages(first_uid: int, last_uid: int, read: KnownPage) -> Iterator[KnownPlacement]:
    """Stream a range of the ledger, each page in a transaction of its own, so that none stays open for long."""
    while first_uid <= last_uid and (page := read(first_uid, last_uid)):
        yield from page
        first_uid = page[-1].uid + 1
