"""Judging anew what is stored: nothing is lost, nothing doubles, and what settings kept away comes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inboxsync import system
from inboxsync.model.integration import Integration
from inboxsync.model.placement import Fate
from inboxsync.model.refiltering import RefilterReport
from inboxsync.sync.judging import Judge, Surroundings
from inboxsync.sync.refiltering import Refilter
from tests.unit.sync.rig import START, Rig, mail

SUBJECT_1 = '{"field":"subject","equals":"Mail 1"}'


def refilter(rig: Rig, *, apply: bool = False) -> RefilterReport:
    (integration, *_) = rig.store.control.integrations()
    tools = rig.engine().tools
    judge = Judge.of(integration.filter_json, integration.rules_json, system.monotonic_s)
    around = Surroundings({integration.id or 0: integration}, {}, rig.now, frozenset(), rig.store.content.raw)
    return Refilter(tools, integration, judge, around, apply, lambda _done: None).run()


def change(rig: Rig, **settings: object) -> Integration:
    (integration, *_) = rig.store.control.integrations()
    changed = replace(integration, **settings)  # type: ignore[arg-type]  # kwargs of a dataclass
    stored = rig.store.control.update_integration(changed)
    assert stored.updated_at is not None
    rig.now = stored.updated_at + timedelta(seconds=1)
    return stored


def filled(rig: Rig, count: int = 3, **settings: Any) -> Rig:
    rig.add(**{"tickets_since": None, **settings})
    for number in range(count):
        rig.server.append(mail(number), internal_date=START - timedelta(hours=count - number))
    rig.run()
    return rig


def tickets(rig: Rig) -> int:
    return rig.store.content.tickets().total


def test_what_the_new_filter_takes_is_fetched_with_the_next_run(rig: Rig) -> None:
    filled(rig, filter_json=SUBJECT_1)
    assert rig.fates().filtered == 2
    change(rig, filter_json=None)
    before = rig.dump()
    dry = refilter(rig)
    assert (dry.filtered, dry.wanted, dry.undecided, dry.reopened) == (2, 2, 0, 0)
    assert rig.dump() == before
    done = refilter(rig, apply=True)
    assert (done.wanted, done.reopened) == (2, 2)
    assert rig.fates().pending == 2
    counts = rig.counts()
    assert (counts.stored, counts.tickets_created) == (2, 2)
    assert refilter(rig, apply=True).reopened == 0


def test_what_only_the_body_tells_is_asked_for_once(rig: Rig) -> None:
    filled(rig, filter_json=SUBJECT_1)
    change(rig, filter_json='{"field":"body","contains":"hello 2"}')
    done = refilter(rig, apply=True)
    assert (done.wanted, done.undecided, done.reopened, done.refused_now) == (0, 2, 2, 1)
    counts = rig.counts()
    assert (counts.stored, counts.filtered) == (1, 1)
    again = refilter(rig, apply=True)
    assert (again.undecided, again.reopened) == (0, 0)


def test_a_header_that_refuses_needs_no_body(rig: Rig) -> None:
    filled(rig, filter_json=SUBJECT_1)
    change(rig, filter_json='{"all":[{"field":"subject","equals":"Mail 2"},{"field":"body","contains":"x"}]}')
    dry = refilter(rig)
    assert (dry.filtered, dry.wanted, dry.undecided) == (2, 0, 1)


def test_what_the_filter_would_refuse_now_is_told_and_stays(rig: Rig) -> None:
    filled(rig)
    change(rig, filter_json=SUBJECT_1)
    done = refilter(rig, apply=True)
    assert (done.stored, done.refused_now, done.tickets_created) == (3, 2, 0)
    assert {one.subject for one in done.examples} == {"Mail 0", "Mail 2"}
    assert all(one.why == 'subject equals "Mail 1"' for one in done.examples)
    assert rig.fates().stored == 3


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ({"makes_tickets": False}, {"makes_tickets": True}),
        ({"tickets_since": START + timedelta(days=1)}, {"tickets_since": None}),
        ({"rules_json": '[{"name":"n","then":{"ticket":"none"}}]'}, {"rules_json": None}),
        ({"rules_json": '[{"name":"n","then":{"ticket":"append"}}]'}, {"rules_json": None}),
    ],
)
def test_tickets_that_settings_kept_away_come_once(rig: Rig, was: dict[str, Any], becomes: dict[str, Any]) -> None:
    filled(rig, **was)
    assert tickets(rig) == 0
    change(rig, **becomes)
    dry = refilter(rig)
    assert (dry.tickets_wanted, dry.tickets_created, tickets(rig)) == (3, 0, 0)
    done = refilter(rig, apply=True)
    assert (done.tickets_wanted, done.tickets_created, tickets(rig)) == (3, 3, 3)
    again = refilter(rig, apply=True)
    assert (again.tickets_wanted, again.tickets_created, tickets(rig)) == (0, 0, 3)
    assert rig.counts().tickets_created == 0


def test_the_ledger_explains_the_new_ticket_by_the_new_rules(rig: Rig) -> None:
    filled(rig, 1, makes_tickets=False)
    rules = '[{"name":"late","then":{"tags":["late"],"priority":"high","server":{"mark_read":true}}}]'
    change(rig, makes_tickets=True, rules_json=rules)
    refilter(rig, apply=True)
    (row,) = [json.loads(line) for line in rig.dump() if '"inboxsync_placements"' in line]
    assert (row["fate"], row["ticket_effect"], row["seen_action"]) == ("stored", "created", "wanted")
    assert json.loads(row["rule_trace"])["rules"][0]["name"] == "late"
    (ticket,) = rig.store.content.tickets().items
    assert (ticket.tags, ticket.priority) == (("late",), "high")
    rig.run()
    assert "\\Seen" in rig.server.flags(1)


def test_a_reply_finds_the_ticket_of_the_mail_before_it(rig: Rig) -> None:
    rig.add(makes_tickets=False)
    rig.server.append(mail(1), internal_date=START - timedelta(hours=2))
    reply = mail(2).replace(b"Subject: ", b"In-Reply-To: <m1@example.com>\r\nSubject: Re: ")
    rig.server.append(reply, internal_date=START - timedelta(hours=1))
    rig.run()
    change(rig, makes_tickets=True)
    done = refilter(rig, apply=True)
    assert (done.tickets_created, done.tickets_updated, tickets(rig)) == (1, 1, 1)


def test_the_same_mail_in_two_folders_makes_one_ticket(rig: Rig) -> None:
    rig.add(makes_tickets=False, folders=("INBOX", "Copy"))
    rig.server.add_folder("Copy")
    for folder in ("INBOX", "Copy"):
        rig.server.append(mail(1), folder=folder)
    rig.run()
    before = rig.fates()
    change(rig, makes_tickets=True)
    assert refilter(rig).tickets_wanted == 1
    assert refilter(rig, apply=True).tickets_created == 1
    assert (tickets(rig), rig.fates()) == (1, before)


def test_mail_of_strangers_stays_as_it_is(rig: Rig) -> None:
    filled(rig, makes_tickets=False)
    change(rig, makes_tickets=True, known_senders_only=True)
    before = rig.fates()
    done = refilter(rig, apply=True)
    assert (done.tickets_created, tickets(rig), rig.fates()) == (0, 0, before)


def test_one_that_is_stopped_goes_on_where_it_was(rig: Rig) -> None:
    filled(rig, makes_tickets=False)
    change(rig, makes_tickets=True)
    rig.stop_after = rig.checks
    assert not refilter(rig, apply=True).finished
    rig.stop_after = None
    assert refilter(rig, apply=True).tickets_created == 3


def test_killed_in_the_middle_and_called_again_it_ends_as_if_it_was_not(rig: Rig) -> None:
    """One batch a message, the second one fails before its commit: the first stays, the rest comes later."""
    filled(rig, makes_tickets=False)
    change(rig, makes_tickets=True)
    rig.limits = replace(rig.limits, batch_messages=1)
    tools = rig.engine().tools
    content = tools.store.content
    opened = []
    original = content.transaction

    def failing(scope: str, *, durable: bool = True) -> object:
        opened.append(scope)
        if len(opened) == 2:
            raise KeyboardInterrupt
        return original(scope, durable=durable)

    content.transaction = failing  # type: ignore[method-assign, assignment]  # a power cut between two batches
    with pytest.raises(KeyboardInterrupt):
        refilter(rig, apply=True)
    content.transaction = original  # type: ignore[method-assign]  # the next process
    assert tickets(rig) == 1
    assert refilter(rig, apply=True).tickets_created == 2
    assert tickets(rig) == 3


def test_mail_from_before_the_start_is_not_asked_for(rig: Rig) -> None:
    filled(rig, since=START, filter_json=SUBJECT_1)
    assert rig.fates().filtered == 3
    change(rig, filter_json=None)
    assert refilter(rig, apply=True).filtered == 0
    assert rig.store.content.settled(rig.store.control.integrations()[0], Fate.FILTERED) == []
