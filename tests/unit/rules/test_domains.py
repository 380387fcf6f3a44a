"""An international domain is the same in both its forms, whichever the mail and the filter have."""

from __future__ import annotations

import pytest

from inboxsync.model.message import Address
from tests.unit.rules.samples import facts, message, takes

TRAVELLING, SHOWN = "xn--bcher-kva.example", "bücher.example"


@pytest.mark.parametrize("sent", [TRAVELLING, SHOWN])
@pytest.mark.parametrize(
    ("field", "operator", "operand", "expected"),
    [
        ("from.domain", "equals", SHOWN, True),
        ("from.domain", "equals", TRAVELLING, True),
        ("from.domain", "equals", "Bücher.Example", True),
        ("from.domain", "not_equals", SHOWN, False),
        ("from.address", "equals", f"ann@{SHOWN}", True),
        ("from.addresses", "in", ["x@example.com", f"ann@{TRAVELLING}"], True),
        ("from.domain", "equals", "bucher.example", False),
        ("from.domain", "in", ["example.com", SHOWN], True),
        ("to", "equals", SHOWN, False),
    ],
)
def test_domains_are_compared_in_one_form(
    sent: str, field: str, operator: str, operand: str | list[str], expected: bool
) -> None:
    about = facts(message(from_=(Address("Ann", f"ann@{sent}"),)))
    assert takes({"field": field, operator: operand}, about) is expected
