"""The options of one integration as a person gives them, and what follows from them with a provider's preset. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from inboxsync.model.integration import DEFAULT_PRIORITY, TlsMode
from inboxsync.model.roles import canonical
from inboxsync.model.ticketing import DEFAULT_ROUTING

IMPLICIT_PORT = 993  # RFC 8314 §3.2
STARTTLS_PORT = 143


class PresetLike(Protocol):
    """What is asked of a provider's preset."""

    @property
    def key(self) -> str:
        """The preset's short name, which the integration keeps."""

    @property
    def port(self) -> int:
        """The port that goes with `tls`."""

    @property
    def tls(self) -> str:
        """The TLS mode, as TlsMode or its word."""

    @property
    def needs_host(self) -> bool:
        """Whether a person has to name the server, or its number."""

    def host_for(self, given: str | None = None) -> str:
        """Answer the server to connect to; UsageError where the preset cannot do without and nothing is given."""

    def login_for(self, email: str) -> str:
        """Answer the login that the provider expects for an address."""


@dataclass(frozen=True, slots=True)
class IntegrationOptions:
    """What a person gave, decoded but not checked; None is "not given"."""

    name: str
    email: str
    host: str | None = None
    port: int | None = None
    tls: str | None = None
    username: str | None = None
    folders: tuple[str, ...] = ("INBOX",)
    every_s: int | None = None
    cron: str | None = None
    priority: int = DEFAULT_PRIORITY
    filter_json: str | None = None
    rules_json: str | None = None
    dedup: str | None = None
    unread_only: bool = False
    mark_read: bool = False
    known_senders_only: bool = False
    company: str | None = None
    since: datetime | None = None
    tickets_since: datetime | None = None
    makes_tickets: bool = True
    closed_ticket: str = DEFAULT_ROUTING.closed_ticket.value
    subject_window_days: int = DEFAULT_ROUTING.subject_window_days
    ticket_tag: str = DEFAULT_ROUTING.tag
    sender_cap: int = DEFAULT_ROUTING.sender_cap
    thread_cap: int = DEFAULT_ROUTING.thread_cap
    bulk: str = DEFAULT_ROUTING.bulk.value
    ca_file: str | Path | None = None
    pin_sha256: str | None = None
    active: bool = True
    insecure_plaintext: bool = False


def host_of(options: IntegrationOptions, preset: PresetLike | None) -> str:
    """Answer the host as given, else the preset's; empty where neither is known."""
    if preset is None or (preset.needs_host and not options.host):
        return options.host or ""
    return preset.host_for(options.host)


def tls_of(options: IntegrationOptions, preset: PresetLike | None) -> str:
    """Answer the mode as given, else the preset's, else STARTTLS on its own port, else implicit TLS (RFC 8314 §3)."""
    if options.tls:
        return options.tls
    if preset is not None and options.port in (None, preset.port):
        return str(preset.tls)
    return str(TlsMode.STARTTLS if options.port == STARTTLS_PORT else TlsMode.IMPLICIT)


def port_of(options: IntegrationOptions, preset: PresetLike | None, tls: str) -> int:
    """Answer the port as given, else the preset's where it is for this mode, else the mode's default."""
    if options.port is not None:
        return options.port
    return preset.port if preset is not None and str(preset.tls) == tls else default_port(tls)


def default_port(tls: str | None) -> int:
    """Answer the port that IMAP has for a TLS mode."""
    return IMPLICIT_PORT if tls == TlsMode.IMPLICIT else STARTTLS_PORT


def username_of(options: IntegrationOptions, preset: PresetLike | None) -> str:
    """Answer the login as given, else what the preset makes of the address, else the address."""
    if options.username is not None:
        return options.username
    return options.email if preset is None else preset.login_for(options.email)


def local_part(email: str) -> str:
    """Answer what stands before the last @ of an address."""
    return email.rpartition("@")[0]


def folders_of(folders: Sequence[str]) -> tuple[str, ...]:
    """Answer each folder once, names and roles in the one way they are kept."""
    return tuple(dict.fromkeys(map(canonical, folders)))
