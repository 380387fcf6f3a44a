"""Examples for the description: made-up mail, in the shapes that are answered."""

from __future__ import annotations

from typing import Any

from inboxsync.model.report import Counts

_AT = "2026-03-01T09:30:00Z"
ATTACHMENT: dict[str, Any] = {
    "id": "9",
    "filename": "invoice.pdf",
    "safe_name": "invoice.pdf",
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
    "raw_pruned_at": None,
    "body_pruned_at": None,
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

_STANDING = {
    "last_sync_at": _AT,
    "last_sync_status": "success",
    "last_sync_error": None,
    "state": "ok",
    "cause": None,
    "next_action": None,
    "next_run_at": "2026-03-01T09:35:00Z",
    "last_success_at": _AT,
}
INTEGRATION: dict[str, Any] = {
    "id": "1",
    "name": "support",
    "email": "support@example.org",
    "provider": None,
    "host": "imap.example.org",
    "port": 993,
    "tls": "implicit",
    "username": "support@example.org",
    "folders": ["INBOX"],
    "sync_interval_minutes": 5,
    "cron": None,
    "priority": 100,
    "filter": None,
    "rules": None,
    "dedup": None,
    "unread_only": False,
    "mark_read": False,
    "known_senders_only": False,
    "company": "Example Ltd",
    "since": None,
    "tickets_since": None,
    "tickets": True,
    "closed_ticket": "reopen",
    "subject_window_days": 0,
    "ticket_tag": "[#{number}]",
    "sender_cap": 1000,
    "thread_cap": 100,
    "bulk": "append",
    "ca_file": None,
    "pin_sha256": None,
    "active": True,
    "created_at": _AT,
    "updated_at": _AT,
    **_STANDING,
    "counts": {"messages": 40, "tickets": 12, "quarantined": 0},
}
_NO_COUNTS = dict.fromkeys(Counts().as_dict(), 0)
RUN: dict[str, Any] = {
    "id": "31",
    "run_id": "30",
    "integration": "support",
    "status": "success",
    "reason": None,
    "error": None,
    "counts": {**_NO_COUNTS, "listed": 2, "fetched": 2, "stored": 2, "tickets_created": 1, "bytes": 54_096},
    "started_at": _AT,
    "finished_at": "2026-03-01T09:30:02Z",
}
QUARANTINED: dict[str, Any] = {
    "id": "88",
    "integration": "support",
    "folder": "INBOX",
    "uid": "12346",
    "reason": "parse",
    "error": "the header is longer than 1 MB",
    "attempts": 1,
    "size_bytes": 2_048_000,
    "has_octets": True,
    "at": _AT,
}
CONFIG: dict[str, Any] = {
    "database_url": "sqlite:////srv/inboxsync/inboxsync.sqlite3",
    "data_dir": "/srv/inboxsync",
    "config_file": "/etc/inboxsync/config.toml",
    **dict.fromkeys(("key_file", "database_password_file", "ping_url_file", "timezone", "connections_per_host")),
    "jobs": 32,
    "connections_per_account": 1,
    "deadline_s": 600,
    "command_timeout_s": 120,
    "connect_timeout_s": 15,
    "message_size_limit_bytes": 50_000_000,
    "batch_messages": 500,
    "batch_bytes": 8_000_000,
    "log_format": "text",
    "log_level": "warning",
    "progress": "auto",
    "trusted_authserv_ids": ["mx.example.org"],
}
STATS: dict[str, Any] = {
    "emails_fetched": 40,
    "active_connections": 1,
    "uptime_seconds": 3600.0,
    "requests_total": 120,
    "requests_successful": 118,
    "requests_failed": 1,
    "last_request_time": 1772357400.25,
    "active_sessions": 0,
    "integrations": [{"name": "support", "messages": 40, "tickets": 12, "quarantined": 0, "bytes": 2_100_000}],
}

# By the name of the schema.
EXAMPLES: dict[str, Any] = {
    "Message": MESSAGE,
    "Integration": INTEGRATION,
    "IntegrationList": {"integrations": [INTEGRATION]},
    "RunPage": {"runs": [RUN], **_PAGE},
    "QuarantinePage": {"quarantine": [QUARANTINED], **_PAGE},
    "Config": CONFIG,
    "Stats": STATS,
    "OpenApi": {"openapi": "3.1.0", "info": {"title": "inboxsync", "version": "1.0.0"}, "paths": {}},
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

# By the name of the operation whose answer is no JSON.
TEXT_EXAMPLES = {
    "read_raw": "From: Ann <ann@example.com>\r\nSubject: Invoice\r\n\r\nPlease find the invoice attached.\r\n",
    "read_html": "<!doctype html><html><body><p>Please find the invoice attached.</p></body></html>",
    "read_attachment": "%PDF-1.7 …",
    "read_metrics": 'inboxsync_last_success_timestamp_seconds{integration="support"} 1.7723574e+09\n',
    "read_docs": "<!doctype html><html><body><h1>inboxsync</h1></body></html>",
}
