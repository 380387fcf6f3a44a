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
        ('"Doe, Jane" <j@x.test>, b@x.test', [("Doe, Jane", "j@x.test"), ("", "b@x.test")]),
        ('"ceo@bank.example" <evil@x.test>', [("ceo@bank.example", "evil@x.test")]),
        ("ceo@bank.example <evil@x.test>", [("ceo@bank.example", "evil@x.test")]),
        ('"ceo@bank.example" evil@x.test', [('ceo@bank.example', "evil@x.test")]),
        ('"ceo@bank.example"', [("ceo@bank.example", "")]),
        ("=?utf-8?Q?a=40b.example=2C_=3Cc=40d.example=3E?= <e@f.test>", [("a@b.example, <c@d.example>", "e@f.test")]),
        ("=?utf-8?Q?Doe,_Jane?= <j@x.test>", [("Doe, Jane", "j@x.test")]),
        ("j@x.test (Jane (the first) Doe)", [("Jane (the first) Doe", "j@x.test")]),
        ("Team: a@x.test, B <b@x.test>;, c@x.test", [("", "a@x.test"), ("B", "b@x.test"), ("", "c@x.test")]),
        ("undisclosed-recipients:;", []),
        ('"john smith"@x.test', [("", '"john smith"@x.test')]),
        ('<"john smith"@x.test>', [("", '"john smith"@x.test')]),
        ("<@relay.example,@two.example:a@x.test>", [("", "a@x.test")]),
        ("Jane jane@x.test", [("Jane", "jane@x.test")]),
        ("jane @ x.test", [("", "jane@x.test")]),
        ('"john smith" @ x . test, b@x.test', [("", '"john smith"@x.test'), ("", "b@x.test")]),
        ("Nobody there", [("Nobody there", "")]),
        ("root", [("root", "")]),
        ("Ada (a@x.test)", [("Ada", "a@x.test")]),
        ("daemon (Backup Job)", [("Backup Job", "daemon")]),
        ("<>", []),
        ("", []),
        (",,;", []),
        ("<a@x.test", [("", "a@x.test")]),
        ("<a@x.test, b@x.test", [("", "a@x.test"), ("", "b@x.test")]),
        ('Jane "unclosed <a@x.test>', [("Jane unclosed", "a@x.test")]),
        ("Jane (unclosed <a@x.test>", [("Jane unclosed", "a@x.test")]),
        ("Renée <renée@exämple.org>", [("Renée", "renée@exämple.org")]),
        ("Renée <a@x.test>".encode("latin-1"), [("Renée", "a@x.test")]),
        ('"Esc \\"x\\" y" <a@x.test>', [('Esc "x" y', "a@x.test")]),
        ("a@b@x.test", [("", "a@b@x.test")]),
        ("a;b@x.test", [("a", ""), ("", "b@x.test")]),
    ],
)  # fmt: skip
def test_addresses(value: str | bytes, expected: list[tuple[str, str]]) -> None:
    assert pairs(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # Blanks, dots and comments where RFC 5322 §4.4 lets them be, and where it does not.
        ("< ada . lovelace @ example . org >", [("", "ada.lovelace@example.org")]),
        ('":desk"@ Some-Unit. Example. ORG', [("", '":desk"@some-unit.example.org')]),
        ("Ada <ada love@example.org>", [("Ada", "ada love@example.org")]),
        ("Ada <no address at all>", [("Ada", "no address at all")]),
        ("Ada(the \\) first) <ada(her)@example.org(its)>", [("Ada", "ada@example.org")]),
        # More and other brackets than one pair.
        ("ada < <a@x.test>", [("ada", "a@x.test")]),
        ("<Ada> <a@x.test>", [("Ada", "a@x.test")]),
        ("Ada <Sales> <a@x.test>", [("Ada Sales", "a@x.test")]),
        ("<a@x.test> Ada", [("Ada", "a@x.test")]),
        ("Ada <a@x.test> Bob <b@x.test>", [("Ada", "a@x.test"), ("Bob", "b@x.test")]),
        ("<a@x.test <b@x.test>", [("", "a@x.test"), ("", "b@x.test")]),
        ("a@x.test b@x.test", [("", "a@x.test"), ("", "b@x.test")]),
        # A comma in a name that should have been quoted.
        ("Doe, Jane <j@x.test>, Roe, Max <m@x.test>", [("Doe, Jane", "j@x.test"), ("Roe, Max", "m@x.test")]),
        ("a@x.test, Doe, Jane <j@x.test>", [("", "a@x.test"), ("Doe, Jane", "j@x.test")]),
        ("Doe; Jane <j@x.test>", [("Doe", ""), ("Jane", "j@x.test")]),
        ("Doe, <j@x.test>", [("Doe", ""), ("", "j@x.test")]),
        ("Jane\\, Doe <j@x.test>", [("Jane, Doe", "j@x.test")]),
        ('\\"Jane Doe\\" <j@x.test>', [('"Jane Doe"', "j@x.test")]),
        ("EXAMPLE\\jane <j@x.test>", [("EXAMPLE\\jane", "j@x.test")]),
        # Quotes that say nothing, and those that do.
        ('"jane"@x.test', [("", "jane@x.test")]),
        ('"jan..e"@x.test, ".j"@x.test, "j."@x.test', [("", f'"{local}"@x.test') for local in ("jan..e", ".j", "j.")]),
        ("Jane <'j@x.test'>", [("Jane", "j@x.test")]),
        ('Jane <"j@x.test">', [("Jane", "j@x.test")]),
        ("Jane <o'hara@x.test>", [("Jane", "o'hara@x.test")]),
        ('<"">', []),
        ('<""@x.test>', [("", '""@x.test')]),
        # Encoded words where none may be.
        ("Jane <=?utf-8?Q?j=2Ed?=@x.test>", [("Jane", "j.d@x.test")]),
        ("=?utf-8?Q?Zo=C3=AB_=3Cz=40x.test=3E?=", [("Zoë", "z@x.test")]),
        ("=?utf-8?Q?Zo=C3=AB_<z=40x.test>,_<y=40x.test>?=", [("Zoë", "z@x.test"), ("", "y@x.test")]),
        ("=?utf-8?Q?z=40x.test?=", [("z@x.test", "")]),
        ("=?utf-8?Q?z=40x.test?= <y@x.test>", [("z@x.test", "y@x.test")]),
        ("<=?utf-8?Q?z=40x.test?=>", [("", "z@x.test")]),
        ("<=?utf-8?Q?z=40x.test?=@y.test>", [("", "=?utf-8?Q?z=40x.test?=@y.test")]),
        ("=?utf-8?Q?=22Zo=C3=AB=22?= <z@x.test>", [("Zoë", "z@x.test")]),
        ("=?utf-8?Q?=22Zo=C3=AB_=22Zo=22_B.=22?= <z@x.test>", [('Zoë "Zo" B.', "z@x.test")]),
        ("=?utf-8?Q?=22Zo=C3=AB=22_and_=22Bo=22?= <z@x.test>", [('"Zoë" and "Bo"', "z@x.test")]),
        ("=?utf-8?Q?at_=40_home?=", [("at @ home", "")]),
        ("=?utf-8?Q?Zo=C3=AB?= (z@x.test)", [("Zoë", "z@x.test")]),
        # Groups, closed or not.
        ("Board: a@x.test, B <b@x.test>", [("", "a@x.test"), ("B", "b@x.test")]),
        ('"Board 1": a@x.test; "Board 2": b@x.test; c@x.test', [("", "a@x.test"), ("", "b@x.test"), ("", "c@x.test")]),
        ('"a@x.test": b@x.test;', [("", "b@x.test")]),
        ("none:;,:;;;, ,", []),
        # As text shows addresses.
        ("Jane Doe [j@x.test], <[m@x.test]>", [("Jane Doe", "j@x.test"), ("", "m@x.test")]),
        ("Jane Doe [mailto:j@x.test], MAILTO:m@x.test", [("Jane Doe", "j@x.test"), ("", "m@x.test")]),
        ("Jane [Sales] <j@[192.0.2.1]>, m@[192.0.2.1]", [("Jane [Sales]", "j@[192.0.2.1]"), ("", "m@[192.0.2.1]")]),
        # Octets A0 and 85 are no white space: they end letters in UTF-8.
        ("Nicolà Voilà <n@x.test>", [("Nicolà Voilà", "n@x.test")]),
        ("Voilà n@x.test (à)", [("Voilà", "n@x.test")]),
    ],
)  # fmt: skip
def test_addresses_as_strangers_write_them(value: str, expected: list[tuple[str, str]]) -> None:
    assert pairs(value) == expected


@pytest.mark.parametrize("unit", ["a@b : ", "< a ", "(", '"', "a, ", "=?utf-8?Q?a=40b?= ", '\\"', "a@b <", ": "])
def test_hostile_lists_are_read_in_linear_time(unit: str) -> None:
    assert len(pairs(unit * 20_000)) <= 1000


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
