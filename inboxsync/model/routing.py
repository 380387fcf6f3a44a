"""What routing asks the store about a batch of mail, and what it is told; addresses in the form of the directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from inboxsync.model.directory import ContactKind
from inboxsync.model.ticketing import ENDED, OPEN, TicketKey


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A contact as far as routing asks. `company` is the name of theirs."""

    id: int
    kind: ContactKind = ContactKind.USER
    company: str | None = None


@dataclass(frozen=True, slots=True)
class KnownTicket:
    """A ticket that a mail may belong to. `arrivals` are `received_at` of its mails around the time in question."""

    key: TicketKey
    status: str = OPEN
    requester: str = ""
    watchers: frozenset[str] = frozenset()
    company: str | None = None
    arrivals: tuple[datetime, ...] = ()

    @property
    def is_ended(self) -> bool:
        """Whether it is resolved or closed."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True)
class RoutingQuestion:
    """All that a batch names. `message_ids` are canonical, each with the form in which it was sent.

    `requesters` may open tickets; theirs are looked for from `since` to `until`, both `received_at`, and where
    `subject_window` is set by subject for that much longer.
    """

    authors: AbstractSet[str] = frozenset()
    domains: AbstractSet[str] = frozenset()
    addresses: AbstractSet[str] = frozenset()
    message_ids: Mapping[str, str] = field(default_factory=dict)
    ticket_ids: AbstractSet[int] = frozenset()
    numbers: AbstractSet[str] = frozenset()
    requesters: AbstractSet[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    subject_window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class TicketOfMessage:
    """A ticket that holds a stored message; `is_ours`: one of our integrations' addresses wrote it."""

    ticket_id: int
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class TicketOfRequester:
    """A ticket that somebody opened: when its first and its latest mail were received, and its subject."""

    ticket_id: int
    opened_at: datetime
    last_message_at: datetime
    subject: str = ""


@dataclass(frozen=True, slots=True)
class RoutingFacts:
    """What the store knows of it. `by_message` by canonical Message-ID, `companies` by domain or `*.domain`."""

    contacts: Mapping[str, KnownContact] = field(default_factory=dict)
    companies: Mapping[str, str] = field(default_factory=dict)
    ours: AbstractSet[str] = frozenset()
    tickets: Mapping[int, KnownTicket] = field(default_factory=dict)
    by_message: Mapping[str, Sequence[TicketOfMessage]] = field(default_factory=dict)
    by_number: Mapping[str, int] = field(default_factory=dict)
    by_requester: Mapping[str, Sequence[TicketOfRequester]] = field(default_factory=dict)
