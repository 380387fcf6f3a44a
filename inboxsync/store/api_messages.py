"""Lists of messages for readers over HTTP: newest first, by page or from a place on, and only what may be seen.

A page is found by narrow rows and only its own are then read in full. On SQLite it is found in one of two ways, by what
the index alone tells of how many there are: along the dates, until a page's worth was met, or by sorting all that the
folders have. The worse of the better ones reads about the root of (messages of the store * items wanted).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, or_, select

from inboxsync.model.api_query import MessageFilter, Place, Stretch
from inboxsync.store.alchemy import is_sqlite
from inboxsync.store.api_scope import content_conditions, folder_ids, in_folders
from inboxsync.store.core_tables import MESSAGES, PLACEMENTS
from inboxsync.store.reading import is_visible, placed

_M, _P = MESSAGES.c, PLACEMENTS.c
_MUCH = 20_000
# A literal: a partial index is taken only where the statement itself repeats its condition.
_LIVE: tuple[ColumnElement[bool], ...] = (literal_column("fate IN ('stored', 'duplicate')"), _P.retired_at.is_(None))


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
        .order_by(_M.received_at.desc(), _M.id.desc(), _P.id.desc())
    )
    if isinstance(stretch.after, Place):
        statement = statement.where(_is_behind(stretch.after))
    return statement.limit(stretch.limit + 1).offset(offset)


def count(connection: Connection, wanted: MessageFilter) -> int:
    """How many there are in all."""
    folders = folder_ids(connection, wanted.sight, integration_id=wanted.integration_id, folder=wanted.folder)
    if wanted.asks_of_content:
        conditions = (is_visible(), *in_folders(folders, by_index=True), *content_conditions(wanted))
        return _number(connection, select(func.count()).select_from(_source(along_dates=False)).where(*conditions))
    return _count_live(connection, folders) + _count_retired(connection, folders)


def _count_live(connection: Connection, folders: Sequence[int] | None) -> int:
    conditions = (*_LIVE, *in_folders(folders, by_index=True))
    return _number(connection, select(func.count()).select_from(PLACEMENTS).where(*conditions))


def _count_retired(connection: Connection, folders: Sequence[int] | None) -> int:
    """Mail of ended UIDVALIDITYs that nothing newer shows: found by an index that holds no other."""
    is_old = (_P.retired_at.is_not(None), _P.message_id.is_not(None))
    conditions = (*is_old, is_visible(), *in_folders(folders, by_index=True))
    return _number(connection, select(func.count()).select_from(placed(PLACEMENTS)).where(*conditions))


def _number(connection: Connection, statement: Select[Any]) -> int:
    return int(connection.execute(statement).scalar_one())


def _source(*, along_dates: bool) -> Any:
    # `+ 0` keeps SQLite from looking messages up by id for each placement of the store, which it then has to sort.
    message_id = _M.id + literal_column("0") if along_dates else _M.id
    return placed(PLACEMENTS.join(MESSAGES, _P.message_id == message_id))


def _goes_along_dates(connection: Connection, stretch: Stretch, folders: Sequence[int] | None) -> bool:
    """Whether a walk along the dates meets enough before all of the folders is sorted. Postgres knows by itself."""
    if not is_sqlite(connection):
        return False
    if folders is None:
        return True
    # Counted no further than decides: a folder of so much mail is met soon on any walk.
    some = select(_P.id).where(*_LIVE, *in_folders(folders, by_index=True)).limit(_MUCH).subquery()
    of_folders = _number(connection, select(func.count()).select_from(some))
    of_all = connection.execute(select(func.max(_P.id))).scalar_one() or 0
    wanted = stretch.limit * (1 if stretch.after is not None else stretch.page)
    return of_folders == _MUCH or wanted * of_all < of_folders * of_folders


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
