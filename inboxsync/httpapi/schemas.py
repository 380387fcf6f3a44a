"""JSON Schemas of what is answered: read for the OpenAPI description only."""

from __future__ import annotations

from typing import Any

from inboxsync.httpapi.ticket_routes import STATUSES
from inboxsync.model.event import EVENT_TYPES
from inboxsync.model.placement import Fate
from inboxsync.model.report import Counts
from inboxsync.render.standing import StateWord

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
ID: Schema = {"type": "string", "pattern": "^[0-9]+$"}


def null(schema: Schema) -> Schema:
    """Let a schema be null as well."""
    return {
        **schema,
        "type": [schema["type"], "null"],
        **({"enum": [*schema["enum"], None]} if "enum" in schema else {}),
    }


def array(items: Schema) -> Schema:
    """Make a list of."""
    return {"type": "array", "items": items}


def record(required: Schema, optional: Schema | None = None) -> Schema:
    """Make an object that has these keys, and no other."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def named(name: str) -> Schema:
    """Refer to a schema of the description."""
    return {"$ref": f"#/components/schemas/{name}"}


def page(key: str, item: str) -> Schema:
    """Make a page of a list. Asked for by cursor it has no number."""
    return record(
        {
            key: array(named(item)),
            "total": NUMBER,
            "page": null(NUMBER),
            "has_next": FLAG,
            "has_prev": FLAG,
            "next_cursor": null(TEXT),
        }
    )


_MESSAGE: Schema = {
    "id": ID,
    "subject": TEXT,
    "sender": TEXT,
    "sender_name": TEXT,
    "from_display": TEXT,
    **{f"{role}_recipients": array(TEXT) for role in ("to", "cc", "bcc")},
    "date_received": TIME,
    "date_sent": null(TIME),
    "is_read": FLAG,
    "is_starred": FLAG,
    "has_attachments": FLAG,
    "size_bytes": NUMBER,
    "snippet": TEXT,
    "folder": TEXT,
    "message_id": null(TEXT),
    "uid": ID,
    "external_id": TEXT,
    "integration": TEXT,
    "flags": array(TEXT),
    "in_reply_to": array(TEXT),
    "references": array(TEXT),
    "thread_id": null(TEXT),
    "ticket_id": null(ID),
    "fate": {"type": "string", "enum": list(Fate)},
    "attachments": array(named("Attachment")),
    "headers": {"type": "object", "additionalProperties": array(TEXT)},
}
_WHOLE: Schema = {
    "body_text": null(TEXT),
    "reply_text": null(TEXT),
    "body_html": null(TEXT),
    "report": null(TEXT),
    "delivery_reports": array({"type": "object"}),
    "authentication": {"type": "object", "additionalProperties": TEXT},
    "defects": array(TEXT),
    "labels": array(TEXT),
    "raw_pruned_at": null(TIME),
    "body_pruned_at": null(TIME),
}
_TICKET: Schema = {
    "id": ID,
    "number": TEXT,
    "subject": TEXT,
    "status": {"type": "string", "enum": list(STATUSES)},
    "priority": {"type": "string", "enum": ["low", "normal", "high", "urgent"]},
    "category": null(TEXT),
    "tags": array(TEXT),
    "company": null(TEXT),
    "requester": record({"name": TEXT, "email": TEXT, "contact_id": null(ID)}),
    "watchers": array(TEXT),
    "assignee": null(TEXT),
    "integration": TEXT,
    "message_ids": array(ID),
    "external_reference": null(TEXT),
    "created_at": TIME,
    "updated_at": TIME,
    "last_message_at": TIME,
}
_STATE: Schema = {"type": "string", "enum": list(StateWord)}
_LAST_STATUS: Schema = {"type": "string", "enum": ["success", "partial", "error"]}
_INTEGRATION: Schema = {
    "id": ID,
    "name": TEXT,
    "email": TEXT,
    "provider": null(TEXT),
    "host": TEXT,
    "port": NUMBER,
    "tls": TEXT,
    "username": TEXT,
    "folders": array(TEXT),
    "sync_interval_minutes": {"type": ["number", "null"]},
    "cron": null(TEXT),
    "priority": NUMBER,
    "filter": {},
    "rules": {},
    "dedup": null(TEXT),
    **dict.fromkeys(("unread_only", "mark_read", "known_senders_only"), FLAG),
    "company": null(TEXT),
    "since": null(TIME),
    "tickets_since": null(TIME),
    "tickets": FLAG,
    **dict.fromkeys(("closed_ticket", "ticket_tag", "bulk"), TEXT),
    **dict.fromkeys(("subject_window_days", "sender_cap", "thread_cap"), NUMBER),
    "ca_file": null(TEXT),
    "pin_sha256": null(TEXT),
    "active": FLAG,
    "created_at": null(TIME),
    "updated_at": null(TIME),
    "last_sync_at": null(TIME),
    "last_sync_status": null(_LAST_STATUS),
    "last_sync_error": null(TEXT),
    "state": _STATE,
    "cause": null(TEXT),
    "next_action": null(TEXT),
    "next_run_at": null(TIME),
    "last_success_at": null(TIME),
    "counts": record({"messages": NUMBER, "tickets": NUMBER, "quarantined": NUMBER}),
}
_FAILING = record(
    {"name": TEXT, "state": _STATE, "cause": null(TEXT), "next_action": null(TEXT), "last_sync_at": null(TIME)}
)
_ERROR_INFO: Schema = {"type": ["object", "null"], "properties": {"code": TEXT, "message": TEXT, "hint": TEXT}}
_SETTINGS: Schema = {
    "database_url": {**TEXT, "description": "Without a password."},
    "data_dir": TEXT,
    **dict.fromkeys(("config_file", "key_file", "database_password_file", "ping_url_file", "timezone"), null(TEXT)),
    **dict.fromkeys(
        ("jobs", "connections_per_account", "deadline_s", "command_timeout_s", "connect_timeout_s"), NUMBER
    ),
    **dict.fromkeys(("message_size_limit_bytes", "batch_messages", "batch_bytes"), NUMBER),
    "connections_per_host": null(NUMBER),
    **dict.fromkeys(("log_format", "log_level", "progress"), TEXT),
    "trusted_authserv_ids": array(TEXT),
}

SCHEMAS: dict[str, Schema] = {
    "Error": {**record({"error": TEXT}), "examples": [{"error": "there is no such message"}]},
    "Attachment": record(
        {
            "id": ID,
            "filename": null(TEXT),
            "safe_name": TEXT,
            "content_type": TEXT,
            "size_bytes": NUMBER,
            "is_inline": FLAG,
            "content_id": null(TEXT),
            "url": TEXT,
        }
    ),
    "Message": {
        **record({**_MESSAGE, **_WHOLE}),
        "description": "A message with all there is of it; its HTML is sanitised.",
    },
    "ListedMessage": {
        **record(_MESSAGE, _WHOLE),
        "description": "A message in a list: bodies and what is judged of its contents only with body=1.",
    },
    "MessagePage": page("messages", "ListedMessage"),
    "SearchPage": record(
        {
            "results": array(named("ListedMessage")),
            "total": NUMBER,
            "query": TEXT,
            "folder": null(TEXT),
            "limited": {**FLAG, "description": "There are more than `total`, which counts no further."},
            "page": NUMBER,
            "has_next": FLAG,
            "has_prev": FLAG,
            "not_indexed": {**NUMBER, "description": "So many messages are not searchable yet."},
        }
    ),
    "Thread": record(
        {
            "thread_id": TEXT,
            "messages": array(named("ListedMessage")),
            "total": NUMBER,
            "page": NUMBER,
            "has_next": FLAG,
            "has_prev": FLAG,
        }
    ),
    "Ticket": {**record(_TICKET), "additionalProperties": True},
    "TicketDetail": {
        **record({**_TICKET, "messages": array(named("ListedMessage"))}),
        "additionalProperties": True,
    },
    "TicketPage": page("tickets", "Ticket"),
    "Event": record(
        {"id": NUMBER, "type": {"type": "string", "enum": list(EVENT_TYPES)}, "at": TIME, "data": {"type": "object"}}
    ),
    "EventPage": record({"events": array(named("Event")), "next_after": NUMBER, "has_more": FLAG}),
    # Open: every setting is told, and settings come with versions.
    "Integration": {**record(_INTEGRATION), "additionalProperties": True},
    "IntegrationList": record({"integrations": array(named("Integration"))}),
    "Run": record(
        {
            "id": ID,
            "run_id": ID,
            "integration": TEXT,
            "status": {"type": "string", "enum": ["success", "partial", "error", "skipped"]},
            "reason": null(TEXT),
            "error": _ERROR_INFO,
            "counts": record(dict.fromkeys(Counts().as_dict(), NUMBER)),
            "started_at": TIME,
            "finished_at": TIME,
        }
    ),
    "RunPage": page("runs", "Run"),
    "Folder": record(
        {
            "id": ID,
            "name": TEXT,
            "role": null(TEXT),
            "unread_count": null(NUMBER),
            "total_count": null(NUMBER),
            "integration": TEXT,
            "uidvalidity": null(NUMBER),
            "last_sync_at": null(TIME),
        }
    ),
    "FolderList": record({"folders": array(named("Folder"))}),
    "Quarantined": record(
        {
            "id": ID,
            "integration": TEXT,
            "folder": TEXT,
            "uid": ID,
            "reason": TEXT,
            "error": TEXT,
            "attempts": NUMBER,
            "size_bytes": NUMBER,
            "has_octets": FLAG,
            "at": TIME,
        }
    ),
    "QuarantinePage": page("quarantine", "Quarantined"),
    "Health": record(
        {
            "status": {"type": "string", "enum": ["healthy", "degraded", "unhealthy"]},
            "uptime_seconds": {"type": "number"},
            "active_connections": NUMBER,
        },
        {"failing": array(_FAILING)},
    ),
    "Stats": record(
        {
            **dict.fromkeys(("emails_fetched", "active_connections", "active_sessions"), NUMBER),
            **dict.fromkeys(("requests_total", "requests_successful", "requests_failed"), NUMBER),
            "uptime_seconds": {"type": "number"},
            "last_request_time": {"type": ["number", "null"], "description": "Unix seconds."},
            "integrations": array(
                record({"name": TEXT, "messages": NUMBER, "tickets": NUMBER, "quarantined": NUMBER, "bytes": NUMBER})
            ),
        }
    ),
    "Config": record(_SETTINGS),
    "OpenApi": {"type": "object"},
}
