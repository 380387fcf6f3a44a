"""Cleaning at the storage boundary."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.store.cleaning import (
    KEY_LIMIT_BYTES,
    clean_headers,
    clean_json,
    clean_key,
    clean_size,
    clean_text,
    clean_time,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    ("given_text", "cleaned"),
    [
        ("plain\ttext\r\nwith lines", "plain\ttext\r\nwith lines"),
        ("a\x00b", "a\u2400b"),
        ("\x1b[31m", "\u241b[31m"),
        ("a\x7fb", "a\u2421b"),
        ("one\x85two\x9b", "one\ntwo\ufffd"),
        ("half \ud83d emoji", "half \ufffd emoji"),
        ("\ufffe\uffff\ufdd0\U0010ffff", "\ufffd" * 4),
        ("déjà 日本 😀 \u200f\u2028", "déjà 日本 😀 \u200f\u2028"),
    ],
)
def test_only_what_a_column_cannot_hold_is_replaced(given_text: str, cleaned: str) -> None:
    assert clean_text(given_text) == cleaned


@settings(deadline=None)
@given(ANY_TEXT)
def test_every_text_becomes_storable_and_cleaning_again_changes_nothing(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert len(cleaned) == len(text)
    assert not set(cleaned) & ({chr(code) for code in range(32)} - set("\t\n\r"))
    assert sqlite3.connect(":memory:").execute("SELECT ?, length(?)", (cleaned, cleaned)).fetchone() == (
        cleaned,
        len(cleaned),
    )


@settings(deadline=None)
@given(st.recursive(ANY_TEXT | st.integers() | st.none() | st.booleans(), lambda inner: st.lists(inner, max_size=3)))
def test_json_values_keep_their_shape(value: object) -> None:
    cleaned = clean_json(value)
    assert clean_json(cleaned) == cleaned
    assert type(cleaned) is type(value)


def test_json_keys_and_tuples_are_cleaned_too() -> None:
    assert clean_json({"a\x00": ("b\x00", 1, None)}) == {"a\u2400": ["b\u2400", 1, None]}


def test_one_dirty_header_is_cleaned_and_the_others_stay() -> None:
    headers = {"subject": ("a\x00", "b"), "x\x01": ("c",)}
    assert clean_headers(headers) == {"subject": ["a\u2400", "b"], "x\u2401": ["c"]}


@settings(deadline=None)
@given(ANY_TEXT, ANY_TEXT)
def test_different_keys_stay_different(one: str, other: str) -> None:
    assert (clean_key(one) == clean_key(other)) is (one == other)


def test_keys_that_clean_alike_stay_different() -> None:
    assert clean_key("a\x00b") != clean_key("a\x01b") != clean_key("a\u2400b")
    assert clean_key("a\u2400b") == "a\u2400b"


@pytest.mark.parametrize("text", ["x" * 5000, "é" * 998, "日" * 4000])
def test_a_long_key_is_short_enough_for_an_index_and_still_its_own(text: str) -> None:
    key = clean_key(text)
    assert len(key.encode()) <= KEY_LIMIT_BYTES
    assert key != clean_key(text + "y")
    assert clean_key(key) == key


@pytest.mark.parametrize(("claimed", "kept"), [(10**20, 2**40), (-1, 0), (5, 5)])
def test_sizes_fit_a_column(claimed: int, kept: int) -> None:
    assert clean_size(claimed) == kept


def test_times_come_to_utc_where_the_calendar_allows() -> None:
    east = timezone(timedelta(hours=14))
    assert clean_time(datetime(2026, 1, 1, 14, tzinfo=east)) == datetime(2026, 1, 1, tzinfo=UTC)
    assert clean_time(datetime(1, 1, 1, tzinfo=east)) is None
    assert clean_time(datetime(2026, 1, 1)) == datetime(2026, 1, 1, tzinfo=UTC)
    assert clean_time(None) is None
