"""Rows of companies, their domains and contacts: read into values, and written as a plan says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, select, text, update

from inboxsync.model.directory import Company, Contact, ContactKind
from inboxsync.store.alchemy import insert_rows, is_sqlite, select_in
from inboxsync.store.core_tables import COMPANIES, COMPANY_DOMAINS, CONTACTS
from inboxsync.store.directory_plan import Plan, Step, sorted_domains
from inboxsync.store.statements import chunks


def hold_directory(connection: Connection) -> None:
    """Keep every other writer of the directory out until commit, other applications too; readers go on.

    Between the look at what is there and the write nobody may add the same address. On SQLite the transaction itself
    is that lock.
    """
    if not is_sqlite(connection):
        names = ", ".join(table.name for table in (COMPANIES, COMPANY_DOMAINS, CONTACTS))
        connection.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


# --- reading -------------------------------------------------------------------------------------------------------


def read_companies(connection: Connection) -> list[Company]:
    """Read all companies by name, their domains in order."""
    domains: dict[int, list[str]] = {}
    for row in connection.execute(select(COMPANY_DOMAINS.c.company_id, COMPANY_DOMAINS.c.domain)):
        domains.setdefault(row.company_id, []).append(row.domain)
    rows = connection.execute(select(COMPANIES.c.id, COMPANIES.c.name))
    found = [Company(row.name, sorted_domains(domains.get(row.id, ())), row.id) for row in rows]
    # Sorted here: databases order text by their own locale.
    return sorted(found, key=lambda company: company.name)


def read_contacts(connection: Connection, emails: Iterable[str] | None = None) -> list[Contact]:
    """Read the contacts of these addresses, or all, by address."""
    rows: Iterable[Any]
    if emails is None:
        rows = connection.execute(_contacts())
    else:
        rows = select_in(connection, _contacts(), CONTACTS.c.email, emails)
    return sorted(map(_contact, rows), key=lambda contact: contact.email)


def similar_addresses(connection: Connection, email: str, *, limit: int = 1_000) -> list[str]:
    """Read addresses that share the local part or the domain of this one, to find the nearest among them."""
    local, _, domain = email.rpartition("@")
    column = CONTACTS.c.email
    alike = column.startswith(f"{local}@", autoescape=True) | column.endswith(f"@{domain}", autoescape=True)
    return list(connection.execute(select(column).where(alike).order_by(column).limit(limit)).scalars())


def _contacts() -> Select[Any]:
    columns = CONTACTS.c
    joined = CONTACTS.outerjoin(COMPANIES, columns.company_id == COMPANIES.c.id)
    return select(columns.id, columns.email, columns.name, columns.kind, COMPANIES.c.name.label("company")).select_from(
        joined
    )


def _contact(row: Any) -> Contact:
    # Another application may have written a word of its own; whoever is no staff is a user.
    kind = ContactKind.STAFF if row.kind == ContactKind.STAFF else ContactKind.USER
    return Contact(row.email, row.name, kind, row.company, row.id)


# --- writing -------------------------------------------------------------------------------------------------------


def write_plan(connection: Connection, plan: Plan, at: datetime) -> None:
    """Write the steps of a plan that change something."""
    write_companies(connection, [step for step in plan.companies if step.is_needed], at)
    write_contacts(connection, [step for step in plan.contacts if step.is_needed], at)


def write_companies(connection: Connection, steps: Sequence[Step[Company]], at: datetime) -> None:
    """Add and change companies; all domains that change hands are free before the first is given."""
    new = [step.after for step in steps if step.before is None]
    insert_rows(connection, COMPANIES, [{"name": company.name, "created_at": at} for company in new])
    renamed = [step.after for step in steps if step.before is not None and step.before.name != step.after.name]
    for company in renamed:
        connection.execute(update(COMPANIES).where(COMPANIES.c.id == company.id).values(name=company.name))
    dropped = [domain for step in steps if step.before for domain in step.before.domains]
    for chunk in chunks(dropped):
        connection.execute(delete(COMPANY_DOMAINS).where(COMPANY_DOMAINS.c.domain.in_(chunk)))
    ids = _company_ids(connection, [step.after.name for step in steps])
    domains = [(domain, ids[step.after.name]) for step in steps for domain in step.after.domains]
    insert_rows(connection, COMPANY_DOMAINS, [{"domain": domain, "company_id": key} for domain, key in domains])


def write_contacts(connection: Connection, steps: Sequence[Step[Contact]], at: datetime) -> None:
    """Add and change contacts; the companies that they name are there."""
    ids = _company_ids(connection, [step.after.company for step in steps if step.after.company])
    rows = [(step, _contact_row(step.after, ids)) for step in steps]
    insert_rows(connection, CONTACTS, [{**row, "created_at": at} for step, row in rows if step.before is None])
    changed = [{**row, "row_id": step.after.id} for step, row in rows if step.before is not None]
    if changed:
        connection.execute(update(CONTACTS).where(CONTACTS.c.id == bindparam("row_id")), changed)


def delete_company(connection: Connection, company: Company) -> None:
    """Delete a company with its domains; its contacts stay, without a company."""
    connection.execute(delete(COMPANIES).where(COMPANIES.c.id == company.id))


def delete_contact(connection: Connection, contact: Contact) -> None:
    """Delete a contact; tickets keep the address and lose the reference."""
    connection.execute(delete(CONTACTS).where(CONTACTS.c.id == contact.id))


def _contact_row(contact: Contact, company_ids: dict[str, int]) -> dict[str, Any]:
    return {
        "email": contact.email,
        "name": contact.name,
        "kind": contact.kind.value,
        "company_id": None if contact.company is None else company_ids[contact.company],
    }


def _company_ids(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    statement = select(COMPANIES.c.name, COMPANIES.c.id)
    return {row.name: row.id for row in select_in(connection, statement, COMPANIES.c.name, names)}
