"""Bounces and complaints that Amazon SES tells by SNS: JSON as the text of a mail.

Their shape: Amazon SES Developer Guide, "Amazon SNS notification contents for Amazon SES".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from inboxsync.mail.delivery_status import canonical_address, failure_status
from inboxsync.model.message import DeliveryReport, Report

_READ_CHARS = 256 * 1024
_RECIPIENTS_MAX = 1000
_TEXT_MAX_CHARS = 1000
# What sendmail breaks a line longer than 990 octets with.
_LINE_BREAK = "!\n "


class _Kind(NamedTuple):
    """Where a kind of notice has its recipients, and what became of their mail."""

    report: Report
    details: str
    recipients: str
    action: str


_KINDS = {
    "Bounce": _Kind(Report.FAILED, "bounce", "bouncedRecipients", "failed"),
    "Complaint": _Kind(Report.ABUSE, "complaint", "complainedRecipients", "complained"),
    "Delivery": _Kind(Report.DELIVERED, "delivery", "recipients", "delivered"),
}


class Notice(NamedTuple):
    """What a notice reports, and of whom."""

    report: Report
    recipients: tuple[DeliveryReport, ...]


def read_ses_notice(text: str) -> Notice | None:
    """Read the notice that a text begins with; None where it is none. Total."""
    try:
        told, _ = json.JSONDecoder(strict=False).raw_decode(text[:_READ_CHARS].lstrip().replace(_LINE_BREAK, ""))
    except (ValueError, RecursionError):
        return None
    notice = _object(told)
    kind = _KINDS.get(_string(notice.get("notificationType") or notice.get("eventType")))
    if kind is None:
        return None
    details = _object(notice.get(kind.details))
    return Notice(kind.report, tuple(_recipients(details, kind)))


def _recipients(details: Mapping[str, object], kind: _Kind) -> Iterator[DeliveryReport]:
    recipients = details.get(kind.recipients)
    for recipient in recipients[:_RECIPIENTS_MAX] if isinstance(recipients, list) else ():
        one = _object(recipient)
        address = _string(recipient) or _string(one.get("emailAddress"))
        if address:
            diagnostic = _string(one.get("diagnosticCode")).removeprefix("smtp;").strip()
            status = failure_status(_string(one.get("status"))) or failure_status(diagnostic)
            yield DeliveryReport(canonical_address(address), kind.action, status, diagnostic)


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _string(value: object) -> str:
    return value[:_TEXT_MAX_CHARS] if isinstance(value, str) else ""
