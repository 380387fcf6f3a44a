"""The directory as a batch needs it: contacts by address and companies by domain, one statement each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from inboxsync.model.directory import ContactKind
from inboxsync.model.routing import KnownContact
from inboxsync.store.cleaning import clean_key

if TYPE_CHECKING:
    from inboxsync.store.statements import Statements

_CONTACTS = """
SELECT c.email, c.id, c.kind, o.name FROM inboxsync_contacts AS c
LEFT JOIN inboxsync_companies AS o ON o.id = c.company_id WHERE c.email IN ({in})
"""
_COMPANIES = """
SELECT d.domain, o.name FROM inboxsync_company_domains AS d
JOIN inboxsync_companies AS o ON o.id = d.company_id WHERE d.domain IN ({in})
"""


def contacts_of(work: Statements, addresses: Iterable[str]) -> dict[str, KnownContact]:
    """Answer the contacts among these addresses, which are in the form of the directory."""
    asked = {clean_key(address): address for address in addresses}
    return {
        asked[email]: KnownContact(row_id, _kind(kind), company)
        for email, row_id, kind, company in work.rows_in(_CONTACTS, asked)
    }


def _kind(word: str) -> ContactKind:
    """Read a kind as written by whatever application keeps the table: any other word is a user's."""
    return ContactKind.STAFF if word == ContactKind.STAFF.value else ContactKind.USER


def companies_of(work: Statements, domains: Iterable[str]) -> dict[str, str]:
    """Answer the companies that have one of these domains, by domain as given."""
    asked = {clean_key(domain): domain for domain in domains}
    return {asked[domain]: company for domain, company in work.rows_in(_COMPANIES, asked)}
