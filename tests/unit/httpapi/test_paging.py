"""Cursors come back as they went out, and nothing else is taken for one."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.httpapi.paging import cut, place_cursor, read_id_cursor, read_place_cursor, stretch_of
from inboxsync.httpapi.refusals import Refusal
from inboxsync.model.api_query import Place, Stretch

IDS = st.integers(1, 2**53)
TIMES = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@settings(deadline=None)
@given(TIMES, IDS, IDS)
def test_a_place_comes_back(at: datetime, message_id: int, placement_id: int) -> None:
    place = Place(at, message_id, placement_id)
    assert read_place_cursor(place_cursor(place)) == place


@settings(deadline=None)
@given(st.text(max_size=60))
def test_nothing_else_breaks(text: str) -> None:
    for read in (read_place_cursor, read_id_cursor):
        with contextlib.suppress(Refusal):
            read(text)


def test_page_and_cursor_exclude_each_other() -> None:
    assert stretch_of({"limit": 5, "page": None, "after": "7"}, read_id_cursor) == Stretch(5, 1, 7)
    with pytest.raises(Refusal, match="both"):
        stretch_of({"limit": 5, "page": 1, "after": "7"}, read_id_cursor)


def test_one_more_than_the_page_tells_of_the_next() -> None:
    assert cut([3, 2, 1], Stretch(2), str) == ([3, 2], "2")
    assert cut([3, 2], Stretch(2), str) == ([3, 2], None)
