"""Columns of webhooks and deliveries and their way to and from values of `model`; named by hand, as in control_rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inboxsync.model.state import Owner
from inboxsync.model.webhook import DeliveryRecord, DeliveryState, Webhook, WebhookStanding
from inboxsync.store.dialect import read_json, read_time

TABLE = "inboxsync_webhooks"
SETTING_COLUMNS = (
    *("uuid", "name", "url", "event_types", "integrations", "with_message", "allow_private", "allow_http", "ca_file"),
    *("active", "disabled_reason", "created_at"),
)
STANDING_COLUMNS = (
    *("event_cursor", "due_at", "hold_until", "failures", "last_attempt_at", "last_success_at", "failing_since"),
    "last_error",
)
LEASE_COLUMNS = ("lease_token", "lease_host", "lease_pid", "lease_process_start", "lease_expires_at")
WEBHOOK_COLUMNS = ("id", *SETTING_COLUMNS, *STANDING_COLUMNS)
RECORD_COLUMNS = (
    *("d.id", "w.name", "d.event_id", "e.type", "d.state", "d.attempts", "d.next_attempt_at", "d.last_attempt_at"),
    *("d.finished_at", "d.status_code", "d.error"),
)


def setting_values(webhook: Webhook) -> tuple[object, ...]:
    """The settings of a webhook, in the order of SETTING_COLUMNS."""
    return (
        *(webhook.uuid, webhook.name, webhook.url, webhook.event_types, webhook.integrations),
        *(webhook.with_message, webhook.allow_private, webhook.allow_http, webhook.ca_file),
        *(webhook.active, webhook.disabled_reason, webhook.created_at),
    )


def read_webhook(row: Sequence[Any]) -> Webhook:
    """Read a row of WEBHOOK_COLUMNS."""
    value = dict(zip(WEBHOOK_COLUMNS, row, strict=True))
    return Webhook(
        id=value["id"],
        uuid=value["uuid"],
        name=value["name"],
        url=value["url"],
        event_types=tuple(read_json(value["event_types"])),
        integrations=tuple(read_json(value["integrations"])),
        with_message=bool(value["with_message"]),
        allow_private=bool(value["allow_private"]),
        allow_http=bool(value["allow_http"]),
        ca_file=value["ca_file"],
        active=bool(value["active"]),
        disabled_reason=value["disabled_reason"],
        created_at=read_time(value["created_at"]),
        standing=_read_standing(value),
    )


def _read_standing(value: dict[str, Any]) -> WebhookStanding:
    return WebhookStanding(
        event_cursor=value["event_cursor"],
        due_at=read_time(value["due_at"]),
        hold_until=read_time(value["hold_until"]),
        failures=value["failures"],
        last_attempt_at=read_time(value["last_attempt_at"]),
        last_success_at=read_time(value["last_success_at"]),
        failing_since=read_time(value["failing_since"]),
        last_error=value["last_error"],
    )


def read_owner(host: str, pid: int, process_start: str) -> Owner:
    """Read whose lease it is."""
    return Owner(host=host, pid=pid, process_start=process_start)


def read_record(row: Sequence[Any]) -> DeliveryRecord:
    """Read a row of RECORD_COLUMNS. Only what is pending has a next attempt."""
    record_id, name, event_id, kind, state, attempts, next_at, last_at, finished_at, status_code, error = row
    return DeliveryRecord(
        id=record_id,
        webhook=name,
        event_id=event_id,
        event_type=kind,
        state=DeliveryState(state),
        attempts=attempts,
        next_attempt_at=read_time(next_at) if state == DeliveryState.PENDING else None,
        last_attempt_at=read_time(last_at),
        finished_at=read_time(finished_at),
        status_code=status_code,
        error=error,
    )
