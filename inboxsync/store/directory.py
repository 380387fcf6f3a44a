"""The directory of companies and contacts over the content plane: looked up, kept by hand, imported whole."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from inboxsync.errors import Problem, UsageError
from inboxsync.model.directory import (
    Company,
    CompanyEntry,
    Contact,
    ContactEntry,
    Entry,
    ImportSummary,
    company_domain,
    normal_address,
)
from inboxsync.store import directory_rows as rows
from inboxsync.store.directory_plan import (
    Plan,
    Step,
    company_name,
    domain_fault,
    domain_owners,
    plan,
    shown,
    sorted_domains,
    unknown,
)
from inboxsync.store.locks import TICKETS_LOCK, lock_until_commit

if TYPE_CHECKING:
    from inboxsync.store.connections import Connections
    from inboxsync.store.content_port import ContentStore


def directory_of(content: ContentStore) -> Directory:
    """Answer the directory of an open content plane; TypeError for another kind of it."""
    from inboxsync.store.content import SqlContentStore

    if not isinstance(content, SqlContentStore):
        raise TypeError(f"{type(content).__name__} has no directory")
    return Directory(content.connections)


class Directory:
    """Companies and contacts; every method is one transaction.

    All raise StoreError, and UsageError where they say so. Names, domains and addresses are brought to their one form
    first, whoever gives them (`model.directory`).
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    # --- companies -------------------------------------------------------------------------------------------------

    def companies(self) -> Sequence[Company]:
        """All companies, by name."""
        with self._reading() as connection:
            return rows.read_companies(connection)

    def company(self, name: str) -> Company:
        """The company of this name; UsageError with the nearest name where there is none."""
        return _company_named(name, self.companies())

    def add_company(self, company: Company, *, at: datetime) -> Company:
        """Store a new company. UsageError where its name or a domain is taken or cannot be one."""
        name = company_name(company.name)
        with self._changing() as connection:
            stored = rows.read_companies(connection)
            if any(other.name == name for other in stored):
                raise _taken("company", name, f"`inboxsync companies edit {shown(name)}` changes it")
            rows.write_plan(connection, _sound(plan([CompanyEntry(name, company.domains)], stored, ())), at)
            return _company_named(name, rows.read_companies(connection))

    def edit_company(self, name: str, change: Callable[[Company], Company], *, at: datetime) -> Company:
        """Put what `change` makes of a company in its place. UsageError where there is none, or as for adding."""
        with self._changing() as connection:
            stored = rows.read_companies(connection)
            before = _company_named(name, stored)
            after = _normal_company(change(before), before)
            others = [other for other in stored if other.id != before.id]
            if any(other.name == after.name for other in others):
                raise _taken("company", after.name, "choose another name")
            fault = domain_fault(after, domain_owners(others))
            if fault is not None:
                raise _refused([fault])
            rows.write_companies(connection, [Step(before, after)], at)
            return after

    def remove_company(self, name: str) -> Company:
        """Delete a company and its domains; its contacts stay, without a company. UsageError where there is none."""
        with self._changing() as connection:
            found = _company_named(name, rows.read_companies(connection))
            rows.delete_company(connection, found)
            return found

    # --- contacts --------------------------------------------------------------------------------------------------

    def contacts(self) -> Sequence[Contact]:
        """All contacts, by address."""
        with self._reading() as connection:
            return rows.read_contacts(connection)

    def contact(self, email: str) -> Contact:
        """The contact of this address; UsageError with the nearest one where there is none."""
        with self._reading() as connection:
            return _contact_of(email, connection)

    def add_contact(self, contact: Contact, *, at: datetime) -> Contact:
        """Store a new contact. UsageError where the address is taken or cannot be one, or there is no such company."""
        email = normal_address(contact.email)
        with self._changing() as connection:
            if rows.read_contacts(connection, [email]):
                raise _taken("contact", email, f"`inboxsync contacts edit {shown(email)}` changes it")
            step = _contact_step(contact, connection)
            rows.write_contacts(connection, [step], at)
            return _contact_of(email, connection)

    def edit_contact(self, email: str, change: Callable[[Contact], Contact], *, at: datetime) -> Contact:
        """Put what `change` makes of a contact in its place. UsageError where there is none, or as for adding."""
        with self._changing() as connection:
            before = _contact_of(email, connection)
            after = replace(_contact_step(change(before), connection).after, id=before.id)
            if after.email != before.email and rows.read_contacts(connection, [after.email]):
                raise _taken("contact", after.email, "remove one of the two")
            rows.write_contacts(connection, [Step(before, after)], at)
            return after

    def remove_contact(self, email: str) -> Contact:
        """Delete a contact; tickets keep the address. UsageError where there is none."""
        with self._changing() as connection:
            found = _contact_of(email, connection)
            rows.delete_contact(connection, found)
            return found

    # --- both ------------------------------------------------------------------------------------------------------

    def apply(self, entries: Iterable[Entry], *, at: datetime, dry_run: bool = False) -> ImportSummary:
        """Add what is new, change what differs, leave the rest, all in one transaction; a fault costs its entry only.

        Applied again, the same entries change nothing. With `dry_run` nothing is written; the summary is the same.
        """
        given = list(entries)
        with self._reading() if dry_run else self._changing() as connection:
            decided = _plan(given, connection)
            if not dry_run:
                rows.write_plan(connection, decided, at)
            return decided.summary

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._connections.reading() as work:
            yield work.alchemy

    @contextlib.contextmanager
    def _changing(self) -> Iterator[Connection]:
        with self._connections.writing(durable=True) as work:
            # Without the first a contact could go between a batch's look at it and the ticket that refers to it, and
            # Postgres would refuse the batch.
            lock_until_commit(work, TICKETS_LOCK)
            rows.hold_directory(work.alchemy)
            yield work.alchemy


