"""Delivery reports (RFC 3464): what became of mail to each recipient, read from the part that is made for machines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from inboxsync.model.message import DeliveryReport

_READ_BYTES = 256 * 1024
_RECIPIENTS_MAX = 1000
_DIAGNOSTIC_MAX_CHARS = 1000
_ADDRESS_MAX_CHARS = 512
_FOLD = re.compile(r"\r?\n[ \t]+")
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*+:(.*)")
_TYPE = re.compile(r"\s*+([A-Za-z0-9-]{1,40})\s*+;")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_COMMENT = re.compile(r"\([^()]{0,200}\)\s*$")
_RECIPIENT_FIELDS = ("final-recipient", "original-recipient")
# By their beginnings, since some write "fail", "failure" or "delay".
_ACTIONS = {"fail": "failed", "undeliver": "failed", "delay": "delayed", "deliver": "delivered", "relay": "relayed"}
_ACTION_OF_CLASS = {"2": "delivered", "4": "delayed", "5": "failed"}


def read_delivery_status(octets: bytes) -> tuple[DeliveryReport, ...]:
    """Read the groups of a message/delivery-status part, one report a recipient; nothing where it has none. Total."""
    text = _FOLD.sub(" ", octets[:_READ_BYTES].decode("utf-8", "replace"))
    found: dict[str, DeliveryReport] = {}
    for group in _groups(text.splitlines()):
        report = _report(group)
        if report is None or len(found) >= _RECIPIENTS_MAX:
            continue
        known = found.get(report.address.lower())
        if known is None or (known.action != "failed" and report.action == "failed"):
            found[report.address.lower()] = report
    return tuple(found.values())


def enhanced_status(text: str) -> str:
    """Find the first enhanced status code (RFC 3463) in a text, '' where there is none."""
    match = _ENHANCED.search(text)
    return match[1] if match else ""


def canonical_address(text: str) -> str:
    """Give an address with its domain in lower case."""
    local, at, domain = text.rpartition("@")
    return f"{local}@{domain.lower()}" if at else text


def _groups(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Collect the fields of each group. An empty line ends one, and where these are missing the next recipient does."""
    group: dict[str, str] = {}
    for line in lines:
        match = _FIELD.match(line)
        name = match[1].lower() if match else ""
        if not line.strip() or (name in _RECIPIENT_FIELDS and name in group):
            yield group
            group = {}
        if match:
            group.setdefault(name, match[2].strip())
    yield group


def _report(group: dict[str, str]) -> DeliveryReport | None:
    final = _recipient(group.get("final-recipient", ""))
    original = _recipient(group.get("original-recipient", ""))
    address = original if "@" in original and "@" not in final else final or original
    if not address:
        return None
    diagnostic = _diagnostic(group.get("diagnostic-code", ""))
    status = enhanced_status(group.get("status", "")) or enhanced_status(diagnostic)
    return DeliveryReport(
        address=address,
        action=_action(group.get("action", ""), status),
        status=status,
        diagnostic=diagnostic,
        original_address=original if original and original.lower() != address.lower() else None,
    )


def _action(value: str, status: str) -> str:
    word = value.strip().lower()
    known = next((action for start, action in _ACTIONS.items() if word.startswith(start)), None)
    if known is not None:
        return known
    return "expanded" if word.startswith("expand") else _ACTION_OF_CLASS.get(status[:1], "failed")


def _recipient(value: str) -> str:
    """Give the address behind `type;`, xtext and its Unicode form undone (RFC 3461 §4, RFC 6533 §3)."""
    match = _TYPE.match(value)
    kind, address = (match[1].lower(), value[match.end() :]) if match else ("", value)
    address = _COMMENT.sub("", address.strip()).strip(" \t<>\"'").removeprefix("mailto:")
    if kind == "utf-8":
        address = _UNICODE.sub(lambda found: _character(int(found[1], 16)), address)
    return canonical_address(_XTEXT.sub(lambda found: _character(int(found[1], 16)), address)[:_ADDRESS_MAX_CHARS])


def _character(number: int) -> str:
    is_text = 0x20 <= number < 0x110000 and not 0xD800 <= number < 0xE000
    return chr(number) if is_text else "\ufffd"


def _diagnostic(value: str) -> str:
    match = _TYPE.match(value)
    return " ".join((value[match.end() :] if match else value).split())[:_DIAGNOSTIC_MAX_CHARS]
