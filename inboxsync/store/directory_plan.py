"""What entries would change in the directory, decided before anything is written: stored values in, a plan out. Pure.

A fault costs its entry only. A domain moves from one company to another when the same entries take it from the first.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Generic, TypeVar

from inboxsync.errors import Problem, UsageError
from inboxsync.model.directory import (
    ChangeKind,
    Company,
    CompanyEntry,
    Contact,
    ContactEntry,
    Entry,
    ImportChange,
    ImportSummary,
    company_domain,
    contact_kind,
    normal_address,
    normal_company_name,
    normal_name,
)
from inboxsync.store.cleaning import clean_text

T = TypeVar("T", Company, Contact)
V = TypeVar("V")

# For so many unknown companies of one import the nearest name is looked up: among 1,000 names that takes 10 ms each,
# and nobody else can write meanwhile.
NEAREST_NAMES = 20


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """One company or contact as it is, None where it is new, and as it shall be."""

    before: T | None
    after: T
    where: str = ""

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.after

    @property
    def change(self) -> ImportChange:
        """What it tells people."""
        kind = ChangeKind.ADDED if self.before is None else ChangeKind.CHANGED
        return ImportChange(self.where, subject_of(self.after), kind, _changed_fields(self.before, self.after))


@dataclass(frozen=True, slots=True)
class Plan:
    """Every step that entries ask for, also those that change nothing, and every fault."""

    companies: tuple[Step[Company], ...] = ()
    contacts: tuple[Step[Contact], ...] = ()
    faults: tuple[Problem, ...] = ()

    @property
    def summary(self) -> ImportSummary:
        """What the plan tells people."""
        steps: list[Step[Company] | Step[Contact]] = [*self.companies, *self.contacts]
        changes = tuple(step.change for step in steps if step.is_needed)
        return ImportSummary(changes, unchanged=len(steps) - len(changes), faults=self.faults)


def plan(entries: Sequence[Entry], companies: Sequence[Company], contacts: Sequence[Contact]) -> Plan:
    """Decide what entries change; `companies` are all stored ones, `contacts` those stored of the entries' addresses.

    Companies come first, so that contacts can name one that is added beside them.
    """
    faults: list[Problem] = []
    company_entries = [entry for entry in entries if isinstance(entry, CompanyEntry)]
    contact_entries = [entry for entry in entries if isinstance(entry, ContactEntry)]
    company_steps = _company_steps(company_entries, companies, faults)
    names = CompanyNames({company.name for company in companies} | {step.after.name for step in company_steps})
    contact_steps = _contact_steps(contact_entries, contacts, names, faults)
    return Plan(tuple(company_steps), tuple(contact_steps), tuple(faults))


def subject_of(one: Company | Contact) -> str:
    """Answer what names a company or a contact."""
    return one.name if isinstance(one, Company) else one.email


def _changed_fields(before: Company | Contact | None, after: Company | Contact) -> tuple[str, ...]:
    if before is None:
        return ()
    names = (one.name for one in fields(after))
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


# --- values, as they are stored ------------------------------------------------------------------------------------


def company_name(text: str) -> str:
    """Give a company's name as it is stored. Raises UsageError."""
    return clean_text(normal_company_name(text))


def contact_name(text: str) -> str:
    """Give a contact's display name as it is stored. Raises UsageError."""
    return clean_text(normal_name(text))


def sorted_domains(domains: Iterable[str]) -> tuple[str, ...]:
    """Give domains in the one order in which they are read back, each once."""
    return tuple(sorted(set(domains)))


