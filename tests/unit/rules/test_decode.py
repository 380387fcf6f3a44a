"""Decoding tells every fault with its place, and never anything but FilterInvalid."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inboxsync.errors import FilterInvalid, Problem
from inboxsync.rules.decode import canonical, decode_filter, decode_rules
from inboxsync.rules.nodes import Actions, Condition, Group, Rule, TicketAction


def problems(text: object) -> tuple[Problem, ...]:
    with pytest.raises(FilterInvalid) as refused:
        decode_filter(text if isinstance(text, str | bytes) else json.dumps(text))
    return refused.value.problems


def places(text: object) -> list[str]:
    return [problem.where for problem in problems(text)]


SUBJECT = {"field": "subject", "contains": "x"}


def test_a_condition_is_decoded_with_its_canonical_field() -> None:
    assert decode_filter('{"field": "FOLDER", "equals": "INBOX"}') == Condition("mailbox.folder", "equals", "INBOX")


def test_a_group_keeps_which_keys_were_written() -> None:
    node = decode_filter(json.dumps({"all": [], "not": SUBJECT}))
    assert node == Group(all_=(), not_=Condition("subject", "contains", "x"))


def test_null_is_no_filter_and_a_byte_order_mark_is_passed_over() -> None:
    assert decode_filter("null") is None
    assert decode_filter(b"\xef\xbb\xbfnull") is None
    assert decode_filter("\ufeff null ") is None


def test_presence_null_means_true() -> None:
    assert decode_filter('{"field": "cc", "absent": null}') == Condition("cc", "absent", True)


def test_every_fault_is_told_at_once() -> None:
    found = places(
        {
            "all": [
                {"field": "subjct", "contains": "x"},
                {"field": "size", "contains": "x"},
                {"field": "subject", "contains": "x", "equals": "y"},
                {"field": "subject", "matches": "("},
                {"field": "subject", "in": ["a", ["b"], None]},
            ],
            "bogus": 3,
        }
    )
    assert sorted(found) == [
        "/all/0/field", "/all/1/contains", "/all/2", "/all/3/matches", "/all/4/in/1", "/all/4/in/2", "/bogus",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("filter_", "where"),
    [
        ({}, ""),
        ([], ""),
        ("text", ""),
        (True, ""),
        ({"bogus": 1}, ""),
        ({"field": "subject"}, ""),
        ({"contains": "x"}, ""),
        ({"field": "", "contains": "x"}, "/field"),
        ({"field": 5, "contains": "x"}, "/field"),
        ({"field": "headers", "present": True}, "/field"),
        ({"field": "headers.", "present": True}, "/field"),
        ({"field": "headers.a b", "present": True}, "/field"),
        ({"field": "headers.ä", "present": True}, "/field"),
        ({**SUBJECT, "all": []}, ""),
        ({**SUBJECT, "case_sensitive": 1}, "/case_sensitive"),
        ({**SUBJECT, "case_sensitive": None}, "/case_sensitive"),
        ({"all": SUBJECT}, "/all"),
        ({"any": [SUBJECT, 3]}, "/any/1"),
        ({"not": [SUBJECT]}, "/not"),
        ({"none": None}, "/none"),
        ({"field": "subject", "equals": None}, "/equals"),
        ({"field": "subject", "equals": ["x"]}, "/equals"),
        ({"field": "subject", "contains": 5}, "/contains"),
        ({"field": "subject", "starts_with": 5}, "/starts_with"),
        ({"field": "subject", "matches": 5}, "/matches"),
        ({"field": "subject", "like": ["*"]}, "/like"),
        ({"field": "subject", "in": "x"}, "/in"),
        ({"field": "subject", "present": "yes"}, "/present"),
        ({"field": "subject", "gt": 5}, "/gt"),
        ({"field": "size", "gt": True}, "/gt"),
        ({"field": "size", "gt": "5"}, "/gt"),
        ({"field": "size", "matches": "5"}, "/matches"),
        ({"field": "is_read", "contains": "x"}, "/contains"),
        ({"field": "sent_at", "gt": "2024-01-01"}, "/gt"),
        ({"field": "sent_at", "gt": 5}, "/gt"),
        ({"field": "sent_at", "equals": "yesterday"}, "/equals"),
        ({"field": "sent_at", "in": ["2024-01-01T00:00:00Z", 1]}, "/in/1"),
        ({"field": "sent_at", "contains": "2024"}, "/contains"),
        ({"field": "subject", "matches": "x" * 1_001}, "/matches"),
        ({"field": "subject", "like": "x" * 1_001}, "/like"),
        ({"field": "subject", "matches": "(?:\\pL{9}){9}"}, "/matches"),
    ],
)
def test_each_fault_has_its_place(filter_: object, where: str) -> None:
    assert where in places(filter_)


@pytest.mark.parametrize(
    ("filter_", "hint"),
    [
        ({"field": "subjct", "contains": "x"}, '"subject"'),
        ({"field": "form.adress", "contains": "x"}, '"from.address"'),
        ({"field": "subject", "contians": "x"}, '"contains"'),
        ({"al": [SUBJECT]}, '"all"'),
        ({"field": "header", "present": True}, "headers."),
        ({"field": "zzz", "present": True}, "rules fields"),
        ({"field": "subject", "matches": "(?=x)"}, "lookahead"),
        ({"field": "subject", "matches": "(?<!x)y"}, "lookbehind"),
        ({"field": "subject", "matches": r"(x)\1"}, "backreferences"),
        ({"field": "subject", "matches": "(?P<a>x)(?P=a)"}, "backreferences"),
        ({"field": "subject", "matches": "x++"}, "possessive"),
        ({"field": "subject", "matches": "(?>x)"}, "atomic"),
        ({"field": "subject", "matches": r"x\Z"}, r"\z"),
        ({"field": "subject", "matches": r"\u00e9"}, r"\x{"),
        ({"field": "subject", "matches": "x{2000}"}, "repeats"),
        ({"field": "sent_at", "gt": "2024-01-01"}, "RFC 3339"),
        ({}, "null"),
    ],
)
def test_hints_name_the_remedy(filter_: object, hint: str) -> None:
    assert any(hint in problem.hint for problem in problems(filter_))


def test_the_message_counts_the_faults() -> None:
    with pytest.raises(FilterInvalid, match=r"/field.*; 1 more") as refused:
        decode_filter('{"field": "subjct", "contains": 5}')
    assert refused.value.exit_code == 78


def test_canonical_is_one_spelling() -> None:
    assert canonical('{ "field":"subject",\n"contains" : "é" }') == '{"contains":"é","field":"subject"}'
    assert canonical(b"null") == "null"
    with pytest.raises(FilterInvalid):
        canonical('{"a": 1, "a": 2}')


RULE: dict[str, Any] = {
    "name": "invoices", "when": SUBJECT,
    "then": {"priority": "high", "category": "billing", "tags": ["a", "A", "b"], "company": "ACME", "assignee": "desk",
             "ticket": "append", "server": {"mark_read": True, "move_to": "Done"}, "stop": True},
}  # fmt: skip


def test_a_rule_is_decoded_whole() -> None:
    then = Actions("high", "billing", ("a", "b"), "ACME", "desk", TicketAction.APPEND, True, "Done", True)
    assert decode_rules(json.dumps([RULE])) == (Rule("invoices", Condition("subject", "contains", "x"), then),)


def test_a_rule_without_when_meets_always_and_null_is_no_rules() -> None:
    (rule,) = decode_rules('[{"name": "all", "then": {"stop": false}}]')
    assert rule == Rule("all", None, Actions())
    assert decode_rules("null") == decode_rules("[]") == ()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": None}, "/0"),
        ({"name": " "}, "/0/name"),
        ({"name": 5}, "/0/name"),
        ({"then": None}, "/0"),
        ({"then": {}}, "/0/then"),
        ({"then": []}, "/0/then"),
        ({"when": {}}, "/0/when"),
        ({"when": {"field": "subjct", "present": True}}, "/0/when/field"),
        ({"extra": 1}, "/0/extra"),
        ({"then": {"prority": "x"}}, "/0/then/prority"),
        ({"then": {"priority": ""}}, "/0/then/priority"),
        ({"then": {"priority": 5}}, "/0/then/priority"),
        ({"then": {"company": "x" * 201}}, "/0/then/company"),
        ({"then": {"category": None}}, "/0/then/category"),
        ({"then": {"tags": "x"}}, "/0/then/tags"),
        ({"then": {"tags": ["x", 5]}}, "/0/then/tags/1"),
        ({"then": {"ticket": "creat"}}, "/0/then/ticket"),
        ({"then": {"ticket": True}}, "/0/then/ticket"),
        ({"then": {"stop": "yes"}}, "/0/then/stop"),
        ({"then": {"server": True}}, "/0/then/server"),
        ({"then": {"server": {}}}, "/0/then/server"),
        ({"then": {"server": {"delete": True}}}, "/0/then/server/delete"),
        ({"then": {"server": {"mark_read": 1}}}, "/0/then/server/mark_read"),
        ({"then": {"server": {"move_to": "a\r\nb"}}}, "/0/then/server/move_to"),
    ],
)
def test_each_fault_of_a_rule_has_its_place(change: dict[str, object], where: str) -> None:
    with pytest.raises(FilterInvalid) as refused:
        decode_rules(json.dumps([{**RULE, **change}]))
    assert where in [problem.where for problem in refused.value.problems]


def test_all_faults_of_all_rules_are_told() -> None:
    with pytest.raises(FilterInvalid) as refused:
        decode_rules('[{"name": "a"}, 5, {"then": {"stop": 1}}]')
    assert [problem.where for problem in refused.value.problems] == ["/0", "/1", "/2", "/2/then/stop"]


def test_rules_are_an_array() -> None:
    with pytest.raises(FilterInvalid, match="array"):
        decode_rules("{}")


def test_the_bound_on_nodes_holds_for_all_rules_together() -> None:
    rules = [{"name": "a", "when": {"any": [SUBJECT] * 600}, "then": {"stop": True}}] * 2
    with pytest.raises(FilterInvalid, match="1000 nodes"):
        decode_rules(json.dumps(rules))
