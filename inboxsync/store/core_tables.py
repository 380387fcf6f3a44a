"""The tables for bulk statements. Made from `tables/` by `inboxsync.store.core_source`: do not edit.

Only what statements need: names, types, keys. SQLModel's import costs 250 ms and 14 MiB, which no run pays that way.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, MetaData, Table, Text

from inboxsync.store.column_types import BIG, JSON_OR_NULL, UTC_TIME

METADATA = MetaData()

ATTACHMENTS = Table(
    "inboxsync_attachments",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("message_id", BIG, ForeignKey("inboxsync_messages.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("filename", Text),
    Column("content_type", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("is_inline", Boolean, nullable=False),
    Column("content_id", Text),
    Column("safe_name", Text, nullable=False),
    Column("other_names", JSON_OR_NULL),
    Column("detected_type", Text),
    Column("summary", JSON_OR_NULL),
    Column("path", Text, nullable=False),
    Column("file_pruned_at", UTC_TIME),
)

BODIES = Table(
    "inboxsync_bodies",
    METADATA,
    Column("message_id", BIG, ForeignKey("inboxsync_messages.id"), primary_key=True),
    Column("body_text", Text),
    Column("reply_text", Text),
    Column("body_html", Text),
)

COMPANIES = Table(
    "inboxsync_companies",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", UTC_TIME, nullable=False),
)

COMPANY_DOMAINS = Table(
    "inboxsync_company_domains",
    METADATA,
    Column("domain", Text, primary_key=True),
    Column("company_id", BIG, ForeignKey("inboxsync_companies.id"), nullable=False),
)

CONSUMERS = Table(
    "inboxsync_consumers",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("event_id", BigInteger, nullable=False),
    Column("updated_at", UTC_TIME, nullable=False),
)

CONTACTS = Table(
    "inboxsync_contacts",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("company_id", BIG, ForeignKey("inboxsync_companies.id")),
    Column("created_at", UTC_TIME, nullable=False),
)

DELIVERIES = Table(
    "inboxsync_deliveries",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("event_id", BIG, ForeignKey("inboxsync_events.id"), nullable=False),
    Column("webhook_id", BIG, ForeignKey("inboxsync_webhooks.id"), nullable=False),
    Column("order_key", Text),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UTC_TIME, nullable=False),
    Column("last_attempt_at", UTC_TIME),
    Column("finished_at", UTC_TIME),
    Column("status_code", Integer),
    Column("error", Text),
)

EVENTS = Table(
    "inboxsync_events",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("type", Text, nullable=False),
    Column("at", UTC_TIME, nullable=False),
    Column("integration_id", BIG, ForeignKey("inboxsync_integrations.id")),
    Column("data", JSON, nullable=False),
)

FOLDERS = Table(
    "inboxsync_folders",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("integration_id", BIG, ForeignKey("inboxsync_integrations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text),
    Column("uidvalidity", BigInteger),
    Column("uidnext", BigInteger),
    Column("exists_count", BigInteger),
    Column("unread_count", BigInteger),
    Column("highestmodseq", BigInteger),
    Column("mailbox_id", Text),
    Column("listed_at", UTC_TIME),
    Column("stored_count", BigInteger),
    Column("duplicate_count", BigInteger),
    Column("retired_count", BigInteger),
    Column("followed_uidvalidity", BigInteger),
    Column("followed_modseq", BigInteger),
    Column("followed_exists", BigInteger),
    Column("followed_below_uid", BigInteger),
    Column("swept_at", UTC_TIME),
)

INTEGRATIONS = Table(
    "inboxsync_integrations",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("uuid", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("provider", Text),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("tls", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("ca_file", Text),
    Column("pin_sha256", Text),
    Column("folders", JSON, nullable=False),
    Column("interval_s", Integer),
    Column("cron", Text),
    Column("priority", Integer, nullable=False),
    Column("filter_json", Text),
    Column("rules_json", Text),
    Column("dedup", Text),
    Column("unread_only", Boolean, nullable=False),
    Column("mark_read", Boolean, nullable=False),
    Column("known_senders_only", Boolean, nullable=False),
    Column("company", Text),
    Column("since", UTC_TIME),
    Column("tickets_since", UTC_TIME),
    Column("makes_tickets", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("routing_json", Text),
    Column("removed_at", UTC_TIME),
    Column("created_at", UTC_TIME, nullable=False),
    Column("updated_at", UTC_TIME, nullable=False),
)

LEASES = Table(
    "inboxsync_leases",
    METADATA,
    Column("integration_id", BIG, ForeignKey("inboxsync_integrations.id"), primary_key=True),
    Column("token", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_start", Text, nullable=False),
    Column("worker", Text),
    Column("acquired_at", UTC_TIME, nullable=False),
    Column("heartbeat_at", UTC_TIME, nullable=False),
    Column("expires_at", UTC_TIME, nullable=False),
)

MESSAGES = Table(
    "inboxsync_messages",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("fingerprint_version", Integer, nullable=False),
    Column("raw_sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("message_id", Text),
    Column("subject", Text, nullable=False),
    Column("from_address", Text, nullable=False),
    Column("from_name", Text, nullable=False),
    Column("from_raw", Text, nullable=False),
    Column("recipients", JSON, nullable=False),
    Column("sent_at", UTC_TIME),
    Column("date_raw", Text),
    Column("received_at", UTC_TIME, nullable=False),
    Column("in_reply_to", JSON, nullable=False),
    Column("reference_ids", JSON, nullable=False),
    Column("thread_id", Text),
    Column("subject_key", BigInteger),
    Column("headers", JSON, nullable=False),
    Column("snippet", Text, nullable=False),
    Column("has_attachments", Boolean, nullable=False),
    Column("is_auto_reply", Boolean, nullable=False),
    Column("is_bounce", Boolean, nullable=False),
    Column("is_bulk", Boolean, nullable=False),
    Column("machine_signal", Text),
    Column("report", Text),
    Column("delivery_reports", JSON, nullable=False),
    Column("authentication", JSON, nullable=False),
    Column("defects", JSON, nullable=False),
    Column("parser_version", Integer, nullable=False),
    Column("company", Text),
    Column("is_unverified", Boolean, nullable=False),
    Column("stored_at", UTC_TIME, nullable=False),
    Column("raw_pruned_at", UTC_TIME),
    Column("body_pruned_at", UTC_TIME),
)

META = Table(
    "inboxsync_meta",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

PLACEMENT_HEADERS = Table(
    "inboxsync_placement_headers",
    METADATA,
    Column("placement_id", BIG, ForeignKey("inboxsync_placements.id"), primary_key=True),
    Column("encoding", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

PLACEMENTS = Table(
    "inboxsync_placements",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("folder_id", BIG, ForeignKey("inboxsync_folders.id"), nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("fate", Text, nullable=False),
    Column("reason", Text),
    Column("message_id", BIG, ForeignKey("inboxsync_messages.id")),
    Column("external_id", Text),
    Column("size_bytes", BigInteger, nullable=False),
    Column("internal_date", UTC_TIME),
    Column("flags", JSON, nullable=False),
    Column("email_id", Text),
    Column("server_thread_id", Text),
    Column("labels", JSON_OR_NULL),
    Column("from_address", Text),
    Column("ticket_effect", Text),
    Column("ticket_reason", Text),
    Column("rule_trace", Text),
    Column("header_sha256", Text),
    Column("remapped_uid", BigInteger),
    Column("seen_action", Text, nullable=False),
    Column("move_to", Text),
    Column("move_action", Text),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("next_attempt_at", UTC_TIME),
    Column("listed_at", UTC_TIME, nullable=False),
    Column("settled_at", UTC_TIME),
    Column("retired_at", UTC_TIME),
    Column("expunged_at", UTC_TIME),
)

QUARANTINE = Table(
    "inboxsync_quarantine",
    METADATA,
    Column("placement_id", BIG, ForeignKey("inboxsync_placements.id"), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("raw_sha256", Text),
    Column("at", UTC_TIME, nullable=False),
)

RAW = Table(
    "inboxsync_raw",
    METADATA,
    Column("sha256", Text, primary_key=True),
    Column("encoding", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("data", LargeBinary),
    Column("path", Text),
)

RUN_PARTS = Table(
    "inboxsync_run_parts",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("run_id", BIG, ForeignKey("inboxsync_runs.id"), nullable=False),
    Column("integration_id", BIG, ForeignKey("inboxsync_integrations.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("error_hint", Text),
    Column("error_exit_code", Integer),
    Column("counts", JSON, nullable=False),
    Column("started_at", UTC_TIME, nullable=False),
    Column("finished_at", UTC_TIME, nullable=False),
)

RUNS = Table(
    "inboxsync_runs",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("started_at", UTC_TIME, nullable=False),
    Column("finished_at", UTC_TIME),
    Column("status", Text),
    Column("trigger", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
)

SEARCH = Table(
    "inboxsync_search",
    METADATA,
    Column("message_id", BIG, ForeignKey("inboxsync_messages.id"), primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("words", Text),
)

SEARCH_QUEUE = Table(
    "inboxsync_search_queue",
    METADATA,
    Column("message_id", BIG, ForeignKey("inboxsync_messages.id"), primary_key=True),
)

SECRETS = Table(
    "inboxsync_secrets",
    METADATA,
    Column("integration_id", BIG, ForeignKey("inboxsync_integrations.id"), primary_key=True),
    Column("record", LargeBinary, nullable=False),
    Column("updated_at", UTC_TIME, nullable=False),
)

SYNC_STATES = Table(
    "inboxsync_sync_states",
    METADATA,
    Column("integration_id", BIG, ForeignKey("inboxsync_integrations.id"), primary_key=True),
    Column("last_started_at", UTC_TIME),
    Column("last_finished_at", UTC_TIME),
    Column("last_success_at", UTC_TIME),
    Column("last_status", Text),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("error_hint", Text),
    Column("error_exit_code", Integer),
    Column("failures", Integer, nullable=False),
    Column("auth_failures", Integer, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("next_attempt_at", UTC_TIME),
    Column("due_at", UTC_TIME),
    Column("told_at", UTC_TIME),
)

THREAD_TIES = Table(
    "inboxsync_thread_ties",
    METADATA,
    Column("scope", Text, primary_key=True),
    Column("tie", Text, primary_key=True),
    Column("message_id", BIG, ForeignKey("inboxsync_messages.id"), nullable=False),
)

TICKET_EFFECTS = Table(
    "inboxsync_ticket_effects",
    METADATA,
    Column("scope", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("effect", Text, nullable=False),
    Column("ticket_id", BIG, ForeignKey("inboxsync_tickets.id")),
    Column("at", UTC_TIME, nullable=False),
)

TICKET_LINKS = Table(
    "inboxsync_ticket_links",
    METADATA,
    Column("ticket_id", BIG, ForeignKey("inboxsync_tickets.id"), primary_key=True),
    Column("related_id", BIG, ForeignKey("inboxsync_tickets.id"), primary_key=True),
)

TICKET_MESSAGES = Table(
    "inboxsync_ticket_messages",
    METADATA,
    Column("ticket_id", BIG, ForeignKey("inboxsync_tickets.id"), primary_key=True),
    Column("message_id", BIG, ForeignKey("inboxsync_messages.id"), primary_key=True),
)

TICKETS = Table(
    "inboxsync_tickets",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("number", Text, nullable=False),
    Column("integration_id", BIG, ForeignKey("inboxsync_integrations.id")),
    Column("subject", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("category", Text),
    Column("tags", JSON, nullable=False),
    Column("company", Text),
    Column("requester_name", Text, nullable=False),
    Column("requester_email", Text, nullable=False),
    Column("requester_key", Text, nullable=False),
    Column("is_unverified", Boolean, nullable=False),
    Column("requester_contact_id", BIG, ForeignKey("inboxsync_contacts.id")),
    Column("watchers", JSON, nullable=False),
    Column("assignee", Text),
    Column("external_reference", Text),
    Column("created_at", UTC_TIME, nullable=False),
    Column("updated_at", UTC_TIME, nullable=False),
    Column("first_message_at", UTC_TIME, nullable=False),
    Column("last_message_at", UTC_TIME, nullable=False),
)

TOKENS = Table(
    "inboxsync_tokens",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("name", Text, nullable=False),
    Column("token_id", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("integrations", JSON_OR_NULL),
    Column("created_at", UTC_TIME, nullable=False),
    Column("expires_at", UTC_TIME),
)

WEBHOOKS = Table(
    "inboxsync_webhooks",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("uuid", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("event_types", JSON, nullable=False),
    Column("integrations", JSON, nullable=False),
    Column("with_message", Boolean, nullable=False),
    Column("allow_private", Boolean, nullable=False),
    Column("allow_http", Boolean, nullable=False),
    Column("ca_file", Text),
    Column("secret", LargeBinary, nullable=False),
    Column("previous_secret", LargeBinary),
    Column("previous_until", UTC_TIME),
    Column("created_at", UTC_TIME, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("disabled_reason", Text),
    Column("event_cursor", BigInteger, nullable=False),
    Column("due_at", UTC_TIME),
    Column("hold_until", UTC_TIME),
    Column("failures", Integer, nullable=False),
    Column("last_attempt_at", UTC_TIME),
    Column("last_success_at", UTC_TIME),
    Column("failing_since", UTC_TIME),
    Column("last_error", Text),
    Column("lease_token", Text),
    Column("lease_host", Text),
    Column("lease_pid", Integer),
    Column("lease_process_start", Text),
    Column("lease_expires_at", UTC_TIME),
)
