"""An integration: one configured account, as a person set it up (design §2, §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inboxsync.model.ticketing import DEFAULT_ROUTING, RoutingSettings


class TlsMode(StrEnum):
    """How a connection is encrypted. `NONE` is for loopback hosts, elsewhere only when said in words (P11)."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"


class DedupScope(StrEnum):
    """Within what a content is stored once (design §4)."""

    INTEGRATION = "integration"
    COMPANY = "company"
    STORE = "store"


DEFAULT_INTERVAL_S = 300
DEFAULT_PRIORITY = 100


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and how to log in. Host, port, TLS mode and login are bound into the encryption of the secret."""

    host: str
    port: int
    tls: TlsMode
    username: str
    ca_file: str | None = None
    pin_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Integration:
    """Every setting of an account but its secret. `id` is ours, None before it is stored; `uuid` never changes.

    `filter_json` and `rules_json` are canonical JSON text or None. `since` bounds by INTERNALDATE which mail is taken
    (None: all); `tickets_since` which mail may make a ticket (None: all). One of `interval_s` and `cron` is set.
    """

    uuid: str
    name: str
    email: str
    endpoint: Endpoint
    provider: str | None = None
    folders: tuple[str, ...] = ("INBOX",)
    interval_s: int | None = DEFAULT_INTERVAL_S
    cron: str | None = None
    priority: int = DEFAULT_PRIORITY
    filter_json: str | None = None
    rules_json: str | None = None
    dedup: DedupScope | None = None
    unread_only: bool = False
    mark_read: bool = False
    known_senders_only: bool = False
    company: str | None = None
    since: datetime | None = None
    tickets_since: datetime | None = None
    makes_tickets: bool = True
    active: bool = True
    routing: RoutingSettings = DEFAULT_ROUTING
    created_at: datetime | None = None
    updated_at: datetime | None = None
    id: int | None = None

    @property
    def scope(self) -> str:
        """Name the dedup scope as it is stored: `store`, `company:NAME` or `integration:UUID` (design §4)."""
        chosen = self.dedup or (DedupScope.COMPANY if self.company else DedupScope.INTEGRATION)
        if chosen is DedupScope.STORE:
            return "store"
        if chosen is DedupScope.COMPANY and self.company:
            return f"company:{self.company}"
        return f"integration:{self.uuid}"
