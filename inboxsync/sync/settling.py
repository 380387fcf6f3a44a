"""What becomes of a batch once it is known which of its ids the store has: identity, ticket, mark-read. Pure.

The second of the two steps of `ingest`; it raises on no message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inboxsync.model.ingest import Known, Outcome
from inboxsync.model.placement import Fate, MessageMeta, SeenAction
from inboxsync.sync.dedup import candidate_ids, identify
from inboxsync.sync.ingest import Policy, Screened, author_of, has_seen_flag, header_of
from inboxsync.sync.remap import header_sha256

if TYPE_CHECKING:  # as in `ingest`
    from inboxsync.model.integration import Integration
    from inboxsync.rules.routing import Routing
    from inboxsync.sync.routing import Desk
    from inboxsync.tickets.decide import Wish


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
            from_address=author_of(parsed),
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
    return SeenAction.WANTED if wanted and not has_seen_flag(meta) else SeenAction.NONE
