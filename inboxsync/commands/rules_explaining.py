"""`rules explain`: the tree of a filter and of each rule, what every node answers and what it saw."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inboxsync import system
from inboxsync.commands import rules_mail
from inboxsync.commands.rules_documents import judge_of
from inboxsync.errors import UsageError
from inboxsync.render.messages import rules_met
from inboxsync.render.printable import printable
from inboxsync.rules.explain import Explanation, explain
from inboxsync.sync.judging import NOT_READABLE, Judge, Judgement, Ruling

if TYPE_CHECKING:
    from inboxsync.commands.ports import Application
    from inboxsync.commands.rules_mail import Tried
    from inboxsync.commands.rules_options import Documents
    from inboxsync.commands.shell import Shell
    from inboxsync.model.judging import StoredMail

_MARKS = {True: "yes", False: "no ", None: "?  "}


@dataclass(frozen=True, slots=True)
class Explained:
    """One message through one placement: what was decided when it came (`stored`, None for files), and what is now."""

    tried: Tried
    judge: Judge
    now: Judgement
    stored: StoredMail | None = None


def explain_message(shell: Shell, message: str, given: Documents, *, as_json: bool) -> None:
    """Explain a file, or a stored message through each of its placements."""
    path = Path(message)
    if not message.isdigit() and path.exists():
        if not given.named:
            raise UsageError("nothing to explain this file by", hint="name --filter FILE or --rules FILE")
        judge = judge_of(None, given)
        found = [_explained(one, judge) for one in rules_mail.mail_of_files([path], system.utc_now())]
    else:
        with shell.application() as application:
            found = list(_of_stored(application, message, given))
    if as_json:
        shell.output.document({"message": message, "placements": [_shape(one) for one in found]})
        return
    for one in found:
        shell.output.block("\n".join(_lines(one)))


def _of_stored(application: Application, message: str, given: Documents) -> Iterator[Explained]:
    judging = application.store.content.judging
    placements = rules_mail.placements_of(application, message)
    for light in judging.mail(placements, ()):
        around = rules_mail.surroundings(application, [])
        judge = judge_of(around.integrations.get(light.place.integration_id), given)
        around = rules_mail.surroundings(application, [judge])
        make = rules_mail.tried(around, [judge])
        for mail in judging.mail([light.place.placement_id], judge.parts):
            yield _explained(make(mail), judge, mail)


def _explained(tried: Tried, judge: Judge, stored: StoredMail | None = None) -> Explained:
    now = Judgement(Ruling.FAULT, NOT_READABLE) if tried.facts is None else judge.judge(tried.facts)
    return Explained(tried, judge, now, stored)


# --- for programs --------------------------------------------------------------------------------------------------


def _shape(one: Explained) -> dict[str, Any]:
    facts, judge = one.tried.facts, one.judge
    has_filter = facts is not None and judge.filter is not None
    tree = explain(judge.filter, facts, system.monotonic_s).as_data() if has_filter and facts else None
    now = {"ruling": one.now.ruling.value, "fault": one.now.fault, "why": one.now.why, "filter": tree}
    return {
        **_place(one),
        "stored": _stored(one.stored),
        "now": {
            **now,
            "rules": [_rule(one, index) for index in range(len(judge.rules))],
            "actions": dict(one.now.actions),
        },
    }


def _place(one: Explained) -> dict[str, Any]:
    place = one.stored.place if one.stored else None
    return {
        "id": one.tried.id,
        "subject": one.tried.subject,
        "integration": one.tried.integration or None,
        "folder": one.tried.folder or None,
        "uid": place.uid if place else None,
    }


def _stored(mail: StoredMail | None) -> dict[str, Any] | None:
    if mail is None:
        return None
    trace = json.loads(mail.rule_trace) if mail.rule_trace else None
    return {"fate": mail.fate.value, "ticket_reason": mail.ticket_reason, "trace": trace}


def _rule(one: Explained, index: int) -> dict[str, Any]:
    rule, facts = one.judge.rules[index], one.tried.facts
    tree = None if facts is None else explain(rule.when, facts, system.monotonic_s).as_data()
    asked = one.now.routing.trace if one.now.routing else ()
    met = asked[index].met if index < len(asked) else None
    return {"name": rule.name, "met": met, "tree": tree}


# --- for people ----------------------------------------------------------------------------------------------------


def _lines(one: Explained) -> Iterator[str]:
    where = f"{one.tried.integration}, {one.tried.folder}" if one.stored else "file"
    yield f"{one.tried.id} ({where}): {one.tried.subject}"
    yield from _stored_lines(one.stored)
    yield f"now: {one.now.ruling.value}" + (f" ({one.now.fault})" if one.now.fault else "")
    if one.tried.facts is None:
        return
    if one.judge.filter is not None:
        yield "  filter"
        yield from tree_lines(explain(one.judge.filter, one.tried.facts, system.monotonic_s), 2)
    for index, rule in enumerate(one.judge.rules):
        met = _rule(one, index)["met"]
        yield f"  rule {rule.name!r}: {'not asked' if met is None else 'met' if met else 'not met'}"
        if rule.when is not None:
            yield from tree_lines(explain(rule.when, one.tried.facts, system.monotonic_s), 2)
    wanted = {name: value for name, value in one.now.actions.items() if value not in (None, [])}
    if wanted:
        yield "  asks for: " + ", ".join(f"{name} {_text(value)}" for name, value in wanted.items())


def _stored_lines(mail: StoredMail | None) -> Iterator[str]:
    if mail is None:
        return
    ticket = f"; ticket: {mail.ticket_reason}" if mail.ticket_reason else ""
    yield f"when it came: {mail.fate.value}{ticket}"
    yield from (f"  rule {line}" for line in rules_met(mail.rule_trace))


def tree_lines(node: Explanation, depth: int) -> Iterator[str]:
    """Write a tree, one node a line: its answer, what it is, and the value that a condition saw."""
    indent = "  " * depth
    mark = _MARKS[node.verdict]
    if node.field is None:
        yield f"{indent}{mark} {node.kind}"
    else:
        yield f"{indent}{mark} {node.field} {node.operator} {_text(node.operand)}  saw {_seen(node)}"
    for child in node.children:
        yield from tree_lines(child, depth + 1)


def _seen(node: Explanation) -> str:
    if node.fault is not None:
        return f"nothing: {node.fault}"
    shown = ", ".join(_text(value) for value in node.seen)
    more = node.seen_total - len(node.seen)
    return (shown or "nothing") + (f" and {more} more" if more else "")


def _text(value: object) -> str:
    """Write a value on one line, texts in quotes."""
    plain: object = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
    return printable(json.dumps(plain, ensure_ascii=False))
