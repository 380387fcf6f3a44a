"""Explanations show every node, what it saw, and the same answer as evaluation."""

from __future__ import annotations

import json

from inboxsync.rules.decode import decode_filter
from inboxsync.rules.explain import Explanation, explain
from inboxsync.rules.facts import Facts
from tests.unit.rules.samples import StillClock, facts

ABOUT = facts(subject="Invoice 5", to=("a@example.com", "b@example.com"), body_text="x" * 500)


def explained(filter_: object, about: Facts = ABOUT, step_s: float = 0.0) -> Explanation:
    return explain(decode_filter(json.dumps(filter_)), about, StillClock(step_s))


def test_a_condition_shows_what_it_saw() -> None:
    assert explained({"field": "to", "equals": "b@example.com"}) == Explanation(
        "", "condition", True,
        field="to", operator="equals", operand="b@example.com", seen=("a@example.com", "b@example.com"), seen_total=2,
    )  # fmt: skip


def test_every_node_is_asked_even_where_evaluation_would_stop() -> None:
    tree = explained({"any": [{"field": "subject", "contains": "invoice"}, {"not": {"field": "cc", "present": True}}]})
    assert (tree.kind, tree.pointer, tree.verdict) == ("any", "/any", True)
    assert [(child.pointer, child.verdict) for child in tree.children] == [("/any/0", True), ("/any/1/not", True)]
    assert tree.children[1].children[0].pointer == "/any/1/not"
    assert tree.children[1].children[0].verdict is False


def test_several_keys_are_parts_of_one_group() -> None:
    tree = explained({"all": [], "any": []})
    assert (tree.kind, tree.verdict) == ("group", False)
    assert [(child.kind, child.verdict) for child in tree.children] == [("all", True), ("any", False)]


def test_no_filter_takes_everything() -> None:
    assert explained(None).verdict is True


def test_long_values_and_long_lists_are_cut() -> None:
    (seen,) = explained({"field": "body_text", "contains": "y"}).seen
    assert seen == "x" * 200 + "…"
    many = explained({"field": "to", "present": True}, facts(to=[f"a{n}@example.com" for n in range(50)]))
    assert (len(many.seen), many.seen_total) == (20, 50)


def test_a_fault_leaves_open_only_what_depends_on_it() -> None:
    slow, yes = {"field": "subject", "matches": "x"}, {"field": "subject", "present": True}
    tree = explained({"all": [slow], "any": [slow, yes], "none": [slow]}, step_s=0.2)
    assert [child.verdict for child in tree.children] == [None, True, None]
    assert tree.verdict is None
    assert "100 ms" in (tree.children[0].children[0].fault or "")
    assert explained({"not": slow}, step_s=0.2).verdict is None


def test_the_tree_is_data_that_json_takes() -> None:
    filter_ = {"all": [{"field": "received_at", "gt": "2024-01-01T00:00:00Z"}, {"field": "size", "in": [1, 2]}]}
    data = explained(filter_).as_data()
    assert json.loads(json.dumps(data)) == data
    assert data["kind"] == "all"
    children = data["children"]
    assert isinstance(children, list)
    assert children[0]["seen"] == ["2024-05-08T12:00:00+00:00"]
    assert children[1]["operand"] == [1, 2]
