"""What a batch does to tickets: at most one effect per content and scope, and never a missing one (P3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inboxsync.model.directory import sender_key
from inboxsync.model.ingest import BatchRecord, Outcome, TicketDecision, TicketEffect
from inboxsync.model.message import Address
from inboxsync.model.ticketing import OPEN
from inboxsync.store.bulk import Row, allocate_ids, insert_rows
from inboxsync.store.cleaning import clean_json, clean_key, clean_optional, clean_text
from inboxsync.store.locks import TICKETS_LOCK, lock_until_commit
from inboxsync.store.shapes import META, TICKET_EFFECTS, TICKET_LINKS, TICKET_MESSAGES, TICKETS
from inboxsync.store.ticket_appending import append_mails

if TYPE_CHECKING:
    from inboxsync.store.contents import Content, Contents
    from inboxsync.store.statements import Statements

# The number last given, in inboxsync_meta: a number is never given twice, not even after its ticket was removed.
LAST_NUMBER = "last_ticket_number"
_WITH_EFFECT = "SELECT external_id FROM inboxsync_ticket_effects WHERE scope = ? AND external_id IN ({in})"
_CONTACT_IDS = "SELECT email, id FROM inboxsync_contacts WHERE email IN ({in})"


@dataclass(frozen=True, slots=True)
class TicketEffects:
    """The outcomes that have an effect on tickets in this transaction, by cleaned external id, in their order."""

    outcomes: Mapping[str, Outcome]

    def is_of(self, outcome: Outcome) -> bool:
        """Whether this outcome is the one that has its content's effect."""
        return outcome.external_id is not None and self.outcomes.get(clean_key(outcome.external_id)) is outcome

    def having(self, *effects: TicketEffect) -> dict[str, TicketDecision]:
        """The decisions for one of these effects, by cleaned external id."""
        found = ((key, outcome.ticket) for key, outcome in self.outcomes.items())
        return {key: decision for key, decision in found if decision is not None and decision.effect in effects}


@dataclass(frozen=True, slots=True)
class TicketChange:
    """What a mail did to a ticket. `is_quiet`: nobody is to be told."""

    ticket_id: int
    number: str
    effect: TicketEffect
    reason: str
    content: Content
    external_id: str
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class _Made:
    id: int
    number: str
    content: Content
    external_id: str


def ticket_effects(work: Statements, batch: BatchRecord) -> TicketEffects:
    """Answer which outcomes have an effect: the first of each content whose scope has none for it yet."""
    wanted: dict[str, Outcome] = {}
    for outcome in batch.outcomes:
        if outcome.ticket is not None and outcome.ticket.effect is not TicketEffect.NONE:
            if outcome.external_id is None:
                raise ValueError(f"UID {outcome.meta.uid} is to have a ticket without its content")
            wanted.setdefault(clean_key(outcome.external_id), outcome)
    had = _with_effect(work, batch.scope, wanted)
    return TicketEffects({key: outcome for key, outcome in wanted.items() if key not in had})


def _with_effect(work: Statements, scope: str, external_ids: Iterable[str]) -> frozenset[str]:
    return frozenset(row[0] for row in work.rows_in(_WITH_EFFECT, external_ids, (scope,)))


def change_tickets(
    work: Statements, batch: BatchRecord, effects: TicketEffects, contents: Contents
) -> list[TicketChange]:
    """Make and change the tickets; answers what was done, in the order of the outcomes.

    The primary key of the effects refuses a second one and with it the batch. StoreConflict where somebody changed a
    ticket since this was decided.
    """
    if not effects.outcomes:
        return []
    lock_until_commit(work, TICKETS_LOCK)
    made = _make(work, batch, effects.having(TicketEffect.CREATED), contents)
    ids = {key: one.id for key, one in made.items()}
    appended = effects.having(TicketEffect.APPENDED, TicketEffect.REOPENED)
    numbers = {one.id: one.number for one in made.values()}
    tickets = {key: _ticket_id(decision, ids) for key, decision in appended.items()}
    if appended:
        mails = [(tickets[key], decision, contents[key]) for key, decision in appended.items()]
        numbers |= append_mails(work, mails, at=batch.at)
    changes = _changes(effects, ids | tickets, numbers, contents)
    insert_rows(work, TICKET_EFFECTS, [_effect_row(batch, one) for one in changes])
    links = [{"ticket_id": one.ticket_id, "message_id": one.content.id} for one in changes]
    # A person may have put it there already.
    insert_rows(work, TICKET_MESSAGES, links, or_nothing=True)
    return changes


