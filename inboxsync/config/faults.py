"""What keeps a name, address, host, folder or pin from being used: each answers a sentence, or None. Pure."""

from __future__ import annotations

import ipaddress
import re

from inboxsync.model.roles import INBOX, asks_for_role, canonical, role_of

NAME_MAX_CHARACTERS = 100
EMAIL_MAX_OCTETS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
HOST_MAX_CHARACTERS = 253  # RFC 1035 §2.3.4, as text without the final dot
PRIORITY_MAX = 32_767
_LABEL = re.compile(r"[\w](?:[\w-]{0,61}[\w])?")  # RFC 1123 §2.1, and `_` and other scripts, which real hosts have


def name_fault(name: str) -> str | None:
    """Judge the name of an integration: 1 to 100 printable characters, unlike an option."""
    if not 1 <= len(name) <= NAME_MAX_CHARACTERS:
        return f"must have 1 to {NAME_MAX_CHARACTERS} characters"
    if not name.isprintable():
        return "holds a control character or another that cannot be printed"
    if name.startswith("-"):
        return "begins with `-` and would be read as an option"
    return "begins or ends with a space" if name != name.strip() else None


def email_fault(email: str) -> str | None:
    """Judge an address as far as this program needs it: something, one last @, a domain or a host name."""
    local, at, domain = email.rpartition("@")
    if not at or not local or len(email.encode("utf-8", "replace")) > EMAIL_MAX_OCTETS:
        return "is not an address like name@example.com"
    is_quoted = local.startswith('"') and local.endswith('"') and len(local) > 2  # RFC 5322 §3.2.4
    if not email.isprintable() or ((" " in local or "@" in local) and not is_quoted):
        return "is not an address like name@example.com"
    return None if host_fault(domain.strip("[]").removeprefix("IPv6:")) is None else "has no usable domain behind the @"


def host_fault(host: str) -> str | None:
    """Judge a host: a name or an IP address, without scheme, port or brackets."""
    if is_ip_address(host):
        return None
    if "://" in host or "/" in host:
        return "is a URL; give the host name alone"
    if ":" in host or "[" in host:
        return "holds a port or brackets; the port has an option of its own"
    if not 1 <= len(host.removesuffix(".")) <= HOST_MAX_CHARACTERS:
        return f"must have 1 to {HOST_MAX_CHARACTERS} characters"
    labels = host.removesuffix(".").split(".")
    return None if all(_LABEL.fullmatch(label) for label in labels) else "is not a host name"


def is_ip_address(host: str) -> bool:
    """Whether this is an IPv4 or IPv6 address as text."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether nothing sent to this host leaves the machine: `localhost` (RFC 6761 §6.3) or a loopback address."""
    if is_ip_address(host):
        return ipaddress.ip_address(host).is_loopback
    bare = host.lower().removesuffix(".")
    return bare == "localhost" or bare.endswith(".localhost")


def line_fault(text: str) -> str | None:
    """Judge text that goes into an IMAP command: some, and no control character (CR LF would start another)."""
    if not text:
        return "is empty"
    return "holds a control character" if any(ord(c) < 0x20 or ord(c) == 0x7F for c in text) else None


def role_fault(folder: str) -> str | None:
    """Judge a folder that is given as a role (`role:sent`); any other name passes."""
    known = not asks_for_role(folder) or role_of(folder) is not None or canonical(folder) == INBOX
    return None if known else f"{folder!r} is no role"


def normalised_pin(pin: str) -> str | None:
    """Answer a SHA-256 pin as 64 lower-case hex digits, colons and spaces taken out; None where it is none."""
    digits = re.sub(r"[:\s]", "", pin).lower()
    return digits if re.fullmatch(r"[0-9a-f]{64}", digits) else None
