"""What becomes of a message: filter, known sender, identity, rules, ticket, in this order (design §5). Pure.

Two steps, because identity needs one read of the store: `screen` decides what the message alone decides, `settle`
the rest once the batch's ids are known. Neither raises on any message.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from inboxsync.mail.dates import received_at, sane
from inboxsync.model.ingest import Known, OpenPlacement, Outcome, Prepared
from inboxsync.model.placement import Fate, MessageMeta, SeenAction
from inboxsync.sync.dedup import candidate_ids, identify
from inboxsync.sync.remap import header_sha256

if TYPE_CHECKING:  # an integration without filter and rules does without their room: 5 MiB and 20 ms
    from inboxsync.model.integration import Integration
    from inboxsync.model.message import ParsedMessage
    from inboxsync.rules.evaluate import CompiledFilter, CompiledRules
    from inboxsync.rules.facts import Facts
    from inboxsync.rules.routing import Routing
    from inboxsync.sync.routing import Desk
    from inboxsync.tickets.decide import Wish

MAX_ATTEMPTS = 3  # a message that cannot be had in three runs is set aside; the cursor passes it (hazards I7)
ATTEMPT_BACKOFF = (timedelta(minutes=4), timedelta(minutes=30))
SEEN_FLAG = "\\Seen"


@dataclass(frozen=True, slots=True)
class Policy:
    """All of an integration that decides about its messages, compiled once a run. Without filter all mail is taken.

    `company_id` is our id of its company, for filter and rules that ask.
    """

    integration: Integration
    max_message_bytes: int
    filter: CompiledFilter | None = None
    rules: CompiledRules | None = None
    trusted_authserv_ids: frozenset[str] = frozenset()
    company_id: int | None = None

    @property
    def header_decides(self) -> bool:
        """Whether the filter can refuse a message by its header, so that no body of refused mail is fetched."""
        return self.filter is not None and not self.filter.needs_body


class Need(Enum):
    """How much of a message has to be fetched to decide about it."""

    NOTHING = "nothing"
    HEADER = "header"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Screened:
    """A message after the first step: an outcome already, or a candidate that waits for the batch's one read."""

    meta: MessageMeta
    outcome: Outcome | None = None
    prepared: Prepared | None = None
    header: bytes | None = None
    routing: Routing | None = None
    trace: str | None = None

    @property
    def parsed(self) -> ParsedMessage | None:
        """The parsed message of a candidate."""
        return self.prepared.parsed if self.prepared else None


# --- before anything is fetched ------------------------------------------------------------------------------------


def need_of(meta: MessageMeta, policy: Policy) -> Need:
    """Decide from the light metadata alone how much to fetch."""
    if is_before_since(meta, policy.integration):
        return Need.NOTHING
    if meta.size_bytes > policy.max_message_bytes or is_read_already(meta, policy.integration):
        return Need.HEADER
    return Need.WHOLE


def is_before_since(meta: MessageMeta, integration: Integration) -> bool:
    """Whether it arrived before the integration's start. Mail without a usable INTERNALDATE is taken."""
    return integration.since is not None and meta.internal_date is not None and meta.internal_date < integration.since


def is_read_already(meta: MessageMeta, integration: Integration) -> bool:
    """Whether an unread-only integration passes it."""
    return integration.unread_only and SEEN_FLAG.lower() in {flag.lower() for flag in meta.flags}


def skipped_by_date(meta: MessageMeta) -> Outcome:
    """Settle mail from before the integration's start; nothing of it is fetched (docs/adr/0009)."""
    return Outcome(meta=meta, fate=Fate.FILTERED, reason="before_since")


# --- the first step ------------------------------------------------------------------------------------------------


def screen_header(
    meta: MessageMeta, header: bytes, parsed: ParsedMessage, policy: Policy, folder: str, now: datetime
) -> Outcome | None:
    """Decide from the header alone; None where the whole message is needed."""
    author = _author(parsed)
    if meta.size_bytes > policy.max_message_bytes:
        return Outcome(meta=meta, fate=Fate.TOO_LARGE, reason="over_size_limit", header=header, from_address=author)
    if is_read_already(meta, policy.integration):
        return Outcome(meta=meta, fate=Fate.FILTERED, reason="already_read", header=header, from_address=author)
    if policy.filter is None or policy.filter.needs_body:
        return None
    verdict = policy.filter.decide(_facts(meta, parsed, policy, folder, now))
    if verdict.fault is None and not verdict.taken:
        return Outcome(meta=meta, fate=Fate.FILTERED, reason="filter", header=header, from_address=author)
    return None


