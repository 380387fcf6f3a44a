"""What a reader over HTTP may see, in SQL: folders of its integrations, and placements that show a message there."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Text, cast, exists, false, literal_column, select

from inboxsync.model.api_query import MessageFilter
from inboxsync.model.token import Sight
from inboxsync.store.core_tables import FOLDERS, MESSAGES, PLACEMENTS
from inboxsync.store.reading import is_visible, placed

_M, _P = MESSAGES.c, PLACEMENTS.c


def folder_ids(
    connection: Connection, sight: Sight, *, integration_id: int | None = None, folder: str | None = None
) -> Sequence[int] | None:
    """The folders whose mail may be shown; None where nothing narrows them."""
    if sight.integration_ids is None and integration_id is None and folder is None:
        return None
    wanted = select(FOLDERS.c.id)
    if sight.integration_ids is not None:
        wanted = wanted.where(FOLDERS.c.integration_id.in_(sorted(sight.integration_ids)))
    if integration_id is not None:
        wanted = wanted.where(FOLDERS.c.integration_id == integration_id)
    if folder is not None:
        wanted = wanted.where(FOLDERS.c.name == folder)
    return connection.execute(wanted).scalars().all()


def in_folders(ids: Sequence[int] | None, *, by_index: bool) -> list[ColumnElement[bool]]:
    """Placements of these folders. Without `by_index` SQLite is kept from reading all of a folder for each message."""
    if ids is None:
        return []
    if not ids:
        return [false()]
    return [(_P.folder_id if by_index else _P.folder_id + literal_column("0")).in_(ids)]


def is_shown_in(ids: Sequence[int] | None) -> ColumnElement[bool]:
    """Whether a message is seen through a placement in these folders; looked up message by message."""
    return (
        exists()
        .select_from(placed(PLACEMENTS))
        .where(_P.message_id == _M.id, is_visible(), *in_folders(ids, by_index=False))
        .correlate(MESSAGES)
    )


def content_conditions(wanted: MessageFilter) -> list[ColumnElement[bool]]:
    """What a filter asks of a message and of the placement that shows it, apart from the folder."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.fate is not None:
        conditions.append(_P.fate == wanted.fate)
    if wanted.unread is not None:
        conditions.append(~is_read() if wanted.unread else is_read())
    if wanted.has_attachments is not None:
        conditions.append(_M.has_attachments.is_(wanted.has_attachments))
    if wanted.since is not None:
        conditions.append(_M.received_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(_M.received_at < wanted.until)
    if wanted.text is not None:
        conditions.append(_speaks_of(wanted.text))
    return conditions


def is_read() -> ColumnElement[bool]:
    r"""Whether \Seen is among the flags: JSON text, in which the backslash stands doubled."""
    return cast(_P.flags, Text).icontains('"\\\\seen"', escape="!", autoescape=False)


def _speaks_of(text: str) -> ColumnElement[bool]:
    columns = (_M.subject, _M.from_raw, _M.from_address, cast(_M.recipients, Text), _M.snippet)
    found: ColumnElement[bool] = false()
    for column in columns:
        found = found | column.icontains(text, autoescape=True)
    return found
