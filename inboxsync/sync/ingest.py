"""What becomes of a message: filter, known sender, identity, rules, ticket, in this order (design §5). Pure.

Two steps, because identity needs one read of the store: `screen` decides here what the message alone decides,
`settling.settle` the rest once the batch's ids are known. Neither raises on any message.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from inboxsync.mail.dates import received_at, sane
from inboxsync.model.ingest import OpenPlacement, Outcome, Prepared
from inboxsync.model.placement import Fate, MessageMeta

if TYPE_CHECKING:  # an integration without filter and rules does without their room: 5 MiB and 20 ms
    from inboxsync.model.integration import Integration
    from inboxsync.model.message import ParsedMessage
    from inboxsync.rules.evaluate import CompiledFilter, CompiledRules
    from inboxsync.rules.facts import Facts
    from inboxsync.rules.routing import Routing

MAX_ATTEMPTS = 3  # a message that cannot be had in three runs is set aside; the cursor passes it (hazards I7)
ATTEMPT_BACKOFF = (timedelta(minutes=4), timedelta(minutes=30))


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
    return integration.unread_only and has_seen_flag(meta)


def has_seen_flag(meta: MessageMeta) -> bool:
    """Whether the server says that somebody has read it; flags are alike in any case (RFC 9051 §2.3.2)."""
    return any(flag.lower() == "\\seen" for flag in meta.flags)


def skipped_by_date(meta: MessageMeta) -> Outcome:
    """Settle mail from before the integration's start; nothing of it is fetched (docs/adr/0009)."""
    return Outcome(meta=meta, fate=Fate.FILTERED, reason="before_since")


# --- the first step ------------------------------------------------------------------------------------------------


def screen_header(
    meta: MessageMeta, header: bytes, parsed: ParsedMessage, policy: Policy, folder: str, now: datetime
) -> Outcome | None:
    """Decide from the header alone; None where the whole message is needed."""
    author = author_of(parsed)
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
    return Outcome(meta=meta, fate=Fate.FILTERED, reason="filter", header=header, from_address=author_of(parsed))


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


def author_of(parsed: ParsedMessage) -> str | None:
    """Give the address of the first author, None where there is none."""
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