def screen(
    meta: MessageMeta, octets: bytes, parsed: ParsedMessage, policy: Policy, folder: str, now: datetime
) -> Screened:
    """Decide what the message alone decides. A candidate comes back without `prepared`; the shell prepares it."""
    if not octets:
        return Screened(meta, quarantined(meta, "empty", "the server sent no octets for it", octets))
    header = header_of(octets)
    if policy.filter is None and policy.rules is None:
        return Screened(meta, header=header)
    facts = _facts(meta, parsed, policy, folder, now)
    spent_s = 0.0
    if policy.filter is not None:
        verdict = policy.filter.decide(facts)
        spent_s = verdict.spent_s
        if verdict.fault is not None:
            return Screened(meta, quarantined(meta, "filter_fault", verdict.fault, octets))
        if not verdict.taken:
            return Screened(meta, _refused(meta, parsed, header))
    return _routed(meta, octets, header, policy.rules.route(facts, spent_s) if policy.rules else None)


def _refused(meta: MessageMeta, parsed: ParsedMessage, header: bytes) -> Outcome:
    return Outcome(meta=meta, fate=Fate.FILTERED, reason="filter", header=header, from_address=_author(parsed))


def _routed(meta: MessageMeta, octets: bytes, header: bytes, routing: Routing | None) -> Screened:
    if routing is None:
        return Screened(meta, header=header)
    if routing.fault is not None:
        return Screened(meta, quarantined(meta, "rule_fault", routing.fault, octets))
    return Screened(meta, header=header, routing=routing, trace=trace_of(routing))


def _facts(meta: MessageMeta, parsed: ParsedMessage, policy: Policy, folder: str, now: datetime) -> Facts:
    from inboxsync.rules.facts import Facts

    return Facts.of(
        parsed,
        flags=meta.flags,
        folder=folder,
        integration=policy.integration,
        size_bytes=meta.size_bytes,
        received_at=received_at(meta.internal_date, parsed, now),
        now=now,
        company_id=policy.company_id,
    )


def trace_of(routing: Routing) -> str | None:
    """Write what a message met among the rules, as it is stored; None where none was asked."""
    return json.dumps(routing.as_data(), sort_keys=True) if routing.trace or routing.fault else None


def _author(parsed: ParsedMessage) -> str | None:
    return parsed.first_author.address if parsed.first_author else None


def with_sane_date(parsed: ParsedMessage, now: datetime) -> ParsedMessage:
    """Drop a Date that cannot be (before 1980, or in the future); its text stays in `date_raw` (hazards H16)."""
    return parsed if parsed.sent_at is None or sane(parsed.sent_at, now) else replace(parsed, sent_at=None)


def header_of(octets: bytes) -> bytes:
    """Cut the header block off raw octets, its blank line included (RFC 5322 §2.1), with CRLF or bare LF lines."""
    crlf = octets.find(b"\r\n\r\n")
    # Looked for no further than the other was found: in mail with CRLF it would be searched for through all of it.
    bare = octets.find(b"\n\n", 0, crlf + 2 if crlf >= 0 else len(octets))
    if bare >= 0:
        return octets[: bare + 2]
    return octets[: crlf + 4] if crlf >= 0 else octets


def quarantined(meta: MessageMeta, reason: str, error: str, octets: bytes | None) -> Outcome:
    """Set a message aside with what there is of it (P6)."""
    return Outcome(meta=meta, fate=Fate.QUARANTINED, reason=reason, error=error, octets=octets)


# --- the second step -----------------------------------------------------------------------------------------------


def ids_to_look_up(batch: Iterable[Screened]) -> tuple[str, ...]:
    """Name every external id the batch could have, for the one read."""
    found: dict[str, None] = {}
    for item in batch:
        if item.parsed is not None:
            found.update(dict.fromkeys(candidate_ids(item.parsed.message_id, item.parsed.fingerprint)))
    return tuple(found)


def _with_hash(outcome: Outcome) -> Outcome:
    """Attach the hash by which a new UIDVALIDITY finds a message again that was not stored."""
    header = header_of(outcome.octets) if outcome.octets else outcome.header
    return outcome if header is None else replace(outcome, header_sha256=header_sha256(header))


def settle(batch: Sequence[Screened], policy: Policy, known: Mapping[str, Known], desk: Desk) -> tuple[Outcome, ...]:
    """Decide the whole batch in UID order: what came earlier in it is known to what comes later."""
    fingerprints: dict[str, Known | str] = dict(known)
    with_ticket = {external_id for external_id, found in known.items() if found.ticket_id is not None}
    outcomes: list[Outcome] = []
    for item in batch:
        outcome = (
            _settle_one(item, policy, fingerprints, with_ticket, desk)
            if item.outcome is None
            else _with_hash(item.outcome)
        )
        _remember(outcome, fingerprints, with_ticket)
        outcomes.append(outcome)
    return tuple(outcomes)


