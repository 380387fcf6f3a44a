"""`rules diff`: which stored messages a changed filter or changed rules would decide otherwise, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inboxsync.commands import rules_mail
from inboxsync.commands.rules_documents import holds_rules, judge_of, judge_of_file
from inboxsync.commands.rules_options import Chosen, Documents
from inboxsync.commands.rules_trying import ADVANCED_AT_ONCE, EXAMPLES, UNREADABLE, progress
from inboxsync.commands.settings_given import read_file
from inboxsync.errors import UsageError
from inboxsync.render.tables import Table
from inboxsync.rules.reasons import describe
from inboxsync.sync.judging import Judge, Judgement, Ruling

if TYPE_CHECKING:
    from inboxsync.commands.ports import Application
    from inboxsync.commands.rules_mail import Tried
    from inboxsync.commands.shell import Shell
    from inboxsync.model.integration import Integration


@dataclass(frozen=True, slots=True)
class Change:
    """One message that is decided otherwise: both judgements, and the actions that differ as (before, after)."""

    tried: Tried
    before: Judgement
    after: Judgement
    actions: Mapping[str, tuple[object, object]]

    @property
    def kind(self) -> str:
        """Name the change: of the verdict, else of what the rules ask for."""
        if self.before.ruling is not self.after.ruling:
            return f"{self.before.ruling.value} to {self.after.ruling.value}"
        return "routed otherwise"


@dataclass(slots=True)
class Comparison:
    """What came of comparing two judges over some mail."""

    old: Judge
    new: Judge
    tested: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)

    def add(self, tried: Tried) -> None:
        """Judge one message twice; all changes are kept, for they are what a person asked for."""
        self.tested += 1
        before, after = _judged(self.old, tried), _judged(self.new, tried)
        actions = _differing(before.actions, after.actions)
        if before.ruling is not after.ruling or actions:
            change = Change(tried, before, after, actions)
            self.counts[change.kind] += 1
            self.changes.append(change)

    def why(self, change: Change) -> str:
        """Say what decided now: the condition of the new filter, or what the rules ask for."""
        if change.after.fault is not None:
            return change.after.fault
        if change.before.ruling is change.after.ruling:
            return ", ".join(f"{name}: {_shown(was)} to {_shown(now)}" for name, (was, now) in change.actions.items())
        return (
            describe(self.new.filter, change.after.why or "") if self.new.filter is not None else "no filter any more"
        )


def _judged(judge: Judge, tried: Tried) -> Judgement:
    return UNREADABLE if tried.facts is None else judge.judge(tried.facts)


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """Compare what is asked for; where only one of two judges routes, the verdicts tell the difference already."""
    if not before or not after:
        pairs = {name: (before.get(name), after.get(name)) for name in {**before, **after}}
        return {name: pair for name, pair in pairs.items() if any(one not in (None, [], "create") for one in pair)}
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def _shown(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def compare(shell: Shell, old: str, new: Path | None, given: Documents, chosen: Chosen, *, as_json: bool) -> None:
    """Compare an integration, or a file, with what is new, over stored mail; nothing is changed."""
    if new is None and not given.named:
        raise UsageError("nothing to compare with", hint="name a file: `rules diff NAME FILE`, or --filter, --rules")
    with shell.application() as application:
        integration = _integration(application, old, chosen)
        judges = _judges(integration, old, new, given)
        comparison = _compared(shell, application, judges, chosen)
    _tell(shell, comparison, as_json=as_json)


def _integration(application: Application, old: str, chosen: Chosen) -> Integration | None:
    """Read OLD as the name of an integration, else as a file. UsageError where it is neither."""
    names = {one.name for one in application.integrations()}
    if old in names or not Path(old).is_file():
        return application.integration(old)
    return None if chosen.integration is None else application.integration(chosen.integration)


def _judges(integration: Integration | None, old: str, new: Path | None, given: Documents) -> tuple[Judge, Judge]:
    """Compile both sides; what the new one does not name is as it is in the old one."""
    if integration is None or integration.name != old:
        if new is None or given.named:
            raise UsageError("two files are compared as they are", hint="`rules diff OLD NEW --integration NAME`")
        return judge_of_file(Path(old)), judge_of_file(new)
    before = judge_of(integration, Documents())
    if new is None:
        return before, judge_of(integration, given)
    if given.named:
        raise UsageError("FILE stands beside --filter or --rules", hint="name each file once")
    is_rules = holds_rules(read_file(new, "FILE"))
    return before, judge_of(integration, Documents(rules=new) if is_rules else Documents(filter=new))


def _compared(shell: Shell, application: Application, judges: tuple[Judge, Judge], chosen: Chosen) -> Comparison:
    placements = rules_mail.chosen_placements(application, chosen)
    make = rules_mail.tried(rules_mail.surroundings(application, judges), judges)
    comparison = Comparison(*judges)
    with progress(shell, "comparing", len(placements)) as advance:
        _walk(comparison, map(make, rules_mail.stored_mail(application, placements, judges)), advance)
    return comparison


def _walk(comparison: Comparison, mail: Iterable[Tried], advance: Callable[[int], object]) -> None:
    for number, one in enumerate(mail, 1):
        comparison.add(one)
        if not number % ADVANCED_AT_ONCE:
            advance(ADVANCED_AT_ONCE)


def _tell(shell: Shell, comparison: Comparison, *, as_json: bool) -> None:
    output, changed = shell.output, len(comparison.changes)
    if as_json:
        results = [_shape(comparison, change) for change in comparison.changes]
        counts = dict(sorted(comparison.counts.items()))
        output.document({"tested": comparison.tested, "changed": changed, "counts": counts, "results": results})
        return
    output.table(Table.of(("change", "messages"), comparison.counts.most_common(), right=(1,)), empty="no difference")
    shown = Counter[str]()
    rows = []
    for change in comparison.changes:
        shown[change.kind] += 1
        if shown[change.kind] <= EXAMPLES:
            one = change.tried
            rows.append((change.kind, one.id, one.sender, one.subject, comparison.why(change)))
    if rows:
        output.table(Table.of(("change", "message", "from", "subject", "why"), rows))
    output.note(f"{comparison.tested} tested, {changed} decided otherwise")


def _shape(comparison: Comparison, change: Change) -> dict[str, Any]:
    return {
        "id": change.tried.id,
        "integration": change.tried.integration,
        "folder": change.tried.folder,
        "subject": change.tried.subject,
        "before": _side(change.before),
        "after": _side(change.after),
        "actions": {name: list(pair) for name, pair in change.actions.items()},
        "why": comparison.why(change),
    }


def _side(judgement: Judgement) -> dict[str, Any]:
    return {"taken": judgement.ruling is Ruling.TAKEN, "fault": judgement.fault, "why": judgement.why}
