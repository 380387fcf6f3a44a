"""The keys of the public shapes, copied from the contract: a change here is a change of the contract."""

from __future__ import annotations

BODIES = {"body_text", "body_html"}
MESSAGE = {
    *("id", "subject", "sender", "sender_name", "from_display", "to_recipients", "cc_recipients", "bcc_recipients"),
    *("date_received", "date_sent", "is_read", "is_starred", "has_attachments", "size_bytes", "body_text", "body_html"),
    *("snippet", "folder", "message_id", "uid", "external_id", "integration", "flags", "in_reply_to", "references"),
    *("thread_id", "ticket_id", "fate", "attachments", "headers"),
}
ATTACHMENT = {"id", "filename", "safe_name", "content_type", "size_bytes", "is_inline", "content_id", "url"}
TICKET = {
    *("id", "number", "subject", "status", "priority", "category", "tags", "company", "requester", "watchers"),
    *("assignee", "integration", "message_ids", "external_reference", "created_at", "updated_at", "last_message_at"),
}
FOLDER = {"id", "name", "role", "unread_count", "total_count", "integration", "uidvalidity", "last_sync_at"}
MESSAGE_PAGE = {"messages", "total", "page", "has_next", "has_prev", "next_cursor"}
SEARCH = {"results", "total", "query", "folder", "limited"}
EVENTS = {"events", "next_after", "has_more"}
EVENT = {"id", "type", "at", "data"}
HEALTH = {"status", "uptime_seconds", "active_connections"}
STATS = {
    *("emails_fetched", "active_connections", "uptime_seconds", "requests_total", "requests_successful"),
    *("requests_failed", "last_request_time", "active_sessions"),
}
STORED = {"name", "messages", "tickets", "quarantined", "bytes"}
INTEGRATION = {
    *("id", "name", "email", "provider", "host", "port", "tls", "username", "folders", "sync_interval_minutes", "cron"),
    *("last_sync_at", "last_sync_status", "last_sync_error", "state", "cause", "next_action", "next_run_at"),
}
METRICS = {
    *("inboxsync_last_success_timestamp_seconds", "inboxsync_sync_duration_seconds", "inboxsync_messages_total"),
    *("inboxsync_integration_state", "inboxsync_sync_failures_total"),
}
