"""Options of `add` and `edit` made into an Integration. Pure: time, ids and the look at the CA file are arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from inboxsync.config import faults
from inboxsync.config.checks import find_problems, raise_usage
from inboxsync.config.options import (
    IntegrationOptions,
    PresetLike,
    default_port,
    folders_of,
    host_of,
    local_part,
    port_of,
    tls_of,
    username_of,
)
from inboxsync.model.integration import DEFAULT_INTERVAL_S, DEFAULT_PRIORITY, DedupScope, Endpoint, Integration, TlsMode
from inboxsync.model.ticketing import BulkMail, ClosedTicket, RoutingSettings

__all__ = [
    "IntegrationOptions",
    "PresetLike",
    "apply_changes",
    "build_integration",
    "find_problems",
    "options_of",
]

_COPIED = (
    "name",
    "email",
    "cron",
    "priority",
    "filter_json",
    "rules_json",
    "unread_only",
    "mark_read",
    "known_senders_only",
    "company",
    "since",
    "tickets_since",
    "makes_tickets",
    "active",
)
_OPTION_NAMES = frozenset(field.name for field in fields(IntegrationOptions))


def build_integration(
    options: IntegrationOptions,
    preset: PresetLike | None,
    now: datetime,
    new_uuid: Callable[[], str],
    *,
    file_exists: Callable[[Path], bool] = Path.is_file,
) -> Integration:
    """Make an integration. UsageError (exit 2) with every fault in one message, each under its option's name."""
    raise_usage(find_problems(options, preset, file_exists=file_exists))
    made = _made(options, preset, new_uuid())
    return replace(made, provider=preset.key if preset else None, created_at=now, updated_at=now)


def apply_changes(
    integration: Integration,
    changes: Mapping[str, object],
    *,
    now: datetime | None = None,
    file_exists: Callable[[Path], bool] = Path.is_file,
) -> Integration:
    """Answer the integration with some options changed: keys are fields of IntegrationOptions, None takes a value away.

    What depends on a changed value follows it: an interval ends a cron expression and the other way round, a default
    port goes with the TLS mode, a login that was the address goes with the address. UsageError as `build_integration`,
    ValueError on a key that is no option. Where the endpoint differs afterwards, the secret must be sealed again.
    """
    if not _OPTION_NAMES.issuperset(changes):
        raise ValueError(f"no such options: {sorted(set(changes) - _OPTION_NAMES)}")
    options = _with_changes(options_of(integration), changes)
    is_found = file_exists if "ca_file" in changes else _always
    raise_usage(find_problems(options, None, file_exists=is_found))
    made = _made(options, None, integration.uuid)
    kept = replace(made, id=integration.id, provider=integration.provider, created_at=integration.created_at)
    return replace(kept, updated_at=now or integration.updated_at)


def options_of(integration: Integration) -> IntegrationOptions:
    """Answer the options that make this integration again; a plain-text endpoint stays accepted as it is."""
    endpoint = integration.endpoint
    return IntegrationOptions(
        host=endpoint.host,
        port=endpoint.port,
        tls=str(endpoint.tls),
        username=endpoint.username,
        every_s=integration.interval_s,
        folders=integration.folders,
        dedup=None if integration.dedup is None else str(integration.dedup),
        **_routing_options(integration.routing),
        ca_file=endpoint.ca_file,
        pin_sha256=endpoint.pin_sha256,
        insecure_plaintext=endpoint.tls is TlsMode.NONE,
        **{name: getattr(integration, name) for name in _COPIED},
    )


def _routing_options(routing: RoutingSettings) -> dict[str, Any]:
    return {
        "closed_ticket": routing.closed_ticket.value,
        "subject_window_days": routing.subject_window_days,
        "ticket_tag": routing.tag,
        "sender_cap": routing.sender_cap,
        "thread_cap": routing.thread_cap,
        "bulk": routing.bulk.value,
    }


def _routing_of(options: IntegrationOptions) -> RoutingSettings:
    return RoutingSettings(
        closed_ticket=ClosedTicket(options.closed_ticket),
        subject_window_days=options.subject_window_days,
        tag=options.ticket_tag,
        sender_cap=options.sender_cap,
        thread_cap=options.thread_cap,
        bulk=BulkMail(options.bulk),
    )


def _with_changes(before: IntegrationOptions, changes: Mapping[str, object]) -> IntegrationOptions:
    followers = {**_schedule_after(changes), **_port_after(before, changes), **_login_after(before, changes)}
    if {"host", "tls"} & changes.keys():
        followers["insecure_plaintext"] = False  # another server or mode needs the word again
    given: dict[str, Any] = {**followers, **changes}
    defaults = {name: _CLEARED[name] for name in _CLEARED if name in given and given[name] is None}
    return replace(before, **{**given, **defaults})


_CLEARED: Mapping[str, object] = {"folders": ("INBOX",), "priority": DEFAULT_PRIORITY}


def _schedule_after(changes: Mapping[str, object]) -> dict[str, object]:
    if changes.get("cron") is not None and changes.get("every_s") is None:
        return {"every_s": None}
    return {"cron": None} if changes.get("every_s") is not None and changes.get("cron") is None else {}


def _port_after(before: IntegrationOptions, changes: Mapping[str, object]) -> dict[str, object]:
    """A port that was the default of the old mode becomes that of the new one; a port of its own stays."""
    was_default = before.port == default_port(before.tls)
    return {"port": None} if "tls" in changes and "port" not in changes and was_default else {}


def _login_after(before: IntegrationOptions, changes: Mapping[str, object]) -> dict[str, object]:
    email = changes.get("email")
    if not isinstance(email, str) or "username" in changes:
        return {}
    old = {before.email: email, local_part(before.email): local_part(email)}
    return {"username": old[before.username]} if before.username in old else {}


def _always(_path: Path) -> bool:
    return True


def _made(options: IntegrationOptions, preset: PresetLike | None, uuid: str) -> Integration:
    interval_s = options.every_s or (None if options.cron else DEFAULT_INTERVAL_S)
    return Integration(
        uuid=uuid,
        endpoint=_endpoint(options, preset),
        interval_s=interval_s,
        dedup=DedupScope(options.dedup) if options.dedup else None,
        routing=_routing_of(options),
        **{name: getattr(options, name) for name in _COPIED},
        folders=folders_of(options.folders),
    )


def _endpoint(options: IntegrationOptions, preset: PresetLike | None) -> Endpoint:
    tls = tls_of(options, preset)
    return Endpoint(
        host=host_of(options, preset).lower(),
        port=port_of(options, preset, tls),
        tls=TlsMode(tls),
        username=username_of(options, preset),
        ca_file=str(Path(options.ca_file).absolute()) if options.ca_file else None,
        pin_sha256=faults.normalised_pin(options.pin_sha256) if options.pin_sha256 else None,
    )
