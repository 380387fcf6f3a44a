"""The directory: companies with their mail domains, contacts with their addresses, and what an import makes of it.

What is stored has one form, so that a look-up is one comparison: see `normal_address` and `normal_domain`.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

from inboxsync.errors import Problem, UsageError

NAME_MAX_CHARACTERS = 200
ADDRESS_MAX_OCTETS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
LABEL_MAX_CHARACTERS = 63
SUBDOMAINS = "*."  # before a domain of a company: those under it
DOMAIN_MAX_OCTETS = 253  # RFC 1035 §2.3.4, as text without the final dot
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")  # RFC 1123 §2.1, and `_`, which real hosts have
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # RFC 3490 §3.1: what counts as a dot between labels
_JOINERS = "\u200c\u200d"  # RFC 5892 §A.1, §A.2: part of words in Persian and in Indian scripts
_INNER_SPACE = re.compile(r"\s+")
_BROKEN = ("Cc", "Cs")  # controls and lone surrogates; format characters stay: Persian names are written with them


class ContactKind(StrEnum):
    """Which side of the desk a contact sits on."""

    USER = "user"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Company:
    """A company. `domains` are its mail domains, matched exactly and each of one company only; subdomains are others.

    `*.example.com` is every subdomain of example.com, and not that itself; the nearest of several counts.

    `id` is ours, None before it is stored.
    """

    name: str
    domains: tuple[str, ...] = ()
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A known person. `company` is the name of a stored company, None where there is none; `id` is ours."""

    email: str
    name: str = ""
    kind: ContactKind = ContactKind.USER
    company: str | None = None
    id: int | None = None


# --- what a file or a command line says ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CompanyEntry:
    """What one line says of the company of this name, as written. None says nothing and keeps what is stored.

    `where` names the line to people. `domains` are all that the company shall have: () takes the last one away.
    """

    name: str
    domains: tuple[str, ...] | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class ContactEntry:
    """What one line says of the contact of this address, as written. None says nothing and keeps what is stored.

    An empty text takes a value away; an empty `kind` is that of a new contact, user.
    """

    email: str
    name: str | None = None
    kind: str | None = None
    company: str | None = None
    where: str = ""


Entry = CompanyEntry | ContactEntry


