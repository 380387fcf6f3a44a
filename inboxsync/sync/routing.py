"""The desk at which a batch's mail meets its tickets: what the store knows, and what the batch itself does on the way.

What comes earlier in a batch is known to what comes later: a reply finds the ticket that the mail before it made.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from inboxsync.model.conversation import base_subject, canonical_id
from inboxsync.model.directory import sender_key
from inboxsync.model.ingest import TicketDecision, TicketEffect
from inboxsync.model.routing import KnownTicket, RoutingFacts, RoutingQuestion
from inboxsync.model.ticketing import ARRIVALS_KEPT, OPEN, RATE_WINDOW, TicketKey
from inboxsync.tickets.association import Sender, associate, domain_names
from inboxsync.tickets.decide import Wish, decide_ticket
from inboxsync.tickets.letter import (
    Kind,
    Letter,
    answered,
    kind_of,
    may_hold_token,
    named_addresses,
    token_places,
    watchers_of,
)
from inboxsync.tickets.route import Answered, Hints
from inboxsync.tickets.subject import tagged_numbers
from inboxsync.tickets.tokens import ticket_ids

if TYPE_CHECKING:
    from inboxsync.model.ingest import Prepared
    from inboxsync.model.integration import Integration
    from inboxsync.model.message import ParsedMessage

TokenKeys = Callable[[], Sequence[bytes]]


def question_of(
    mails: Sequence[Prepared], integration: Integration, token_keys: TokenKeys
) -> tuple[RoutingQuestion, Sequence[bytes]]:
    """Name all that routing has to know about a batch, and the keys of tokens where the batch may hold any."""
    parsed = [one.parsed for one in mails]
    authors = {sender_key(author.address) for one in parsed for author in one.from_}
    question = RoutingQuestion(
        authors=authors,
        domains={name for author in authors for name in domain_names(author)},
        addresses=set().union(*map(named_addresses, parsed)),
    )
    since = integration.tickets_since
    may_count = [one for one in mails if integration.makes_tickets and (since is None or one.received_at >= since)]
    if not may_count:
        return question, ()
    keys = token_keys() if any(may_hold_token(one.parsed) for one in may_count) else ()
    return _with_tickets(question, may_count, integration, keys), keys


def _ids_as_sent(parsed: ParsedMessage) -> Iterator[tuple[str, str]]:
    for identifier in answered(parsed):
        yield identifier, identifier
    for identifier in (*parsed.in_reply_to, *parsed.references):
        yield canonical_id(identifier), identifier


def _with_tickets(
    question: RoutingQuestion, mails: Sequence[Prepared], integration: Integration, keys: Sequence[bytes]
) -> RoutingQuestion:
    settings = integration.routing
    times = [one.received_at for one in mails]
    days = settings.subject_window_days
    return replace(
        question,
        message_ids=dict(pair for one in mails for pair in _ids_as_sent(one.parsed)),
        ticket_ids={found for one in mails for found in ticket_ids(token_places(one.parsed), keys)} if keys else set(),
        numbers={number for one in mails for number in tagged_numbers(one.parsed.subject, settings.tag)},
        requesters=question.authors if settings.sender_cap or days else frozenset(),
        since=min(times) - RATE_WINDOW,
        until=max(times),
        subject_window=timedelta(days=days) if days else None,
    )


@dataclass(frozen=True, slots=True)
class _Opening:
    """A ticket of a requester, wherever it is known from."""

    key: TicketKey
    opened_at: datetime
    subject: str


def _opened_at(opening: _Opening) -> datetime:
    return opening.opened_at


@dataclass(slots=True)
class Desk:
    """Decides about the mail of one batch in its order; what it decides it knows from then on."""

    integration: Integration
    facts: RoutingFacts = field(default_factory=RoutingFacts)
    keys: Sequence[bytes] = ()
    _tickets: dict[TicketKey, KnownTicket] = field(init=False)
    _by_message: dict[str, list[tuple[TicketKey, bool]]] = field(init=False)
    _by_requester: dict[str, list[_Opening]] = field(init=False)
    _last_message: dict[TicketKey, datetime] = field(init=False)

    def __post_init__(self) -> None:
        facts = self.facts
        self._tickets = dict(facts.tickets.items())
        self._by_message = {
            identifier: [(one.ticket_id, one.is_ours) for one in found]
            for identifier, found in facts.by_message.items()
        }
        self._by_requester = {
            requester: sorted((_Opening(one.ticket_id, one.opened_at, one.subject) for one in found), key=_opened_at)
            for requester, found in facts.by_requester.items()
        }
        opened = (one for found in facts.by_requester.values() for one in found)
        self._last_message = {one.ticket_id: one.last_message_at for one in opened}

    def knows(self, parsed: ParsedMessage) -> bool:
        """Whether an author of a mail is a contact."""
        return any(sender_key(author.address) in self.facts.contacts for author in parsed.from_)

    def sender_of(self, parsed: ParsedMessage) -> Sender:
        """Say whose mail it is."""
        facts = self.facts
        return associate(parsed, facts.contacts, facts.companies, self.integration.company)

    def decide(
        self, mail: Prepared, sender: Sender, wish: Wish, external_id: str, *, has_effect: bool
    ) -> TicketDecision:
        """Decide what one mail does to tickets, and remember it."""
        parsed, ours = mail.parsed, self.facts.ours
        kind = kind_of(parsed, sender, ours)
        letter = Letter(sender, kind, mail.received_at, watchers_of(parsed, sender, kind, ours))

        def hints() -> Hints:
            return self._hints(parsed, letter)

        decision = decide_ticket(parsed, letter, self.integration, wish, hints, has_effect=has_effect)
        self._remember(parsed, letter, decision, external_id)
        return decision

    def _hints(self, parsed: ParsedMessage, letter: Letter) -> Hints:
        settings, facts = self.integration.routing, self.facts
        tokens = ticket_ids(token_places(parsed), self.keys) if self.keys else ()
        numbers = tagged_numbers(parsed.subject, settings.tag)
        mine = self._by_requester.get(letter.sender.address, ())
        opened, latest = self._opened(mine, letter.received_at)
        return Hints(
            tokens=self._known(tokens),
            answered=[Answered(self._tickets[key], is_ours) for key, is_ours in self._answered(parsed)],
            numbers=self._known(facts.by_number.get(number) for number in numbers),
            same_subject=list(self._same_subject(parsed, letter, mine)),
            opened=opened,
            latest=latest,
        )

    def _opened(self, mine: Sequence[_Opening], at: datetime) -> tuple[int, KnownTicket | None]:
        if not 0 < self.integration.routing.sender_cap <= len(mine):
            return 0, None  # as for nearly all senders: nothing need be counted
        first, end = (bisect_right(mine, time, key=_opened_at) for time in (at - RATE_WINDOW, at))
        return end - first, self._tickets[mine[end - 1].key] if end > first else None

    def _known(self, keys: Iterable[TicketKey | None]) -> list[KnownTicket]:
        return [self._tickets[key] for key in keys if key in self._tickets]

    def _answered(self, parsed: ParsedMessage) -> Iterator[tuple[TicketKey, bool]]:
        for identifier in answered(parsed):
            for key, is_ours in self._by_message.get(identifier, ()):
                if key in self._tickets:
                    yield key, is_ours

    def _same_subject(self, parsed: ParsedMessage, letter: Letter, mine: Sequence[_Opening]) -> Iterator[KnownTicket]:
        days = self.integration.routing.subject_window_days
        base, _ = base_subject(parsed.subject)
        if not days or not base:
            return
        window = timedelta(days=days)
        last = self._last_message
        for one in sorted(mine, key=lambda each: last[each.key], reverse=True):
            is_near = abs(letter.received_at - last[one.key]) <= window
            if is_near and base_subject(one.subject)[0] == base:
                yield self._tickets[one.key]

    # --- what was decided ------------------------------------------------------------------------------------------

    def _remember(self, parsed: ParsedMessage, letter: Letter, decision: TicketDecision, external_id: str) -> None:
        key = external_id if decision.effect is TicketEffect.CREATED else decision.ticket
        if key is None:
            return
        before = self._tickets.get(key) or _made(letter, decision, key)
        self._tickets[key] = _after(before, letter, decision)
        self._last_message[key] = max(self._last_message.get(key, letter.received_at), letter.received_at)
        if decision.effect is TicketEffect.CREATED:
            opening = _Opening(key, letter.received_at, decision.subject)
            insort(self._by_requester.setdefault(letter.sender.address, []), opening, key=_opened_at)
        if parsed.message_id is not None:
            held = self._by_message.setdefault(canonical_id(parsed.message_id), [])
            held.append((key, letter.kind is Kind.OWN))


def _made(letter: Letter, decision: TicketDecision, key: TicketKey) -> KnownTicket:
    return KnownTicket(key, requester=letter.sender.address, company=decision.company)


def _after(ticket: KnownTicket, letter: Letter, decision: TicketDecision) -> KnownTicket:
    return replace(
        ticket,
        status=OPEN if decision.effect is TicketEffect.REOPENED else ticket.status,
        watchers=ticket.watchers.union(decision.watchers),
        arrivals=(*ticket.arrivals, letter.received_at)[-ARRIVALS_KEPT:],
    )
