"""Messages as readers see them: through their placements, one row for each visible one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, exists, func, literal_column, or_, select

from inboxsync.model.message import DeliveryReport
from inboxsync.model.views import AttachmentView, MessageQuery, MessageView, Page
from inboxsync.store.alchemy import is_sqlite, select_in
from inboxsync.store.blobs import Packed
from inboxsync.store.core_tables import (
    ATTACHMENTS,
    BODIES,
    FOLDERS,
    INTEGRATIONS,
    MESSAGES,
    PLACEMENTS,
    RAW,
    TICKET_MESSAGES,
)

_M, _P = MESSAGES.c, PLACEMENTS.c

_TICKET = (
    select(func.min(TICKET_MESSAGES.c.ticket_id))
    .where(TICKET_MESSAGES.c.message_id == _M.id)
    .correlate(MESSAGES)
    .scalar_subquery()
    .label("ticket_id")
)
_NEWEST_FIRST = (_M.received_at.desc(), _M.id.desc(), _P.id.desc())
_LIST_COLUMNS = (
    _M.id,
    _M.subject,
    _M.from_address,
    _M.from_name,
    _M.from_raw,
    _M.recipients,
    _M.received_at,
    _M.sent_at,
    _M.has_attachments,
    _M.size_bytes,
    _M.snippet,
    _M.message_id,
    _M.external_id,
    _M.in_reply_to,
    _M.reference_ids,
    _M.thread_id,
    _M.defects,
    _P.uid,
    _P.flags,
    _P.labels,
    _P.fate,
    FOLDERS.c.name.label("folder"),
    INTEGRATIONS.c.name.label("integration"),
    _TICKET,
)
_WHOLE_COLUMNS = (
    _M.headers,
    _M.report,
    _M.delivery_reports,
    _M.authentication,
    BODIES.c.body_text,
    BODIES.c.reply_text,
    BODIES.c.body_html,
    _P.rule_trace,
    _P.ticket_reason,
)


def messages(connection: Connection, query: MessageQuery) -> Page[MessageView]:
    """One page of messages, newest first.

    The page is found by narrow rows and only its own are then read in full: sorting whole messages of a large store
    takes seconds.
    """
    total: int = connection.execute(_count(query)).scalar_one()
    placements = connection.execute(_page(query, follow_dates=_follows_dates(connection, query))).scalars().all()
    return Page(
        items=shown(connection, placements),
        total=total,
        page=query.page,
        has_next=query.page * query.limit < total,
    )


def shown(connection: Connection, placement_ids: Sequence[int]) -> tuple[MessageView, ...]:
    """The messages of these placements as lists show them, newest first."""
    rows = connection.execute(
        select(*_LIST_COLUMNS).select_from(_seen_through()).where(_P.id.in_(placement_ids)).order_by(*_NEWEST_FIRST)
    )
    items = tuple(_view(row) for row in rows)
    attachments = _attachments(connection, [item.id for item in items])
    return tuple(replace(item, attachments=attachments.get(item.id, ())) for item in items)


def message(connection: Connection, message_id: int) -> MessageView | None:
    """One message with bodies, attachments and headers, seen through its first live placement, else its first."""
    statement = (
        select(*_LIST_COLUMNS, *_WHOLE_COLUMNS)
        .select_from(
            MESSAGES.outerjoin(BODIES, BODIES.c.message_id == _M.id)
            .outerjoin(PLACEMENTS, _P.message_id == _M.id)
            .outerjoin(FOLDERS, _P.folder_id == FOLDERS.c.id)
            .outerjoin(INTEGRATIONS, FOLDERS.c.integration_id == INTEGRATIONS.c.id)
        )
        .where(_M.id == message_id)
        .order_by(_P.retired_at.is_not(None), _P.id)
        .limit(1)
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    attachments = _attachments(connection, [message_id]).get(message_id, ())
    return replace(
        _view(row),
        body_text=row.body_text,
        reply_text=row.body_text if row.reply_text is None else row.reply_text,
        body_html=row.body_html,
        report=row.report,
        delivery_reports=tuple(DeliveryReport(**report) for report in row.delivery_reports),
        authentication=row.authentication,
        rule_trace=row.rule_trace,
        ticket_reason=row.ticket_reason,
        attachments=attachments,
        headers={name: tuple(values) for name, values in row.headers.items()},
    )


def raw(connection: Connection, message_id: int) -> tuple[str, Packed] | None:
    """The hash of a message's octets and where they are; None for a message that is not there."""
    statement = (
        select(_M.raw_sha256, RAW.c.encoding, _M.size_bytes, RAW.c.data, RAW.c.path)
        .select_from(MESSAGES.outerjoin(RAW, RAW.c.sha256 == _M.raw_sha256))
        .where(_M.id == message_id)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else (row.raw_sha256, Packed(row.encoding, row.size_bytes, row.data, row.path))


def _seen_through(message_id: ColumnElement[int] = _M.id) -> FromClause:
    return placed(PLACEMENTS.join(MESSAGES, _P.message_id == message_id))


def placed(source: FromClause) -> FromClause:
    """Join placements to their folders and integrations."""
    return source.join(FOLDERS, _P.folder_id == FOLDERS.c.id).join(
        INTEGRATIONS, FOLDERS.c.integration_id == INTEGRATIONS.c.id
    )


def _count(query: MessageQuery) -> Select[Any]:
    source = _seen_through() if query.text else placed(PLACEMENTS)
    return select(func.count()).select_from(source).where(_P.message_id.is_not(None), *_wanted(query))


def _page(query: MessageQuery, *, follow_dates: bool) -> Select[Any]:
    # `+ 0` keeps SQLite from looking messages up by id for each placement of the store, which it then has to sort.
    source = _seen_through(_M.id + literal_column("0")) if follow_dates else _seen_through()
    wanted = select(_P.id).select_from(source).where(*_wanted(query)).order_by(*_NEWEST_FIRST)
    return wanted.limit(query.limit).offset((query.page - 1) * query.limit)


def _follows_dates(connection: Connection, query: MessageQuery) -> bool:
    """Whether a walk along the dates meets a page's worth soon: where nothing narrows the choice. Postgres knows."""
    return is_sqlite(connection) and query.integration is query.folder is query.fate is None


def _wanted(query: MessageQuery) -> Iterator[ColumnElement[bool]]:
    yield is_visible()
    if query.integration is not None:
        yield INTEGRATIONS.c.name == query.integration
    if query.folder is not None:
        yield FOLDERS.c.name == query.folder
    if query.fate is not None:
        yield _P.fate == query.fate
    if query.text:
        yield _speaks_of(query.text)


def is_visible() -> ColumnElement[bool]:
    """A live placement, or a retired one of a message that its integration sees through no live one."""
    live, folder = PLACEMENTS.alias("live"), FOLDERS.alias("live_folder")
    seen_elsewhere = (
        exists()
        .where(and_(live.c.message_id == _P.message_id, live.c.retired_at.is_(None)))
        .where(and_(folder.c.id == live.c.folder_id, folder.c.integration_id == FOLDERS.c.integration_id))
        .correlate(PLACEMENTS, FOLDERS)
    )
    return or_(_P.retired_at.is_(None), ~seen_elsewhere)


def _speaks_of(text: str) -> ColumnElement[bool]:
    columns = (_M.subject, _M.from_raw, _M.snippet)
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def _view(row: Any) -> MessageView:
    flags = {flag.lower() for flag in row.flags or ()}
    return MessageView(
        id=row.id,
        subject=row.subject,
        sender=row.from_address,
        sender_name=row.from_name,
        from_display=_display(row.from_name, row.from_address) or row.from_raw,
        to_recipients=_addresses(row.recipients, "to"),
        cc_recipients=_addresses(row.recipients, "cc"),
        bcc_recipients=_addresses(row.recipients, "bcc"),
        date_received=row.received_at,
        date_sent=row.sent_at,
        is_read="\\seen" in flags,
        is_starred="\\flagged" in flags,
        has_attachments=row.has_attachments,
        size_bytes=row.size_bytes,
        snippet=row.snippet,
        folder=row.folder or "",
        message_id=row.message_id,
        uid=row.uid or 0,
        external_id=row.external_id,
        integration=row.integration or "",
        flags=tuple(row.flags or ()),
        in_reply_to=tuple(row.in_reply_to),
        references=tuple(row.reference_ids),
        thread_id=row.thread_id,
        ticket_id=row.ticket_id,
        fate=row.fate or "stored",
        defects=tuple(row.defects),
        labels=tuple(row.labels or ()),
    )


def _display(name: str, address: str) -> str:
    return f"{name} <{address}>" if name and address else address or name


def _addresses(recipients: dict[str, list[list[str]]], role: str) -> tuple[str, ...]:
    return tuple(address or _display(name, address) for name, address in recipients.get(role, ()))


def _attachments(connection: Connection, message_ids: Iterable[int]) -> dict[int, tuple[AttachmentView, ...]]:
    columns = ATTACHMENTS.c
    statement = select(ATTACHMENTS).order_by(columns.message_id, columns.position)
    found: dict[int, tuple[AttachmentView, ...]] = {}
    for row in select_in(connection, statement, columns.message_id, message_ids):
        view = AttachmentView(
            id=row.id,
            filename=row.filename,
            content_type=row.content_type,
            size_bytes=row.size_bytes,
            is_inline=row.is_inline,
            content_id=row.content_id,
            sha256=row.sha256,
            path=row.path,
        )
        found[row.message_id] = (*found.get(row.message_id, ()), view)
    return found