def _settle_one(
    item: Screened,
    policy: Policy,
    fingerprints: Mapping[str, Known | str],
    with_ticket: set[str],
    desk: Desk,
) -> Outcome:
    assert item.prepared is not None
    parsed = item.prepared.parsed
    if policy.integration.known_senders_only and not desk.knows(parsed):
        return Outcome(
            meta=item.meta,
            fate=Fate.UNKNOWN_SENDER,
            reason="not_a_contact",
            header=item.header,
            header_sha256=_hash_of(item),
            from_address=_author(parsed),
        )
    identity = identify(parsed.message_id, parsed.fingerprint, fingerprints)
    sender = desk.sender_of(parsed)
    has_effect = identity.external_id in with_ticket
    ticket = desk.decide(item.prepared, sender, _wish(item.routing), identity.external_id, has_effect=has_effect)
    return Outcome(
        meta=item.meta,
        fate=Fate.STORED if identity.is_new else Fate.DUPLICATE,
        external_id=identity.external_id,
        prepared=item.prepared if identity.is_new else None,
        ticket=ticket,
        seen=seen_action(item.meta, policy.integration, item.routing),
        move_to=item.routing.move_to if item.routing else None,
        rule_trace=item.trace,
        header_sha256=_hash_of(item),
        company=sender.company,
        is_unverified=sender.is_unverified,
    )


def _hash_of(item: Screened) -> str | None:
    return None if item.header is None else header_sha256(item.header)


def _remember(outcome: Outcome, fingerprints: dict[str, Known | str], with_ticket: set[str]) -> None:
    if outcome.prepared is not None and outcome.external_id is not None:
        fingerprints[outcome.external_id] = outcome.prepared.parsed.fingerprint
    if outcome.ticket is not None and outcome.ticket.effect != "none" and outcome.external_id is not None:
        with_ticket.add(outcome.external_id)


def _wish(routing: Routing | None) -> Wish:
    from inboxsync.tickets.decide import Wish  # what finds nothing new does without the room of tickets

    if routing is None:
        return Wish()
    return Wish(
        effect=routing.ticket.value,
        priority=routing.priority,
        category=routing.category,
        tags=tuple(routing.tags),
        company=routing.company,
        assignee=routing.assignee,
    )


def seen_action(meta: MessageMeta, integration: Integration, routing: Routing | None = None) -> SeenAction:
    """Decide whether a message is to be marked read on the server: as the rules say, else the integration."""
    by_rule = routing.mark_read if routing else None
    wanted = integration.mark_read if by_rule is None else by_rule
    is_seen = SEEN_FLAG.lower() in {flag.lower() for flag in meta.flags}
    return SeenAction.WANTED if wanted and not is_seen else SeenAction.NONE


# --- what the server did not give ----------------------------------------------------------------------------------


def not_given(placement: OpenPlacement, *, still_listed: bool, why: str, now: datetime) -> Outcome:
    """Decide about a message that was asked for and did not come: gone, to be tried again, or set aside."""
    if not still_listed:
        return Outcome(meta=placement.meta, fate=Fate.VANISHED, reason="gone_before_fetch")
    if placement.attempts + 1 >= MAX_ATTEMPTS:
        return quarantined(placement.meta, "not_given", why, None)
    wait = ATTEMPT_BACKOFF[min(placement.attempts, len(ATTEMPT_BACKOFF) - 1)]
    return Outcome(meta=placement.meta, fate=Fate.PENDING, reason="not_given", error=why, next_attempt_at=now + wait)


def held_bytes(item: Screened) -> int:
    """Estimate what an item keeps in memory until its batch is written; the octets themselves are gone by then."""
    octets = [item.header, item.outcome.header, item.outcome.octets] if item.outcome else [item.header]
    prepared = item.prepared
    if prepared is None:
        return sum(len(each) for each in octets if each)
    texts = (prepared.parsed.body_text, prepared.parsed.body_html)
    # Text weighs up to four octets a character, and each once more as a row on its way into the database.
    return len(prepared.raw_data or b"") + sum(4 * len(text) for text in texts if text) + len(item.header or b"")


def with_prepared(item: Screened, prepared: Prepared) -> Screened:
    """Attach what the shell prepared to a candidate."""
    return Screened(item.meta, None, prepared, item.header, item.routing, item.trace)
