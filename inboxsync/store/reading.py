"""Messages as readers see them: through their placements, one row for each visible one. `api_messages` finds which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, exists, func, or_, select

from inboxsync.errors import OctetsPruned
from inboxsync.model.message import DeliveryReport
from inboxsync.model.views import AttachmentView, MessageView
from inboxsync.store.alchemy import select_in
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
    _M.raw_pruned_at,
    _M.body_pruned_at,
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


def shown(connection: Connection, placement_ids: Sequence[int]) -> tuple[MessageView, ...]:
    """The messages of these placements as lists show them, newest first."""
    rows = connection.execute(
        select(*_LIST_COLUMNS).select_from(_seen_through()).where(_P.id.in_(placement_ids)).order_by(*_NEWEST_FIRST)
    )
    items = tuple(_view(row) for row in rows)
    attachments = _attachments(connection, [item.id for item in items])
    return tuple(replace(item, attachments=attachments[item.id]) if item.id in attachments else item for item in items)


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
    """The hash of a message's octets and where they are; None for a message that is not there, OctetsPruned."""
    statement = (
        select(_M.raw_pruned_at, _M.raw_sha256, RAW.c.encoding, _M.size_bytes, RAW.c.data, RAW.c.path)
        .select_from(MESSAGES.outerjoin(RAW, RAW.c.sha256 == _M.raw_sha256))
        .where(_M.id == message_id)
    )
    row = connection.execute(statement).one_or_none()
    if row is not None and row.raw_pruned_at is not None:
        raise OctetsPruned(f"the octets of message {message_id} were pruned on {row.raw_pruned_at:%Y-%m-%d}")
    return None if row is None else (row.raw_sha256, Packed(row.encoding, row.size_bytes, row.data, row.path))


# Made once, and so is the next: an eighth of the time of a list goes into putting them together again.
@cache
def _seen_through() -> FromClause:
    return placed(PLACEMENTS.join(MESSAGES, _P.message_id == _M.id))


def placed(source: FromClause) -> FromClause:
    """Join placements to their folders and integrations."""
    return source.join(FOLDERS, _P.folder_id == FOLDERS.c.id).join(
        INTEGRATIONS, FOLDERS.c.integration_id == INTEGRATIONS.c.id
    )


@cache
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
        raw_pruned_at=row.raw_pruned_at,
        body_pruned_at=row.body_pruned_at,
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
            file_pruned_at=row.file_pruned_at,
            safe_name=row.safe_name,
        )
        found[row.message_id] = (*found.get(row.message_id, ()), view)
    return found
