from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.mail.addresses import parse_addresses
from inboxsync.mail.limits import ParseLimits, Parsing


def pairs(value: str | bytes) -> list[tuple[str, str]]:
    octets = value.encode() if isinstance(value, str) else value
    return [(a.name, a.address) for a in parse_addresses(octets, Parsing())]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@Example.COM", [("", "a@example.com")]),
        ("Jane Doe <Jane@Example.com>", [("Jane Doe", "Jane@example.com")]),
        ('"Doe, Jane" <j@x.org>, b@x.org', [("Doe, Jane", "j@x.org"), ("", "b@x.org")]),
        ('"ceo@bank.example" <evil@x.org>', [("ceo@bank.example", "evil@x.org")]),
        ("ceo@bank.example <evil@x.org>", [("ceo@bank.example", "evil@x.org")]),
        ('"ceo@bank.example" evil@x.org', [('ceo@bank.example', "evil@x.org")]),
        ('"ceo@bank.example"', [("ceo@bank.example", "")]),
        ("=?utf-8?Q?a=40b.example=2C_=3Cc=40d.example=3E?= <e@f.org>", [("a@b.example, <c@d.example>", "e@f.org")]),
        ("=?utf-8?Q?Doe,_Jane?= <j@x.org>", [("Doe, Jane", "j@x.org")]),
        ("j@x.org (Jane (the first) Doe)", [("Jane (the first) Doe", "j@x.org")]),
        ("Team: a@x.org, B <b@x.org>;, c@x.org", [("", "a@x.org"), ("B", "b@x.org"), ("", "c@x.org")]),
        ("undisclosed-recipients:;", []),
        ('"john smith"@x.org', [("", '"john smith"@x.org')]),
        ('<"john smith"@x.org>', [("", '"john smith"@x.org')]),
        ("<@relay.example,@two.example:a@x.org>", [("", "a@x.org")]),
        ("Jane jane@x.org", [("Jane", "jane@x.org")]),
        ("jane @ x.org", [("", "jane@x.org")]),
        ('"john smith" @ x . org, b@x.org', [("", '"john smith"@x.org'), ("", "b@x.org")]),
        ("Nobody", [("Nobody", "")]),
        ("<>", []),
        ("", []),
        (",,;", []),
        ("<a@x.org", [("", "a@x.org")]),
        ("<a@x.org, b@x.org", [("", "a@x.org"), ("", "b@x.org")]),
        ('Jane "unclosed <a@x.org>', [("Jane unclosed", "a@x.org")]),
        ("Jane (unclosed <a@x.org>", [("Jane unclosed", "a@x.org")]),
        ("Renée <renée@exämple.org>", [("Renée", "renée@exämple.org")]),
        ("Renée <a@x.org>".encode("latin-1"), [("Renée", "a@x.org")]),
        ('"Esc \\"x\\" y" <a@x.org>', [('Esc "x" y', "a@x.org")]),
        ("a@b@x.org", [("", "a@b@x.org")]),
        ("a;b@x.org", [("a", ""), ("", "b@x.org")]),
    ],
)  # fmt: skip
def test_addresses(value: str | bytes, expected: list[tuple[str, str]]) -> None:
    assert pairs(value) == expected


def test_too_many_are_cut_and_told() -> None:
    parsing = Parsing(ParseLimits(addresses=2))
    assert len(parse_addresses(b"a@x, b@x, c@x", parsing)) == 2
    assert parsing.defects.as_tuple() == ("addresses_limit",)


NAMES = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x17F, exclude_characters='"\\\x7f'), min_size=1, max_size=20
)


@given(st.lists(NAMES.filter(str.isprintable).filter(lambda n: "=?" not in n), min_size=1, max_size=5))
@settings(deadline=None, max_examples=100)
def test_quoted_names_never_change_who_is_addressed(names: list[str]) -> None:
    value = ", ".join(f'"{name}" <u{i}@example.com>' for i, name in enumerate(names))
    assert pairs(value) == [(name, f"u{i}@example.com") for i, name in enumerate(names)]
