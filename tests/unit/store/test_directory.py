"""The directory on SQLite: how it is reached, and what a run that is under way sees of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from inboxsync.errors import StoreCorrupt
from inboxsync.model.directory import Company, CompanyEntry, Contact, ContactEntry, Entry
from inboxsync.store.content_port import ContentStore
from inboxsync.store.directory import directory_of
from tests.unit.store.content_builders import CREATE, NOW, Bench, mail, sqlite_store


def test_it_belongs_to_our_own_content_plane() -> None:
    with pytest.raises(TypeError, match="object has no directory"):
        directory_of(cast(ContentStore, object()))


def test_what_is_added_is_there_for_the_next_process(tmp_path: Path) -> None:
    first = sqlite_store(tmp_path)
    directory_of(first.content).add_company(Company("ACME", ("acme.example",)), at=NOW)
    directory_of(first.content).add_contact(Contact("ana@acme.example", company="ACME"), at=NOW)
    first.close()
    # A closed store opens again on its next use.
    (contact,) = directory_of(first.content).contacts()
    assert (contact.email, contact.company) == ("ana@acme.example", "ACME")
    first.close()


def test_a_contact_becomes_the_requester_of_a_ticket(tmp_path: Path) -> None:
    bench = Bench.on(sqlite_store(tmp_path))
    contact = directory_of(bench.content).add_contact(Contact("ANN@example.com"), at=NOW)
    bench.record(bench.stored(1, mail(), ticket=CREATE))
    (ticket,) = bench.content.tickets().items
    assert ticket.requester_contact_id == contact.id
    bench.store.close()


def test_the_dump_knows_companies_and_contacts_by_name(tmp_path: Path) -> None:
    one, two = sqlite_store(tmp_path, "one"), sqlite_store(tmp_path, "two")
    entries: list[Entry] = [CompanyEntry("ACME", ("acme.example",)), ContactEntry("ana@acme.example", company="ACME")]
    directory_of(two.content).add_company(Company("shifts the ids"), at=NOW)
    directory_of(two.content).remove_company("shifts the ids")
    for store in (one, two):
        directory_of(store.content).apply(entries, at=NOW)
    assert list(one.content.dump()) == list(two.content.dump())
    assert any("ana@acme.example" in line for line in one.content.dump())
    one.close()
    two.close()


def test_a_damaged_database_is_told_as_one(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    (tmp_path / "store.sqlite3").write_bytes(b"not a database at all" * 400)
    with pytest.raises(StoreCorrupt):
        directory_of(store.content).companies()
    store.close()


def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    directory = directory_of(store.content)
    directory.add_contact(Contact("ana@example.com", "Ana"), at=NOW)

    def fails(contact: Contact) -> Contact:
        raise ZeroDivisionError(contact.name)

    with pytest.raises(ZeroDivisionError, match="Ana"):
        directory.edit_contact("ana@example.com", fails, at=NOW)
    # The turn to write is free again.
    assert directory.edit_contact("ana@example.com", lambda one: replace(one, name="B"), at=NOW).name == "B"
    store.close()
