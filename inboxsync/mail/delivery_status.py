"""Delivery reports (RFC 3464): what became of mail to each recipient, read from the part that is made for machines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from inboxsync.mail.japanese import decode_windows_japanese
from inboxsync.model.message import DeliveryReport

_READ_BYTES = 256 * 1024
_RECIPIENTS_MAX = 1000
_DIAGNOSTIC_MAX_CHARS = 1000
_ADDRESS_MAX_CHARS = 512
_FOLD = re.compile(r"\r?\n[ \t]++(?=\S)")
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*+:(.*)")
_TYPE = re.compile(r"\s*+([A-Za-z0-9-]{1,40})\s*+;")
_ENHANCED = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
# The codes of RFC 5321 §4.2.3 and its extensions, where text may stand around, but no telephone number; and "code 550"
# where no text follows.
_CODE = r"4[235]\d|5(?:0[0-4]|[235]\d)"
_SMTP = re.compile(
    rf"(?<![\w.:/-])({_CODE})[ -](?!\d{{1,9}}[^.\d]|bytes|kb|mb)|(?:code|error)[ _:=]{{1,4}}({_CODE})\b", re.IGNORECASE
)
# Only what xtext has to spell so and an address may hold: "ana+20@example.com" is an address as well.
_REPLY_LINE = re.compile(r"[45]\d\d[ -]")
_XTEXT = re.compile(r"\+(2B|3D)")
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_COMMENT = re.compile(r"\([^()]{0,200}\)\s*$")
_RECIPIENT_FIELDS = ("final-recipient", "original-recipient")
# By their beginnings, since some write "fail", "failure" or "delay".
_ACTIONS = {
    **dict.fromkeys(("fail", "undeliver", "expire", "bounce", "reject", "error"), "failed"),
    **dict.fromkeys(("delay", "defer"), "delayed"),
    "deliver": "delivered",
    "relay": "relayed",
    "expand": "expanded",
}
_ACTION_OF_CLASS = {"2": "delivered", "4": "delayed", "5": "failed"}


def read_delivery_status(octets: bytes) -> tuple[DeliveryReport, ...]:
    """Read the groups of a message/delivery-status part, one report a recipient; nothing where it has none. Total."""
    text = _FOLD.sub(" ", _text(octets[:_READ_BYTES]))
    found: dict[str, DeliveryReport] = {}
    for group in _groups(text.splitlines()):
        report = _report(group)
        if report is None or len(found) >= _RECIPIENTS_MAX:
            continue
        known = found.get(report.address.lower())
        if known is None or (known.action != "failed" and report.action == "failed"):
            found[report.address.lower()] = report
    return tuple(found.values())


def _text(octets: bytes) -> str:
    """Decode octets that should be ASCII or UTF-8; Japanese systems write their words in ISO-2022-JP."""
    if b"\x1b" in octets and (japanese := decode_windows_japanese(octets)) is not None:
        return japanese
    return octets.decode("utf-8", "replace")


def enhanced_status(text: str) -> str:
    """Find the first enhanced status code (RFC 3463) in a text, '' where there is none."""
    match = _ENHANCED.search(text)
    return match[1] if match else ""


def failure_status(text: str) -> str:
    """Find the first enhanced status code of a failure in words, or the class of an SMTP code (RFC 5321 §4.2.3): 550 is
    5.0.0; '' where there is none."""
    told = _ENHANCED.findall(text)
    return next((status for status in told if status[0] != "2"), "") or _smtp_class(text)


def _smtp_class(text: str) -> str:
    match = _SMTP.search(text)
    return f"{(match[1] or match[2])[0]}.0.0" if match else ""


def canonical_address(text: str) -> str:
    """Give an address with its domain in lower case."""
    local, at, domain = text.rpartition("@")
    return f"{local}@{domain.lower()}" if at else text


def _groups(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Collect the fields of each group. An empty line ends one, and where these are missing the next recipient does.

    The lines of a server's answer go on though they are not folded.
    """
    group: dict[str, str] = {}
    for line in lines:
        match = _FIELD.match(line)
        name = match[1].lower() if match else ""
        if group and (not line.strip() or (name in _RECIPIENT_FIELDS and name in group)):
            yield group
            group = {}
        if match:
            group.setdefault(name, match[2].strip())
        elif 0 < len(told := group.get("diagnostic-code", "")) < _DIAGNOSTIC_MAX_CHARS and _REPLY_LINE.match(line):
            group["diagnostic-code"] = f"{told} {line}"
    yield group


def _report(group: dict[str, str]) -> DeliveryReport | None:
    final = _recipient(group.get("final-recipient", ""))
    original = _recipient(group.get("original-recipient", ""))
    actual = _recipient(group.get("x-actual-recipient", ""))  # sendmail's, where the final one is a file or a program
    address = next((one for one in (final, original, actual) if "@" in one), final or original)
    if not address:
        return None
    diagnostic = _diagnostic(group.get("diagnostic-code", ""))
    told = group.get("status", "")
    status = enhanced_status(told) or failure_status(told) or failure_status(diagnostic)
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
    return known or _ACTION_OF_CLASS.get(status[:1], "failed")


def _recipient(value: str) -> str:
    """Give the address behind `type;`, xtext and its Unicode form undone (RFC 3461 §4, RFC 6533 §3)."""
    match = _TYPE.match(value)
    kind, address = (match[1].lower(), value[match.end() :]) if match else ("", value)
    address = _COMMENT.sub("", address.strip()).strip(" \t<>").removeprefix("mailto:")
    if address[:1] in ('"', "'") and address[:1] == address[-1:]:
        address = address[1:-1].strip(" \t<>")
    first = address.partition(" ")[0]
    if "@" in first and '"' not in first:  # what a field that was folded by mistake has behind it
        address = first.rstrip(">")
    if kind == "utf-8":
        address = _UNICODE.sub(lambda found: _character(int(found[1], 16)), address)
    return canonical_address(_XTEXT.sub(lambda found: _character(int(found[1], 16)), address)[:_ADDRESS_MAX_CHARS])


def _character(number: int) -> str:
    is_text = 0x20 <= number < 0x110000 and not 0xD800 <= number < 0xE000
    return chr(number) if is_text else "\ufffd"


def _diagnostic(value: str) -> str:
    match = _TYPE.match(value)
    return " ".join((value[match.end() :] if match else value).split())[:_DIAGNOSTIC_MAX_CHARS]