# --- what the methods share ----------------------------------------------------------------------------------------


def _company_named(name: str, companies: Sequence[Company]) -> Company:
    # As it is first: other applications may have written a name that we would not.
    wanted = name if any(company.name == name for company in companies) else company_name(name)
    found = next((company for company in companies if company.name == wanted), None)
    if found is None:
        names = (company.name for company in companies)
        raise unknown("company", wanted, names, otherwise="`inboxsync companies list` shows all")
    return found


def _normal_company(company: Company, before: Company) -> Company:
    name = company.name if company.name == before.name else company_name(company.name)
    return Company(name, sorted_domains(map(company_domain, company.domains)), before.id)


def _contact_of(email: str, connection: Connection) -> Contact:
    wanted = _address_or_text(email)
    found = rows.read_contacts(connection, [email, wanted])
    if not found:
        near = rows.similar_addresses(connection, wanted)
        raise unknown("contact", wanted, near, otherwise="`inboxsync contacts list` shows all")
    # Other applications may have written an address that is not in its one form; the one that works comes first.
    return min(found, key=lambda contact: contact.email != wanted)


def _address_or_text(email: str) -> str:
    try:
        return normal_address(email)
    except UsageError:
        return email


def _contact_step(contact: Contact, connection: Connection) -> Step[Contact]:
    entry = ContactEntry(contact.email, contact.name, contact.kind, contact.company or "")
    (step,) = _sound(plan([entry], rows.read_companies(connection), ())).contacts
    return step


def _plan(entries: Sequence[Entry], connection: Connection) -> Plan:
    emails = [_address_or_text(entry.email) for entry in entries if isinstance(entry, ContactEntry)]
    return plan(entries, rows.read_companies(connection), rows.read_contacts(connection, emails))


def _sound(decided: Plan) -> Plan:
    """Pass a plan of one entry on; UsageError where that entry has faults."""
    if decided.faults:
        raise _refused(decided.faults)
    return decided


def _refused(faults: Sequence[Problem]) -> UsageError:
    hint = "; ".join(dict.fromkeys(fault.hint for fault in faults if fault.hint))
    return UsageError("; ".join(map(str, faults)), hint=hint)


def _taken(what: str, name: str, hint: str) -> UsageError:
    return UsageError(f"there is a {what} {name!r} already", hint=hint)
