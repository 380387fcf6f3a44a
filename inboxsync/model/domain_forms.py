"""The two forms of an international mail domain: A-labels as they travel, U-labels as people write them (RFC 5890)."""

from __future__ import annotations

from inboxsync.errors import UsageError
from inboxsync.model.directory import normal_domain

_ACE_PREFIX = "xn--"


def address_forms(text: str) -> tuple[str, ...]:
    """Give an address or a domain as it is written and, where the domain is international, in each of its forms.

    `bücher.example` is `xn--bcher-kva.example` too, and the other way round: a mail may have either, and a person may
    write either. What is no domain, or has one form only, is given as it is.
    """
    local, at, domain = text.rpartition("@")
    if domain.isascii() and _ACE_PREFIX not in domain.lower():
        return (text,)
    try:
        travelling = normal_domain(domain)
        shown = ".".join(_u_label(label) for label in travelling.split("."))
    except UsageError:
        return (text,)
    forms = (text, f"{local}{at}{travelling}", f"{local}{at}{shown}")
    return tuple(dict.fromkeys(forms))


def _u_label(label: str) -> str:
    """Give the U-label of an A-label; the label itself where it is none, or where the way back leads elsewhere."""
    if not label.startswith(_ACE_PREFIX):
        return label
    try:
        shown = label[len(_ACE_PREFIX) :].encode("ascii").decode("punycode")
        return shown if normal_domain(shown) == label else label
    except (UnicodeError, UsageError):
        return label