class CompanyNames:
    """The names that contacts can refer to."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._refused: dict[str, UsageError] = {}

    def find(self, text: str) -> str | None:
        """Give the stored name, None for an empty text. UsageError with the nearest name where there is none."""
        if not text.strip():
            return None
        # As it is first: other applications may have written a name that we would not.
        name = text if text in self._names else company_name(text)
        if name in self._names:
            return name
        if name not in self._refused:
            among = self._names if len(self._refused) < NEAREST_NAMES else ()
            add = f"`inboxsync companies add {shown(name)}` adds it"
            self._refused[name] = unknown("company", name, among, otherwise=add)
        raise self._refused[name]


def unknown(what: str, name: str, names: Iterable[str], *, otherwise: str) -> UsageError:
    """Make the error for a name that is not there: the hint is the nearest one that is, else `otherwise`."""
    folded = {one.casefold(): one for one in sorted(names)}
    near = difflib.get_close_matches(name.casefold(), folded, n=1)
    hint = f"did you mean {folded[near[0]]!r}?" if near else otherwise
    return UsageError(f"there is no {what} {name!r}", hint=hint)


def shown(name: str) -> str:
    """Write a name as one types it into a command."""
    return f'"{name}"' if " " in name else name


# --- companies -----------------------------------------------------------------------------------------------------


def _company_steps(
    entries: Iterable[CompanyEntry], companies: Iterable[Company], faults: list[Problem]
) -> list[Step[Company]]:
    stored = {company.name: company for company in companies}
    steps = [step for entry in entries if (step := _company_step(entry, stored, faults)) is not None]
    return _undisputed(_unrepeated(steps, faults), stored, faults)


def _company_step(entry: CompanyEntry, stored: Mapping[str, Company], faults: list[Problem]) -> Step[Company] | None:
    reading = _Reading(entry.where)
    name = reading.value(company_name, entry.name, "")
    domains = [reading.value(company_domain, text, "") for text in entry.domains or ()]
    faults += reading.faults
    if reading.faults:
        return None
    before = stored.get(name)
    after = before or Company(name)
    if entry.domains is not None:
        after = replace(after, domains=sorted_domains(domains))
    return Step(before, after, entry.where)


def _undisputed(
    steps: list[Step[Company]], stored: Mapping[str, Company], faults: list[Problem]
) -> list[Step[Company]]:
    """Drop the steps that want a domain of another company, until none is left.

    A company whose step is dropped keeps its domains, one of which may be what another step counted on.
    """
    while found := dict(_disputes(steps, stored)):
        faults += found.values()
        steps = [step for position, step in enumerate(steps) if position not in found]
    return steps


def _disputes(steps: Sequence[Step[Company]], stored: Mapping[str, Company]) -> Iterator[tuple[int, Problem]]:
    kept = {step.after.name: _kept(step) for step in steps}
    owners = domain_owners({**stored, **kept}.values())
    for position, step in enumerate(steps):
        fault = domain_fault(step.after, owners, step.where)
        if fault is not None:
            yield position, fault
        else:
            owners.update(dict.fromkeys(step.after.domains, step.after.name))


def _kept(step: Step[Company]) -> Company:
    """Answer a company with the domains that a step leaves it: nobody else can have those."""
    before = step.before.domains if step.before else ()
    return replace(step.after, domains=tuple(domain for domain in before if domain in step.after.domains))


def domain_owners(companies: Iterable[Company]) -> dict[str, str]:
    """Answer the name of the company of each domain."""
    return {domain: company.name for company in companies for domain in company.domains}


def domain_fault(company: Company, owners: Mapping[str, str], where: str = "") -> Problem | None:
    """Say which domain of a company belongs to another one; None where all are free."""
    for domain in company.domains:
        owner = owners.get(domain, company.name)
        if owner != company.name:
            hint = f"take it away first: `inboxsync companies edit {shown(owner)} --remove-domain {domain}`"
            return Problem(where, f"the domain {domain!r} belongs to company {owner!r}", hint)
    return None


# --- contacts ------------------------------------------------------------------------------------------------------


def _contact_steps(
    entries: Iterable[ContactEntry], contacts: Iterable[Contact], names: CompanyNames, faults: list[Problem]
) -> list[Step[Contact]]:
    stored = {contact.email: contact for contact in contacts}
    steps = [step for entry in entries if (step := _contact_step(entry, stored, names, faults)) is not None]
    return _unrepeated(steps, faults)


def _contact_step(
    entry: ContactEntry, stored: Mapping[str, Contact], names: CompanyNames, faults: list[Problem]
) -> Step[Contact] | None:
    reading = _Reading(entry.where)
    email = reading.value(normal_address, entry.email, "")
    before = stored.get(email)
    after = before or Contact(email)
    if entry.name is not None:
        after = replace(after, name=reading.value(contact_name, entry.name, ""))
    if entry.kind is not None:
        after = replace(after, kind=reading.value(contact_kind, entry.kind, after.kind))
    if entry.company is not None:
        after = replace(after, company=reading.value(names.find, entry.company, None))
    faults += reading.faults
    return None if reading.faults else Step(before, after, entry.where)


# --- both ----------------------------------------------------------------------------------------------------------


class _Reading:
    """Reads the values of one entry and collects their faults."""

    def __init__(self, where: str) -> None:
        self._where = where
        self.faults: list[Problem] = []

    def value(self, read: Callable[[str], V], text: str, otherwise: V) -> V:
        try:
            return read(text)
        except UsageError as error:
            self.faults.append(Problem(self._where, error.message, error.hint))
            return otherwise


def _unrepeated(steps: Iterable[Step[T]], faults: list[Problem]) -> list[Step[T]]:
    """Keep the first step of each name: a later one would undo it, and the next import would do both again."""
    first: dict[str, Step[T]] = {}
    for step in steps:
        subject = subject_of(step.after)
        kept = first.setdefault(subject, step)
        if kept is not step:
            faults.append(Problem(step.where, f"{subject!r} is in {kept.where} already", "keep one of the two"))
    return list(first.values())
