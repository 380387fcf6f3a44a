"""The shipped schema is what the code says, and agrees with the decoder."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.errors import FilterInvalid
from inboxsync.rules.decode import decode_filter, decode_rules
from inboxsync.rules.fields import FIELDS, field_names
from inboxsync.rules.operators import OPERATORS
from inboxsync.rules.schema import filter_schema, schema_text
from tests.unit.rules.schema_check import conforms

SCHEMA = filter_schema()
SUBJECT = {"field": "subject", "contains": "x"}


def decodes(value: object) -> bool:
    try:
        decode_filter(json.dumps(value))
    except FilterInvalid:
        return False
    return True


def rules_decode(value: object) -> bool:
    try:
        decode_rules(json.dumps(value))
    except FilterInvalid:
        return False
    return True


def test_the_shipped_file_is_what_the_code_makes() -> None:
    shipped = files("inboxsync.rules").joinpath("filter.schema.json").read_text(encoding="utf-8")
    assert shipped == schema_text()


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize(
    "operand", ["x", 5, 1.5, True, None, ["x"], [["x"]], {}, "2024-01-01T00:00:00Z", ["2024-01-01T00:00:00Z"]]
)
def test_decoder_and_schema_agree_on_every_field_operator_and_operand(operator: str, operand: object) -> None:
    for name in (*field_names(), "HEADERS.X.y", "From.Domain"):
        condition = {"field": name, operator: operand}
        assert conforms(condition, SCHEMA, SCHEMA) is decodes(condition), condition


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        5,
        "x",
        [],
        {},
        SUBJECT,
        {**SUBJECT, "case_sensitive": True},
        {**SUBJECT, "case_sensitive": 1},
        {**SUBJECT, "equals": "y"},
        {**SUBJECT, "all": []},
        {"field": "subject"},
        {"contains": "x"},
        {"field": 5, "contains": "x"},
        {"field": "nothing", "present": True},
        {"field": "headers.", "present": True},
        {"field": "headers.a:b", "present": True},
        {"all": []},
        {"all": [SUBJECT], "any": [], "none": [SUBJECT], "not": SUBJECT},
        {"not": [SUBJECT]},
        {"all": SUBJECT},
        {"any": [{"not": {"all": [{}]}}]},
        {"any": [None]},
        {"bogus": 1},
        {"all": [], "bogus": 1},
        {"field": "subject", "matches": "x" * 1_001},
    ],
)
def test_decoder_and_schema_agree_on_shapes(value: object) -> None:
    assert conforms(value, SCHEMA, SCHEMA) is decodes(value)


@pytest.mark.parametrize(
    "then",
    [
        {"stop": True},
        {},
        None,
        [],
        {"stop": 1},
        {"priority": "high"},
        {"priority": " "},
        {"priority": ""},
        {"priority": 5},
        {"company": "x" * 200},
        {"company": "x" * 201},
        {"assignee": "a\nb"},
        {"tags": []},
        {"tags": ["a", "b c"]},
        {"tags": [""]},
        {"tags": "a"},
        {"ticket": "none"},
        {"ticket": "x"},
        {"server": {}},
        {"server": {"mark_read": False}},
        {"server": {"move_to": "Größe/x"}},
        {"server": {"move_to": "\x7f"}},
        {"server": {"x": 1}},
        {"bogus": 1},
    ],
)
def test_decoder_and_schema_agree_on_rules(then: object) -> None:
    rules = {"$ref": "#/$defs/rules"}
    for rule in (
        {"name": "a", "then": then},
        {"name": "a", "when": SUBJECT, "then": then},
        {"then": then},
        {"name": "", "then": then},
    ):
        assert conforms([rule], rules, SCHEMA) is rules_decode([rule]), rule
    assert conforms(None, rules, SCHEMA) is rules_decode(None) is True


SCALAR = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["x", "subject", "2024-01-01T00:00:00Z"])
CONDITION = st.fixed_dictionaries(
    {"field": st.sampled_from([field.name for field in FIELDS]) | SCALAR},
    optional={name: SCALAR | st.lists(SCALAR, max_size=2) for name in (*OPERATORS, "case_sensitive")},
)
NODE = st.recursive(
    CONDITION | SCALAR,
    lambda below: st.dictionaries(
        st.sampled_from(["all", "any", "none", "not", "x"]), below | st.lists(below, max_size=2)
    ),
    max_leaves=5,
)


@settings(deadline=None, max_examples=150)
@given(NODE)
def test_decoder_and_schema_agree_on_anything(value: object) -> None:
    assert conforms(value, SCHEMA, SCHEMA) is decodes(value)
