"""JSON that parsers disagree about, and JSON made to hurt."""

from __future__ import annotations

import json
import time

import pytest

from inboxsync.errors import FilterInvalid, Problem
from inboxsync.rules.decode import decode_filter

LEAF = '{"field": "subject", "contains": "x"}'


def problems(text: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(FilterInvalid) as refused:
        decode_filter(text)
    return refused.value.problems


@pytest.mark.parametrize("opening", ["[", '{"not":', '{"all":['])
def test_a_hundred_thousand_levels_are_a_clean_error(opening: str) -> None:
    started = time.perf_counter()
    found = problems(opening * 100_000)
    assert any("nested" in problem.message for problem in found)
    assert time.perf_counter() - started < 5


def test_depth_is_seen_even_in_a_small_text() -> None:
    (problem,) = problems("[" * 30_000)
    assert "nested" in problem.message


def test_brackets_inside_texts_do_not_nest() -> None:
    decode_filter(json.dumps({"field": "subject", "contains": '[{"' * 500}))


def test_an_unterminated_text_full_of_escapes_is_read_once() -> None:
    started = time.perf_counter()
    problems('{"field": "' + '\\"' * 32_000)
    assert time.perf_counter() - started < 2


def nested(depth: int) -> str:
    return '{"all":[' * (depth - 1) + LEAF + "]}" * (depth - 1)


def test_32_nodes_deep_are_taken_and_33_are_not() -> None:
    decode_filter(nested(32))
    (problem,) = problems(nested(33))
    assert problem.where == "/all/0" * 32


def test_1000_nodes_are_taken_and_1001_are_not() -> None:
    decode_filter(json.dumps({"any": [json.loads(LEAF)] * 999}))
    (problem,) = problems(json.dumps({"any": [json.loads(LEAF)] * 1_000}))
    assert (problem.where, problem.message) == ("/any/999", "more than 1000 nodes")


def test_64_kib_are_taken_and_one_octet_more_is_not() -> None:
    frame = len('{"field":"subject","contains":""}')
    decode_filter('{"field":"subject","contains":"' + "x" * (65_536 - frame) + '"}')
    (problem,) = problems('{"field":"subject","contains":"' + "x" * (65_537 - frame) + '"}')
    assert "65537 octets" in problem.message


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5_000])
def test_numbers_that_cannot_be_compared_are_refused_where_they_stand(number: str) -> None:
    assert [p.where for p in problems(f'{{"field": "size", "gt": {number}}}')] == ["/gt"]
    assert [p.where for p in problems(f'{{"field": "size", "in": [1, {number}]}}')] == ["/in/1"]
    assert [p.where for p in problems(f'{{"all": {number}}}')] == ["/all"]
    assert [p.where for p in problems(number)] == [""]


def test_doubled_keys_are_refused_where_they_stand() -> None:
    found = problems('{"all": [{"field": "subject", "field": "to", "contains": "x"}], "all": []}')
    assert [problem.where for problem in found] == ["/all"]
    found = problems('{"any": [{"field": "subject", "field": "to", "contains": "x"}]}')
    assert [problem.where for problem in found] == ["/any/0/field"]


def test_invalid_json_is_told_with_line_and_column() -> None:
    (problem,) = problems('{"field": "flags",\n "equals": "\\\\\\Seen"}')
    assert "line 2 column" in problem.message
    (problem,) = problems("")
    assert "line 1 column 1" in problem.message


def test_octets_that_are_not_utf8_are_told_with_their_place() -> None:
    (problem,) = problems(b'{"field": "\xff"}')
    assert "octet 11" in problem.message


def test_half_characters_are_refused_and_told_in_printable_text() -> None:
    found = problems('{"field": "subject", "contains": "\\ud800", "\\udfff": 1}')
    assert {"/contains", "/\\udfff"} <= {problem.where for problem in found}
    for problem in found:
        f"{problem.where}{problem.message}{problem.hint}".encode()


def test_pointers_escape_their_steps() -> None:
    assert "/a~1b~0c" in [problem.where for problem in problems('{"a/b~c": 1, "all": []}')]


def test_thousands_of_faults_are_told_quickly() -> None:
    keys = {f"contains{n}": n for n in range(2_500)}
    started = time.perf_counter()
    assert len(problems(json.dumps(keys))) == 2_501
    assert time.perf_counter() - started < 5
