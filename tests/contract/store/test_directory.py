"""The directory on SQLite and on Postgres: one form of every value, one owner of every domain, all or nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inboxsync.errors import UsageError
from inboxsync.model.directory import ChangeKind, Company, CompanyEntry, Contact, ContactEntry, ContactKind, Entry
from inboxsync.store.directory import Directory, directory_of
from inboxsync.store.sql import SqlStore
from tests.contract.store.rows import AT, TABLES, Rows

FILE: list[Entry] = [
    CompanyEntry("ACME", ("acme.example", "acme.test"), "line 2"),
    CompanyEntry("Beta", (), "line 3"),
    ContactEntry("ana@acme.example", "Ana", "staff", "ACME", "line 4"),
    ContactEntry("bob@example.org", where="line 5"),
]


@pytest.fixture
def directory(store: SqlStore) -> Directory:
    return directory_of(store.content)


def known(store: SqlStore, *addresses: str) -> frozenset[str]:
    with store.content.transaction("store") as transaction:
        return transaction.known_senders(addresses)


# --- companies -----------------------------------------------------------------------------------------------------


def test_a_company_is_added_in_its_one_form(directory: Directory) -> None:
    added = directory.add_company(Company(" ACME  Ltd ", ("Bücher.example", "ACME.example", "acme.example.")), at=AT)
    assert added.id is not None
    assert added == Company("ACME Ltd", ("acme.example", "xn--bcher-kva.example"), added.id)
    assert directory.companies() == [added]
    assert directory.company("ACME Ltd") == added


def test_companies_are_listed_by_name(directory: Directory) -> None:
    for name in ("beta", "Zulu", "Ägypten", "ACME"):
        directory.add_company(Company(name), at=AT)
    assert [company.name for company in directory.companies()] == ["ACME", "Zulu", "beta", "Ägypten"]


def test_a_name_and_a_domain_belong_to_one_company(directory: Directory) -> None:
    directory.add_company(Company("ACME", ("acme.example",)), at=AT)
    with pytest.raises(UsageError, match="there is a company 'ACME' already"):
        directory.add_company(Company("ACME "), at=AT)
    with pytest.raises(UsageError, match="belongs to company 'ACME'"):
        directory.add_company(Company("Beta", ("new.example", "ACME.example")), at=AT)
    assert [company.name for company in directory.companies()] == ["ACME"]


def test_every_fault_of_a_new_company_is_told(directory: Directory) -> None:
    with pytest.raises(UsageError, match=r"'a b' is not a mail domain.*'x@y' is an address"):
        directory.add_company(Company("ACME", ("a b", "x@y")), at=AT)


def test_a_company_is_changed_and_its_contacts_follow(directory: Directory) -> None:
    directory.apply(FILE, at=AT)
    changed = directory.edit_company(
        "ACME", lambda one: replace(one, name="ACME Ltd", domains=("acme.example", "new.example")), at=AT
    )
    assert directory.company("ACME Ltd") == changed
    assert changed.domains == ("acme.example", "new.example")
    assert directory.contact("ana@acme.example").company == "ACME Ltd"
    directory.add_company(Company("Gamma", ("acme.test",)), at=AT)


def test_a_company_cannot_take_what_is_anothers(directory: Directory) -> None:
    directory.apply(FILE, at=AT)
    before = directory.companies()
    with pytest.raises(UsageError, match="there is a company 'ACME' already"):
        directory.edit_company("Beta", lambda one: replace(one, name="ACME"), at=AT)
    with pytest.raises(UsageError, match="belongs to company 'ACME'"):
        directory.edit_company("Beta", lambda one: replace(one, domains=("acme.test",)), at=AT)
    with pytest.raises(UsageError, match="needs a name"):
        directory.edit_company("Beta", lambda one: replace(one, name=" "), at=AT)
    assert directory.companies() == before


def test_a_removed_company_leaves_its_contacts_and_frees_its_domains(directory: Directory, rows: Rows) -> None:
    directory.apply(FILE, at=AT)
    removed = directory.remove_company("ACME")
    assert removed.domains == ("acme.example", "acme.test")
    assert directory.contact("ana@acme.example").company is None
    assert rows.count("inboxsync_company_domains") == 0
    again = directory.add_company(Company("ACME", ("acme.test",)), at=AT)
    assert again.id != removed.id, "an id is never given twice"


def test_an_unknown_company_is_told_with_the_nearest_name(directory: Directory) -> None:
    directory.apply(FILE, at=AT)
    ask: list[Callable[[], object]] = [
        lambda: directory.company("Acmee"),
        lambda: directory.remove_company("acme"),
        lambda: directory.edit_company("AKME", lambda one: one, at=AT),
    ]
    for one in ask:
        with pytest.raises(UsageError, match="there is no company") as caught:
            one()
        assert caught.value.hint == "did you mean 'ACME'?"
    with pytest.raises(UsageError) as caught:
        directory.company("something else")
    assert caught.value.hint == "`inboxsync companies list` shows all"


# --- contacts ------------------------------------------------------------------------------------------------------


def test_a_contact_is_known_to_the_next_run(store: SqlStore, directory: Directory) -> None:
    assert known(store, "ana@example.com") == frozenset()
    added = directory.add_contact(Contact(" Ana@Example.COM ", "Ana  Stone"), at=AT)
    assert added == Contact("ana@example.com", "Ana Stone", ContactKind.USER, None, added.id)
    assert known(store, "ana@example.com", "bob@example.com") == {"ana@example.com"}
    directory.edit_contact("ANA@example.com", lambda one: replace(one, email="Bob@example.com"), at=AT)
    assert known(store, "ana@example.com", "bob@example.com") == {"bob@example.com"}
    directory.remove_contact("bob@example.com")
    assert known(store, "ana@example.com", "bob@example.com") == frozenset()


def test_a_contact_is_changed_and_keeps_its_id(directory: Directory) -> None:
    directory.apply(FILE, at=AT)
    before = directory.contact("bob@example.org")
    after = directory.edit_contact(
        "bob@example.org", lambda one: replace(one, name="Bob", kind=ContactKind.STAFF, company="Beta"), at=AT
    )
    assert after == Contact("bob@example.org", "Bob", ContactKind.STAFF, "Beta", before.id)
    assert directory.contact("bob@example.org") == after
    assert directory.edit_contact("bob@example.org", lambda one: replace(one, company=None), at=AT).company is None


def test_what_a_contact_cannot_be_is_refused(directory: Directory) -> None:
    directory.apply(FILE, at=AT)
    before = directory.contacts()
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: directory.add_contact(Contact("ANA@acme.example"), at=AT), "there is a contact"),
        (lambda: directory.add_contact(Contact("nobody"), at=AT), "is not an address"),
        (lambda: directory.add_contact(Contact("x@y.example", company="Nowhere"), at=AT), "there is no company"),
        (lambda: directory.edit_contact("bob@example.org", lambda one: replace(one, email="ana@acme.example"), at=AT),
         "there is a contact"),
        (lambda: directory.edit_contact("bob@example.org", lambda one: replace(one, company="ACMEE"), at=AT),
         "there is no company"),
    ]  # fmt: skip
    for attempt, message in refused:
        with pytest.raises(UsageError, match=message):
            attempt()
    assert directory.contacts() == before


def test_an_unknown_contact_is_told_with_the_nearest_address(directory: Directory) -> None:
    directory.apply(FILE, at=AT)
    for wrong in ("bob@example.com", "bobb@example.org"):
        with pytest.raises(UsageError, match=f"there is no contact '{wrong}'") as caught:
            directory.contact(wrong)
        assert caught.value.hint == "did you mean 'bob@example.org'?"
    for wrong in ("%@%", "_", "not an address"):
        with pytest.raises(UsageError) as caught:
            directory.remove_contact(wrong)
        assert caught.value.hint == "`inboxsync contacts list` shows all"


def test_a_removed_contact_leaves_its_tickets(directory: Directory, rows: Rows) -> None:
    contact = directory.add_contact(Contact("a@example.com"), at=AT)
    rows.add("inboxsync_tickets", number="1", requester_contact_id=contact.id)
    directory.remove_contact("a@example.com")
    (ticket,) = rows.read("SELECT requester_email, requester_contact_id FROM inboxsync_tickets")
    assert ticket == {"requester_email": "a@example.com", "requester_contact_id": None}


def test_what_another_application_wrote_is_read_and_can_be_mended(directory: Directory, rows: Rows) -> None:
    company = rows.add("inboxsync_companies", name="-Odd ", created_at=AT)
    rows.add("inboxsync_contacts", email="Ana@Example.com", name="Ana", kind="boss", company_id=company, created_at=AT)
    assert directory.company("-Odd ").name == "-Odd "
    assert directory.contact("Ana@Example.com").kind is ContactKind.USER
    mended = directory.edit_contact("Ana@Example.com", lambda one: replace(one, name="A."), at=AT)
    assert (mended.email, mended.company) == ("ana@example.com", "-Odd ")
    assert directory.edit_company("-Odd ", lambda one: replace(one, name="Odd"), at=AT).name == "Odd"


def test_the_statement_that_the_page_shows_works(store: SqlStore, directory: Directory, rows: Rows) -> None:
    page = (Path(__file__).parents[3] / "docs" / "directory.md").read_text(encoding="utf-8")
    (statement,) = re.findall(r"^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    acme = directory.add_company(Company("ACME Ltd"), at=AT)
    for _ in range(2):
        with rows.engine.begin() as connection:
            connection.exec_driver_sql(statement)
    (contact,) = directory.contacts()
    assert contact == Contact("ana@acme.example", "Ana Stone", ContactKind.USER, acme.name, contact.id)
    assert known(store, "ana@acme.example") == {"ana@acme.example"}
    assert any("ana@acme.example" in line for line in store.content.dump())


# --- imports -------------------------------------------------------------------------------------------------------


def test_an_import_adds_and_again_changes_nothing(directory: Directory, rows: Rows) -> None:
    first = directory.apply(FILE, at=AT)
    assert (first.count(ChangeKind.ADDED), first.unchanged, first.faults) == (4, 0, ())
    tables = ("inboxsync_companies", "inboxsync_company_domains", "inboxsync_contacts")
    before = [rows.read(f"SELECT * FROM {table} ORDER BY 1") for table in tables]
    again = directory.apply(FILE, at=AT + timedelta(days=1))
    assert (again.changes, again.unchanged, again.faults) == ((), 4, ())
    assert [rows.read(f"SELECT * FROM {table} ORDER BY 1") for table in tables] == before
    assert directory.contact("ana@acme.example").company == "ACME"


def test_an_import_changes_what_differs_and_keeps_ids(directory: Directory) -> None:
    directory.apply(FILE, at=AT)
    ids = {one.email: one.id for one in directory.contacts()}
    summary = directory.apply(
        [CompanyEntry("Beta", ("acme.test",)), CompanyEntry("ACME", ("acme.example",)),
         ContactEntry("Ana@acme.example", company="Beta"), ContactEntry("bob@example.org", "Bob")],
        at=AT,
    )  # fmt: skip
    assert [(one.subject, one.fields) for one in summary.changes] == [
        ("Beta", ("domains",)), ("ACME", ("domains",)),
        ("ana@acme.example", ("company",)), ("bob@example.org", ("name",)),
    ]  # fmt: skip
    assert {one.email: one.id for one in directory.contacts()} == ids
    assert directory.contact("ana@acme.example") == Contact(
        "ana@acme.example", "Ana", ContactKind.STAFF, "Beta", ids["ana@acme.example"]
    )


def test_a_bad_line_costs_itself_only(directory: Directory) -> None:
    bad: list[Entry] = [
        ContactEntry("nobody", where="line 6"),
        ContactEntry("c@example.org", company="Nowhere", where="line 7"),
        CompanyEntry("Gamma", ("acme.test",), "line 8"),
    ]
    summary = directory.apply([*FILE, *bad], at=AT)
    assert sorted(fault.where for fault in summary.faults) == ["line 6", "line 7", "line 8"]
    assert summary.count(ChangeKind.ADDED) == 4
    assert [one.email for one in directory.contacts()] == ["ana@acme.example", "bob@example.org"]


def test_a_dry_run_tells_the_same_and_writes_nothing(directory: Directory, rows: Rows) -> None:
    told = directory.apply(FILE, at=AT, dry_run=True)
    assert rows.count("inboxsync_companies") == rows.count("inboxsync_contacts") == 0
    assert directory.apply(FILE, at=AT) == told


def test_an_import_is_all_or_nothing(directory: Directory, rows: Rows) -> None:
    with rows.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ALTER TABLE inboxsync_contacts ADD CONSTRAINT no_bob CHECK (name <> 'Bob')")
        else:
            connection.exec_driver_sql(
                "CREATE TRIGGER no_bob BEFORE INSERT ON inboxsync_contacts WHEN NEW.name = 'Bob' "
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
    try:
        with pytest.raises(Exception, match="no"):
            directory.apply([*FILE, ContactEntry("c@example.org", "Bob")], at=AT)
        assert rows.count("inboxsync_companies") == rows.count("inboxsync_contacts") == 0
    finally:
        with rows.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("ALTER TABLE inboxsync_contacts DROP CONSTRAINT no_bob")


def test_imports_at_the_same_time_wait_for_each_other(directory: Directory) -> None:
    ready = threading.Barrier(4)

    def bring() -> int:
        ready.wait()
        return directory.apply(FILE, at=AT).count(ChangeKind.ADDED)

    with ThreadPoolExecutor(4) as pool:
        added = [one.result() for one in [pool.submit(bring) for _ in range(4)]]
    assert sorted(added) == [0, 0, 0, 4]


def test_an_import_waits_for_another_application_and_sees_what_it_wrote(directory: Directory, rows: Rows) -> None:
    table = TABLES["inboxsync_contacts"]
    row = {"email": "bob@example.org", "name": "", "kind": "user", "created_at": AT}
    with ThreadPoolExecutor(1) as pool:
        with rows.engine.begin() as connection:
            connection.execute(table.insert().values(row))
            running = pool.submit(directory.apply, FILE, at=AT)
            with pytest.raises(TimeoutError):
                running.result(timeout=0.3)
        summary = running.result()
    assert (summary.count(ChangeKind.ADDED), summary.unchanged) == (3, 1)


def test_thousands_of_contacts_are_one_import(store: SqlStore, directory: Directory) -> None:
    entries = [ContactEntry(f"c{number}@example.com", f"Name {number}", where=str(number)) for number in range(2_500)]
    assert directory.apply(entries, at=AT).count(ChangeKind.ADDED) == 2_500
    renamed = [replace(entry, name="Other") if number % 2 else entry for number, entry in enumerate(entries)]
    summary = directory.apply(renamed, at=AT)
    assert (summary.count(ChangeKind.CHANGED), summary.unchanged) == (1_250, 1_250)
    asked = [f"c{number}@example.com" for number in range(0, 5_000, 2)]
    assert len(known(store, *asked)) == 1_250
