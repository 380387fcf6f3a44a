"""Whom reports of abuse (RFC 5965) and of reading (RFC 8098) name: who complained, who has read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from inboxsync.mail.delivery_status import canonical_address, read_delivery_status
from inboxsync.model.message import DeliveryReport

_READ_BYTES = 64 * 1024
_RECIPIENTS_MAX = 1000
_TYPE = re.compile(rb"^feedback-type[ \t]*+:[ \t]*+([\w-]{1,40})", re.IGNORECASE | re.MULTILINE)
_RECIPIENT = re.compile(
    rb"^(?:original-rcpt-to|removal-recipient)[ \t]*+:(?:[^\r\n<>]{0,200}<|[ \t]*+(?:rfc822;[ \t]*+)?)"
    rb"([^\s<>,;]{1,64}@[^\s<>,;]{1,255})",
    re.IGNORECASE | re.MULTILINE,
)
_COMPLAINER = re.compile(rb"^x-hmxmroriginalrecipient[ \t]*+:", re.IGNORECASE | re.MULTILINE)
# What a returned message says of whom it reached, in headers of receiving systems that are more exact than To.
_REACHED = re.compile(
    rb"^(?:x-hmxmroriginalrecipient|x-original-to|delivered-to|to)[ \t]*+:([^\r\n]{1,998})",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(rb"[^\s<>,;:\"()]{1,64}@[^\s<>,;:\"()]{1,255}")
_DISPOSITION = re.compile(rb"^disposition[ \t]*+:[^;\r\n]{0,200};[ \t]*+([a-z]{1,20})", re.IGNORECASE | re.MULTILINE)
# A report of failed authentication (RFC 6591) or of mail wrongly taken for spam is nobody's complaint.
_NO_COMPLAINT = frozenset({"auth-failure", "not-spam"})
_DISPOSITIONS = frozenset({"displayed", "deleted", "dispatched", "processed", "denied"})


def complaints(report: bytes, returned: Iterable[bytes]) -> tuple[DeliveryReport, ...]:
    """Name those who complained, with the action `complained` and the type of feedback as diagnostic.

    `report` is the message/feedback-report part. Where it names nobody, the recipient that the first of `returned`, the
    messages complained of, names is taken, if that is one alone.
    """
    told = _TYPE.search(report[:_READ_BYTES])
    kind = told[1].decode("ascii", "replace").lower() if told else ""
    if kind in _NO_COMPLAINT:
        return ()
    named = _RECIPIENT.findall(report[:_READ_BYTES]) or _reached(next(iter(returned), b""))
    addresses = dict.fromkeys(canonical_address(address.decode("utf-8", "replace")) for address in named)
    return tuple(DeliveryReport(address, "complained", "", kind) for address in list(addresses)[:_RECIPIENTS_MAX])


def names_complainer(returned: Iterable[bytes]) -> bool:
    """Whether a returned message says who complained, as those of Outlook.com do in place of a part for machines."""
    return any(_COMPLAINER.search(message[:_READ_BYTES]) for message in returned)


def receipts(notification: bytes) -> tuple[DeliveryReport, ...]:
    """Name who got the mail and what became of it there: `displayed`, `deleted`, `dispatched`, `processed`, `denied`.

    `notification` is the message/disposition-notification part; nothing where that tells neither (RFC 8098 §3.2.6).
    """
    told = _DISPOSITION.search(notification[:_READ_BYTES])
    action = told[1].decode("ascii", "replace").lower() if told else ""
    if action not in _DISPOSITIONS:
        return ()
    found = read_delivery_status(notification)[:1]
    return tuple(DeliveryReport(one.address, action, original_address=one.original_address) for one in found)


def _reached(message: bytes) -> list[bytes]:
    header = message[:_READ_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    for line in _REACHED.findall(header):
        addresses = _ADDRESS.findall(line)
        if len(addresses) == 1:
            return addresses
    return []
