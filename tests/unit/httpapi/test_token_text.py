"""Tokens as text."""

from __future__ import annotations

import pytest

from inboxsync.httpapi.token_text import digest, given_token, is_same, new_token, public_part


def test_a_new_token_is_found_by_its_public_part_and_compared_as_a_whole() -> None:
    made = new_token()
    assert public_part(made.text) == made.token_id
    assert made.sha256 == digest(made.text)
    assert is_same(made.text, made.sha256)
    assert not is_same(made.text[:-1] + ("A" if made.text[-1] != "A" else "B"), made.sha256)
    assert made.text not in repr(made)


def test_each_is_another_of_256_bits() -> None:
    secrets = {new_token().text.partition("_")[2] for _ in range(50)}
    assert len(secrets) == 50
    assert all(len(one.split("_", 1)[1]) == 43 for one in secrets)


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer T", "T"),
        ("bearer  T ", "T"),
        ("Token T", "T"),
        ("Basic T", None),
        ("T", None),
        ("Bearer ", None),
        ("", None),
    ],
)
def test_headers(header: str, token: str | None) -> None:
    assert given_token(header) == token


def test_what_cannot_be_a_token_is_never_looked_up() -> None:
    assert public_part("isx_0123456789ab_short") is None
    assert public_part("x" * 100_000) is None
    assert given_token("Bearer " + "x" * 1_000) is None
