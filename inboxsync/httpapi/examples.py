"""Examples for the description: made-up mail, in the shapes that are answered."""

from __future__ import annotations

from typing import Any

_AT = "2026-03-01T09:30:00Z"
ATTACHMENT: dict[str, Any] = {
    "id": "9",
    "filename": "invoice.pdf",
    "content_type": "application/pdf",
    "size_bytes": 48211,
    "is_inline": False,
    "content_id": None,
    "url": "/api/v1/attachments/9",
}
LISTED: dict[str, Any] = {
    "id": "123",
    "subject": "Invoice for March",
    "sender": "ann@example.com",
    "sender_name": "Ann",
    "from_display": "Ann <ann@example.com>",
    "to_recipients": ["support@example.org"],
    "cc_recipients": [],
    "bcc_recipients": [],
    "date_received": _AT,
    "date_sent": _AT,
    "is_read": False,
    "is_starred": False,
    "has_attachments": True,
    "size_bytes": 52048,
    "snippet": "Please find the invoice",
    "folder": "INBOX",
    "message_id": "<m1@example.com>",
    "uid": "12345",
    "external_id": "m1@example.com",
    "integration": "support",
    "flags": [],
    "in_reply_to": [],
    "references": [],
    "thread_id": "m1@example.com",
    "ticket_id": "7",
    "fate": "stored",
    "attachments": [ATTACHMENT],
    "headers": {"x-priority": ["1"]},
}
MESSAGE: dict[str, Any] = {
    **LISTED,
    "body_text": "Please find the invoice attached.",
    "reply_text": "Please find the invoice attached.",
    "body_html": "<p>Please find the invoice attached.</p>",
    "report": None,
    "delivery_reports": [],
    "authentication": {"spf": "pass"},
    "defects": [],
    "labels": [],
}
TICKET: dict[str, Any] = {
    "id": "7",
    "number": "T-7",
    "subject": "Invoice for March",
    "status": "open",
    "priority": "normal",
    "category": None,
    "tags": ["billing"],
    "company": "Example Ltd",
    "requester": {"name": "Ann", "email": "ann@example.com", "contact_id": None},
    "watchers": [],
    "assignee": None,
    "integration": "support",
    "message_ids": ["123"],
    "external_reference": "m1@example.com",
    "created_at": _AT,
    "updated_at": _AT,
    "last_message_at": _AT,
}
_PAGE = {"total": 1, "page": 1, "has_next": False, "has_prev": False, "next_cursor": None}
EVENT: dict[str, Any] = {"id": 41, "type": "ticket.created", "at": _AT, "data": {"ticket_id": 7}}

EXAMPLES: dict[str, Any] = {
    "Message": MESSAGE,
    "MessagePage": {"messages": [LISTED], **_PAGE},
    "SearchPage": {
        "results": [LISTED],
        "total": 1,
        "query": "from:ann invoice",
        "folder": None,
        "limited": False,
        "page": 1,
        "has_next": False,
        "has_prev": False,
        "not_indexed": 0,
    },
    "Thread": {
        "thread_id": "m1@example.com",
        "messages": [LISTED],
        "total": 1,
        "page": 1,
        "has_next": False,
        "has_prev": False,
    },
    "TicketDetail": {**TICKET, "messages": [LISTED]},
    "TicketPage": {"tickets": [TICKET], **_PAGE},
    "EventPage": {"events": [EVENT], "next_after": 41, "has_more": False},
    "FolderList": {
        "folders": [
            {
                "id": "3",
                "name": "INBOX",
                "role": "inbox",
                "unread_count": 2,
                "total_count": 40,
                "integration": "support",
                "uidvalidity": 7,
                "last_sync_at": _AT,
            }
        ]
    },
    "Health": {"status": "healthy", "uptime_seconds": 3600.0, "active_connections": 1},
}
