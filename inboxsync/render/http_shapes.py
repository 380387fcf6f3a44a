"""The public JSON shapes that only the HTTP endpoint has (http-api.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inboxsync.render.document import time_text
from inboxsync.render.json_shapes import Shape, attachment_json, integration_json, message_json
from inboxsync.render.status import last_sync_at, status_json

if TYPE_CHECKING:
    from inboxsync.config.settings import Settings
    from inboxsync.model.figures import IntegrationFigures
    from inboxsync.model.views import MessageView
    from inboxsync.render.status import StatusLine

_STANDING_KEYS = (
    *("last_sync_at", "last_sync_status", "last_sync_error", "state", "cause", "next_action", "next_run_at"),
)
_COUNT_KEYS = ("messages", "tickets", "quarantined")


def listed_json(message: MessageView, base: str = "") -> Shape:
    """Give a message as lists have it: all but its bodies and what is judged of its contents.

    `base` is the path below which the endpoint is mounted.
    """
    headers = {name: list(values) for name, values in (message.headers or {}).items()}
    return {
        **message_json(message),
        "attachments": [attachment_json(one, base) for one in message.attachments],
        "headers": headers,
    }


def account_json(line: StatusLine) -> Shape:
    """Give an integration: every setting but its secret, how it stands, and its counts."""
    status = status_json(line)
    counts = {key: status[key] for key in _COUNT_KEYS}
    success = line.state.last_success_at if line.state else None
    return {
        **integration_json(line.integration),
        **{key: status[key] for key in _STANDING_KEYS},
        "last_success_at": time_text(success),
        "counts": counts,
    }


def failing_json(line: StatusLine) -> Shape:
    """Give what is wrong with an integration."""
    return {
        "name": line.integration.name,
        "state": line.standing.state.value,
        "cause": line.standing.cause,
        "next_action": line.standing.next_action,
        "last_sync_at": time_text(last_sync_at(line.state)),
    }


def stored_json(line: StatusLine, figures: IntegrationFigures) -> Shape:
    """Give how much an integration holds."""
    totals = line.totals
    return {
        "name": line.integration.name,
        "messages": totals.messages,
        "tickets": totals.tickets,
        "quarantined": totals.quarantined,
        "bytes": figures.bytes,
    }


def settings_json(settings: Settings) -> Shape:
    """Give the effective settings; of the database URL what names the database, and of secrets only where they are."""
    names = (
        *("jobs", "connections_per_host", "connections_per_account", "deadline_s", "command_timeout_s"),
        *("connect_timeout_s", "message_size_limit_bytes", "batch_messages", "batch_bytes", "timezone"),
        *("log_format", "log_level", "progress"),
    )
    files = ("data_dir", "config_file", "key_file", "database_password_file", "ping_url_file")
    return {
        "database_url": settings.redacted_url(),
        **{name: None if getattr(settings, name) is None else str(getattr(settings, name)) for name in files},
        **{name: getattr(settings, name) for name in names},
        "trusted_authserv_ids": list(settings.trusted_authserv_ids),
    }
