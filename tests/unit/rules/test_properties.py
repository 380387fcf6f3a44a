"""Laws that hold for every filter and every message."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.errors import FilterInvalid
from inboxsync.model.message import Address, ParsedMessage
from inboxsync.rules.decode import canonical, decode_filter, decode_rules
from inboxsync.rules.evaluate import compile_filter
from inboxsync.rules.explain import explain
from inboxsync.rules.facts import Facts
from inboxsync.rules.fields import FIELDS, Kind, field_names
from inboxsync.rules.nodes import Condition
from inboxsync.rules.operators import OPERATORS, OperandKind
from tests.unit.rules.samples import Situation, StillClock, attachment, facts, takes

# Texts of few letters, so that they meet; and everything that has broken a comparison before.
TEXT = st.text("aAéÉe\u0301ß\n #5.", max_size=6) | st.sampled_from(
    ["\udc80", "\x00", "İ", "ﬁ", "\\Seen", "<a@a>", "\U0001f600"]
)
TIME = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)) | st.datetimes()
ADDRESSES = st.lists(st.builds(Address, TEXT, TEXT | st.builds("{}@{}".format, TEXT, TEXT)), max_size=2).map(tuple)
MESSAGE = st.builds(
    ParsedMessage,
    size_bytes=st.integers(0, 5),
    raw_sha256=st.just(""),
    fingerprint=st.just(""),
    message_id=st.none() | TEXT,
    subject=TEXT,
    from_=ADDRESSES,
    from_raw=TEXT,
    sender=ADDRESSES,
    reply_to=ADDRESSES,
    to=ADDRESSES,
    cc=ADDRESSES,
    bcc=ADDRESSES,
    sent_at=st.none() | TIME,
    body_text=st.none() | TEXT,
    body_html=st.none() | TEXT,
    headers=st.dictionaries(st.just("x-a"), st.lists(TEXT, max_size=2).map(tuple)),
    authentication=st.dictionaries(st.sampled_from(["spf", "dmarc"]), TEXT),
    attachments=st.lists(st.builds(attachment, st.none() | TEXT, TEXT, is_inline=st.booleans()), max_size=2).map(tuple),
    is_bulk=st.booleans(),
)
SITUATION = st.builds(
    Situation,
    flags=st.lists(TEXT | st.just("\\Seen"), max_size=2).map(tuple),
    folder=TEXT,
    size_bytes=st.integers(0, 5),
    received_at=st.none() | TIME,
    company_id=st.none() | st.integers(0, 5),
)
FACTS = st.builds(facts, MESSAGE, SITUATION)

OPERAND_TEXT = st.text("aAéÉe\u0301ß\n #5*?", max_size=3)
SCALAR = OPERAND_TEXT | st.integers(-1, 5) | st.booleans() | st.floats(-1, 5)
MOMENT = st.sampled_from(["2024-05-08T12:00:00Z", "0001-01-02T00:00:00+00:00", "9999-12-30T00:00:00-12:00"])
OPERANDS = {
    OperandKind.SCALAR: SCALAR,
    OperandKind.SCALARS: st.lists(SCALAR, max_size=3),
    OperandKind.TEXT: OPERAND_TEXT,
    OperandKind.WILDCARD: OPERAND_TEXT,
    OperandKind.PATTERN: st.sampled_from(["a", "^a$", "[éß]", r"\s|5", "(?-i)A", "", r"\pL+", r"\bA"]),
    OperandKind.BOUND: st.integers(-1, 5) | st.floats(-1, 5),
    OperandKind.PRESENCE: st.booleans() | st.none(),
}
TIME_OPERANDS = {
    OperandKind.SCALAR: MOMENT, OperandKind.SCALARS: st.lists(MOMENT, max_size=2),
    OperandKind.BOUND: MOMENT, OperandKind.PRESENCE: st.booleans(),
}  # fmt: skip


@st.composite
def conditions(draw: st.DrawFn, operator: str | None = None) -> dict[str, Any]:
    used = OPERATORS[operator or draw(st.sampled_from(list(OPERATORS)))]
    names = [name for field in FIELDS for name in (field.name, *field.aliases) if field.kind in used.kinds]
    name = draw(st.sampled_from(names + (["headers.x-a"] if Kind.LIST in used.kinds else [])))
    is_time = any(field.name == name and field.kind is Kind.TIME for field in FIELDS)
    operand = draw((TIME_OPERANDS if is_time else OPERANDS)[used.operand])
    return {"field": name, used.name: operand, "case_sensitive": draw(st.booleans())}


def groups(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    nodes = st.lists(below, max_size=3)
    group = st.fixed_dictionaries({}, optional={"all": nodes, "any": nodes, "none": nodes, "not": below})
    return group.filter(bool)


NODES = st.recursive(conditions(), groups, max_leaves=6)
NEGATIVE = [(operator.name, operator.negates) for operator in OPERATORS.values() if operator.negates]


@settings(deadline=None)
@given(NODES, FACTS)
def test_not_not_is_nothing(node: Any, about: Facts) -> None:
    assert takes({"not": {"not": node}}, about) is takes(node, about)
    assert takes({"none": [node]}, about) is takes({"not": node}, about) is not takes(node, about)


@settings(deadline=None)
@given(st.lists(NODES, max_size=3), FACTS)
def test_de_morgan(nodes: list[Any], about: Facts) -> None:
    negated = [{"not": node} for node in nodes]
    assert takes({"not": {"all": nodes}}, about) is takes({"any": negated}, about)
    assert takes({"not": {"any": nodes}}, about) is takes({"all": negated}, about)
    assert takes({"none": nodes}, about) is takes({"not": {"any": nodes}}, about)


@settings(deadline=None)
@given(st.lists(NODES, max_size=3), FACTS, st.randoms(use_true_random=False))
def test_order_does_not_matter(nodes: list[Any], about: Facts, randomness: Any) -> None:
    shuffled = list(nodes)
    randomness.shuffle(shuffled)
    for key in ("all", "any", "none"):
        assert takes({key: nodes}, about) is takes({key: shuffled}, about)


@settings(deadline=None)
@given(st.sampled_from(NEGATIVE), st.data(), FACTS)
def test_each_negative_operator_is_the_negation_of_its_twin(
    pair: tuple[str, str], data: st.DataObject, about: Facts
) -> None:
    negative, positive = pair
    condition = data.draw(conditions(negative))
    twin = {positive if key == negative else key: value for key, value in condition.items()}
    assert takes(condition, about) is not takes(twin, about)


@settings(deadline=None)
@given(NODES, FACTS)
def test_explaining_agrees_with_deciding_and_is_data(node: Any, about: Facts) -> None:
    tree = explain(decode_filter(json.dumps(node)), about, StillClock())
    assert tree.verdict is takes(node, about)
    json.dumps(tree.as_data())


@settings(deadline=None)
@given(FACTS, st.floats(0, 0.2))
def test_every_field_and_operator_answers_on_every_message(about: Facts, step_s: float) -> None:
    samples = {
        OperandKind.SCALAR: "a", OperandKind.SCALARS: ("a", 1, True), OperandKind.TEXT: "a",
        OperandKind.WILDCARD: "*a?",
        OperandKind.PATTERN: "a.", OperandKind.BOUND: 1, OperandKind.PRESENCE: True,
    }  # fmt: skip
    for field in FIELDS:
        for operator in OPERATORS.values():
            if field.kind not in operator.kinds:
                continue
            is_moment = field.kind is Kind.TIME and operator.operand is OperandKind.BOUND
            operand: Any = "2024-05-08T12:00:00Z" if is_moment else samples[operator.operand]
            verdict = compile_filter(Condition(field.name, operator.name, operand), StillClock(step_s)).decide(about)
            assert not (verdict.taken and verdict.fault)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([*field_names(), *OPERATORS]),
    lambda below: (
        st.lists(below, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["all", "any", "none", "not", "field", "name", "when", "then", "tags", "server", *OPERATORS]
            )
            | st.text(max_size=3),
            below,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def decode_all(text: str | bytes) -> None:
    for decode in (decode_filter, decode_rules, canonical):
        try:
            decode(text)
        except FilterInvalid as refused:
            problems = refused.problems
        else:
            continue
        assert problems
        for problem in problems:
            f"{problem}{problem.hint}".encode()


@settings(deadline=None)
@given(JSON)
def test_decoding_any_json_ends_well(value: object) -> None:
    decode_all(json.dumps(value))


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60))
def test_decoding_anything_at_all_ends_well(text: str | bytes) -> None:
    decode_all(text)


@settings(deadline=None)
@given(NODES)
def test_the_canonical_spelling_means_the_same_and_is_its_own(node: Any) -> None:
    text = canonical(json.dumps(node))
    assert decode_filter(text) == decode_filter(json.dumps(node))
    assert canonical(text) == text


def test_the_farthest_times_are_compared() -> None:
    about = facts(ParsedMessage(1, "", "", sent_at=datetime.max.replace(tzinfo=UTC) - timedelta(days=1)))
    assert takes({"field": "sent_at", "gt": "0001-01-01T00:00:00+23:59"}, about)
