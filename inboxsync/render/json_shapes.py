"""The public JSON shapes of the command line (design §6) and of messages and tickets (http-api.md).

Ids and uids are strings, times RFC 3339 in UTC. A key here is a promise: tests hold each list of keys.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from inboxsync.model.state import server_uidvalidity
from inboxsync.render.document import time_text

if TYPE_CHECKING:
    from inboxsync.model.integration import Integration
    from inboxsync.model.report import ErrorInfo, FolderReport, IntegrationReport, SyncReport
    from inboxsync.model.state import FolderState, RunRecord
    from inboxsync.model.views import AttachmentView, MessageView, Page, QuarantineView, TicketView

T = TypeVar("T")
Shape = dict[str, Any]


def id_text(number: int | None) -> str | None:
    """Write one of our ids as JSON does: a string, null where there is none."""
    return None if number is None else str(number)


def minutes(interval_s: int | None) -> int | float | None:
    """Write an interval as minutes: a whole number where it is one."""
    if interval_s is None:
        return None
    return interval_s // 60 if interval_s % 60 == 0 else interval_s / 60


def integration_json(integration: Integration) -> Shape:
    """Give every setting of an integration but its secret; `since` and `tickets_since` null mean all."""
    endpoint = integration.endpoint
    return {
        "id": id_text(integration.id),
        "name": integration.name,
        "email": integration.email,
        "provider": integration.provider,
        "host": endpoint.host,
        "port": endpoint.port,
        "tls": endpoint.tls.value,
        "username": endpoint.username,
        "folders": list(integration.folders),
        "sync_interval_minutes": minutes(integration.interval_s),
        "cron": integration.cron,
        "priority": integration.priority,
        "filter": _decoded(integration.filter_json),
        "rules": _decoded(integration.rules_json),
        "dedup": integration.dedup.value if integration.dedup else None,
        "unread_only": integration.unread_only,
        "mark_read": integration.mark_read,
        "known_senders_only": integration.known_senders_only,
        "company": integration.company,
        "since": time_text(integration.since),
        "tickets_since": time_text(integration.tickets_since),
        "tickets": integration.makes_tickets,
        **integration.routing.as_data(),
        "ca_file": endpoint.ca_file,
        "pin_sha256": endpoint.pin_sha256,
        "active": integration.active,
        "created_at": time_text(integration.created_at),
        "updated_at": time_text(integration.updated_at),
    }


def _decoded(text: str | None) -> Any:
    """Show a stored filter as the object it is; as its text where it does not decode, so that it can be mended."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def error_json(error: ErrorInfo | None) -> Shape | None:
    """Give a failure under its public keys."""
    return None if error is None else {"code": error.code, "message": error.message, "hint": error.hint}


def report_json(report: SyncReport) -> Shape:
    """Give a sync report in the shape of design §6."""
    return {
        "status": report.status.value,
        "started_at": time_text(report.started_at),
        "finished_at": time_text(report.finished_at),
        "integrations": [_part_json(part) for part in report.integrations],
    }


def _part_json(part: IntegrationReport) -> Shape:
    return {
        "name": part.name,
        "status": part.status.value,
        "reason": part.reason,
        "error": error_json(part.error),
        "counts": part.counts.as_dict(),
        "folders": [_folder_report_json(folder) for folder in part.folders],
    }


def _folder_report_json(folder: FolderReport) -> Shape:
    shape: Shape = {
        "name": folder.name,
        "uidvalidity": folder.uidvalidity,
        "plan": folder.plan.value,
        "counts": folder.counts.as_dict(),
    }
    if folder.notes:
        shape["notes"] = [str(note) for note in folder.notes]
    return shape | ({"error": error_json(folder.error)} if folder.error else {})


def run_json(run: RunRecord) -> Shape:
    """Give one integration's part of one run."""
    return {
        "id": id_text(run.id),
        "run_id": id_text(run.run_id),
        "integration": run.integration,
        "status": run.status.value,
        "reason": run.reason,
        "error": error_json(run.error),
        "counts": run.counts.as_dict(),
        "started_at": time_text(run.started_at),
        "finished_at": time_text(run.finished_at),
    }


def page_json(key: str, page: Page[T], shape: Callable[[T], Shape]) -> Shape:
    """Give a page of a listing: its items under `key`, then where it stands."""
    return {
        key: [shape(item) for item in page.items],
        "total": page.total,
        "page": page.page,
        "has_next": page.has_next,
        "has_prev": page.has_prev,
    }


