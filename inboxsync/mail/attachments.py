"""Leaves that are not the body: content, name, and whether a person would call them attachments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from inboxsync.mail import dates, encoded_words, ids
from inboxsync.mail.addresses import parse_addresses
from inboxsync.mail.content_types import detected_type, disagrees
from inboxsync.mail.file_names import names_of, safe_name
from inboxsync.mail.header_block import message_start, read_header
from inboxsync.mail.limits import Parsing
from inboxsync.mail.transfer import content_sha256, decode_transfer
from inboxsync.model.message import Attachment, MessageSummary

if TYPE_CHECKING:
    from inboxsync.mail.bodies import Bodies, Selection
    from inboxsync.mail.structure import Part

_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
_CONTENT_ID_MAX_CHARS = 998


def read_attachments(selection: Selection, bodies: Bodies, parsing: Parsing) -> Iterator[Attachment]:
    """Decode every attachment in the order of the message; `position` counts from 0."""
    for position, part in enumerate(selection.attachments):
        span = (part.octets, part.start, part.end, part.encoding, parsing)
        content = decode_transfer(*span)
        content_id = content_id_of(part)
        summary = _summary_of(content, parsing) if part.type in _MESSAGE_TYPES else None
        names = names_of(part, parsing)
        filename = names[0] if names else None
        if disagrees(content, part.type):
            parsing.defects.add("content_type_disagrees")
        yield Attachment(
            position=position,
            filename=filename,
            content_type=part.type,
            size_bytes=len(content),
            sha256=content_sha256(content, *span),
            content=content,
            is_inline=_is_inline(part, content_id, selection, bodies),
            content_id=content_id,
            safe_name=safe_name(filename or _name_by_subject(summary), position),
            other_names=tuple(names[1:]),
            detected_type=detected_type(content),
            summary=summary,
        )


def content_id_of(part: Part) -> str | None:
    """Give the Content-ID without angle brackets (RFC 2392), None where there is none."""
    value = part.header.first("content-id")
    if not value:
        return None
    text = encoded_words.clean(value.decode("utf-8", "replace")).strip().removeprefix("<").removesuffix(">").strip()
    return text[:_CONTENT_ID_MAX_CHARS] or None


def _is_inline(part: Part, content_id: str | None, selection: Selection, bodies: Bodies) -> bool:
    """Whether it is shown inside the body: referred to by it, of its multipart/related, or an image inline in HTML.

    `Content-Disposition: inline` alone does not count: Apple Mail sends documents so.
    """
    if content_id is not None and content_id in bodies.cids:
        return True
    if part.is_attachment:
        return False
    if id(part) in selection.related:
        return True
    is_shown_image = part.type.startswith("image/") and part.disposition.value == "inline"
    return is_shown_image and bodies.html is not None


def _name_by_subject(summary: MessageSummary | None) -> str | None:
    """Name a message by its subject; its slashes part no folders."""
    return re.sub(r"[/\\]", "_", f"{summary.subject}.eml") if summary and summary.subject else None


def _summary_of(content: bytes, parsing: Parsing) -> MessageSummary:
    inner = Parsing(parsing.limits)  # what is odd in a forwarded message is no defect of this one
    header = read_header(content, message_start(content, inner), len(content), inner)
    date = header.first("date")
    date_raw = None if date is None else encoded_words.decode_text(date, inner)
    return MessageSummary(
        subject=encoded_words.decode_text(header.first("subject") or b"", inner),
        from_=parse_addresses(header.first("from") or b"", inner),
        message_id=ids.message_id(header.first("message-id"), inner),
        date_raw=date_raw,
        sent_at=dates.sent_at(date_raw, inner),
    )
