"""What is read from a query string, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.httpapi.parameters import (
    Parameter,
    boolean,
    choice,
    end_moment,
    integer,
    moment,
    read_parameters,
    row_id,
    text,
    words_of,
)
from inboxsync.httpapi.refusals import Refusal

LIMIT = Parameter("limit", integer(1, 100), "", {}, 50)
WORD = Parameter("word", choice("a", "b"), "", {}, required=True)


def refused(declared: tuple[Parameter, ...], *pairs: tuple[str, str]) -> str:
    with pytest.raises(Refusal) as caught:
        read_parameters(declared, pairs)
    assert caught.value.status == 400
    return caught.value.text


def test_every_declared_name_has_a_value() -> None:
    assert read_parameters((LIMIT, WORD), [("word", "b")]) == {"limit": 50, "word": "b"}


@pytest.mark.parametrize("value", ["0", "101", "-1", "1.0", "", " 5", "٣", "1e2", "9" * 30])
def test_numbers_are_never_clamped(value: str) -> None:
    assert "from 1 to 100" in refused((LIMIT,), ("limit", value))


def test_what_is_unknown_missing_or_given_twice_is_named() -> None:
    assert refused((LIMIT,), ("limt", "1")) == "there is no parameter 'limt'; there are limit"
    assert refused((LIMIT, WORD)) == "word is missing"
    assert refused((LIMIT,), ("limit", "1"), ("limit", "1")) == "limit is given more than once"


def test_what_was_sent_is_quoted_short_and_harmless() -> None:
    told = refused((WORD,), ("word", "\x1b]0;x\x07" + "y" * 500))
    assert "\x1b" not in told
    assert len(told) < 200


def test_days_and_times() -> None:
    assert moment("2026-03-01") == datetime(2026, 3, 1, tzinfo=UTC)
    assert moment("2026-03-01T10:00:00+01:00") == moment("2026-03-01T10:00:00 01:00") == moment("2026-03-01T09:00:00Z")
    assert end_moment("2026-03-01") == datetime(2026, 3, 2, tzinfo=UTC)
    assert end_moment("2026-03-01T09:00:00Z") == datetime(2026, 3, 1, 9, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", ["2026-02-30", "yesterday", "", "0000-01-01", "2026-13-01T00:00:00Z"])
def test_what_is_no_time(value: str) -> None:
    with pytest.raises(ValueError, match="is"):
        moment(value)


def test_the_end_of_all_time_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond"):
        end_moment("9999-12-31")


def test_words_texts_and_truth() -> None:
    assert words_of("a", "b")("b,a,b") == ("b", "a")
    assert [boolean(one) for one in ("true", "1", "False", "0")] == [True, True, False, False]
    for wrong in ("", "  ", "a\x00b", "x" * 1001):
        with pytest.raises(ValueError, match=r"is empty|has"):
            text(wrong)
    with pytest.raises(ValueError, match="true or false"):
        boolean("yes")


def test_ids_of_paths() -> None:
    assert [row_id(one) for one in ("7", "-7", "7a", "", "9" * 19, "../7", "٧")] == [7, *[None] * 6]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["limit", "word", "since", "x"]), st.text(max_size=40)), max_size=4))
def test_any_query_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    declared = (LIMIT, WORD, Parameter("since", moment, "", {}), Parameter("until", end_moment, "", {}))
    told = ""
    try:
        assert set(read_parameters(declared, pairs)) == {"limit", "word", "since", "until"}
    except Refusal as refusal:
        told = refusal.text
    assert told.isprintable()
