"""What the engine decided, as rows of the message tables: pure, every text cleaned, nothing written here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from inboxsync.model.message import Address, DeliveryReport, MessageSummary, ParsedMessage
from inboxsync.store.cleaning import (
    clean_headers,
    clean_json,
    clean_key,
    clean_key_optional,
    clean_optional,
    clean_text,
    clean_time,
)

if TYPE_CHECKING:
    from inboxsync.model.ingest import Outcome, Prepared
    from inboxsync.store.bulk import Row

# Version of the frozen fingerprint algorithm (design §4).
FINGERPRINT_VERSION = 2


def message_row(
    prepared: Prepared, outcome: Outcome, *, row_id: int, scope: str, external_id: str, stored_at: datetime
) -> Row:
    """The row of a message that is stored for the first time in its scope; its conversation is added to it."""
    parsed = prepared.parsed
    return {
        "id": row_id,
        "scope": scope,
        "external_id": external_id,
        "received_at": clean_time(prepared.received_at),
        "stored_at": stored_at,
        "company": clean_optional(outcome.company),
        "is_unverified": outcome.is_unverified,
        **derived_columns(parsed),
    }


def derived_columns(parsed: ParsedMessage) -> Row:
    """All columns that follow from the octets alone, so that they can be made again (P8)."""
    return {
        "fingerprint": parsed.fingerprint,
        "fingerprint_version": FINGERPRINT_VERSION,
        "raw_sha256": parsed.raw_sha256,
        "size_bytes": parsed.size_bytes,
        "message_id": clean_key_optional(parsed.message_id),
        "subject": clean_text(parsed.subject),
        **_author_columns(parsed),
        "recipients": _recipients(parsed),
        "sent_at": clean_time(parsed.sent_at),
        "date_raw": clean_optional(parsed.date_raw),
        "in_reply_to": [clean_key(value) for value in parsed.in_reply_to],
        "reference_ids": [clean_key(value) for value in parsed.references],
        "headers": clean_headers(parsed.headers),
        "snippet": clean_text(parsed.snippet),
        "has_attachments": parsed.has_attachments,
        "is_auto_reply": parsed.is_auto_reply,
        "is_bounce": parsed.is_bounce,
        "is_bulk": parsed.is_bulk,
        "machine_signal": clean_optional(parsed.machine_signal),
        "report": parsed.report.value if parsed.report else None,
        "delivery_reports": [_delivery_report(report) for report in parsed.delivery_reports],
        "authentication": dict(parsed.authentication),
        "defects": clean_json(parsed.defects),
        "parser_version": parsed.parser_version,
    }


def _author_columns(parsed: ParsedMessage) -> Row:
    author = parsed.first_author or Address("", "")
    return {
        "from_address": clean_text(author.address),
        "from_name": clean_text(author.name),
        "from_raw": clean_text(parsed.from_raw),
    }


def _recipients(parsed: ParsedMessage) -> dict[str, list[list[str]]]:
    return {
        "from": _pairs(parsed.from_),
        "sender": _pairs(parsed.sender),
        "reply_to": _pairs(parsed.reply_to),
        "to": _pairs(parsed.to),
        "cc": _pairs(parsed.cc),
        "bcc": _pairs(parsed.bcc),
    }


def _delivery_report(report: DeliveryReport) -> dict[str, str | None]:
    return {
        "address": clean_text(report.address),
        "action": clean_text(report.action),
        "status": clean_text(report.status),
        "diagnostic": clean_text(report.diagnostic),
        "original_address": clean_optional(report.original_address),
    }


def _pairs(addresses: Iterable[Address]) -> list[list[str]]:
    return [[clean_text(one.name), clean_text(one.address)] for one in addresses]


def body_row(row_id: int, parsed: ParsedMessage) -> Row:
    """The texts of a message."""
    is_cut = parsed.reply_text != parsed.body_text
    return {
        "message_id": row_id,
        "body_text": clean_optional(parsed.body_text),
        "reply_text": clean_optional(parsed.reply_text) if is_cut else None,
        "body_html": clean_optional(parsed.body_html),
    }


def raw_row(prepared: Prepared) -> Row:
    """The octets of a message, or where their file is."""
    return {
        "sha256": prepared.parsed.raw_sha256,
        "encoding": prepared.raw_encoding,
        "size_bytes": prepared.parsed.size_bytes,
        "data": prepared.raw_data,
        "path": prepared.raw_path,
    }


def _summary(summary: MessageSummary | None) -> Row | None:
    if summary is None:
        return None
    return {
        "subject": clean_text(summary.subject),
        "from": _pairs(summary.from_),
        "date": clean_optional(summary.date_raw),
        "message_id": clean_key_optional(summary.message_id),
    }


def attachment_rows(row_id: int, prepared: Prepared) -> list[Row]:
    """The attachments of a message, in order."""
    pairs = zip(prepared.parsed.attachments, prepared.attachment_paths, strict=True)
    return [
        {
            "message_id": row_id,
            "position": attachment.position,
            "filename": clean_optional(attachment.filename),
            "content_type": clean_text(attachment.content_type),
            "size_bytes": attachment.size_bytes,
            "sha256": attachment.sha256,
            "is_inline": attachment.is_inline,
            "content_id": clean_optional(attachment.content_id),
            "safe_name": clean_text(attachment.safe_name),
            "other_names": clean_json(attachment.other_names) or None,
            "detected_type": clean_optional(attachment.detected_type),
            "summary": _summary(attachment.summary),
            "path": path,
        }
        for attachment, path in pairs
    ]
