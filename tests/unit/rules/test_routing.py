"""Rules merge in their order, and what each answered is kept."""

from __future__ import annotations

import json

import pytest

from inboxsync.rules.nodes import TicketAction
from inboxsync.rules.routing import Routing, RuleMet
from tests.unit.rules.samples import compiled_rules, facts

MET = {"field": "subject", "contains": "invoice"}
UNMET = {"field": "subject", "contains": "offer"}
ABOUT = facts(subject="Invoice 5")


def route(*rules: dict[str, object]) -> Routing:
    named = [{"name": f"rule {index}", **rule} for index, rule in enumerate(rules)]
    return compiled_rules(named).route(ABOUT)


def test_no_rules_leave_everything_to_the_integration() -> None:
    assert route() == Routing()
    assert route().ticket is TicketAction.CREATE


def test_only_rules_that_are_met_count() -> None:
    routing = route({"when": UNMET, "then": {"priority": "low"}}, {"when": MET, "then": {"category": "billing"}})
    assert (routing.priority, routing.category, routing.rules) == (None, "billing", ("rule 1",))


def test_later_rules_override_earlier_ones_key_by_key() -> None:
    routing = route(
        {"then": {"priority": "low", "company": "A", "assignee": "x", "ticket": "none", "server": {"mark_read": True}}},
        {"then": {"priority": "high", "ticket": "append", "server": {"move_to": "Done"}}},
        {"then": {"category": "c", "server": {"mark_read": False}}},
    )
    assert routing.priority == "high"
    assert (routing.company, routing.assignee, routing.category) == ("A", "x", "c")
    assert routing.ticket is TicketAction.APPEND
    assert (routing.mark_read, routing.move_to) == (False, "Done")


def test_tags_accumulate_and_differ_in_more_than_case() -> None:
    routing = route(
        {"then": {"tags": ["Invoice", "a"]}}, {"then": {"tags": ["b", "INVOICE", "é"]}}, {"then": {"tags": ["É"]}}
    )
    assert routing.tags == ("Invoice", "a", "b", "é")


def test_stop_ends_the_list_only_when_the_rule_is_met() -> None:
    stop = {"stop": True, "priority": "high"}
    assert route({"when": UNMET, "then": stop}, {"then": {"priority": "low"}}).priority == "low"
    routing = route({"when": MET, "then": stop}, {"then": {"priority": "low"}})
    assert routing.priority == "high"
    assert routing.trace == (RuleMet(0, "rule 0", met=True, stopped=True),)


def test_a_fault_names_its_rule_and_takes_no_action() -> None:
    rules = [
        {"name": "first", "then": {"priority": "high"}},
        {"name": "slow", "when": {"field": "subject", "matches": "x"}, "then": {"priority": "low"}},
    ]
    routing = compiled_rules(rules, step_s=0.2).route(ABOUT)
    assert routing.fault is not None
    assert routing.fault.startswith("rule 1 ('slow'): subject matches")
    assert routing.priority is None
    assert routing.trace == (RuleMet(0, "first", met=True),)


@pytest.mark.parametrize("step_s", [0.0, 0.2])
def test_the_trace_is_data_that_json_takes(step_s: float) -> None:
    rules = [{"name": "r", "when": {"field": "subject", "matches": "invoice"}, "then": {"tags": ["t"], "stop": True}}]
    data = compiled_rules(rules, step_s).route(ABOUT).as_data()
    assert json.loads(json.dumps(data)) == data
    if not step_s:
        assert data["rules"] == [{"index": 0, "name": "r", "met": True, "stopped": True}]
        assert data["actions"] == {
            "priority": None, "category": None, "tags": ["t"], "company": None, "assignee": None,
            "ticket": "create", "mark_read": None, "move_to": None,
        }  # fmt: skip
