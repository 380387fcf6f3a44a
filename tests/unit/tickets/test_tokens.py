"""Reply tokens: what was signed is found, wherever it stands in an id; nothing else is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.tickets.tokens import holds_token, reply_token, ticket_ids, token_key

KEY = token_key(b"k" * 32, "store-1")
OTHER_KEY = token_key(b"k" * 32, "store-2")


@settings(deadline=None)
@given(st.integers(1, 10**18 - 1), st.binary(min_size=32, max_size=32))
def test_what_was_signed_is_found(ticket_id: int, master: bytes) -> None:
    key = token_key(master, "store")
    token = reply_token(ticket_id, key)
    for identifier in (token, f"{token}@example.com", f"{token}.5f3a@example.com", f"x.{token.upper()}@example.com"):
        assert ticket_ids([identifier], [OTHER_KEY, key]) == (ticket_id,)
        assert holds_token([identifier])


@settings(deadline=None)
@given(st.integers(0, 25), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_another_mac_is_none(place: int, letter: str) -> None:
    token = reply_token(7, KEY)
    at = len("t-7-") + place
    changed = token[:at] + letter + token[at + 1 :]
    assert ticket_ids([f"{changed}@example.com"], [KEY]) == (() if changed != token else (7,))


def test_a_token_is_of_its_ticket_its_store_and_its_key() -> None:
    mac = reply_token(7, KEY).removeprefix("t-7-")
    hostile = [f"t-8-{mac}@x", f"t-07-{mac}a@x", f"t-7-{mac[:-1]}@x", f"at-7-{mac}@x", "t-7-@x", "t--@x", "", "t-7"]
    assert ticket_ids(hostile, [KEY]) == ()
    assert ticket_ids([reply_token(7, KEY)], [OTHER_KEY]) == ()
    assert ticket_ids([reply_token(7, KEY)], []) == ()
    assert not holds_token(["m1@example.com", ""])


def test_each_ticket_is_found_once_in_order() -> None:
    ids = [f"{reply_token(9, KEY)}@x", f"{reply_token(3, KEY)}@x", f"{reply_token(9, KEY)}.2@x"]
    assert ticket_ids(ids, [KEY]) == (9, 3)


@settings(deadline=None)
@given(st.lists(st.text()))
def test_any_text_is_read(identifiers: list[str]) -> None:
    assert ticket_ids(identifiers, [KEY]) == ()