class ChangeKind(StrEnum):
    """What a line did."""

    ADDED = "added"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class ImportChange:
    """What one line changed: `subject` is the company's name or the contact's address, `fields` what differs now."""

    where: str
    subject: str
    kind: ChangeKind
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import changed, how many lines said what was stored already, and every fault; a fault costs its line."""

    changes: tuple[ImportChange, ...] = ()
    unchanged: int = 0
    faults: tuple[Problem, ...] = field(default=())

    def count(self, kind: ChangeKind) -> int:
        """Count the changes of one kind."""
        return sum(change.kind is kind for change in self.changes)


# --- the one form of each value ------------------------------------------------------------------------------------


def normal_domain(text: str) -> str:
    """Bring a mail domain to its one form: lower case, other scripts as A-labels (RFC 5890 §2.3.2.1).

    Mapped as UTS 46 does without its transitional part: compatibility forms and capitals are folded, `ß` stays `ß`.
    Raises UsageError for what is no domain.
    """
    bare = text.strip().removesuffix(".")
    labels = [_a_label(label) for label in _DOTS.split(bare)]
    domain = ".".join(labels)
    if "@" in bare:
        raise UsageError(f"{text!r} is an address, not a domain", hint="give what stands behind the @")
    if len(domain) > DOMAIN_MAX_OCTETS or not all(_LABEL.fullmatch(label) for label in labels):
        raise UsageError(f"{text!r} is not a mail domain", hint="write it like example.com")
    return domain


def company_domain(text: str) -> str:
    """Bring a domain of a company to its one form; `*.example.com` stands for every subdomain. Raises UsageError."""
    bare = text.strip()
    under = bare.removeprefix(SUBDOMAINS)
    if under == bare:
        return normal_domain(bare)
    domain = normal_domain(under)
    if "." not in domain:
        raise UsageError(f"{text!r} would be all of {domain!r}", hint="write it like *.example.com")
    return SUBDOMAINS + domain


def _a_label(label: str) -> str:
    # Not Python's own "idna" codec: it speaks IDNA 2003, which makes `ss` of `ß` and so another domain.
    # Letter by letter: lower() on a whole word makes a final sigma where UTS 46 has none.
    mapped = unicodedata.normalize("NFKC", "".join(letter.lower() for letter in unicodedata.normalize("NFKC", label)))
    if mapped.isascii():
        return mapped
    if len(mapped) > LABEL_MAX_CHARACTERS:
        return ""  # encoding takes quadratic time
    if not all(letter in "-_" + _JOINERS or unicodedata.category(letter)[0] in "LMN" for letter in mapped):
        return ""
    return "xn--" + mapped.encode("punycode").decode("ascii")


def normal_address(text: str) -> str:
    """Bring an address to the form in which senders are looked up: lower case, its domain as `normal_domain` has it.

    The local part is folded by `lower()`, as a run folds the author of a mail, not by `casefold()`. Raises UsageError.
    """
    address = unicodedata.normalize("NFC", text.strip())
    local, _, domain = address.rpartition("@")
    if not domain or not _is_local_part(local):
        raise UsageError(f"{text!r} is not an address", hint=_address_hint(address))
    normal = f"{local.lower()}@{_normal_host(domain)}"
    if len(normal.encode()) > ADDRESS_MAX_OCTETS:
        raise UsageError(f"the address is longer than {ADDRESS_MAX_OCTETS} octets", hint=_address_hint(address))
    return normal


@functools.lru_cache(maxsize=4096)  # asked for several times a mail, and most mail is of few people
def sender_key(address: str) -> str:
    """Bring the author of a mail to the form in which contacts are kept; what is no address just in lower case."""
    try:
        return normal_address(address)
    except UsageError:
        return address.lower()


def _is_local_part(local: str) -> bool:
    """Whether this can stand before the @ (RFC 5322 §3.2.4): in quotes anything may, else no blank, @ or bracket."""
    is_quoted = len(local) > 2 and local.startswith('"') and local.endswith('"')
    return local.isprintable() and (is_quoted or not set(local) & set(' @<>()[],;:"\\')) and bool(local)


def _normal_host(domain: str) -> str:
    is_literal = domain.startswith("[") and domain.endswith("]") and domain.isascii()  # RFC 5321 §4.1.3
    return domain.lower() if is_literal else normal_domain(domain)


def _address_hint(address: str) -> str:
    bare = "give the address alone, without name and brackets"
    return bare if "<" in address else "write it like name@example.com"


def normal_company_name(text: str) -> str:
    """Give a company's name without blanks around it. Raises UsageError for one that is empty or like an option."""
    name = normal_name(text)
    if not name:
        raise UsageError("a company needs a name", hint="give the name that integrations and tickets show")
    if name.startswith("-"):
        raise UsageError(f"{name!r} begins with `-` and would be read as an option", hint="choose another name")
    return name


def normal_name(text: str) -> str:
    """Give a display name with single blanks and none around it; may be empty. Raises UsageError."""
    name = unicodedata.normalize("NFC", _INNER_SPACE.sub(" ", text).strip())
    if len(name) > NAME_MAX_CHARACTERS:
        raise UsageError(f"the name is longer than {NAME_MAX_CHARACTERS} characters", hint="shorten it")
    if any(unicodedata.category(letter) in _BROKEN for letter in name):
        raise UsageError(f"the name {name!r} holds a control character", hint="take it out")
    return name


def contact_kind(text: str) -> ContactKind:
    """Read the kind of a contact; empty is a user. Raises UsageError."""
    word = text.strip().lower() or ContactKind.USER.value
    if word not in set(ContactKind):
        raise UsageError(f"{text!r} is not a kind of contact", hint=f"write {' or '.join(ContactKind)}")
    return ContactKind(word)
