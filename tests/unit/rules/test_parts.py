"""What of a stored message has to be read for which field."""

from __future__ import annotations

import pytest

from inboxsync.model.judging import Part
from inboxsync.rules.decode import decode_filter, decode_rules
from inboxsync.rules.fields import FIELDS
from inboxsync.rules.parts import asks_company, fields_named, needs_octets, nodes_of, parts_of_field, parts_read


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("subject", set()),
        ("from.raw", set()),
        ("from.domain", {Part.PEOPLE}),
        ("to_domains", {Part.PEOPLE}),
        ("headers.to", {Part.HEADERS}),
        ("body_html", {Part.BODIES}),
        ("has_attachments", {Part.ATTACHMENTS}),
        ("is_reply", {Part.LINKS}),
        ("mailbox.folder", set()),
    ],
)
def test_the_parts_of_a_field(name: str, parts: set[Part]) -> None:
    assert parts_of_field(name) == parts


def test_filter_and_rules_are_asked_together() -> None:
    filter_ = decode_filter('{"none": [{"field": "to", "contains": "a"}]}')
    rules = decode_rules(
        '[{"name": "r", "when": {"field": "Integration.Company_ID", "equals": 1}, "then": {"stop": true}}]'
    )
    fields = fields_named(nodes_of(filter_, rules))
    assert fields == {"to", "account.company_id"}
    assert parts_read(fields) == {Part.PEOPLE}
    assert asks_company(fields)
    assert not needs_octets(fields)
    assert needs_octets({"authentication.spf"})


def test_no_field_is_read_from_a_body_that_says_it_needs_none() -> None:
    for field in FIELDS:
        heavy = parts_of_field(field.name) & {Part.BODIES, Part.ATTACHMENTS}
        assert field.needs_body or not heavy, field.name
