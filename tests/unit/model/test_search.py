"""Reading what a person searches for, and the words of texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.model.search import ATTACHMENT_MARK, PHRASE_WORDS, TERMS, WORDS, Part, SearchQuery, Term, read_query
from inboxsync.model.words import WORD_CHARS, words

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def terms(text: str) -> tuple[Term, ...]:
    return read_query(text, NOW).terms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("printer fire", (Term(("printer",)), Term(("fire",)))),
        ('"on fire" -room', (Term(("on", "fire")), Term(("room",), negated=True))),
        ("from:ann@example.com", (Term(("ann", "example", "com"), Part.FROM),)),
        ('To:"Ann M" -subject:x', (Term(("ann", "m"), Part.TO), Term(("x",), Part.SUBJECT, negated=True))),
        ("from: ann", (Term(("ann",), Part.FROM),)),
        ("has:attachment", (Term((ATTACHMENT_MARK,)),)),
        ("-HAS:attachments", (Term((ATTACHMENT_MARK,), negated=True),)),
        ("has:teeth is:odd before:soon", (Term(("has", "teeth")), Term(("is", "odd")), Term(("before", "soon")))),
        ("http://example.com a-b", (Term(("http", "example", "com")), Term(("a", "b")))),
        ('"open', (Term(("open",)),)),
        ("before:2026-02-31", (Term(("before", "2026", "02", "31")),)),
        ("AND OR NOT NEAR(", (Term(("and",)), Term(("or",)), Term(("not",)), Term(("near",)))),
        (f"{ATTACHMENT_MARK} \ue000", ()),
        ("- -- \" ' * :", ()),
    ],
)
def test_words_and_prefixes(text: str, found: tuple[Term, ...]) -> None:
    assert terms(text) == found


def test_times_bound_from_both_sides() -> None:
    query = read_query("after:2026-02 after:14d before:2026-03-10 -before:2025 -after:2026-03-12", NOW)
    assert (query.after, query.before) == (NOW - timedelta(days=14), datetime(2026, 3, 10, tzinfo=UTC))
    assert not query.terms


def test_places_and_marks() -> None:
    query = read_query('in:INBOX folder:"Sent Items" -in:Spam is:unread -is:flagged', NOW)
    assert (query.folders, query.not_folders) == (frozenset({"inbox", "sent items"}), frozenset({"spam"}))
    assert (query.is_read, query.is_starred) == (False, False)


def test_nothing_asked_is_told_from_everything() -> None:
    assert read_query(' "" - ', NOW).is_empty
    assert SearchQuery(integration="x").is_empty
    assert not read_query("is:read", NOW).is_empty


def test_a_query_is_bounded() -> None:
    assert len(terms(" ".join(f"w{number}" for number in range(200)))) == TERMS
    assert terms("word " * 1000) == terms("word")
    (phrase,) = terms('"' + "word " * 1000)
    assert len(phrase.words) == PHRASE_WORDS
    pasted = terms(" ".join(f'"w{number} {"word " * 11}"' for number in range(12)))
    assert sum(len(term.words) for term in pasted) == WORDS


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_query(text: str) -> None:
    for term in terms(text):
        assert term.words
        assert all(word == ATTACHMENT_MARK or word.isalnum() for word in term.words)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Grüße aus KÖLN", ["grusse", "aus", "koln"]),
        ("naïve Ｆｕｌｌ ﬁne", ["naive", "full", "fine"]),
        ("İstanbul", ["istanbul"]),
        ("会议 ab今", ["会", "议", "ab", "今"]),
        ("한국어", ["한국어"]),
        ("שָׁלוֹם", ["שלום"]),
        ("a_b c-d e.f@g 1.5", ["a", "b", "c", "d", "e", "f", "g", "1", "5"]),
        ("x" * 100, ["x" * WORD_CHARS]),
        ("\ue000\ue001\x00\ud800", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert list(words(text)) == found


@settings(deadline=None)
@given(st.text(max_size=100))
def test_words_of_words_are_the_same(text: str) -> None:
    once = list(words(text))
    assert list(words(" ".join(once))) == once
