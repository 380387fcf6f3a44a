"""Whose mail it is: contact by address, company by domain, the mailbox's company; and whether that can be believed.

Pure; what the directory says is an argument.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from inboxsync.model.directory import SUBDOMAINS, ContactKind, sender_key
from inboxsync.model.message import ParsedMessage
from inboxsync.model.routing import KnownContact

_FAILED = frozenset({"fail", "softfail", "permerror"})


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote a mail, as far as From can be believed.

    `own_company` is that of the contact or of the domain: it lets the sender onto its tickets. `company` is that, else
    the mailbox's, which says nothing about the sender. `is_unverified`: a trusted server found the author forged.
    """

    address: str = ""
    contact_id: int | None = None
    is_staff: bool = False
    own_company: str | None = None
    company: str | None = None
    is_unverified: bool = False


def associate(
    parsed: ParsedMessage,
    contacts: Mapping[str, KnownContact],
    companies: Mapping[str, str],
    mailbox_company: str | None,
) -> Sender:
    """Say whose mail it is. `contacts` by address and `companies` by domain, both in the form of the directory."""
    author = parsed.first_author
    address = "" if author is None else sender_key(author.address)
    contact = contacts.get(address)
    own = (contact.company if contact else None) or _company_of(address, companies)
    return Sender(
        address=address,
        contact_id=contact.id if contact else None,
        is_staff=contact is not None and contact.kind is ContactKind.STAFF,
        own_company=own,
        company=own or mailbox_company,
        is_unverified=is_forged(parsed.authentication),
    )


def _company_of(address: str, companies: Mapping[str, str]) -> str | None:
    return next((companies[name] for name in domain_names(address) if name in companies), None)


def domain_names(address: str) -> Iterator[str]:
    """Answer under what a company may have this address's domain, the nearest first: exactly, then `*.` of a parent."""
    domain = address.rpartition("@")[2]
    if "@" not in address or not domain:
        return
    yield domain
    labels = domain.split(".")
    for start in range(1, len(labels) - 1):
        yield SUBDOMAINS + ".".join(labels[start:])


def is_forged(authentication: Mapping[str, str]) -> bool:
    """Whether a trusted server said that the author is not who From says (RFC 8601 §2.7).

    DMARC is the verdict about From. Where there is none, SPF and DKIM are: one that passes is enough, as forwarding
    breaks the first and lists break the other.
    """
    dmarc = authentication.get("dmarc")
    if dmarc in ("pass", "fail"):
        return dmarc == "fail"
    verdicts = {authentication.get("spf"), authentication.get("dkim")}
    return "pass" not in verdicts and not verdicts.isdisjoint(_FAILED)
