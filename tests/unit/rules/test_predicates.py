"""What each operator answers on texts, lists, numbers, times and missing values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inboxsync.model.message import Address
from inboxsync.rules.evaluate import needs_body
from inboxsync.rules.fields import FIELDS
from inboxsync.rules.nodes import Condition
from inboxsync.rules.operators import OPERATORS
from tests.unit.rules.samples import Situation, facts, message, takes

ABOUT = facts(
    message(
        headers={"x-blank": ("",), "x-two": ("one", "two")},
        subject="Straße: Ticket #12 É",
        from_=(Address("Ann", "ann@example.com"),),
        to=("desk@example.com", "sales@example.org"),
        sent_at=datetime(2024, 5, 7, tzinfo=UTC),
        body_text="<table>\nrow\n</table>",
    ),
    Situation(flags=("\\Seen",), size_bytes=500),
)


@pytest.mark.parametrize(
    ("field", "operator", "operand", "expected"),
    [
        ("subject", "equals", "STRASSE: ticket #12 e\u0301", True),
        ("subject", "equals", "Straße", False),
        ("subject", "contains", "TICKET", True),
        ("subject", "contains", "", True),
        ("cc", "contains", "", False),
        ("subject", "starts_with", "strasse", True),
        ("subject", "starts_with", "ticket", False),
        ("subject", "ends_with", "é", True),
        ("subject", "ends_with", "12", False),
        ("subject", "like", "strasse*#??*é", True),
        ("subject", "like", "*ticket*", True),
        ("subject", "like", "ticket*", False),
        ("subject", "like", "*ticket", False),
        ("subject", "like", "**É", True),
        ("body_text", "like", "<table>*</table>", True),
        ("from.address", "like", "ann@example?com", True),
        ("from.address", "like", "annAexample.com", False),
        ("subject", "matches", "ticket #\\d+", True),
        ("subject", "matches", "é$", True),
        ("subject", "matches", "e\u0301", True),
        ("subject", "matches", "^ticket", False),
        ("body_text", "matches", "<table.*</table>", True),
        ("body_text", "matches", "(?m)^row$", True),
        ("body_text", "matches", "(?-i)ROW", False),
        ("to", "equals", "sales@example.org", True),
        ("to", "contains", "sales", True),
        ("to", "in", ["x", "DESK@example.com"], True),
        ("to", "in", [], False),
        ("to", "in", [5, True], False),
        ("headers.x-two", "equals", "two", True),
        ("cc", "equals", "x", False),
        ("size", "equals", 500, True),
        ("size", "equals", 500.0, True),
        ("size", "equals", "500", False),
        ("size", "in", [1, 500], True),
        ("size", "in", ["500"], False),
        ("account.id", "equals", 7, True),
        ("account.id", "in", [True], False),
        ("attachments.count", "equals", False, False),
        ("attachments.count", "equals", 0, True),
        ("is_read", "equals", True, True),
        ("is_read", "equals", 1, False),
        ("is_read", "equals", "true", False),
        ("is_read", "in", [1, "true"], False),
        ("is_read", "in", [False, True], True),
        ("subject", "equals", 5, False),
        ("size", "gt", 499.5, True),
        ("size", "gt", 500, False),
        ("size", "gte", 500, True),
        ("size", "lt", 500, False),
        ("size", "lte", 500, True),
        ("age_days", "lt", 3, True),
        ("age_days", "equals", 2, True),
        ("sent_at", "gte", "2024-05-07T02:00:00+02:00", True),
        ("sent_at", "gt", "2024-05-07T00:00:00Z", False),
        ("sent_at", "equals", "2024-05-06T23:00:00-01:00", True),
        ("sent_at", "in", ["2024-05-07T00:00:00Z"], True),
        ("account.company_id", "lt", 5, False),
        ("account.company_id", "gt", 5, False),
        ("subject", "present", True, True),
        ("subject", "present", False, False),
        ("cc", "present", True, False),
        ("cc", "present", None, False),
        ("headers.x-blank", "present", True, False),
        ("is_flagged", "present", True, True),
        ("attachments.count", "present", True, True),
        ("account.company_id", "present", True, False),
    ],
)
def test_positive_operators(field: str, operator: str, operand: object, expected: bool) -> None:
    assert takes({"field": field, operator: operand}, ABOUT) is expected


@pytest.mark.parametrize(
    ("operator", "operand"),
    [
        ("equals", "x"),
        ("contains", ""),
        ("starts_with", ""),
        ("ends_with", ""),
        ("like", "*"),
        ("matches", ""),
        ("in", ["x"]),
    ],
)
def test_on_a_missing_field_positive_operators_are_false_and_negative_ones_true(operator: str, operand: object) -> None:
    assert not takes({"field": "message_id", operator: operand}, ABOUT)
    for negative in OPERATORS.values():
        if negative.negates == operator:
            assert takes({"field": "message_id", negative.name: operand}, ABOUT)


def test_a_negative_operator_on_a_list_means_no_element() -> None:
    assert not takes({"field": "to", "not_equals": "desk@example.com"}, ABOUT)
    assert takes({"field": "to", "not_contains": "example.net"}, ABOUT)


def test_present_false_is_absent_true() -> None:
    for field in ("cc", "to", "headers.x-blank"):
        assert takes({"field": field, "present": False}, ABOUT) is takes({"field": field, "absent": True}, ABOUT)
        assert takes({"field": field, "absent": False}, ABOUT) is takes({"field": field, "present": True}, ABOUT)


@pytest.mark.parametrize(
    ("operator", "right", "wrong"),
    [
        ("equals", "Straße: Ticket #12 E\u0301", "straße: ticket #12 é"),
        ("contains", "Ticket", "ticket"),
        ("starts_with", "Straße", "Strasse"),
        ("ends_with", "É", "é"),
        ("like", "Straße*", "straße*"),
        ("matches", "Ticket", "ticket"),
    ],
)
def test_case_sensitive_switches_folding_off_and_keeps_composition_equal(operator: str, right: str, wrong: str) -> None:
    assert takes({"field": "subject", operator: right, "case_sensitive": True}, ABOUT)
    assert not takes({"field": "subject", operator: wrong, "case_sensitive": True}, ABOUT)
    assert takes({"field": "subject", "in": ["x", right], "case_sensitive": True}, ABOUT) is (operator == "equals")


def test_which_fields_need_the_body() -> None:
    wanting = {field.name for field in FIELDS if needs_body(Condition(field.name, "present", True))}
    assert wanting == {
        "body", "body_text", "body_html", "has_attachments",
        "attachments.count", "attachments.names", "attachments.types", "is_auto_reply", "is_bounce",
    }  # fmt: skip
    assert not needs_body(Condition("headers.list-id", "present", True))
    assert not needs_body(None)
