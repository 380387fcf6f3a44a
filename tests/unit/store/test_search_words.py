"""What the index is told of a message, and how it is asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inboxsync.model.search import read_query
from inboxsync.store.search_words import (
    ALL_MAIL,
    PLACES_TOLD,
    Document,
    Place,
    flag_marks,
    folder_marks,
    fts5_query,
    indexed,
    integration_marks,
    ts_query,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)


def text_of(*places: Place, has_attachments: bool = False) -> list[str]:
    """The words of the text column of a message that says nothing but `hello`."""
    document = Document(1, AT, "", (), (), "hello", (), has_attachments, places)
    return indexed(document).texts[3].split()


def meets(words: list[str], groups: object) -> bool:
    assert isinstance(groups, (list, tuple))
    return all(any(mark in words for mark in group) for group in groups)


def test_a_message_tells_where_it_lies_and_how() -> None:
    words = text_of(Place(3, 1, is_read=True, is_starred=False), Place(4, 1, is_read=False, is_starred=True))
    assert words[0] == ALL_MAIL
    assert words[-1] == "hello"
    assert len(words) == len(set(words))
    for groups in ([folder_marks([3])], [folder_marks([9, 4])], [integration_marks([1])]):
        assert meets(words, groups)
    for groups in ([folder_marks([34])], [folder_marks([1])], [integration_marks([3])], [folder_marks([])]):
        assert not meets(words, groups)
    for is_read in (None, True, False):
        for is_starred in (None, True, False):
            assert meets(words, flag_marks(is_read=is_read, is_starred=is_starred))
    assert not meets(text_of(Place(3, 1, is_read=True, is_starred=False)), flag_marks(is_read=False, is_starred=None))
    assert not meets(text_of(Place(3, 1, is_read=True, is_starred=False)), flag_marks(is_read=None, is_starred=True))


def test_a_message_in_very_many_folders_may_be_in_any() -> None:
    places = [Place(number, number, is_read=True, is_starred=False) for number in range(PLACES_TOLD + 1)]
    words = text_of(*places)
    for groups in (
        [folder_marks([999_999])],
        [integration_marks([999_999])],
        flag_marks(is_read=False, is_starred=True),
    ):
        assert meets(words, groups)
        assert not meets(text_of(*places[:-1]), groups)


@pytest.mark.parametrize(
    ("text", "fts5", "tsquery"),
    [
        ("red green", '"red" AND "green"', "( 'red' ) & ( 'green' )"),
        ("red -green", '("red") NOT ("green")', "( 'red' ) & !( 'green' )"),
        ("-red -from:ann", f'({ALL_MAIL}) NOT ("red" OR sender : "ann")', "!( 'red' ) & !( 'ann':B )"),
        ("after:2026-01-01", None, None),
    ],
)
def test_how_either_database_is_asked(text: str, fts5: str | None, tsquery: str | None) -> None:
    terms = read_query(text, AT).terms
    assert (fts5_query(terms), ts_query(terms)) == (fts5, tsquery)


def test_marks_are_asked_beside_the_words() -> None:
    terms = read_query("red -green", AT).terms
    assert fts5_query(terms, [["x", "y"], ["z"]]) == '("red" AND ("x" OR "y") AND ("z")) NOT ("green")'
    assert ts_query(terms, [["x", "y"]]) == "( 'red' ) & !( 'green' ) & ( 'x' | 'y' )"
    assert fts5_query((), [["x"]]) == '("x")'
