"""Mail that the account has already, told by the server's own id and judged without being fetched (docs/adr/0012).

Where nothing but the content and the settings decides, a copy shares the fate of the other. Else what is kept takes the
place of what the server would send, the octets of stored mail, the header of refused mail: filter, rules and ticket
decide about each copy in its own folder. What is in doubt is fetched, which costs a download and no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inboxsync.errors import OctetsPruned, StoreCorrupt
from inboxsync.model.directory import sender_key
from inboxsync.model.ingest import OpenPlacement, Outcome, TicketDecision, TicketEffect
from inboxsync.model.placement import Fate, FetchedMessage, MessageMeta
from inboxsync.store.retrying import by_transaction
from inboxsync.sync.ingest import Need, Policy, Screened, header_of, need_of
from inboxsync.sync.remap import header_sha256
from inboxsync.sync.settling import seen_action

if TYPE_CHECKING:
    from inboxsync.model.copies import KnownCopy
    from inboxsync.model.integration import Integration
    from inboxsync.store.content_port import ContentStore

Known = Mapping[str, Sequence["KnownCopy"]]
# A server that gives one id to all its mail must not make us read all of it for each.
TRIED_COPIES = 2


@dataclass(frozen=True, slots=True)
class Screening:
    """How the engine judges what it fetched: `by_header` answers None where the whole message is needed."""

    wants_header: Callable[[MessageMeta], bool]
    by_header: Callable[[OpenPlacement, FetchedMessage], Outcome | None]
    by_message: Callable[[MessageMeta, FetchedMessage], Screened]


@dataclass(frozen=True, slots=True)
class Copies:
    """Judges messages of one page by what is kept of their copies."""

    content: ContentStore
    policy: Policy
    screening: Screening
    known: Known = field(default_factory=dict)

    @classmethod
    def of_page(
        cls, content: ContentStore, policy: Policy, screening: Screening, page: Iterable[OpenPlacement]
    ) -> Copies:
        """Look up in one read which messages of a page are known under the server's own ids."""
        wanted = {placement.meta.email_id for placement in page} - {None}
        integration_id = policy.integration.id
        if not wanted or integration_id is None:
            return cls(content, policy, screening)
        known: dict[str, list[KnownCopy]] = defaultdict(list)
        for copy in content.copies.known(integration_id, (each for each in wanted if each is not None)):
            known[copy.email_id].append(copy)
        return cls(content, policy, screening, known)

    def screened(self, placement: OpenPlacement) -> Screened | None:
        """Judge a message without fetching it; None where it has to be fetched."""
        judged = (self._judged(placement, copy) for copy in copies_of(placement.meta, self.known))
        return next((item for item in judged if item is not None), None)

    def _judged(self, placement: OpenPlacement, copy: KnownCopy) -> Screened | None:
        alike = taken_like(copy, placement.meta, self.policy)
        if alike is not None:
            return Screened(placement.meta, alike)
        octets = None if copy.message_id is None else self._octets(copy, copy.message_id)
        header = self.content.copies.header(copy.placement_id) if octets is None else header_of(octets)
        if header is None:
            return None
        outcome = self._by_header(placement, header)
        if outcome is None and octets is None:
            outcome = self._refused_like(placement.meta, copy, header)
        if outcome is not None:
            return Screened(placement.meta, outcome)
        return None if octets is None else self.screening.by_message(placement.meta, _as_fetched(placement, octets))

    def _octets(self, copy: KnownCopy, message_id: int) -> bytes | None:
        """Read the octets of a copy. Of a duplicate those of the stored message, if its header was the same."""
        try:
            octets = self.content.raw(message_id)
        except (StoreCorrupt, OctetsPruned):
            return None
        if octets is None or copy.fate is Fate.STORED:
            return octets
        return octets if header_sha256(header_of(octets)) == copy.header_sha256 else None

    def _by_header(self, placement: OpenPlacement, header: bytes) -> Outcome | None:
        if not self.screening.wants_header(placement.meta):
            return None
        return self.screening.by_header(placement, _as_fetched(placement, header))

    def _refused_like(self, meta: MessageMeta, copy: KnownCopy, header: bytes) -> Outcome | None:
        outcome = refused_like(copy, meta, header, self.policy)
        if outcome is None or outcome.fate is not Fate.UNKNOWN_SENDER:
            return outcome
        return None if self._has_known_sender(header) else outcome

    def _has_known_sender(self, header: bytes) -> bool:
        from inboxsync.mail.parse import parse_header  # what finds nothing new does without the parser

        authors = {sender_key(author.address) for author in parse_header(header).from_}

        def once() -> bool:
            with self.content.transaction(self.policy.integration.scope, durable=False) as transaction:
                return bool(transaction.known_senders(authors))

        return by_transaction(once)


def _as_fetched(placement: OpenPlacement, octets: bytes) -> FetchedMessage:
    return FetchedMessage(placement.meta, octets)


def copies_of(meta: MessageMeta, known: Known) -> Iterator[KnownCopy]:
    """Choose the copies that this message may be judged by, at most `TRIED_COPIES`.

    Size and INTERNALDATE never change either (RFC 9051 §2.3), so copies agree in them (RFC 8474 §5.1). A server whose
    ids are not worth their name is found out by that.
    """
    if meta.email_id is None or meta.internal_date is None:
        return
    alike = (
        copy
        for copy in known.get(meta.email_id, ())
        if (copy.size_bytes, copy.internal_date) == (meta.size_bytes, meta.internal_date)
    )
    for _, copy in zip(range(TRIED_COPIES), alike, strict=False):
        yield copy


def taken_like(copy: KnownCopy, meta: MessageMeta, policy: Policy) -> Outcome | None:
    """Settle a copy of stored mail without its octets; None where more than its content and the settings decides.

    It never makes a ticket: its content has had its one effect, or these settings let it have none (P3).
    """
    integration = policy.integration
    asks_more = policy.filter is not None or policy.rules is not None or integration.known_senders_only
    if copy.message_id is None or copy.ticket is None or copy.scope != integration.scope or asks_more:
        return None
    if need_of(meta, policy) is not Need.WHOLE or not _is_settled_by(copy, integration):
        return None
    reason = copy.ticket.reason if copy.ticket.effect is TicketEffect.NONE else "already_has_ticket"
    return Outcome(
        meta=meta,
        fate=Fate.DUPLICATE,
        external_id=copy.external_id,
        ticket=TicketDecision(TicketEffect.NONE, reason),
        seen=seen_action(meta, integration),
        header_sha256=copy.header_sha256,
    )


def refused_like(copy: KnownCopy, meta: MessageMeta, header: bytes, policy: Policy) -> Outcome | None:
    """Refuse a copy of refused mail without its body; None where this one may be judged otherwise.

    It is judged alike where the settings are those that refused the other, and the filter asks neither where a message
    lies nor how it is flagged nor what time it is. Whether the sender still is unknown the caller has to look up.
    """
    integration = policy.integration
    by_filter = copy.fate is Fate.FILTERED and copy.reason == "filter" and policy.filter is not None
    by_sender = copy.fate is Fate.UNKNOWN_SENDER and integration.known_senders_only
    varies = policy.filter is not None and policy.filter.varies
    if varies or not (by_filter or by_sender) or not _is_settled_by(copy, integration):
        return None
    return Outcome(meta=meta, fate=copy.fate, reason=copy.reason, header=header, from_address=copy.from_address)


def _is_settled_by(copy: KnownCopy, integration: Integration) -> bool:
    """Whether the settings have not changed since the fate of the copy stands."""
    return copy.settled_at is not None and (integration.updated_at or copy.settled_at) <= copy.settled_at
