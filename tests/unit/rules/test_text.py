"""Texts are the same when people would say so, and comparing them takes time linear to their length."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.rules.text import fold, normalise, to_utf8

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("STRASSE", "straße"),
        ("É", "e\u0301"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("ﬁ", "FI"),
        ("K", "k"),
        ("ǰ", "J\u030c"),
        ("ẞ", "ss"),
    ],
)
def test_caseless_equals_fold_alike(left: str, right: str) -> None:
    assert fold(left) == fold(right)


@settings(deadline=None)
@given(TEXT)
def test_folding_ignores_composition_and_is_done_after_one_time(text: str) -> None:
    assert fold(text) == fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
    assert fold(fold(text)) == fold(text)


@settings(deadline=None)
@given(TEXT)
def test_ordinary_text_is_normalised_as_unicode_says(text: str) -> None:
    assert normalise(text) == unicodedata.normalize("NFC", text)


def test_a_run_of_combining_marks_does_not_stall() -> None:
    hostile = "a" + "\u0301\u0323" * 100_000
    started = time.perf_counter()
    assert fold(hostile)
    assert time.perf_counter() - started < 3


def test_a_lone_surrogate_becomes_a_question_mark() -> None:
    assert normalise("é\udc80") == "é?"
    assert fold("\ud800") == "?"
    assert to_utf8("\udc80") == b"?"
