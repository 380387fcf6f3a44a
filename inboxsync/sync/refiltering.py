"""Judging stored and refused mail anew, by filter and rules as they are now.

Nothing is ever taken away: mail that the filter would refuse now is told and stays. What the filter takes now is opened
for fetching again. Stored mail that settings or rules kept from making a ticket meets the same batch transaction as new
mail, so a ticket comes exactly once, whatever runs beside it or ends it; called again, what is done is not done again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from inboxsync.mail.dates import received_at
from inboxsync.mail.parse import parse_header
from inboxsync.model.ingest import Outcome, Prepared, Recorded, TicketEffect
from inboxsync.model.judging import MailQuery, RefusedMail, StoredMail
from inboxsync.model.placement import Fate, MessageMeta
from inboxsync.model.refiltering import RefilterExample, RefilterReport
from inboxsync.rules.by_header import ByHeader
from inboxsync.rules.facts import Facts
from inboxsync.rules.reasons import describe
from inboxsync.sync import ingest
from inboxsync.sync.batch import Batch
from inboxsync.sync.ingest import Policy, Screened
from inboxsync.sync.judging import Judge, Judgement, Ruling, Surroundings
from inboxsync.sync.preview import may_make_ticket

if TYPE_CHECKING:
    from inboxsync.model.ingest import BatchRecord
    from inboxsync.model.integration import Integration
    from inboxsync.model.message import ParsedMessage
    from inboxsync.store.content_port import Transaction
    from inboxsync.sync.context import Tools

PAGE_MESSAGES = 500
EXAMPLES_OF_A_KIND = 5
# What settings or rules said, which may be others now; all else routing said, and it would say it again.
ASKED_AGAIN = frozenset(
    {None, "integration_makes_no_tickets", "before_tickets_since", "rule_says_none", "no_ticket_to_append_to"}
)


@dataclass(slots=True)
class RejudgedBatch(Batch):
    """A batch of mail that is stored already: tickets are made and lines of the ledger explained, no fate changes."""

    def _recorded(self, transaction: Transaction, record: BatchRecord) -> Recorded:
        """Record effects on tickets alone; a content that was purged meanwhile, or a stranger's, is left alone."""
        there = tuple(one for one in record.outcomes if one.fate is Fate.DUPLICATE and one.ticket is not None)
        recorded = transaction.record(replace(record, outcomes=tuple(one for one in there if _has_effect(one))))
        transaction.retrace(replace(record, outcomes=there))
        return recorded


def _has_effect(outcome: Outcome) -> bool:
    return outcome.ticket is not None and outcome.ticket.effect is not TicketEffect.NONE


