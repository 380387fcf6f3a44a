"""Tells a provider from the domain of an address. No network: a domain of one's own can be hosted anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inboxsync.providers.preset import Preset

_MAX_DOMAIN_CHARS = 253  # RFC 1035 section 2.3.4; it also bounds the work of the IDNA codec


def detect(email: str, given: Sequence[Preset]) -> Preset | None:
    """Find the preset that lists exactly the domain of this address; None for every other domain and for no address.

    Case and a closing dot do not matter; a domain in other scripts is compared in its ASCII form (RFC 3490).
    """
    local, _, domain = email.strip().rpartition("@")
    wanted = _ascii(domain)
    if not local or not wanted:
        return None
    return next((preset for preset in given if wanted in preset.domains), None)


def _ascii(domain: str) -> str:
    """Give the domain in lower case ASCII; empty where it is no domain name."""
    name = domain.removesuffix(".")
    if not 0 < len(name) <= _MAX_DOMAIN_CHARS:
        return ""
    try:
        return name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
