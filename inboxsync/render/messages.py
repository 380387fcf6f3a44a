"""A message and a ticket for people: head lines, then the text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from inboxsync.render.document import time_text
from inboxsync.render.printable import printable, printable_block
from inboxsync.render.status import facts_text
from inboxsync.render.tables import Table

if TYPE_CHECKING:
    from datetime import datetime

    from inboxsync.model.views import AttachmentView, MessageView, TicketView


_REPORTED_MAX = 10


def message_text(message: MessageView) -> str:
    """Write a message: what a person looks for first, attachments, the text body."""
    facts = (
        ("id", str(message.id)),
        ("subject", message.subject),
        ("from", message.from_display or message.sender),
        ("to", ", ".join(message.to_recipients)),
        ("cc", ", ".join(message.cc_recipients)),
        ("received", time_text(message.date_received) or "-"),
        ("sent", time_text(message.date_sent) or "-"),
        ("place", f"{message.integration}, {message.folder}, uid {message.uid}"),
        ("message id", message.message_id or "-"),
        ("ticket", str(message.ticket_id or "-")),
        ("fate", message.fate),
        ("labels", ", ".join(message.labels)),
        ("why", message.ticket_reason or ""),
        ("rules", "; ".join(rules_met(message.rule_trace))),
        ("report", _reported(message)),
        ("defects", ", ".join(message.defects)),
        ("octets", _pruned(message.raw_pruned_at)),
    )
    lines = [facts_text(tuple((name, value) for name, value in facts if value))]
    lines += [_attachment_line(attachment) for attachment in message.attachments]
    return "\n".join(lines) + "\n\n" + printable_block(message.body_text or _no_text(message))


def _reported(message: MessageView) -> str:
    """Say what a report says of whom, with the status in brackets; of very many, how many more there are."""
    told = [f"{one.address} {one.action}{one.status and f' ({one.status})'}" for one in message.delivery_reports]
    rest = len(told) - _REPORTED_MAX
    shown = [*told[:_REPORTED_MAX], *([f"{rest} more"] if rest > 0 else [])]
    return ": ".join(filter(None, (message.report, ", ".join(shown))))


def _no_text(message: MessageView) -> str:
    return f"(no text: {_pruned(message.body_pruned_at)})" if message.body_pruned_at else "(no text)"


def _pruned(at: datetime | None) -> str:
    return f"pruned on {at:%Y-%m-%d}" if at else ""


def rules_met(rule_trace: str | None) -> Iterator[str]:
    """Say of each rule that was asked whether the message met it, as it was stored."""
    for rule in json.loads(rule_trace)["rules"] if rule_trace else ():
        ended = " (ended the list)" if rule.get("stopped") else ""
        yield f"{rule['name']}: {'met' if rule['met'] else 'not met'}{ended}"


def messages_table(messages: Sequence[MessageView]) -> Table:
    """Give messages as a listing for people."""
    rows = [
        (m.id, time_text(m.date_received), m.integration, m.folder, m.from_display or m.sender, m.subject, m.ticket_id)
        for m in messages
    ]
    return Table.of(("id", "received", "integration", "folder", "from", "subject", "ticket"), rows, right=(0, 6))


def _attachment_line(attachment: AttachmentView) -> str:
    name = printable(attachment.filename or attachment.safe_name or "(no name)")
    facts = [printable(attachment.content_type), f"{attachment.size_bytes} bytes"]
    if attachment.file_pruned_at:
        facts.append(f"file {_pruned(attachment.file_pruned_at)}")
    return f"attachment {attachment.id}: {name} ({', '.join(facts)})"


def ticket_text(ticket: TicketView) -> str:
    """Write a ticket, one fact a line."""
    requester = f"{ticket.requester_name} <{ticket.requester_email}>".strip()
    facts = (
        ("id", str(ticket.id)),
        ("number", ticket.number),
        ("subject", ticket.subject),
        ("status", ticket.status),
        ("priority", ticket.priority),
        ("category", ticket.category or "-"),
        ("tags", ", ".join(ticket.tags) or "-"),
        ("company", ticket.company or "-"),
        ("requester", requester),
        ("assignee", ticket.assignee or "-"),
        ("integration", ticket.integration),
        ("messages", ", ".join(map(str, ticket.message_ids)) or "-"),
        ("created", time_text(ticket.created_at) or "-"),
        ("last message", time_text(ticket.last_message_at) or "-"),
    )
    return facts_text(facts)