@dataclass(slots=True)
class Refilter:
    """One integration judged anew. `apply`: do it, else only count. `advance` is told how many more are judged."""

    tools: Tools
    integration: Integration
    judge: Judge
    around: Surroundings
    apply: bool
    advance: Callable[[int], object]
    report: RefilterReport = field(default_factory=RefilterReport)

    def run(self) -> RefilterReport:
        """Do all of it, or as much as there is time for. Raises StoreError; what was done before it stays done."""
        for part in (self._refused_mail, self._stored_mail):
            if not part():
                return replace(self.report, finished=False)
        return self.report

    # --- refused mail ----------------------------------------------------------------------------------------------

    def _refused_mail(self) -> bool:
        judging, by_header = self.tools.store.content.judging, ByHeader(self.judge.filter, self.judge.monotonic)
        after_id = 0
        while page := judging.refused(self.integration.id or 0, after_id, PAGE_MESSAGES):
            if self.tools.stopped():
                return False
            after_id = page[-1].place.placement_id
            self._reopen([one.place.placement_id for one in page if self._is_asked_for(one, by_header)])
            self._add(filtered=len(page))
            self.advance(len(page))
        return True

    def _is_asked_for(self, mail: RefusedMail, by_header: ByHeader) -> bool:
        parsed = parse_header(mail.header, trusted_authserv_ids=self.around.trusted_authserv_ids)
        verdict = by_header.takes(self._facts_of_header(mail, parsed))
        if verdict is None and not self._was_refused_by_this(mail):
            self._add(undecided=1)
            return True
        if verdict is not True:
            return False
        self._add(wanted=1)
        self._example("would be taken", None, mail.place.folder, mail.place.uid, parsed.subject, "the filter takes it")
        return True

    def _was_refused_by_this(self, mail: RefusedMail) -> bool:
        """Whether the whole message met the filter as it is now: asking for it again would tell nothing new."""
        changed_at = self.integration.updated_at
        return mail.settled_at is not None and changed_at is not None and changed_at <= mail.settled_at

    def _facts_of_header(self, mail: RefusedMail, parsed: ParsedMessage) -> Facts:
        parsed = ingest.with_sane_date(parsed, self.around.now)
        return Facts.of(
            parsed,
            flags=mail.flags,
            folder=mail.place.folder,
            integration=self.integration,
            size_bytes=mail.size_bytes,
            received_at=received_at(mail.internal_date, parsed, self.around.now),
            now=self.around.now,
            company_id=self.around.companies.get(self.integration.id or 0),
        )

    def _reopen(self, placement_ids: Sequence[int]) -> None:
        if self.apply and placement_ids:
            self._add(reopened=self.tools.store.content.reopen(placement_ids, at=self.tools.now()))

    # --- stored mail -----------------------------------------------------------------------------------------------

    def _stored_mail(self) -> bool:
        """Walk from the oldest to the newest, so that a reply finds the ticket of what it answers."""
        judging = self.tools.store.content.judging
        placements = judging.placements(MailQuery(self.integration.id))[::-1]
        wanting: set[str] = set()
        for start in range(0, len(placements), PAGE_MESSAGES):
            if self.tools.stopped():
                return False
            page = placements[start : start + PAGE_MESSAGES]
            self._page(judging.mail(page, self.judge.parts), wanting)
            self.advance(len(page))
        return True

    def _page(self, mails: Iterable[StoredMail], wanting: set[str]) -> None:
        candidates: dict[tuple[int, int], list[tuple[StoredMail, Judgement]]] = defaultdict(list)
        for mail in mails:
            self._add(stored=1)
            judgement = self._judged(mail)
            if judgement is not None and self._may_make_ticket(mail, judgement) and mail.external_id not in wanting:
                wanting.add(mail.external_id)
                self._add(tickets_wanted=1)
                candidates[mail.place.folder_id, mail.place.uidvalidity].append((mail, judgement))
        if self.apply:
            for place, found in candidates.items():
                self._make_tickets(*place, found)

    def _judged(self, mail: StoredMail) -> Judgement | None:
        """Judge one message; None where nothing more is to be done about it."""
        facts = self.around.facts(mail, from_octets=self.judge.needs_octets)
        if facts is None:
            self._add(faults=1)
            return None
        judgement = self.judge.judge(facts)
        if judgement.ruling is Ruling.TAKEN:
            return judgement
        place, why = mail.place, judgement.fault or describe(self.judge.filter, judgement.why or "")
        is_fault = judgement.ruling is Ruling.FAULT
        self._add(faults=1) if is_fault else self._add(refused_now=1)
        self._example("fault" if is_fault else "would be refused", mail.id, place.folder, place.uid, mail.subject, why)
        return None

    def _may_make_ticket(self, mail: StoredMail, judgement: Judgement) -> bool:
        effect = judgement.routing.ticket.value if judgement.routing else "create"
        arrived_at = mail.internal_date or mail.stored_at
        asked_again = not mail.has_ticket and mail.ticket_reason in ASKED_AGAIN
        return asked_again and may_make_ticket(self.integration, arrived_at, effect)

    def _make_tickets(self, folder_id: int, uidvalidity: int, found: Sequence[tuple[StoredMail, Judgement]]) -> None:
        policy = Policy(self.integration, self.tools.limits.max_message_bytes)
        batch = RejudgedBatch(self.tools, policy, folder_id, uidvalidity)
        for mail, judgement in found:
            parsed = self.around.parsed(mail)
            if parsed is None:
                self._add(faults=1)
                continue
            item = _screened(mail, parsed, judgement)
            batch.add(item, ingest.held_bytes(item))
            if batch.is_full:
                batch.flush()
        batch.flush()
        self._add(tickets_created=batch.counts.tickets_created, tickets_updated=batch.counts.tickets_updated)

    # --- telling ---------------------------------------------------------------------------------------------------

    def _add(self, **counts: int) -> None:
        self.report = replace(self.report, **{name: getattr(self.report, name) + n for name, n in counts.items()})

    def _example(self, kind: str, message_id: int | None, folder: str, uid: int, subject: str, why: str) -> None:
        if sum(one.kind == kind for one in self.report.examples) < EXAMPLES_OF_A_KIND:
            example = RefilterExample(kind, message_id, folder, uid, subject, why)
            self.report = replace(self.report, examples=(*self.report.examples, example))


def _screened(mail: StoredMail, parsed: ParsedMessage, judgement: Judgement) -> Screened:
    """Give stored mail the shape in which new mail meets its batch; its files are where they are."""
    arrived_at = received_at(mail.internal_date, parsed, mail.stored_at)
    prepared = Prepared(parsed.without_contents(), "", None, None, ("",) * len(parsed.attachments), arrived_at)
    meta = MessageMeta(mail.place.uid, mail.current_flags, mail.internal_date, mail.size_bytes)
    routing = judgement.routing
    return Screened(meta, None, prepared, None, routing, None if routing is None else ingest.trace_of(routing))
