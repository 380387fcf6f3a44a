"""Tokens of an address list: what encloses, what escapes, and how an address is spelled from them."""

from __future__ import annotations

import pytest

from inboxsync.mail.address_tokens import Token, show, spell, tokens, words_of


def _kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.piece) for token in tokens(text)]


def test_each_kind_of_token_is_told_apart() -> None:
    assert _kinds('"Doe, J" (at (home)) =?utf-8?q?a=2C_b?= \\"x <j@example.com>,') == [
        ("quoted", "Doe, J"),
        ("blank", " "),
        ("comment", "at (home)"),
        ("blank", " "),
        ("word", "=?utf-8?q?a=2C_b?="),
        ("blank", " "),
        ("escaped", '"'),
        ("atom", "x"),
        ("blank", " "),
        ("special", "<"),
        ("atom", "j@example.com"),
        ("special", ">"),
        ("special", ","),
    ]


@pytest.mark.parametrize("text", ['"Ann <ann@example.com>', "(Ann <ann@example.com>", '"Ann (Bo <ann@example.com>'])
def test_what_is_never_closed_encloses_nothing(text: str) -> None:
    assert ("special", "<") in _kinds(text)
    assert ("atom", "ann@example.com") in _kinds(text)


@pytest.mark.parametrize("text", ["\xa0", "\x85", "\xc3\xa0", "\xc4\x85"])
def test_octets_of_letters_are_no_white_space(text: str) -> None:
    assert _kinds(f"a{text}b") == [("atom", f"a{text}b")]


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("ada @ example . com", "ada@example.com"),
        ('"ada  love" @example.com', '"ada  love"@example.com'),
        ("ada \t love@example.com", "ada love@example.com"),
        (" ada@example.com ", "ada@example.com"),
    ],
)
def test_blanks_are_dropped_around_dots_and_the_at_sign_only(text: str, spelled: str) -> None:
    assert spell(list(tokens(text))) == spelled


def test_a_name_is_shown_without_quotes_and_backslashes() -> None:
    assert show(list(tokens(' "Ann \\"Bo\\" Doe"\t\\, MD '))) == 'Ann "Bo" Doe , MD'


def test_words_are_what_white_space_parts() -> None:
    assert words_of(list(tokens(' Ann "B o"C  '))) == [
        [Token("atom", "Ann")],
        [Token("quoted", "B o"), Token("atom", "C")],
    ]
