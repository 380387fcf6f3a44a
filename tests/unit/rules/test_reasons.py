"""What decided: the shortest true answer, which is the same whenever the message is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from inboxsync.rules.decode import decode_filter
from inboxsync.rules.explain import Explanation, explain
from inboxsync.rules.facts import Facts
from inboxsync.rules.nodes import Node
from inboxsync.rules.reasons import Reasons, describe
from tests.unit.rules.samples import StillClock, facts
from tests.unit.rules.test_properties import FACTS, NODES

A = {"field": "subject", "contains": "a"}
B = {"field": "subject", "contains": "b"}
ABOUT = facts(subject="a", from_=("ann@example.com",))


def decoded(filter_: object) -> Node | None:
    return decode_filter(json.dumps(filter_))


def why(filter_: object, about: Facts = ABOUT) -> str | None:
    return Reasons(decoded(filter_), StillClock()).why(about)


@pytest.mark.parametrize(
    ("filter_", "pointer"),
    [
        (None, None),
        (A, ""),
        ({"all": [A, A]}, "/all"),
        ({"all": [A, B]}, "/all/1"),
        ({"any": [B, A]}, "/any/1"),
        ({"any": [B, B]}, "/any"),
        ({"none": [B, A]}, "/none/1"),
        ({"none": [B]}, "/none"),
        ({"not": B}, "/not"),
        ({"not": A}, "/not"),
        ({"all": [A], "none": [A]}, "/none/0"),
        ({"all": [A], "none": [B]}, ""),
        ({"all": [{"any": [B, {"not": {"all": [A, B]}}]}]}, "/all"),
        ({"any": [{"any": [B, {"not": {"all": [A, B]}}]}]}, "/any/0/any/1/not/all/1"),
    ],
)
def test_what_decided_is_named(filter_: object, pointer: str | None) -> None:
    assert why(filter_) == pointer


def test_patterns_that_take_too_long_leave_it_open() -> None:
    node = decoded({"field": "subject", "matches": "a"})
    assert Reasons(node, StillClock(1.0)).why(ABOUT) is None


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ("/all/0", 'subject contains "a"'),
        ("/all/1/any", "any of its conditions"),
        ("/all/1/any/0", 'from.domain in ["x.example", 5]'),
        ("", "all of its conditions"),
        ("/not", "is_read equals true"),
    ],
)
def test_a_pointer_is_put_into_words(pointer: str, words: str) -> None:
    domain = {"field": "from.domain", "in": ["x.example", 5]}
    node = decoded({"all": [A, {"any": [domain]}], "not": {"field": "is_read", "equals": True}})
    assert describe(node, pointer) == words


def test_words_are_bounded() -> None:
    node = decoded({"field": "subject", "in": ["x" * 50, "y" * 50]})
    assert len(describe(node, "")) < 100


def find(tree: Explanation, pointer: str) -> Explanation | None:
    if tree.pointer == pointer:
        return tree
    return next((found for child in tree.children if (found := find(child, pointer)) is not None), None)


@settings(deadline=None)
@given(NODES, FACTS)
def test_the_reason_is_part_of_the_tree_and_can_be_put_into_words(node: Any, about: Facts) -> None:
    pointer = why(node, about)
    assert pointer is not None
    tree = explain(decoded(node), about, StillClock())
    # A group of one key has its own pointer in the tree, its key's; all of the filter is "" in both.
    assert pointer == "" or find(tree, pointer) is not None
    assert describe(decoded(node), pointer)
