"""Mailboxes of an address list as tokens: where one ends, and what in it is name, address and comment."""

from __future__ import annotations

import pytest

from inboxsync.mail.address_tokens import show, spell
from inboxsync.mail.mailboxes import mailboxes


def _read(text: str) -> list[tuple[str, str | None]]:
    """Phrase and what stands in angle brackets, None without any."""
    return [
        (show(mailbox.phrase), None if mailbox.angle is None else spell(mailbox.angle)) for mailbox in mailboxes(text)
    ]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Ann <a@example.com>, b@example.com", [("Ann", "a@example.com"), ("b@example.com", None)]),
        ("Doe, Ann <a@example.com>", [("Doe, Ann", "a@example.com")]),
        ("a@example.com, Bo <b@example.com>", [("a@example.com", None), ("Bo", "b@example.com")]),
        ("Ann <a@example.com> Bo <b@example.com>", [("Ann", "a@example.com"), ("Bo", "b@example.com")]),
        ("<Ann> <a@example.com>", [("Ann", "a@example.com")]),
        ("team: a@example.com, b@example.com;", [("a@example.com", None), ("b@example.com", None)]),
        ("Ann <a@example.com>: b@example.com", [("Ann", "a@example.com"), ("b@example.com", None)]),
        ("nobody:;", []),
        (",;", []),
        ("<@x.example,@y.example:a@example.com>", [("", "@x.example,@y.example:a@example.com")]),
        ("Ann <>", [("Ann", "")]),
    ],
)
def test_mailboxes_end_where_a_reader_sees_them_end(text: str, read: list[tuple[str, str | None]]) -> None:
    assert _read(text) == read


def test_only_comments_outside_the_address_are_kept() -> None:
    (mailbox,) = mailboxes("(first) a <(second) a@example.com> (third)")

    assert [token.piece for token in mailbox.comments] == ["first", "third"]
