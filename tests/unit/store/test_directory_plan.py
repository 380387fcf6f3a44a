"""Plans of imports: every fault named, domains change hands, and a plan once carried out asks for nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.errors import UsageError
from inboxsync.model.directory import (
    ChangeKind,
    Company,
    CompanyEntry,
    Contact,
    ContactEntry,
    ContactKind,
    Entry,
)
from inboxsync.store.directory_plan import NEAREST_NAMES, CompanyNames, Plan, plan

ACME = Company("ACME", ("acme.example", "acme.test"), 1)
BETA = Company("Beta", (), 2)
ANA = Contact("ana@acme.example", "Ana", ContactKind.STAFF, "ACME", 1)


def faults(found: Plan) -> list[tuple[str, str]]:
    return [(fault.where, fault.message) for fault in found.faults]


# --- companies -----------------------------------------------------------------------------------------------------


def test_what_is_not_said_is_kept_and_what_is_said_replaces() -> None:
    entries = [CompanyEntry("ACME", None, "line 2"), CompanyEntry("Beta", ("B.example", "a.example", "b.example"))]
    found = plan(entries, [ACME, BETA], [])
    assert [step.after for step in found.companies] == [ACME, replace(BETA, domains=("a.example", "b.example"))]
    assert found.summary.unchanged == 1
    (change,) = found.summary.changes
    assert (change.subject, change.kind, change.fields) == ("Beta", ChangeKind.CHANGED, ("domains",))


def test_no_domains_take_the_last_one_away() -> None:
    (step,) = plan([CompanyEntry("ACME", ())], [ACME], []).companies
    assert step.after.domains == ()


def test_a_domain_of_another_company_is_refused_and_told_whose_it_is() -> None:
    found = plan(
        [CompanyEntry("Beta", ("acme.test",), "line 2"), CompanyEntry("New", ("new.example",))], [ACME, BETA], []
    )
    assert faults(found) == [("line 2", "the domain 'acme.test' belongs to company 'ACME'")]
    assert "companies edit ACME --remove-domain acme.test" in found.faults[0].hint
    assert [step.after.name for step in found.companies] == ["New"]


def test_of_two_new_companies_the_first_has_the_domain() -> None:
    entries = [CompanyEntry("One", ("x.example",), "line 2"), CompanyEntry("Two", ("X.example",), "line 3")]
    assert faults(plan(entries, [], [])) == [("line 3", "the domain 'x.example' belongs to company 'One'")]


@pytest.mark.parametrize("turned", [False, True])
def test_a_domain_moves_when_the_file_takes_it_from_the_other(turned: bool) -> None:
    entries: list[Entry] = [CompanyEntry("Beta", ("acme.test",)), CompanyEntry("ACME", ("acme.example",))]
    found = plan(entries[::-1] if turned else entries, [ACME, BETA], [])
    assert not found.faults
    assert {step.after.name: step.after.domains for step in found.companies} == {
        "Beta": ("acme.test",), "ACME": ("acme.example",),
    }  # fmt: skip


def test_two_companies_swap_their_domains() -> None:
    one, two = Company("One", ("a.example",), 1), Company("Two", ("b.example",), 2)
    found = plan([CompanyEntry("One", ("b.example",)), CompanyEntry("Two", ("a.example",))], [one, two], [])
    assert not found.faults
    assert [step.after.domains for step in found.companies] == [("b.example",), ("a.example",)]


def test_a_company_keeps_its_domain_against_an_earlier_line() -> None:
    entries = [CompanyEntry("Beta", ("acme.test",), "line 2"), CompanyEntry("ACME", None, "line 3")]
    assert [where for where, _ in faults(plan(entries, [ACME, BETA], []))] == ["line 2"]


def test_a_line_that_falls_takes_down_those_that_counted_on_it() -> None:
    entries = [
        CompanyEntry("ACME", ("taken.example",), "line 2"),
        CompanyEntry("Beta", ("acme.test",), "line 3"),
    ]
    found = plan(entries, [ACME, BETA, Company("Other", ("taken.example",), 3)], [])
    assert [where for where, _ in faults(found)] == ["line 2", "line 3"]
    assert not found.companies


def test_a_name_that_comes_twice_is_a_fault_of_the_second() -> None:
    entries: list[Entry] = [
        CompanyEntry("ACME", ("a.example",), "line 2"),
        CompanyEntry(" ACME ", ("b.example",), "line 3"),
        ContactEntry("ana@acme.example", where="line 4"),
        ContactEntry("ANA@acme.example", where="line 5"),
    ]
    found = plan(entries, [], [])
    assert faults(found) == [
        ("line 3", "'ACME' is in line 2 already"), ("line 5", "'ana@acme.example' is in line 4 already"),
    ]  # fmt: skip


def test_every_fault_of_a_line_is_told() -> None:
    found = plan([CompanyEntry("", ("a b", "ok.example", "x@y"), "line 2")], [], [])
    assert [where for where, _ in faults(found)] == ["line 2"] * 3
    bad = ContactEntry("nobody", "\x00", "boss", "Nowhere", "line 3")
    assert len(plan([bad], [], []).faults) == 4


# --- contacts ------------------------------------------------------------------------------------------------------


def test_a_contact_keeps_what_is_not_said_and_loses_what_is_empty() -> None:
    (kept,) = plan([ContactEntry("ana@acme.example")], [ACME], [ANA]).contacts
    assert kept.after == ANA
    assert not kept.is_needed
    (emptied,) = plan([ContactEntry("ana@acme.example", "", "", "")], [ACME], [ANA]).contacts
    assert emptied.after == Contact("ana@acme.example", id=1)
    assert emptied.change.fields == ("name", "kind", "company")


def test_a_contact_can_name_a_company_that_the_same_entries_add() -> None:
    found = plan([ContactEntry("x@y.example", company="New"), CompanyEntry("New")], [], [])
    assert not found.faults
    assert found.contacts[0].after.company == "New"


def test_a_contact_of_a_company_whose_line_fell_falls_too() -> None:
    entries: list[Entry] = [
        CompanyEntry("New", ("acme.test",), "line 2"), ContactEntry("x@y.example", company="New", where="line 3"),
    ]  # fmt: skip
    assert [where for where, _ in faults(plan(entries, [ACME], []))] == ["line 2", "line 3"]


def test_an_unknown_company_is_told_with_the_nearest_name() -> None:
    names = CompanyNames(["ACME Ltd", "Beta"])
    for text, hint in (("Acme", "did you mean 'ACME Ltd'?"), ("Zulu", "`inboxsync companies add Zulu` adds it")):
        with pytest.raises(UsageError, match=f"there is no company '{text}'") as caught:
            names.find(text)
        assert caught.value.hint == hint
    assert names.find("  ") is None


def test_the_nearest_name_is_looked_up_for_the_first_unknown_ones_only() -> None:
    entries = [ContactEntry(f"c{n}@x.example", company=f"ACME{n}", where=f"line {n}") for n in range(NEAREST_NAMES + 1)]
    hints = [fault.hint for fault in plan(entries, [ACME], []).faults]
    assert hints[:-1] == ["did you mean 'ACME'?"] * NEAREST_NAMES
    assert hints[-1] == f"`inboxsync companies add ACME{NEAREST_NAMES}` adds it"


def test_a_name_that_we_would_not_write_is_found_as_it_is() -> None:
    assert CompanyNames(["-odd  name "]).find("-odd  name ") == "-odd  name "


# --- properties ----------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["ACME", "Beta", "Gamma", " ACME", ""])
DOMAINS = st.sampled_from(["a.example", "b.example", "c.example", "A.example", "no domain"])
COMPANY_ENTRIES = st.builds(CompanyEntry, NAMES, st.none() | st.lists(DOMAINS, max_size=3).map(tuple))
CONTACT_ENTRIES = st.builds(
    ContactEntry,
    st.sampled_from(["ana@a.example", "Ana@A.example", "bob@b.example", "nobody"]),
    st.none() | st.sampled_from(["", "Ana", "Ana  Stone"]),
    st.none() | st.sampled_from(["", "user", "STAFF", "boss"]),
    st.none() | NAMES,
)


def carried_out(
    found: Plan, companies: Sequence[Company], contacts: Sequence[Contact]
) -> tuple[list[Company], list[Contact]]:
    after = {company.name: company for company in companies} | {step.after.name: step.after for step in found.companies}
    people = {one.email: one for one in contacts} | {step.after.email: step.after for step in found.contacts}
    return list(after.values()), list(people.values())


@settings(deadline=None)
@given(st.lists(st.lists(COMPANY_ENTRIES | CONTACT_ENTRIES, max_size=6), min_size=1, max_size=3))
def test_plans_are_sound_and_the_same_entries_change_nothing_again(files: list[list[Entry]]) -> None:
    companies: list[Company] = []
    contacts: list[Contact] = []
    for entries in files:
        companies, contacts = carried_out(plan(entries, companies, contacts), companies, contacts)
        owned = [domain for company in companies for domain in company.domains]
        assert len(owned) == len(set(owned)), "a domain belongs to one company"
        assert {one.company for one in contacts} <= {None, *(company.name for company in companies)}
        assert plan(entries, companies, contacts).summary.changes == ()
