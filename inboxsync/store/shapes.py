"""What bulk work knows of tables. Made from `tables/` by `inboxsync.store.core_source`."""

from __future__ import annotations

from inboxsync.store.bulk import TableShape

ATTACHMENTS = TableShape(
    "inboxsync_attachments",
    columns=(
        "id",
        "message_id",
        "position",
        "filename",
        "content_type",
        "size_bytes",
        "sha256",
        "is_inline",
        "content_id",
        "safe_name",
        "other_names",
        "detected_type",
        "summary",
        "path",
        "file_pruned_at",
    ),
    times=frozenset(("file_pruned_at",)),
    jsons=frozenset(
        (
            "other_names",
            "summary",
        )
    ),
)

BODIES = TableShape(
    "inboxsync_bodies",
    columns=(
        "message_id",
        "body_text",
        "reply_text",
        "body_html",
    ),
)

COMPANIES = TableShape(
    "inboxsync_companies",
    columns=(
        "id",
        "name",
        "created_at",
    ),
    times=frozenset(("created_at",)),
)

COMPANY_DOMAINS = TableShape(
    "inboxsync_company_domains",
    columns=(
        "domain",
        "company_id",
    ),
)

CONSUMERS = TableShape(
    "inboxsync_consumers",
    columns=(
        "name",
        "event_id",
        "updated_at",
    ),
    times=frozenset(("updated_at",)),
)

CONTACTS = TableShape(
    "inboxsync_contacts",
    columns=(
        "id",
        "email",
        "name",
        "kind",
        "company_id",
        "created_at",
    ),
    times=frozenset(("created_at",)),
)

DELIVERIES = TableShape(
    "inboxsync_deliveries",
    columns=(
        "id",
        "event_id",
        "webhook_id",
        "order_key",
        "state",
        "attempts",
        "next_attempt_at",
        "last_attempt_at",
        "finished_at",
        "status_code",
        "error",
    ),
    times=frozenset(
        (
            "next_attempt_at",
            "last_attempt_at",
            "finished_at",
        )
    ),
)

EVENTS = TableShape(
    "inboxsync_events",
    columns=(
        "id",
        "type",
        "at",
        "integration_id",
        "data",
    ),
    times=frozenset(("at",)),
    jsons=frozenset(("data",)),
)

FOLDERS = TableShape(
    "inboxsync_folders",
    columns=(
        "id",
        "integration_id",
        "name",
        "role",
        "uidvalidity",
        "uidnext",
        "exists_count",
        "unread_count",
        "highestmodseq",
        "mailbox_id",
        "listed_at",
        "stored_count",
        "duplicate_count",
        "retired_count",
        "followed_uidvalidity",
        "followed_modseq",
        "followed_exists",
        "followed_below_uid",
        "swept_at",
    ),
    times=frozenset(
        (
            "listed_at",
            "swept_at",
        )
    ),
)

INTEGRATIONS = TableShape(
    "inboxsync_integrations",
    columns=(
        "id",
        "uuid",
        "name",
        "email",
        "provider",
        "host",
        "port",
        "tls",
        "username",
        "ca_file",
        "pin_sha256",
        "folders",
        "interval_s",
        "cron",
        "priority",
        "filter_json",
        "rules_json",
        "dedup",
        "unread_only",
        "mark_read",
        "known_senders_only",
        "company",
        "since",
        "tickets_since",
        "makes_tickets",
        "active",
        "routing_json",
        "removed_at",
        "created_at",
        "updated_at",
    ),
    times=frozenset(
        (
            "since",
            "tickets_since",
            "removed_at",
            "created_at",
            "updated_at",
        )
    ),
    jsons=frozenset(("folders",)),
)

LEASES = TableShape(
    "inboxsync_leases",
    columns=(
        "integration_id",
        "token",
        "host",
        "pid",
        "process_start",
        "worker",
        "acquired_at",
        "heartbeat_at",
        "expires_at",
    ),
    times=frozenset(
        (
            "acquired_at",
            "heartbeat_at",
            "expires_at",
        )
    ),
)

MESSAGES = TableShape(
    "inboxsync_messages",
    columns=(
        "id",
        "scope",
        "external_id",
        "fingerprint",
        "fingerprint_version",
        "raw_sha256",
        "size_bytes",
        "message_id",
        "subject",
        "from_address",
        "from_name",
        "from_raw",
        "recipients",
        "sent_at",
        "date_raw",
        "received_at",
        "in_reply_to",
        "reference_ids",
        "thread_id",
        "subject_key",
        "headers",
        "snippet",
        "has_attachments",
        "is_auto_reply",
        "is_bounce",
        "is_bulk",
        "machine_signal",
        "report",
        "delivery_reports",
        "authentication",
        "defects",
        "parser_version",
        "company",
        "is_unverified",
        "stored_at",
        "raw_pruned_at",
        "body_pruned_at",
    ),
    times=frozenset(
        (
            "sent_at",
            "received_at",
            "stored_at",
            "raw_pruned_at",
            "body_pruned_at",
        )
    ),
    jsons=frozenset(
        (
            "recipients",
            "in_reply_to",
            "reference_ids",
            "headers",
            "delivery_reports",
            "authentication",
            "defects",
        )
    ),
)

META = TableShape(
    "inboxsync_meta",
    columns=(
        "name",
        "value",
    ),
)

PLACEMENT_HEADERS = TableShape(
    "inboxsync_placement_headers",
    columns=(
        "placement_id",
        "encoding",
        "data",
    ),
)

