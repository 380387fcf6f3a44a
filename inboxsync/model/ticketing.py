"""Tickets as values: their words, how an integration routes mail to them, and what is known of those that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

STATUSES = ("open", "in_progress", "pending", "resolved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
OPEN = "open"
ENDED = frozenset({"resolved", "closed"})
RATE_WINDOW = timedelta(hours=1)
NUMBER_MARK = "{number}"
TAG_MAX_CHARACTERS = 40
# The highest cap of a thread: more mails of a ticket than that are not looked at.
ARRIVALS_KEPT = 1000

# A ticket that is stored by its id; one that the same batch makes by the external id of the content that makes it.
TicketKey = int | str
# Fields of RoutingSettings and the keys under which JSON has them.
_PUBLIC = {
    "closed_ticket": "closed_ticket",
    "subject_window_days": "subject_window_days",
    "tag": "ticket_tag",
    "sender_cap": "sender_cap",
    "thread_cap": "thread_cap",
    "bulk": "bulk",
}


class ClosedTicket(StrEnum):
    """What a reply to a resolved or closed ticket does."""

    REOPEN = "reopen"
    APPEND = "append"
    NEW = "new"


class BulkMail(StrEnum):
    """What bulk mail (RFC 2369, RFC 2919) may do: open tickets, reach those it answers, or neither."""

    CREATE = "create"
    APPEND = "append"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class RoutingSettings:
    """How an integration's mail finds its ticket.

    `subject_window_days` 0 never joins by subject. `tag` is what a subject quotes, with `{number}` in it; '' reads
    none. `sender_cap` is the most tickets that one sender opens within an hour of `received_at`, `thread_cap` the most
    mails of an hour that a ticket tells of; 0 is no limit.
    """

    closed_ticket: ClosedTicket = ClosedTicket.REOPEN
    subject_window_days: int = 0
    tag: str = "[#{number}]"
    sender_cap: int = 1000
    thread_cap: int = 100
    bulk: BulkMail = BulkMail.APPEND

    def as_data(self) -> dict[str, Any]:
        """Give every setting under its public key."""
        return {name: getattr(self, field) for field, name in _PUBLIC.items()}

    def as_json(self) -> str | None:
        """Write what differs from the defaults as canonical JSON; None where nothing does."""
        default = DEFAULT_ROUTING.as_data()
        changed = {name: value for name, value in self.as_data().items() if value != default[name]}
        return json.dumps(changed, sort_keys=True, separators=(",", ":")) if changed else None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> RoutingSettings:
        """Read settings by key; those that are missing have their default. ValueError for an unknown word."""
        given = {field: data[name] for field, name in _PUBLIC.items() if name in data}
        words: dict[str, Callable[[Any], Any]] = {"closed_ticket": ClosedTicket, "bulk": BulkMail}
        return cls(**{field: words[field](value) if field in words else value for field, value in given.items()})


DEFAULT_ROUTING = RoutingSettings()


def read_routing(text: str | None) -> RoutingSettings:
    """Read what `RoutingSettings.as_json` wrote."""
    return DEFAULT_ROUTING if text is None else RoutingSettings.of(json.loads(text))


def tag_fault(tag: str) -> str | None:
    """Say what keeps a text from being a ticket tag; None where nothing does."""
    if not tag:
        return None
    if tag.count(NUMBER_MARK) != 1:
        return f"it has to hold {NUMBER_MARK} once"
    if len(tag) > TAG_MAX_CHARACTERS or not tag.isprintable():
        return f"it has to be printable and at most {TAG_MAX_CHARACTERS} characters long"
    bare = tag.replace(NUMBER_MARK, "").strip()
    if not bare or re.search(r"\d\{number\}|\{number\}\d", tag):
        return "something other than a digit has to stand beside the number, or every number in a subject is one"
    return None


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """What `tickets list` asks; None asks nothing. `text` is looked for in subject, number and requester."""

    limit: int = 50
    page: int = 1
    status: str | None = None
    priority: str | None = None
    integration: str | None = None
    assignee: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class TicketEdit:
    """What a person changes on tickets; None keeps, '' takes a value away. Addresses are in the form of contacts."""

    status: str | None = None
    priority: str | None = None
    category: str | None = None
    assignee: str | None = None
    company: str | None = None
    tags: tuple[str, ...] | None = None
    add_watchers: tuple[str, ...] = ()
    remove_watchers: tuple[str, ...] = ()