def _ticket_id(decision: TicketDecision, made: Mapping[str, int]) -> int:
    ticket = decision.ticket
    if isinstance(ticket, int):
        return ticket
    if ticket is None:
        raise ValueError(f"a mail is to be {decision.effect.value} to no ticket")
    return made[clean_key(ticket)]


def _changes(
    effects: TicketEffects, ticket_ids: Mapping[str, int], numbers: Mapping[int, str], contents: Contents
) -> list[TicketChange]:
    return [
        TicketChange(
            ticket_id=ticket_ids[key],
            number=numbers[ticket_ids[key]],
            effect=decision.effect,
            reason=decision.reason,
            content=contents[key],
            external_id=key,
            is_quiet=decision.is_quiet,
        )
        for key, decision in effects.having(*TicketEffect).items()
    ]


# --- new tickets ---------------------------------------------------------------------------------------------------


def _make(
    work: Statements, batch: BatchRecord, decisions: Mapping[str, TicketDecision], contents: Contents
) -> dict[str, _Made]:
    if not decisions:
        return {}
    made = _numbered(work, decisions, contents)
    contacts = _contact_ids(work, decisions.values())
    insert_rows(work, TICKETS, [_ticket_row(batch, made[key], one, contacts) for key, one in decisions.items()])
    ids = {key: one.id for key, one in made.items()}
    insert_rows(work, TICKET_LINKS, list(_links(decisions, ids)), or_nothing=True)
    return made


def _numbered(work: Statements, decisions: Mapping[str, TicketDecision], contents: Contents) -> dict[str, _Made]:
    first = take_numbers(work, len(decisions))
    ids = allocate_ids(work, TICKETS, len(decisions))
    return {
        key: _Made(row_id, str(first + offset), contents[key], key)
        for offset, (row_id, key) in enumerate(zip(ids, decisions, strict=True))
    }


def take_numbers(work: Statements, count: int) -> int:
    """Take `count` numbers in a row and answer the first; a rolled back transaction gives them back."""
    lock_until_commit(work, TICKETS_LOCK)
    last = work.row("SELECT value FROM inboxsync_meta WHERE name = ?", (LAST_NUMBER,))
    if last is None:
        insert_rows(work, META, [{"name": LAST_NUMBER, "value": str(count)}])
        return 1
    number = int(last[0])
    work.run("UPDATE inboxsync_meta SET value = ? WHERE name = ?", (str(number + count), LAST_NUMBER))
    return number + 1


def _contact_ids(work: Statements, decisions: Iterable[TicketDecision]) -> dict[str, int]:
    emails = {sender_key(_requester(one).address) for one in decisions}
    return dict(work.rows_in(_CONTACT_IDS, sorted(emails)))


def _requester(decision: TicketDecision) -> Address:
    given = decision.requester or Address("", "")
    return Address(clean_text(given.name), clean_text(given.address))


def _links(decisions: Mapping[str, TicketDecision], ids: Mapping[str, int]) -> Iterable[Row]:
    for key, decision in decisions.items():
        for related in decision.related:
            related_id = related if isinstance(related, int) else ids[clean_key(related)]
            yield {"ticket_id": ids[key], "related_id": related_id}


def _ticket_row(batch: BatchRecord, made: _Made, decision: TicketDecision, contacts: Mapping[str, int]) -> Row:
    requester = _requester(decision)
    key = sender_key(requester.address)
    return {
        "id": made.id,
        "number": made.number,
        "integration_id": batch.integration_id,
        "subject": clean_text(decision.subject),
        "status": OPEN,
        "priority": clean_text(decision.priority),
        "category": clean_optional(decision.category),
        "tags": clean_json(decision.tags),
        "company": clean_optional(decision.company),
        "requester_name": requester.name,
        "requester_email": requester.address,
        "requester_key": clean_key(key),
        "requester_contact_id": contacts.get(key),
        "is_unverified": decision.is_unverified,
        "watchers": clean_json(decision.watchers),
        "assignee": clean_optional(decision.assignee),
        "external_reference": made.content.message_id,
        "created_at": batch.at,
        "updated_at": batch.at,
        "first_message_at": made.content.received_at,
        "last_message_at": made.content.received_at,
    }


def _effect_row(batch: BatchRecord, change: TicketChange) -> Row:
    return {
        "scope": batch.scope,
        "external_id": change.external_id,
        "effect": change.effect.value,
        "ticket_id": change.ticket_id,
        "at": batch.at,
    }


def counts(changes: Sequence[TicketChange]) -> tuple[int, int]:
    """Answer how many tickets were made, and how many mails others got."""
    made = sum(one.effect is TicketEffect.CREATED for one in changes)
    return made, len(changes) - made
