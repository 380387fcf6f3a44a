"""The one form of names, domains and addresses: found again however they were written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.errors import UsageError
from inboxsync.model.directory import (
    ChangeKind,
    ContactKind,
    ImportChange,
    ImportSummary,
    company_domain,
    contact_kind,
    normal_address,
    normal_company_name,
    normal_domain,
    normal_name,
)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Example.COM", "example.com"),
        (" example.com. ", "example.com"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),  # IDNA 2003 would have made fass.example of it
        ("ΣΑΣ.example", "xn--mxa9ab.example"),  # no final sigma
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("ｅｘ.example", "ex.example"),
        ("نامه\u200cای.example", "xn--mgba3gch31f060k.example"),
        ("mail_1.localdomain", "mail_1.localdomain"),
    ],
)
def test_a_domain_has_one_form(written: str, normal: str) -> None:
    assert normal_domain(written) == normal


@pytest.mark.parametrize(
    "text",
    ["", ".", "a..b", "-a.example", "a-.example", "two words.example", "☃.example", "a" * 64 + ".example",
     "ü" * 64 + ".example", ".".join(["a" * 60] * 5), "a\x00.example", "a\ud800.example", "ana@example.com",
     "http://example.com", "*.example.com"],
)  # fmt: skip
def test_what_is_no_domain_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        normal_domain(text)


def test_an_address_for_a_domain_is_told_apart() -> None:
    with pytest.raises(UsageError, match="is an address") as caught:
        normal_domain("ana@example.com")
    assert "behind the @" in caught.value.hint


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" Ana.Stone+Tag@Example.COM ", "ana.stone+tag@example.com"),
        ("ana@Bücher.example", "ana@xn--bcher-kva.example"),
        ("GROẞ@example.com", "groß@example.com"),  # casefold() would give gross, which no run looks up
        ("e\u0301@example.com", "é@example.com"),
        ('"Two Words"@example.com', '"two words"@example.com'),
        ("ana@[IPv6:2001:DB8::1]", "ana@[ipv6:2001:db8::1]"),
    ],
)
def test_an_address_has_one_form(written: str, normal: str) -> None:
    assert normal_address(written) == normal


@pytest.mark.parametrize(
    "text",
    ["", "ana", "@example.com", "ana@", "a b@example.com", "a@b@example.com", "Ana <ana@example.com>",
     "ana@exa mple.com", "ana@example.com, bob@example.com", "a\x00@example.com", "a\u202e@example.com",
     "a\ud800@example.com", "a" * 250 + "@example.com", '""@example.com'],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        normal_address(text)


def test_a_name_with_its_address_is_told_apart() -> None:
    with pytest.raises(UsageError) as caught:
        normal_address("Ana <ana@example.com>")
    assert "alone" in caught.value.hint


WRITTEN = st.text(st.characters(codec="utf-8"), max_size=30)
ASCII_LOCAL_PARTS = st.from_regex(r"[A-Za-z0-9.+_-]{1,20}", fullmatch=True)
ASCII_DOMAINS = st.from_regex(r"([A-Za-z0-9]{1,10}\.){1,3}[A-Za-z]{2,10}", fullmatch=True)


@settings(deadline=None)
@given(WRITTEN)
def test_the_form_of_a_domain_is_its_own_form_or_a_usage_error(text: str) -> None:
    try:
        normal = normal_domain(text)
    except UsageError:
        return
    assert normal.isascii()
    assert normal_domain(normal) == normal


@settings(deadline=None)
@given(WRITTEN, WRITTEN)
def test_the_form_of_an_address_is_its_own_form_or_a_usage_error(local: str, domain: str) -> None:
    try:
        normal = normal_address(f"{local}@{domain}")
    except UsageError:
        return
    assert normal_address(normal) == normal


@settings(deadline=None)
@given(ASCII_LOCAL_PARTS, ASCII_DOMAINS)
def test_an_ascii_address_is_stored_as_a_run_looks_it_up(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    assert normal_address(address) == address.lower()


def test_names_have_single_blanks_and_no_controls() -> None:
    assert normal_name("  Ana \t  Stone\n") == "Ana Stone"
    assert normal_name("") == ""
    assert normal_name("علی\u200cرضا") == "علی\u200cرضا"
    for text in ("esc \x1b[2J", "nul \x00", "half \ud800", "x" * 201):
        with pytest.raises(UsageError):
            normal_name(text)


def test_a_company_needs_a_name_that_can_be_typed() -> None:
    assert normal_company_name(" ACME  Ltd ") == "ACME Ltd"
    for text in ("", "  ", "--json"):
        with pytest.raises(UsageError):
            normal_company_name(text)


def test_kinds_are_two_and_empty_is_a_user() -> None:
    assert [contact_kind(text) for text in ("user", " Staff ", "")] == [
        ContactKind.USER, ContactKind.STAFF, ContactKind.USER,
    ]  # fmt: skip
    with pytest.raises(UsageError, match="'boss' is not a kind") as caught:
        contact_kind("boss")
    assert caught.value.hint == "write user or staff"


def test_a_summary_counts_its_changes() -> None:
    changes = [
        ImportChange("line 2", "a", ChangeKind.ADDED),
        ImportChange("line 3", "b", ChangeKind.CHANGED, ("name",)),
    ]
    summary = ImportSummary((*changes, changes[0]))
    assert (summary.count(ChangeKind.ADDED), summary.count(ChangeKind.CHANGED)) == (2, 1)


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("ACME.example", "acme.example"),
        (" *.Bücher.example. ", "*.xn--bcher-kva.example"),
        ("*.a.b.example", "*.a.b.example"),
    ],
)
def test_a_company_may_have_all_subdomains(written: str, domain: str) -> None:
    assert company_domain(written) == domain
    assert company_domain(domain) == domain


@pytest.mark.parametrize(
    "text", ["*", "*.", "*.com", "*.*.example.com", "a.*.example.com", "*example.com", "**.example.com"]
)
def test_other_stars_are_no_domain(text: str) -> None:
    with pytest.raises(UsageError):
        company_domain(text)
    with pytest.raises(UsageError):
        normal_domain("*.example.com")
