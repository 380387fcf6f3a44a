"""`rules test`: what a filter and rules would decide on real mail, counted, with what decided and first examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inboxsync import system
from inboxsync.commands import rules_mail
from inboxsync.commands.rules_documents import judge_of, judge_of_file
from inboxsync.errors import UsageError
from inboxsync.render.progress import counted
from inboxsync.render.tables import Table
from inboxsync.rules.reasons import describe
from inboxsync.sync.judging import NOT_READABLE, Judge, Judgement, Ruling

if TYPE_CHECKING:
    from inboxsync.commands.rules_mail import Tried
    from inboxsync.commands.rules_options import Chosen, Documents
    from inboxsync.commands.shell import Shell

EXAMPLES = 5
ADVANCED_AT_ONCE = 100
UNREADABLE = Judgement(Ruling.FAULT, NOT_READABLE)


@dataclass(slots=True)
class Tally:
    """What became of the messages: counts, what decided how often, and the first examples of each ruling.

    For programs `results` has each message, and `why` in the same order what decided and what the rules ask for.
    """

    judge: Judge
    counts: Counter[Ruling] = field(default_factory=Counter)
    reasons: Counter[tuple[Ruling, str]] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    tickets: Counter[str] = field(default_factory=Counter)
    examples: dict[Ruling, list[tuple[Tried, Judgement]]] = field(default_factory=dict)
    results: list[dict[str, Any]] = field(default_factory=list)
    why: list[dict[str, Any]] = field(default_factory=list)

    def add(self, tried: Tried, judgement: Judgement, *, as_json: bool) -> None:
        """Count one message."""
        self.counts[judgement.ruling] += 1
        self.reasons[judgement.ruling, judgement.why or ""] += 1
        if judgement.routing is not None and judgement.ruling is Ruling.TAKEN:
            self.met.update(judgement.routing.rules or ("(no rule)",))
            self.tickets[judgement.routing.ticket.value] += 1
        examples = self.examples.setdefault(judgement.ruling, [])
        if as_json:
            taken = judgement.ruling is Ruling.TAKEN
            self.results.append({"id": tried.id, "taken": taken, "fault": judgement.fault})
            self.why.append({"why": judgement.why, "actions": dict(judgement.actions)})
        elif len(examples) < EXAMPLES:
            examples.append((tried, judgement))

    def numbers(self) -> dict[str, int]:
        """The counts under their public keys."""
        return {
            "tested": self.counts.total(),
            "taken": self.counts[Ruling.TAKEN],
            "refused": self.counts[Ruling.REFUSED],
            "faults": self.counts[Ruling.FAULT],
        }

    def by_condition(self) -> list[dict[str, Any]]:
        """How often each condition decided, the most frequent first."""
        rows = sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))
        return [
            {
                "ruling": ruling.value,
                "pointer": pointer,
                "condition": self.condition(ruling, pointer),
                "messages": count,
            }
            for (ruling, pointer), count in rows
        ]

    def condition(self, ruling: Ruling, pointer: str | None) -> str:
        """Say what decided, in words."""
        if ruling is Ruling.FAULT:
            return "(none: set aside)"
        return describe(self.judge.filter, pointer or "") if self.judge.filter is not None else "(no filter)"


def try_out(shell: Shell, given: Documents, eml: Sequence[Path], chosen: Chosen, *, as_json: bool) -> None:
    """Judge files or stored mail and tell what came of it; nothing is changed."""
    if eml:
        if not given.named:
            hint = "name a filter or rules: `rules test FILE --eml PATH`"
            raise UsageError("nothing to try on these files", hint=hint)
        judge = judge_of_file(given.file) if given.file else judge_of(None, given)
        tally = _tally(judge, rules_mail.mail_of_files(eml, system.utc_now()), lambda _done: None, as_json=as_json)
    else:
        tally = _try_on_stored(shell, given, chosen, as_json=as_json)
    _tell(shell, tally, as_json=as_json)


def _try_on_stored(shell: Shell, given: Documents, chosen: Chosen, *, as_json: bool) -> Tally:
    if not given.named and chosen.integration is None:
        raise UsageError("nothing to try", hint="name FILE, or --integration NAME to try its own filter and rules")
    judge = judge_of_file(given.file) if given.file else None
    with shell.application() as application:
        if judge is None:
            judge = judge_of(application.integration(chosen.integration) if chosen.integration else None, given)
        placements = rules_mail.chosen_placements(application, chosen)
        make = rules_mail.tried(rules_mail.surroundings(application, [judge]), [judge])
        mail = rules_mail.stored_mail(application, placements, [judge])
        with progress(shell, "judging", len(placements)) as advance:
            return _tally(judge, map(make, mail), advance, as_json=as_json)


@contextmanager
def progress(shell: Shell, what: str, total: int) -> Iterator[Callable[[int], object]]:
    """Give what is told how many more are done, with a bar for a person who waits."""
    output = shell.output
    with counted(output.stderr, what, total, quiet=output.quiet, colour=output.colour) as advance:
        yield advance


def _tally(judge: Judge, mail: Iterable[Tried], advance: Callable[[int], object], *, as_json: bool) -> Tally:
    tally = Tally(judge)
    for number, one in enumerate(mail, 1):
        tally.add(one, UNREADABLE if one.facts is None else judge.judge(one.facts), as_json=as_json)
        if not number % ADVANCED_AT_ONCE:
            advance(ADVANCED_AT_ONCE)
    return tally


def _tell(shell: Shell, tally: Tally, *, as_json: bool) -> None:
    output, numbers = shell.output, tally.numbers()
    if as_json:
        routed = {"rules": dict(tally.met), "tickets": dict(tally.tickets)} if tally.judge.rules else {}
        told = {**numbers, "results": tally.results, "why": tally.why, "decided_by": tally.by_condition(), **routed}
        output.document(told)
        return
    shares = [(ruling.value, tally.counts[ruling]) for ruling in Ruling if tally.counts[ruling]]
    output.table(Table.of(("verdict", "messages"), shares, right=(1,)), empty="no messages to test on")
    if tally.judge.filter is not None and shares:
        rows = [
            (one["ruling"], one["condition"], one["pointer"] or "/", one["messages"]) for one in tally.by_condition()
        ]
        output.table(Table.of(("verdict", "decided by", "at", "messages"), rows, right=(3,)))
    if tally.judge.rules and shares:
        output.table(Table.of(("rule", "messages"), list(tally.met.most_common()), right=(1,)))
        output.table(Table.of(("ticket", "messages"), list(tally.tickets.most_common()), right=(1,)))
    examples = [_example(tally, *one) for ruling in Ruling for one in tally.examples.get(ruling, ())]
    if examples:
        output.table(Table.of(("verdict", "message", "from", "subject", "why"), examples))
    output.note(", ".join(f"{count} {what}" for what, count in numbers.items()))


def _example(tally: Tally, tried: Tried, judgement: Judgement) -> tuple[str, ...]:
    why = judgement.fault or tally.condition(judgement.ruling, judgement.why)
    return judgement.ruling.value, tried.id, tried.sender, tried.subject, why
