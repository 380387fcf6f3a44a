"""Which ticket a mail belongs to, or that it opens one, and why (hazards H14, H15, H25, H34). Pure.

In this order, and the first that holds: a token that we signed; what it answers; a number in its subject; the same
subject of the same requester, where that is wished; a new ticket.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from inboxsync.model.ingest import TicketEffect
from inboxsync.model.routing import KnownTicket
from inboxsync.model.ticketing import (
    DEFAULT_ROUTING,
    RATE_WINDOW,
    BulkMail,
    ClosedTicket,
    RoutingSettings,
    TicketKey,
)
from inboxsync.tickets.association import Sender
from inboxsync.tickets.letter import Kind, Letter

RELATED_MAX = 5


@dataclass(frozen=True, slots=True)
class Answered:
    """A ticket with a message that the mail answers; `is_ours`: we wrote that message."""

    ticket: KnownTicket
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Hints:
    """What a mail brings along that may tell its ticket, the nearest first.

    `opened` counts the tickets that its sender opened within `RATE_WINDOW` before it; `latest` is the last of them.
    """

    tokens: Sequence[KnownTicket] = ()
    answered: Sequence[Answered] = ()
    numbers: Sequence[KnownTicket] = ()
    same_subject: Sequence[KnownTicket] = ()
    opened: int = 0
    latest: KnownTicket | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """The decision. `ticket` is the one appended to; `related` are those it names without being let onto them."""

    effect: TicketEffect
    reason: str
    ticket: KnownTicket | None = None
    related: tuple[TicketKey, ...] = ()
    is_quiet: bool = False


def route(letter: Letter, hints: Hints, settings: RoutingSettings = DEFAULT_ROUTING, *, may_open: bool = True) -> Route:
    """Decide about one mail. `may_open`: whether it may make a ticket where it belongs to none."""
    if letter.kind is Kind.BULK and settings.bulk is BulkMail.NONE:
        return Route(TicketEffect.NONE, "bulk")
    found = next(_found(letter, hints, settings), None)
    related = _related(hints, found)
    if found is None:
        return _new(letter, hints, settings, related, may_open=may_open)
    ticket, reason = found
    if ticket.is_ended and settings.closed_ticket is ClosedTicket.NEW and may_open and _is_persons(letter, settings):
        made = _new(letter, hints, settings, related, may_open=True)
        is_follow_up = made.effect is TicketEffect.CREATED
        return replace(made, reason="closed_ticket", related=(ticket.key, *related)) if is_follow_up else made
    return _appended(letter, ticket, reason, settings)


def _is_persons(letter: Letter, settings: RoutingSettings) -> bool:
    """Whether it may open and reopen tickets: a machine's may not, but for bulk mail where that is wished."""
    is_wished = letter.kind is Kind.BULK and settings.bulk is BulkMail.CREATE
    return letter.kind is Kind.PERSON or is_wished


# --- the matching order --------------------------------------------------------------------------------------------


def _found(letter: Letter, hints: Hints, settings: RoutingSettings) -> Iterator[tuple[KnownTicket, str]]:
    for ticket in hints.tokens:
        yield ticket, "token"
    for answer in hints.answered:
        if _may_answer(letter, answer):
            yield answer.ticket, "reference"
    if letter.kind is Kind.BOUNCE:
        return  # a bounce has no author whose word could count
    for ticket in hints.numbers:
        if is_on(letter.sender, ticket):
            yield ticket, "number"
    if settings.subject_window_days and letter.kind is Kind.PERSON and not letter.sender.is_unverified:
        for ticket in hints.same_subject:
            if not ticket.is_ended:
                yield ticket, "subject"


def _may_answer(letter: Letter, answer: Answered) -> bool:
    if letter.kind is Kind.BOUNCE:
        return answer.is_ours
    return letter.kind is Kind.OWN or is_on(letter.sender, answer.ticket) or _is_of_company(letter.sender, answer)


def is_on(sender: Sender, ticket: KnownTicket) -> bool:
    """Whether the sender is on a ticket: requester, watcher, or one of our staff; never where the author is forged."""
    if sender.is_unverified or not sender.address:
        return False
    return sender.is_staff or sender.address == ticket.requester or sender.address in ticket.watchers


def _is_of_company(sender: Sender, answer: Answered) -> bool:
    is_known = sender.own_company is not None and not sender.is_unverified
    return is_known and sender.own_company == answer.ticket.company


def _related(hints: Hints, found: tuple[KnownTicket, str] | None) -> tuple[TicketKey, ...]:
    named = chain((answer.ticket for answer in hints.answered), hints.numbers)
    keys = dict.fromkeys(ticket.key for ticket in named if found is None or ticket.key != found[0].key)
    return tuple(keys)[:RELATED_MAX]


# --- what follows --------------------------------------------------------------------------------------------------


def _appended(letter: Letter, ticket: KnownTicket, reason: str, settings: RoutingSettings) -> Route:
    if _is_reached(settings.thread_cap, ticket.arrivals, letter.received_at):
        return Route(TicketEffect.APPENDED, "thread_rate", ticket, is_quiet=True)
    reopens = ticket.is_ended and settings.closed_ticket is not ClosedTicket.APPEND and _is_persons(letter, settings)
    return Route(TicketEffect.REOPENED if reopens else TicketEffect.APPENDED, reason, ticket)


_PARKED = {Kind.OWN: "own_mail", Kind.BOUNCE: "bounce", Kind.AUTO_REPLY: "auto_reply", Kind.BULK: "bulk"}


def _new(
    letter: Letter, hints: Hints, settings: RoutingSettings, related: tuple[TicketKey, ...], *, may_open: bool
) -> Route:
    if not _is_persons(letter, settings):
        return Route(TicketEffect.NONE, _PARKED[letter.kind])
    if not may_open:
        return Route(TicketEffect.NONE, "no_ticket_to_append_to")
    if hints.latest is not None and 0 < settings.sender_cap <= hints.opened:
        return Route(TicketEffect.APPENDED, "sender_rate", hints.latest, is_quiet=True)
    return Route(TicketEffect.CREATED, "possibly_related" if related else "new_message", related=related)


def _is_reached(cap: int, times: Sequence[datetime], at: datetime) -> bool:
    return 0 < cap <= len(times) and sum(at - RATE_WINDOW < time <= at for time in times) >= cap
