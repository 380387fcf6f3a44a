"""Lists of messages for readers over HTTP: newest first, by page or from a place on, and only what may be seen.

A page is found by narrow rows and only its own are then read in full. It is found in one of two ways, by how many the
folders have: along the dates, until a page's worth was met, or by sorting all that the folders have. The worse of the
better ones reads about the root of (messages of the store * items wanted). No planner may choose: SQLite
sorts all mail, and Postgres walks through a million messages for a mailbox that has thirty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, or_, select

from inboxsync.model.api_query import MessageFilter, Place, Stretch
from inboxsync.store.alchemy import is_sqlite
from inboxsync.store.api_scope import content_conditions, folder_ids, in_folders
from inboxsync.store.core_tables import FOLDERS, MESSAGES, PLACEMENTS
from inboxsync.store.reading import is_visible, placed

_M, _P = MESSAGES.c, PLACEMENTS.c
_NO_TIME: ColumnElement[Any] = literal_column("interval '0'")
# A literal: a partial index is taken only where the statement itself repeats its condition.
_LIVE = "fate IN ('stored', 'duplicate')"
_COUNTED = {
    None: FOLDERS.c.stored_count + FOLDERS.c.duplicate_count,
    "stored": FOLDERS.c.stored_count,
    "duplicate": FOLDERS.c.duplicate_count,
}


def found_places(connection: Connection, wanted: MessageFilter, stretch: Stretch) -> Sequence[Place]:
    """Where the wanted messages are, newest first; one more than `limit` where there are more."""
    folders = folder_ids(connection, wanted.sight, integration_id=wanted.integration_id, folder=wanted.folder)
    rows = connection.execute(places_statement(connection, wanted, stretch, folders))
    return [Place(row.received_at, row.message_id, row.placement_id) for row in rows]


def places_statement(
    connection: Connection, wanted: MessageFilter, stretch: Stretch, folders: Sequence[int] | None
) -> Select[Any]:
    """The statement that finds a stretch of the list."""
    along_dates = _goes_along_dates(connection, stretch, folders)
    offset = 0 if stretch.after is not None else (stretch.page - 1) * stretch.limit
    statement = (
        select(_M.received_at, _M.id.label("message_id"), _P.id.label("placement_id"))
        .select_from(_source(along_dates=along_dates))
        .where(is_visible(), *in_folders(folders, by_index=not along_dates), *content_conditions(wanted))
        .order_by(*_newest_first(connection, along_dates=along_dates))
    )
    if isinstance(stretch.after, Place):
        statement = statement.where(_is_behind(stretch.after))
    return statement.limit(stretch.limit + 1).offset(offset)


def count(connection: Connection, wanted: MessageFilter) -> int:
    """How many there are in all."""
    folders = folder_ids(connection, wanted.sight, integration_id=wanted.integration_id, folder=wanted.folder)
    if replace(wanted, fate=None).asks_of_content or wanted.fate not in _COUNTED:
        conditions = (is_visible(), *in_folders(folders, by_index=True), *content_conditions(wanted))
        return _number(connection, select(func.count()).select_from(_source(along_dates=False)).where(*conditions))
    return sum(one(connection, folders, wanted.fate) for one in (_count_live, _count_retired))


def _count_live(connection: Connection, folders: Sequence[int] | None, fate: str | None) -> int:
    """Of the numbers that folders keep; counted where one is not known (`folder_counts`)."""
    chosen = () if folders is None else (FOLDERS.c.id.in_(folders),)
    known, live, every = _COUNTED[fate], func.count(_COUNTED[fate]), func.count()
    row = connection.execute(select(func.coalesce(func.sum(known), 0), live, every).where(*chosen)).one()
    if row[1] == row[2]:
        return int(row[0])
    unknown = connection.execute(select(FOLDERS.c.id).where(*chosen, known.is_(None))).scalars().all()
    of_fate = () if fate is None else (_P.fate == fate,)
    here = (literal_column(_LIVE), _P.retired_at.is_(None), _P.folder_id.in_(unknown), *of_fate)
    return int(row[0]) + _number(connection, select(func.count()).select_from(PLACEMENTS).where(*here))


def _count_retired(connection: Connection, folders: Sequence[int] | None, fate: str | None) -> int:
    """Mail of ended UIDVALIDITYs that nothing newer shows; folders know that of all, as a rule that there is none."""
    shown = func.coalesce(FOLDERS.c.retired_count, 1) > 0
    some = select(FOLDERS.c.id).where(shown, *(() if folders is None else (FOLDERS.c.id.in_(folders),)))
    conditions = (_P.retired_at.is_not(None), _P.message_id.is_not(None), is_visible(), _P.folder_id.in_(some))
    of_fate = () if fate is None else (_P.fate == fate,)
    counted = select(func.count()).select_from(placed(PLACEMENTS)).where(*conditions, *of_fate)
    return _number(connection, counted)


def _number(connection: Connection, statement: Select[Any]) -> int:
    return int(connection.execute(statement).scalar_one())


def _source(*, along_dates: bool) -> Any:
    # `+ 0` keeps SQLite from looking messages up by id for each placement of the store, which it then has to sort.
    message_id = _M.id + literal_column("0") if along_dates else _M.id
    return placed(PLACEMENTS.join(MESSAGES, _P.message_id == message_id))


def _goes_along_dates(connection: Connection, stretch: Stretch, folders: Sequence[int] | None) -> bool:
    """Whether a walk along the dates meets enough before all of the folders is sorted."""
    if folders is None:
        return True
    of_folders = _count_live(connection, folders, None)
    of_all = connection.execute(select(func.max(_P.id))).scalar_one() or 0
    wanted = stretch.limit * (1 if stretch.after is not None else stretch.page)
    return int(wanted * of_all) < of_folders * of_folders


def _newest_first(connection: Connection, *, along_dates: bool) -> tuple[ColumnElement[Any], ...]:
    # An expression keeps Postgres from the dates' index, in which it hopes to meet soon what it meets at the end.
    of_index = along_dates or is_sqlite(connection)
    received_at = _M.received_at if of_index else _M.received_at + _NO_TIME
    return (received_at.desc(), _M.id.desc(), _P.id.desc())


def _is_behind(place: Place) -> ColumnElement[bool]:
    # The first condition alone is what an index can begin with.
    at, message_id = place.received_at, place.message_id
    return and_(
        _M.received_at <= at,
        or_(
            _M.received_at < at,
            _M.id < message_id,
            and_(_M.id == message_id, _P.id < place.placement_id),
        ),
    )