def message_json(message: MessageView, *, whole: bool = False, base: str = "") -> Shape:
    """Give a message in the shape of http-api.md; `whole` adds bodies, attachments and headers.

    `base` is the path below which the HTTP endpoint is mounted, without a slash at its end.
    """
    shape: Shape = {
        "id": id_text(message.id),
        "subject": message.subject,
        "sender": message.sender,
        "sender_name": message.sender_name,
        "from_display": message.from_display,
        "to_recipients": list(message.to_recipients),
        "cc_recipients": list(message.cc_recipients),
        "bcc_recipients": list(message.bcc_recipients),
        "date_received": time_text(message.date_received),
        "date_sent": time_text(message.date_sent),
        "is_read": message.is_read,
        "is_starred": message.is_starred,
        "has_attachments": message.has_attachments,
        "size_bytes": message.size_bytes,
        "snippet": message.snippet,
        "folder": message.folder,
        "message_id": _in_brackets(message.message_id),
        "uid": str(message.uid),
        "external_id": message.external_id,
        "integration": message.integration,
        "flags": list(message.flags),
        "in_reply_to": list(message.in_reply_to),
        "references": list(message.references),
        "thread_id": message.thread_id,
        "ticket_id": id_text(message.ticket_id),
        "fate": message.fate,
    }
    return shape | (_content_json(message, base) if whole else {})


def _in_brackets(message_id: str | None) -> str | None:
    """Write a Message-ID as its header has it (RFC 5322 §3.6.4); the model keeps it without the angle brackets."""
    if message_id is None or message_id.startswith("<"):
        return message_id
    return f"<{message_id}>"


def _content_json(message: MessageView, base: str) -> Shape:
    return {
        "body_text": message.body_text,
        "reply_text": message.reply_text,
        "body_html": _shown_html(message, base),
        "report": message.report,
        "delivery_reports": [asdict(report) for report in message.delivery_reports],
        "authentication": dict(message.authentication),
        "attachments": [attachment_json(attachment, base) for attachment in message.attachments],
        "headers": {name: list(values) for name, values in (message.headers or {}).items()},
        "defects": list(message.defects),
        "labels": list(message.labels),
        "raw_pruned_at": time_text(message.raw_pruned_at),
        "body_pruned_at": time_text(message.body_pruned_at),
    }


def _shown_html(message: MessageView, base: str) -> str | None:
    """Give the HTML as it may be shown: sanitised, images of the same mail under our own addresses."""
    if message.body_html is None:
        return None
    from inboxsync.mail.html import sanitise  # here: no listing has bodies

    images = {one.content_id: attachment_url(one, base) for one in message.attachments if one.content_id}
    return sanitise(message.body_html, images)


def attachment_url(attachment: AttachmentView, base: str = "") -> str:
    """Give the address under which the HTTP endpoint, mounted at `base`, has an attachment."""
    return f"{base}/api/v1/attachments/{attachment.id}"


def attachment_json(attachment: AttachmentView, base: str = "") -> Shape:
    """Give an attachment in the shape of http-api.md."""
    return {
        "id": id_text(attachment.id),
        "filename": attachment.filename,
        "safe_name": attachment.safe_name,
        "content_type": attachment.content_type,
        "size_bytes": attachment.size_bytes,
        "is_inline": attachment.is_inline,
        "content_id": attachment.content_id,
        "url": attachment_url(attachment, base),
    }


def ticket_json(ticket: TicketView) -> Shape:
    """Give a ticket in the shape of http-api.md."""
    return {
        "id": id_text(ticket.id),
        "number": ticket.number,
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "category": ticket.category,
        "tags": list(ticket.tags),
        "company": ticket.company,
        "requester": {
            "name": ticket.requester_name,
            "email": ticket.requester_email,
            "contact_id": id_text(ticket.requester_contact_id),
        },
        "watchers": list(ticket.watchers),
        "assignee": ticket.assignee,
        "integration": ticket.integration,
        "message_ids": [str(number) for number in ticket.message_ids],
        "external_reference": ticket.external_reference,
        "created_at": time_text(ticket.created_at),
        "updated_at": time_text(ticket.updated_at),
        "last_message_at": time_text(ticket.last_message_at),
    }


def quarantine_json(item: QuarantineView) -> Shape:
    """Give a message that was set aside."""
    return {
        "id": id_text(item.id),
        "integration": item.integration,
        "folder": item.folder,
        "uid": str(item.uid),
        "reason": item.reason,
        "error": item.error,
        "attempts": item.attempts,
        "size_bytes": item.size_bytes,
        "has_octets": item.has_octets,
        "at": time_text(item.at),
    }


def folder_json(folder: FolderState, *, integration: str, role: str | None) -> Shape:
    """Give a folder in the shape of http-api.md; counts are those of its last listing, null before the first."""
    cursor = folder.cursor
    return {
        "id": id_text(folder.id),
        "name": folder.name,
        "role": role,
        "unread_count": cursor.unread if cursor else None,
        "total_count": cursor.exists if cursor else None,
        "integration": integration,
        "uidvalidity": server_uidvalidity(cursor.uidvalidity or 0) if cursor else None,
        "last_sync_at": time_text(cursor.listed_at) if cursor else None,
    }


def listing(key: str, shapes: Iterable[Shape]) -> Shape:
    """Give a listing without pages under its key."""
    return {key: list(shapes)}
