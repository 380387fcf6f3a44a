"""Filters decide, and faults are told on the answer."""

from __future__ import annotations

import json
import time

import pytest

from inboxsync.rules.decode import decode_filter
from inboxsync.rules.evaluate import Verdict, compile_filter
from tests.unit.rules.samples import StillClock, compiled, compiled_rules, facts, takes

YES = {"field": "subject", "present": True}
NO = {"field": "subject", "absent": True}
SLOW = {"field": "subject", "matches": "x"}
ABOUT = facts(subject="x")


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        (None, True),
        ({"all": []}, True),
        ({"any": []}, False),
        ({"none": []}, True),
        ({"all": [YES]}, True),
        ({"all": [YES, NO]}, False),
        ({"any": [NO, YES]}, True),
        ({"any": [NO, NO]}, False),
        ({"none": [NO, NO]}, True),
        ({"none": [NO, YES]}, False),
        ({"not": NO}, True),
        ({"not": YES}, False),
        ({"all": [YES], "any": [YES], "none": [NO], "not": NO}, True),
        ({"all": [NO], "any": [YES], "none": [NO], "not": NO}, False),
        ({"all": [YES], "any": [NO], "none": [NO], "not": NO}, False),
        ({"all": [YES], "any": [YES], "none": [YES], "not": NO}, False),
        ({"all": [YES], "any": [YES], "none": [NO], "not": YES}, False),
    ],
)
def test_groups(filter_: object, expected: bool) -> None:
    assert takes(filter_, ABOUT) is expected


def slow_filter(filter_: object, step_s: float = 0.2) -> Verdict:
    return compile_filter(decode_filter(json.dumps(filter_)), StillClock(step_s)).decide(ABOUT)


@pytest.mark.parametrize(
    "filter_", [SLOW, {"not": SLOW}, {"any": [NO, SLOW]}, {"field": "subject", "not_matches": "y"}]
)
def test_a_pattern_that_takes_too_long_is_a_fault_and_neither_yes_nor_no(filter_: object) -> None:
    verdict = slow_filter(filter_)
    assert not verdict.taken
    assert verdict.fault is not None
    assert "subject matches" in verdict.fault
    assert verdict.spent_s > 0.1


def test_the_time_is_bounded_for_all_patterns_of_a_message_together() -> None:
    assert slow_filter({"all": [SLOW] * 3}, 0.03).fault is None
    assert slow_filter({"all": [SLOW] * 4}, 0.03).fault is not None


def test_the_rules_go_on_from_the_time_that_the_filter_used() -> None:
    rules = compiled_rules([{"name": "slow", "when": SLOW, "then": {"priority": "high"}}], step_s=0.06)
    assert rules.route(ABOUT).fault is None
    assert rules.route(ABOUT, spent_s=0.05).fault is not None


def test_cheap_conditions_are_asked_before_patterns() -> None:
    assert slow_filter({"any": [SLOW, YES]}) == Verdict(taken=True)
    assert slow_filter({"all": [SLOW, NO]}) == Verdict(taken=False)
    assert slow_filter({"all": [{"not": SLOW}], "none": [YES]}) == Verdict(taken=False)


def test_one_filter_decides_many_messages_and_keeps_nothing() -> None:
    filter_ = compile_filter(decode_filter(json.dumps(SLOW)), StillClock(0.06))
    for _ in range(5):
        assert filter_.decide(facts(subject="x")).taken


def test_needs_body_is_known_beforehand() -> None:
    assert not compiled({"all": [YES, {"field": "size", "gt": 1}, {"field": "headers.x", "absent": True}]}).needs_body
    assert compiled({"any": [YES, {"not": {"field": "body", "contains": "x"}}]}).needs_body
    assert not compiled(None).needs_body
    rule = {"name": "a", "when": {"field": "attachments.count", "gt": 0}, "then": {"stop": True}}
    assert compiled_rules([rule]).needs_body
    assert not compiled_rules([{"name": "a", "then": {"stop": True}}]).needs_body


def test_the_verdict_as_data_holds_no_times() -> None:
    assert slow_filter(SLOW, 0.03).as_data() == {"taken": True, "fault": None}


def test_ten_conditions_cost_microseconds() -> None:
    conditions = [
        {"field": "subject", "contains": "x"}, {"field": "subject", "starts_with": "x"},
        {"field": "from.domain", "not_equals": "example.org"}, {"field": "to", "absent": True},
        {"field": "cc", "not_contains": "x"}, {"field": "folder", "equals": "inbox"},
        {"field": "is_unread", "equals": True}, {"field": "size", "lt": 5_000},
        {"field": "headers.list-id", "absent": True}, {"field": "account.id", "in": [7, 8]},
    ]  # fmt: skip
    decide = compiled({"all": conditions}).decide
    assert decide(ABOUT).taken
    fastest_s = 1.0
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(2_000):
            decide(ABOUT)
        fastest_s = min(fastest_s, time.perf_counter() - started)
    # 100,000 messages a second is the aim; three times that was measured, so this fails on a real loss only.
    assert fastest_s / 2_000 < 1e-5