PLACEMENTS = TableShape(
    "inboxsync_placements",
    columns=(
        "id",
        "folder_id",
        "uidvalidity",
        "uid",
        "fate",
        "reason",
        "message_id",
        "external_id",
        "size_bytes",
        "internal_date",
        "flags",
        "email_id",
        "server_thread_id",
        "labels",
        "from_address",
        "ticket_effect",
        "ticket_reason",
        "rule_trace",
        "header_sha256",
        "remapped_uid",
        "seen_action",
        "move_to",
        "move_action",
        "attempts",
        "error",
        "next_attempt_at",
        "listed_at",
        "settled_at",
        "retired_at",
        "expunged_at",
    ),
    times=frozenset(
        (
            "internal_date",
            "next_attempt_at",
            "listed_at",
            "settled_at",
            "retired_at",
            "expunged_at",
        )
    ),
    jsons=frozenset(
        (
            "flags",
            "labels",
        )
    ),
)

QUARANTINE = TableShape(
    "inboxsync_quarantine",
    columns=(
        "placement_id",
        "reason",
        "error",
        "raw_sha256",
        "at",
    ),
    times=frozenset(("at",)),
)

RAW = TableShape(
    "inboxsync_raw",
    columns=(
        "sha256",
        "encoding",
        "size_bytes",
        "data",
        "path",
    ),
)

RUN_PARTS = TableShape(
    "inboxsync_run_parts",
    columns=(
        "id",
        "run_id",
        "integration_id",
        "status",
        "reason",
        "error_code",
        "error_message",
        "error_hint",
        "error_exit_code",
        "counts",
        "started_at",
        "finished_at",
    ),
    times=frozenset(
        (
            "started_at",
            "finished_at",
        )
    ),
    jsons=frozenset(("counts",)),
)

RUNS = TableShape(
    "inboxsync_runs",
    columns=(
        "id",
        "started_at",
        "finished_at",
        "status",
        "trigger",
        "host",
        "pid",
    ),
    times=frozenset(
        (
            "started_at",
            "finished_at",
        )
    ),
)

SEARCH = TableShape(
    "inboxsync_search",
    columns=(
        "message_id",
        "position",
        "words",
    ),
)

SEARCH_QUEUE = TableShape(
    "inboxsync_search_queue",
    columns=("message_id",),
)

SECRETS = TableShape(
    "inboxsync_secrets",
    columns=(
        "integration_id",
        "record",
        "updated_at",
    ),
    times=frozenset(("updated_at",)),
)

SYNC_STATES = TableShape(
    "inboxsync_sync_states",
    columns=(
        "integration_id",
        "last_started_at",
        "last_finished_at",
        "last_success_at",
        "last_status",
        "error_code",
        "error_message",
        "error_hint",
        "error_exit_code",
        "failures",
        "auth_failures",
        "paused",
        "next_attempt_at",
        "due_at",
        "told_at",
    ),
    times=frozenset(
        (
            "last_started_at",
            "last_finished_at",
            "last_success_at",
            "next_attempt_at",
            "due_at",
            "told_at",
        )
    ),
)

THREAD_TIES = TableShape(
    "inboxsync_thread_ties",
    columns=(
        "scope",
        "tie",
        "message_id",
    ),
)

TICKET_EFFECTS = TableShape(
    "inboxsync_ticket_effects",
    columns=(
        "scope",
        "external_id",
        "effect",
        "ticket_id",
        "at",
    ),
    times=frozenset(("at",)),
)

TICKET_LINKS = TableShape(
    "inboxsync_ticket_links",
    columns=(
        "ticket_id",
        "related_id",
    ),
)

TICKET_MESSAGES = TableShape(
    "inboxsync_ticket_messages",
    columns=(
        "ticket_id",
        "message_id",
    ),
)

TICKETS = TableShape(
    "inboxsync_tickets",
    columns=(
        "id",
        "number",
        "integration_id",
        "subject",
        "status",
        "priority",
        "category",
        "tags",
        "company",
        "requester_name",
        "requester_email",
        "requester_key",
        "is_unverified",
        "requester_contact_id",
        "watchers",
        "assignee",
        "external_reference",
        "created_at",
        "updated_at",
        "first_message_at",
        "last_message_at",
    ),
    times=frozenset(
        (
            "created_at",
            "updated_at",
            "first_message_at",
            "last_message_at",
        )
    ),
    jsons=frozenset(
        (
            "tags",
            "watchers",
        )
    ),
)

TOKENS = TableShape(
    "inboxsync_tokens",
    columns=(
        "id",
        "name",
        "token_id",
        "sha256",
        "integrations",
        "created_at",
        "expires_at",
    ),
    times=frozenset(
        (
            "created_at",
            "expires_at",
        )
    ),
    jsons=frozenset(("integrations",)),
)

WEBHOOKS = TableShape(
    "inboxsync_webhooks",
    columns=(
        "id",
        "uuid",
        "name",
        "url",
        "event_types",
        "integrations",
        "with_message",
        "allow_private",
        "allow_http",
        "ca_file",
        "secret",
        "previous_secret",
        "previous_until",
        "created_at",
        "active",
        "disabled_reason",
        "event_cursor",
        "due_at",
        "hold_until",
        "failures",
        "last_attempt_at",
        "last_success_at",
        "failing_since",
        "last_error",
        "lease_token",
        "lease_host",
        "lease_pid",
        "lease_process_start",
        "lease_expires_at",
    ),
    times=frozenset(
        (
            "previous_until",
            "created_at",
            "due_at",
            "hold_until",
            "last_attempt_at",
            "last_success_at",
            "failing_since",
            "lease_expires_at",
        )
    ),
    jsons=frozenset(
        (
            "event_types",
            "integrations",
        )
    ),
)
