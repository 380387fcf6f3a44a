"""Where a header alone tells yes or no, the whole message tells the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from inboxsync.rules.by_header import ByHeader
from inboxsync.rules.decode import decode_filter
from inboxsync.rules.facts import Facts
from inboxsync.rules.source import Source
from tests.unit.rules.samples import StillClock, facts, takes
from tests.unit.rules.test_properties import FACTS, NODES

YES = {"field": "subject", "contains": "a"}
NO = {"field": "subject", "contains": "b"}
BODY = {"field": "body", "contains": "x"}


def by_header(filter_: object, about: Facts, step_s: float = 0.0) -> bool | None:
    return ByHeader(decode_filter(json.dumps(filter_)), StillClock(step_s)).takes(about)


@pytest.mark.parametrize(
    ("filter_", "answer"),
    [
        (None, True),
        (YES, True),
        (BODY, None),
        ({"not": BODY}, None),
        ({"all": [BODY, NO]}, False),
        ({"all": [BODY, YES]}, None),
        ({"any": [BODY, YES]}, True),
        ({"any": [BODY, NO]}, None),
        ({"none": [BODY, YES]}, False),
        ({"none": [BODY, NO]}, None),
        ({"none": [NO]}, True),
        ({"all": [YES], "not": BODY}, None),
        ({"field": "has_attachments", "equals": False}, None),
    ],
)
def test_what_the_header_tells(filter_: object, answer: bool | None) -> None:
    assert by_header(filter_, facts(subject="a")) is answer


def test_slow_patterns_are_left_to_the_run() -> None:
    assert by_header({"field": "subject", "matches": "a"}, facts(subject="a"), 1.0) is None


def without_body(about: Facts) -> Facts:
    source: Source = about.source
    bare = replace(source.parsed, body_text=None, body_html=None, attachments=(), is_bounce=False, is_auto_reply=False)
    return Facts(source._replace(parsed=bare))


@settings(deadline=None)
@given(NODES, FACTS)
def test_an_answer_by_the_header_is_the_answer(node: Any, about: Facts) -> None:
    answer = by_header(node, without_body(about))
    assert answer is None or answer is takes(node, about)
